"""Packs: every policy under `policies/` loads, and its cases say what it decides and why."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from interlock import Policy

POLICIES = Path(__file__).resolve().parents[2] / "policies"
PACKS = sorted(path for path in POLICIES.iterdir() if path.is_dir())


def cases(pack: Path) -> list[dict[str, Any]]:
    """Read a pack's cases; a pack without the file has none and fails below."""
    path = pack / "cases.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["cases"] if path.exists() else []


CASES = [
    pytest.param(pack, case, id=f"{pack.name}: {case['name']}")
    for pack in PACKS
    for case in cases(pack)
]


def decide(pack: Path, case: dict[str, Any]) -> Any:
    """Ask a pack's policy about a case's call."""
    return Policy.load(pack).decide(
        {"agent": "bot-1", **case["call"]},
        signals=case.get("signals", {}),
        level=case.get("level"),
        context=case.get("context", {}),
        environment=case.get("environment"),
    )


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_pack_is_whole(pack: Path) -> None:
    """A pack is a policy, its cases and a page that says what it is for."""
    assert {"policy.yaml", "cases.yaml", "README.md"} <= {path.name for path in pack.iterdir()}
    assert cases(pack)


@pytest.mark.parametrize(("pack", "case"), CASES)
def test_case(pack: Path, case: dict[str, Any]) -> None:
    """A case's call is decided as it says, by the rules that it names."""
    answer = decide(pack, case)

    assert (answer.kind, list(answer.rules)) == (case["decision"], sorted(case["rules"]))


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_every_rule_decides_some_case(pack: Path) -> None:
    """A rule that settles no case is either not needed or not understood."""
    settled = {rule for case in cases(pack) for rule in decide(pack, case).rules}

    assert _rule_ids(pack) == settled


def _rule_ids(pack: Path) -> set[str]:
    document = Policy.load(pack).compiled.document
    return {rule.id or f"rules[{place}]" for place, rule in enumerate(document.rules)}
