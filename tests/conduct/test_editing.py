"""Revise: an edit of a tool that is halted, or into one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.errors import DeskError

from .conftest import World, open_world  # isort: skip

POLICY = """
version: v1
tools: {pay: {risk_tags: [write]}, note: {risk_tags: [write]}}
rules: [{id: all, match: {risk_tags: [write]}, decision: require_approval}]
"""


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world in which everything is asked."""
    made = open_world(tmp_path, POLICY)
    yield made
    made.gate.close()


def test_it_is_the_edited_call_that_may_not_be_halted(world: World) -> None:
    """Out of a tool that is halted an edit leads; into one it does not, and the question stays."""
    edit = world.gate.inbox.edit
    out, into = world.propose(("pay", {"n": 1})), world.propose(("note", {"n": 1}))
    world.gate.halt(tool="pay", by="max", reason="mad")
    assert edit(out[0], args={"n": 2}, tool="note", by="ana", reason="so").state == "pending"
    with pytest.raises(DeskError, match="tool `pay` is halted by max: mad; nothing changed"):
        edit(into[0], args={"n": 2}, tool="pay", by="ana", reason="so")
    assert world.state(into[0]) == "pending"
