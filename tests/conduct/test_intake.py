"""Take in: identity, replays, conflicts, and what never gets further."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlock.conduct import Answered, Intent, Turn
from interlock.conduct.intake import UNFIT
from interlock.desk.naming import stranger
from interlock.path.proposal import Agent, Context

from .conftest import World, answer, open_world  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


class TestAllowed:
    def test_runs_once_and_answers(self, world: World) -> None:
        """An allowed call runs and its result comes back."""
        world.result = {"refunded": 20}
        (call,) = world.propose(("refund.issue", {"amount": 20}))

        assert answer(world.go(call)).content == {"refunded": 20}
        assert world.effects == [("refund.issue", {"amount": 20})]

    def test_replay_returns_the_stored_answer_without_effect(self, world: World) -> None:
        """I3, I15: delivering a call again, in any way, has no second effect."""
        calls = [world.propose(("refund.issue", {"amount": 20}), name="m1")[0] for _ in range(3)]
        answers = [answer(world.go(call)) for call in calls * 2]

        assert len(set(calls)) == 1
        assert len({repr(one.content) for one in answers}) == 1
        assert len(world.effects) == 1

    def test_reused_id_in_another_turn_is_another_call(self, world: World) -> None:
        """Models reuse tool-call ids: the turn is part of a call's identity."""
        for name in ("m1", "m2"):
            (call,) = world.propose(("refund.issue", {"amount": 20}), name=name)
            world.go(call)

        assert len(world.effects) == 2

    def test_same_id_with_other_arguments_is_a_conflict(self, world: World) -> None:
        """A replay whose arguments differ is refused and recorded, and the first call stands."""
        (first,) = world.propose(("refund.issue", {"amount": 20}), name="m1")
        world.go(first)
        (second,) = world.propose(("refund.issue", {"amount": 40}), name="m1")

        assert answer(world.go(second)).ending == "conflict"
        assert second == world.propose(("refund.issue", {"amount": 40}), name="m1")[0]
        assert answer(world.go(first)).ending == "released"
        assert world.effects == [("refund.issue", {"amount": 20})]

    def test_claim_in_the_same_commit(self, world: World) -> None:
        """A lone allowed call is proposed, decided and claimed in one commit."""
        turn = world.turn(("refund.issue", {"amount": 20}))
        (call,) = world.gate.conductor.propose(turn, claim=True)

        assert world.state(call) == "executing"
        assert answer(world.go(call)).ending == "released"
        assert len(world.effects) == 1

    def test_failed_tool_is_answered_and_inspected(self, world: World) -> None:
        """What a tool raises is a result: typed, inspected, and never an exception of ours."""
        world.result = ValueError("no customer 536-22-8726 (ssn)")
        (call,) = world.propose(("refund.issue", {"amount": 20}))

        got = answer(world.go(call))

        assert got.status == "error"
        assert "536-22-8726" not in repr(got)
        assert "ValueError" in got.content


class TestRefused:
    def test_denied_never_runs(self, world: World) -> None:
        """I6: a denied call has no effect, however often it is delivered."""
        (call,) = world.propose(("refund.issue", {"amount": 5000}))

        assert [answer(world.go(call)).ending for _ in range(3)] == ["denied"] * 3
        assert world.effects == []

    def test_a_denied_call_names_what_denied_it(self, world: World) -> None:
        """Code learns the decision, its rules and its policy from the answer's record."""
        (call,) = world.propose(("refund.issue", {"amount": 5000}))

        got = answer(world.go(call)).record

        assert got == {
            "call_id": call,
            "outcome": "denied",
            "reason": world.gate.inbox.show(call).reason,
            "decision": "deny",
            "rules": ["huge"],
            "policy_snapshot": world.gate.policy.snapshot,
            "level": 0,
        }

    @pytest.mark.parametrize("args", [{"amount": float("nan")}, {"note": "\ud800"}, {"x": {1, 2}}])
    def test_arguments_without_canonical_form(self, world: World, args: dict[str, Any]) -> None:
        """What cannot be carried exactly is answered with the argument's name, and never runs."""
        (call,) = world.propose(("refund.issue", args))

        got = answer(world.go(call))

        assert got.ending == "invalid_arguments"
        assert f"args.{next(iter(args))}" in got.content
        assert world.effects == []

    def test_names_that_a_model_made_up_are_not_in_the_record(self, world: World) -> None:
        """An entry stays for good; the answer names the argument, and can be erased."""
        schema = {"type": "object", "properties": {"amount": {"type": "number"}}}
        args = {"amount": 5, "ssn_536228726": 1}
        why = stranger(schema, args)
        context = Context(Agent("bot"))
        intents = (
            Intent("refund.issue", args, "c0", schema, why),
            Intent("refund.issue", {"ssn_536228726": {1}}, "c1"),
        )
        calls = world.gate.conductor.propose(Turn(context, "main", "t", "", "m", intents))

        for call in calls:
            assert "ssn_536228726" in answer(world.go(call)).content
        kept = [line for line in world.gate.audit.log() if line["state"] == "invalid_arguments"]
        assert [line["body"]["why"] for line in kept] == [UNFIT, UNFIT]
        assert "536228726" not in str(world.gate.audit.log())
        assert world.gate.audit.verify().ok


class TestSignals:
    def test_a_third_retry_asks(self, world: World) -> None:
        """`retry_count` leaves the first attempt out: the fourth attempt is the third retry."""
        endings: list[str] = []
        for _ in range(4):
            (call,) = world.propose(("orders.get", {"id": 7}))
            progress = world.go(call)
            endings.append(type(progress).__name__)

        assert endings == ["Answered", "Answered", "Answered", "Waiting"]

    def test_a_success_with_other_arguments_and_an_old_attempt_are_no_retries(
        self, world: World
    ) -> None:
        """What went well is retried only by the same call, and only within the window."""
        for at in range(5):
            (call,) = world.propose(("orders.get", {"id": at}))
            assert isinstance(world.go(call), Answered)
        for _ in range(5):
            world.clock.advance(601)
            (call,) = world.propose(("orders.get", {"id": 7}))
            assert isinstance(world.go(call), Answered)

    def test_a_failure_is_retried_with_any_arguments(self, world: World) -> None:
        """An agent that varies the arguments of what failed still retries it."""
        world.result = ValueError("no such order")
        endings: list[str] = []
        for at in range(4):
            (call,) = world.propose(("orders.get", {"id": at}))
            endings.append(type(world.go(call)).__name__)

        assert endings == ["Answered", "Answered", "Answered", "Waiting"]

    def test_what_another_thread_tried_is_no_retry(self, world: World) -> None:
        """Retries are counted in the thread of the call."""
        for at in range(5):
            turn = replace(world.turn(("orders.get", {"id": 7})), thread_id=f"thread-{at}")
            (call,) = world.gate.conductor.propose(turn)
            assert isinstance(world.go(call), Answered)


KEYED = """
version: v1
tools: {pay: {effect: idempotent, idempotency_argument: key}}
rules: [{id: pays, match: {tools: [pay]}, decision: allow}]
"""


def test_a_key_of_the_model_is_no_part_of_its_call(tmp_path: Path) -> None:
    """Two deliveries that differ in the idempotency argument only are one call, without it."""
    world = open_world(tmp_path, KEYED)
    (first,) = world.propose(("pay", {"amount": 1, "key": "mine"}), name="m")
    (again,) = world.propose(("pay", {"amount": 1, "key": "other"}), name="m")
    answer(world.go(first))

    case = world.gate.inbox.show(first)
    assert (again, case.args) == (first, {"amount": 1})
    assert world.effects == [("pay", {"amount": 1, "key": case.digest})]
