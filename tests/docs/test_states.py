"""`docs/states.md` draws the one table of transitions."""

import re
from pathlib import Path

import pytest

from interlock.path.record import ANSWERED, TRANSITIONS, State

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
FENCE = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)


def diagram() -> str:
    """Draw the table as a Mermaid state diagram; a call ends where there is no way on."""
    lines = ["stateDiagram-v2"]
    for state, following in TRANSITIONS.items():
        lines += [f"    {_name(state)} --> {after}" for after in sorted(following)]
        lines += [] if following else [f"    {state} --> [*]"]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def _name(state: State) -> str:
    return "[*]" if state == "new" else state


def test_the_diagram_is_the_table(request: pytest.FixtureRequest) -> None:
    """The page draws exactly the transitions that there are; `just docs` draws it."""
    if request.config.getoption("--write-docs"):
        PAGE.write_text(FENCE.sub(lambda _: diagram(), PAGE.read_text()))

    assert FENCE.findall(PAGE.read_text()) == [diagram()]


def test_every_state_is_explained() -> None:
    """Each state has its row, once, and says whether the agent has its answer then."""
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", PAGE.read_text(), re.MULTILINE)
    expected = {state: "yes" if state in ANSWERED else "no" for state in TRANSITIONS}
    del expected["new"]

    assert len(rows) == len(dict(rows))
    assert dict(rows) == expected
