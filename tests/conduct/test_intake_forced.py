"""Take in: what a policy's constraints force or drop is shown, approved and executed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from interlock.app.policy import Policy
from interlock.conduct import Answered, Intent
from interlock.errors import DeskError

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
tools: {mail: {risk_tags: [egress], facts: {amount: args.amount}}}
rules:
  - {id: ask, match: {tools: [mail]}, decision: require_approval,
     constraints: {args: {bcc: audit@corp, opts.track: true}, args_drop: [secret]}}
"""
ALLOWED = POLICY.replace("require_approval", "allow")
GIVEN = {"to": "ana@corp", "bcc": "eve@x", "secret": "s3", "opts": {"html": False}}
FORCED = {"to": "ana@corp", "bcc": "audit@corp", "opts": {"html": False, "track": True}}


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """One world whose policy forces arguments of mails."""
    made = open_world(tmp_path, POLICY)
    yield made
    assert made.gate.audit.verify().ok, made.gate.audit.verify().problems
    made.gate.close()


def under(world: World, policy: str) -> World:
    """Swap the policy."""
    changed = Policy.parse(policy).compiled
    world.gate.conductor.ports = replace(world.gate.conductor.ports, policy=lambda: changed)
    return world


class TestForced:
    def test_is_shown_approved_and_executed(self, world: World) -> None:
        """I8: a person is asked about what will run, and that runs; the agent is told."""
        (call,) = world.propose(("mail", GIVEN))
        request = waiting(world.go(call)).request
        shown = world.gate.inbox.show(request.id)
        assert (dict(shown.args), shown.digest) == (FORCED, request.digest)
        world.gate.inbox.approve(request.id, by="ana", reason="fine")

        got = answer(world.go(call))

        assert world.effects == [("mail", FORCED)]
        assert "The policy changed the arguments" in got.record["notice"]
        assert not got.record["edited"]

    @pytest.mark.parametrize("claim", [True, False])
    def test_runs_where_nobody_is_asked(self, world: World, claim: bool) -> None:
        """A call that is allowed runs as the policy wants it, claimed at once or later."""
        under(world, ALLOWED)
        (call,) = world.gate.conductor.propose(world.turn(("mail", GIVEN)), claim=claim)

        assert answer(world.go(call)).ending == "released"
        assert world.effects == [("mail", FORCED)]

    def test_leaves_a_call_alone_that_keeps_to_it(self, world: World) -> None:
        """What is as it must be is no new revision."""
        (call,) = world.propose(("mail", FORCED))
        (other,) = world.propose(("mail", {"to": "ana@corp"}))

        assert world.gate.inbox.show(call).args == FORCED
        assert world.gate.inbox.show(other).args == {
            "to": "ana@corp",
            "bcc": "audit@corp",
            "opts": {"track": True},
        }
        assert len(revisions(world, call)) == 1
        assert revisions(world, other) == ["superseded", "pending"]

    def test_is_found_by_a_second_delivery(self, world: World) -> None:
        """The call as the agent made it is known, whatever became of it; another is a conflict."""
        (call,) = world.propose(("mail", GIVEN), name="again")
        request = waiting(world.go(call)).request
        (same,) = world.propose(("mail", GIVEN), name="again")
        assert same == call
        (other,) = world.propose(("mail", FORCED), name="again")
        assert world.state(other) == "conflict"
        world.gate.inbox.approve(request.id, by="ana", reason="fine")
        for _ in range(2):
            (same,) = world.propose(("mail", GIVEN), name="again")
            assert answer(world.go(same)).ending == "released"
        assert len(world.effects) == 1

    def test_is_forced_again_when_a_reviewer_undoes_it(self, world: World) -> None:
        """An edit is decided by policy: it cannot take back what the policy wants."""
        (call,) = world.propose(("mail", GIVEN))
        request = waiting(world.go(call)).request
        edited = world.gate.inbox.edit(
            request.id, args={"to": "cy@corp", "bcc": "cy@corp"}, by="ana"
        )
        forced = {"to": "cy@corp", "bcc": "audit@corp", "opts": {"track": True}}
        assert edited.args == forced
        with pytest.raises(DeskError):  # the editor is barred from this revision, too
            world.gate.inbox.approve(edited.id, by="ana", reason="mine")
        world.gate.inbox.approve(edited.id, by="bo", reason="fine")
        got = answer(world.go(call))

        assert world.effects == [("mail", forced)]
        assert got.record["edited"]
        assert revisions(world, call) == ["superseded"] * 3 + ["released"]

    def test_that_changed_since_the_approval_runs_nothing(self, world: World) -> None:
        """Q8: what was approved is not what the policy wants now, so neither runs."""
        (call,) = world.propose(("mail", GIVEN))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="fine")
        under(world, POLICY.replace("audit@corp", "law@corp"))

        assert answer(world.go(call)).ending == "denied"
        assert world.effects == []

    def test_that_came_since_the_approval_runs_nothing(self, world: World) -> None:
        """Q8: the same where the old policy forced nothing."""
        under(world, POLICY.replace("constraints", "reason: x, constraints").split(",\n")[0] + "}")
        (call,) = world.propose(("mail", GIVEN))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="fine")
        under(world, POLICY)

        assert answer(world.go(call)).ending == "denied"
        assert world.effects == []

    def test_that_cannot_be_is_denied(self, world: World) -> None:
        """A way through something that is no object leads nowhere; nobody is asked."""
        (call,) = world.propose(("mail", {**GIVEN, "opts": "html"}))
        got = answer(world.go(call))

        assert (got.ending, "`opts` is no object" in got.content) == ("denied", True)

    def test_that_does_not_fit_the_tool_is_denied(self, world: World) -> None:
        """Forced arguments are checked as all others are."""
        schema = {"type": "object", "properties": {"bcc": {"type": "integer"}}}
        turn = world.turn(("mail", {"to": "ana@corp"}))
        intents = (Intent("mail", {"to": "ana@corp"}, "c0", schema),)
        (call,) = world.gate.conductor.propose(replace(turn, intents=intents))
        got = answer(world.go(call))

        assert (got.ending, "do not fit `mail`" in got.content) == ("denied", True)

    def test_by_turns_is_denied(self, tmp_path: Path) -> None:
        """Rules that each undo the other come to an end, and to a denial, soon."""
        world = open_world(
            tmp_path,
            """
tools: {mail: {facts: {mode: args.mode}}}
rules:
  - {match: {mode_is: a}, decision: allow, constraints: {args: {mode: b}}}
  - {match: {mode_is: b}, decision: allow, constraints: {args: {mode: a}}}
""",
        )
        (call,) = world.propose(("mail", {"mode": "a"}))

        assert answer(world.go(call)).ending == "denied"
        assert len(revisions(world, call)) <= 5
        assert world.effects == []
        assert world.gate.audit.verify().ok
        world.gate.close()

    def test_in_steps_comes_to_rest(self, tmp_path: Path) -> None:
        """What one forced value brings about is forced, too, before anything runs."""
        world = open_world(
            tmp_path,
            """
tools: {mail: {facts: {mode: args.mode}}}
rules:
  - {match: {tools: [mail]}, decision: allow, constraints: {args: {mode: safe}}}
  - {match: {mode_is: safe}, decision: allow, constraints: {args: {log: true}}}
""",
        )
        (call,) = world.propose(("mail", {"mode": "fast"}))

        assert answer(world.go(call)).ending == "released"
        assert world.effects == [("mail", {"mode": "safe", "log": True})]
        world.gate.close()


def revisions(world: World, call: str) -> list[str]:
    """Return the states of a call's revisions, oldest first."""
    with world.gate.ledger.read() as db:
        query = text(
            "SELECT state FROM calls WHERE call_key = "
            "(SELECT call_key FROM calls WHERE id = :call) ORDER BY revision"
        )
        return [row[0] for row in db.execute(query, {"call": call})]


def test_a_breach_is_denied_before_anyone_is_asked(tmp_path: Path) -> None:
    """A limit on a fact holds whichever decision wins; a call without the fact breaks it."""
    world = open_world(tmp_path, POLICY.replace("args_drop: [secret]", "max_amount: 10"))
    calls = world.propose(("mail", {"amount": 11}), ("mail", {}))
    ends = [world.go(call) for call in calls]

    assert all(isinstance(end, Answered) and end.answer.ending == "denied" for end in ends)
    assert world.gate.inbox.pending() == []
    world.gate.close()
