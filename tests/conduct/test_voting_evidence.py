"""Hear: an approval says all that the evidence contract requires, or counts for nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlock.app.policy import Policy
from interlock.conduct import Waiting
from interlock.errors import DeskError
from interlock.path.review import Vote

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

FIELDS = "policy_snapshot, job_hash, approver_id, decision_ts"
RULES = "rules: [{tool: note.add, action: escalate, review: {inline: true}}]\n"
TOOLS = "tools: {note.add: {risk_tags: [read], effect: read}}\n"
CONTRACT = f"evidence_contract: {{required_fields: [{FIELDS}]}}\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One world whose policy has a contract."""
    made = open_world(tmp_path, TOOLS + RULES + CONTRACT)
    yield made
    assert made.gate.audit.verify().ok, made.gate.audit.verify().problems
    made.gate.close()


def asked(world: World) -> tuple[str, Any]:
    (call,) = world.propose(("note.add", {}))
    return call, waiting(world.go(call)).request


def vote(world: World, request: Any, **said: Any) -> Any:
    """Answer as a host does that writes its own votes."""
    given = Vote(request.id, request.digest, "approve", "ana", "local", request.created_at)
    return world.gate.conductor.vote(replace(given, **said))


def test_without_a_field_it_is_refused_and_stays_open(world: World) -> None:
    """What does not say its policy approves nothing; said, it does, and the record has it."""
    call, request = asked(world)

    with pytest.raises(DeskError, match=r"policy_snapshot.*stays open"):
        vote(world, request)
    assert isinstance(world.go(call), Waiting)
    assert world.effects == []
    digest = world.gate.conductor.ports.policy().digest
    assert vote(world, request, policy=digest).state == "approved"
    (entry,) = (each for each in world.gate.audit.log(call=call) if each["kind"] == "voted")
    assert entry["body"]["proof"]["policy"] == digest
    assert (entry["body"]["digest"], entry["actor"]) == (request.digest, "ana")
    assert answer(world.go(call)).ending == "released"


def test_of_another_policy_it_is_refused(world: World) -> None:
    """Who looked under another policy looks again."""
    call, request = asked(world)

    with pytest.raises(DeskError, match="look again"):
        vote(world, request, policy="f" * 64)
    assert isinstance(world.go(call), Waiting)


def test_a_resume_does_not_say_it(world: World) -> None:
    """A payload says no policy, so under a contract it asks again with words; a denial stops it."""
    call, request = asked(world)

    told = world.gate.conductor.hear(request.id, "approve", "local:ana")
    assert told is not None
    assert "policy_snapshot" in told
    assert isinstance(world.go(call), Waiting)
    assert world.gate.conductor.hear(request.id, "reject", "local:ana") is None
    assert answer(world.go(call)).ending == "rejected"


def test_the_desk_says_it(world: World) -> None:
    """`interlock approve` and `gate.inbox` say all of it by themselves."""
    call, request = asked(world)

    assert world.gate.inbox.approve(request.id, by="ana").state == "approved"
    assert answer(world.go(call)).ending == "released"


def test_a_contract_since_holds_at_the_guard(tmp_path: Path) -> None:
    """Q8: an approval that says too little for the policy of now is asked for again."""
    world = open_world(tmp_path, TOOLS + RULES)
    call, request = asked(world)
    assert vote(world, request).state == "approved"
    strict = Policy.parse(TOOLS + RULES + CONTRACT).compiled
    world.gate.conductor.ports = replace(world.gate.conductor.ports, policy=lambda: strict)

    assert waiting(world.go(call)).request.id != request.id
    assert world.effects == []
    world.gate.close()


def test_incomplete_ones_may_be_taken(tmp_path: Path) -> None:
    """`reject_if_incomplete: false` requires nothing."""
    loose = CONTRACT.replace("]}", "], reject_if_incomplete: false}")
    world = open_world(tmp_path, TOOLS + RULES + loose)
    _, request = asked(world)

    assert vote(world, request).state == "approved"
    world.gate.close()
