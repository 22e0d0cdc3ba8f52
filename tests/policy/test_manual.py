"""The manual: what `docs/policy.md` shows loads and decides as it says; no key is left out."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from interlock.app.policy import Policy
from interlock.policy.cases import load_cases
from interlock.policy.load import parse
from interlock.policy.refused import KEYS, VALUES
from interlock.policy.sections import parts

MANUAL = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
BLOCKS = re.findall(r"^```(\w+)( cases)?\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
POLICIES = [text for language, cases, text in BLOCKS if language == "yaml" and not cases]
CASES = [text for _, cases, text in BLOCKS if cases]
PAIRS = [(before[2], after[2]) for before, after in pairwise(BLOCKS) if after[0] == "python"]
ENFORCED, _, REFUSED = MANUAL.partition("## Not enforced yet")


def test_the_manual_is_read() -> None:
    """The examples are found, and every python block stands behind a policy."""
    assert len(POLICIES) >= 8
    assert len(PAIRS) == sum(language == "python" for language, _, _ in BLOCKS)
    assert {before for before, _ in PAIRS} <= set(POLICIES)


@pytest.mark.parametrize("text", POLICIES)
def test_every_policy_loads(text: str) -> None:
    """Each example is a policy by itself."""
    assert parse(text).snapshot


@pytest.mark.parametrize(("text", "code"), PAIRS)
def test_every_claim_holds(text: str, code: str) -> None:
    """The assertions behind a policy are true of it."""
    assert "assert " in code
    exec(compile(code, "docs/policy.md", "exec"), {"policy": Policy.parse(text)})


def test_the_first_policy_passes_the_manuals_cases(tmp_path: Path) -> None:
    """The example of `cases.yaml` is about the first policy of the page."""
    (text,) = CASES
    (tmp_path / "cases.yaml").write_text(text)

    assert not Policy.parse(POLICIES[0]).test(tmp_path).failures
    assert load_cases(tmp_path)[0].rules == ("small",)


@pytest.mark.parametrize(
    ("place", "key"), [(place, key) for place, part in parts().items() for key in part.shapes]
)
def test_every_key_is_described(place: str, key: str) -> None:
    """No key that the loader reads is missing from the page; what is refused has its part of it."""
    unenforced = {f"{at}.{name}".lstrip(".") for at, names in KEYS.items() for name in names}
    refused = f"{place}.{key}".lstrip(".").startswith(tuple(unenforced))

    assert re.search(rf"[`.{{ ]{key}\b", MANUAL if refused else ENFORCED)


def test_what_is_refused_is_listed() -> None:
    """The table of keys that are not enforced yet is the loader's own."""
    rows = re.findall(r"^\| `?([^`|]+?)`? \| (`.*`) \|$", REFUSED, re.MULTILINE)
    listed = {place: frozenset(re.findall(r"`(\w+)`", keys)) for place, keys in rows}
    del listed["values"]

    assert listed == {place or "top level": names for place, names in KEYS.items()}
    assert all(f"`{name}`" in REFUSED for names in VALUES.values() for name in names)
