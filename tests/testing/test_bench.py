"""What a host under test is given works by itself."""

from pathlib import Path

import pytest

from interlock import Policy
from interlock.testing.bench import POLICY, Bench, call


def test_a_tool_leaves_its_effect(tmp_path: Path) -> None:
    """What a tool did is read from the folder, by any process."""
    look, write, *_ = Bench(tmp_path).tools
    write(x=1)
    look(x=2)

    assert Bench(tmp_path).effects == ["write 1", "look 2"]


EXPECTED = {
    "look": "allow",
    "write": "allow",
    "slow": "allow",
    "pay": "require_approval",
    "wipe": "deny",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_policy_decides_as_the_cases_expect(name: str) -> None:
    """The kit's policy allows, asks and denies as its cases say."""
    made = call(name)
    asked = {"name": made["name"], "args": made["args"], "agent": "bot"}

    assert Policy.parse(POLICY).decide(asked).kind == EXPECTED[name]
