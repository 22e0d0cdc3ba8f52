"""Packs: every policy under `policies/` loads, and its cases say what it decides and why."""

from functools import cache
from pathlib import Path

import pytest

from interlock import Policy
from interlock.app.checking import checked
from interlock.policy.authoring.cases import load_cases

POLICIES = Path(__file__).resolve().parents[2] / "policies"
PACKS = sorted(path for path in POLICIES.iterdir() if path.is_dir())
LONGEST_PAGE = 1_600
"""Characters of a page that is read before the policy: ten lines, with some air."""
each_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


@cache
def policy(pack: Path) -> Policy:
    """Load a pack once."""
    return Policy.load(pack)


@each_pack
def test_pack_is_whole(pack: Path) -> None:
    """A pack is a policy, its cases and a page that says in ten lines what a reviewer is asked."""
    assert {"policy.yaml", "cases.yaml", "README.md"} <= {path.name for path in pack.iterdir()}
    page = (pack / "README.md").read_text(encoding="utf-8")
    assert "reviewer" in page or pack.name.startswith("agentdojo")
    assert len(page) < LONGEST_PAGE


@each_pack
def test_each_case_is_decided_as_it_says(pack: Path) -> None:
    """A case's call is decided as it says, by the rules that it names; each case names them."""
    assert policy(pack).test(pack).failures == ()
    assert all(case.rules is not None for case in load_cases(pack))


@each_pack
def test_everything_decides_some_case(pack: Path) -> None:
    """Each rule, boundary, cell and guardrail settles a case: it is needed, and understood."""
    assert policy(pack).test(pack).uncovered == ()


@each_pack
def test_the_check_finds_nothing(pack: Path) -> None:
    """What the packs teach is what `interlock policy check` advises."""
    if pack.name.startswith("agentdojo"):  # their tools' arguments are the benchmark's
        assert checked(pack).loads
    else:
        assert checked(pack).findings == ()
