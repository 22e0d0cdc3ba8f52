"""Hear: whose answer counts, when, and what an edit does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.review import Vote

from ..databases import ledger_of  # isort: skip
from .conftest import POLICY, World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


class TestAsked:
    def test_waits_until_a_person_approves(self, world: World) -> None:
        """I2: an asking call runs only after an approval in the ledger."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        assert world.effects == []
        world.gate.inbox.approve(request.id, by="ana", reason="checked")
        assert answer(world.go(call)).ending == "released"
        assert world.effects == [("refund.issue", {"amount": 200})]

    @pytest.mark.parametrize("verb", ["deny", "cancel"])
    def test_refused_by_a_person_never_runs(self, world: World, verb: str) -> None:
        """I6: after a denial or a cancellation there is no effect and no second verdict."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        getattr(world.gate.inbox, verb)(request.id, by="ana", reason="not this one")

        with pytest.raises(AlreadyDecided):
            world.gate.inbox.approve(request.id, by="bo", reason="but")
        assert "not this one" in answer(world.go(call)).content
        assert world.effects == []

    @pytest.mark.parametrize(
        ("end", "outcome"),
        [
            (lambda world, name: world.gate.inbox.deny(name, by="ana", reason="no"), "rejected"),
            (lambda world, name: world.gate.inbox.cancel(name, by="ana"), "cancelled"),
            (lambda world, name: world.gate.inbox.respond(name, message="x", by="a"), "responded"),
            (lambda world, _: world.clock.advance(601), "expired"),
        ],
    )
    def test_its_record_names_the_rules_that_asked(
        self, world: World, end: Callable[[World, str], object], outcome: str
    ) -> None:
        """However a question ends, the record says which rules asked it under which policy."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        end(world, waiting(world.go(call)).request.id)

        got = answer(world.go(call)).record

        assert (got["outcome"], got["decision"], got["rules"]) == (
            outcome,
            "require_approval",
            ["big"],
        )
        assert (got["policy_snapshot"], got["level"]) == (world.gate.policy.snapshot, 0)

    def test_respond_answers_instead_of_the_tool(self, world: World) -> None:
        """A reviewer may answer the agent; the tool does not run."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        world.gate.inbox.respond(request.id, message="use a voucher", by="ana")

        got = answer(world.go(call))

        assert (got.ending, got.status, got.content) == ("responded", "success", "use a voucher")
        assert world.effects == []

    @pytest.mark.parametrize("who", ["cust", "bot", "olga", "payments"])
    def test_requester_agent_and_owners_never_count(self, world: World, who: str) -> None:
        """I7: those who ask for a call, or answer for its agent or tool, cannot approve it."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        with pytest.raises(NotEligible):
            world.gate.inbox.approve(request.id, by=who, reason="mine")
        assert world.state(call) == "pending"

    def test_expired_is_not_rejected_and_never_revives(self, world: World) -> None:
        """I11: an expired request stays so, also when the clock steps back."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        world.clock.advance(601)

        with pytest.raises(AlreadyDecided):
            world.gate.inbox.approve(request.id, by="ana", reason="late")
        world.clock.advance(-3600)
        with pytest.raises(AlreadyDecided):
            world.gate.inbox.approve(request.id, by="ana", reason="early again")
        got = answer(world.go(call))
        assert got.ending == "expired"
        assert "not a refusal" in got.content
        assert world.effects == []

    def test_an_approval_does_not_wait_for_ever(self, world: World) -> None:
        """Q7: an approval that is not used in time expires and runs nothing."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="yes")
        world.clock.advance(301)

        assert answer(world.go(call)).ending == "expired"
        assert world.effects == []

    def test_a_vote_for_another_digest_does_not_count(self, world: World) -> None:
        """I8: an answer belongs to the bytes that were shown."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        forged = Vote(request.id, "0" * 64, "approve", "ana", "local", world.clock.now(), "yes")
        with pytest.raises(DeskError):
            world.gate.conductor.vote(forged)
        assert world.state(call) == "pending"


class TestEdited:
    def test_edit_is_decided_again(self, world: World) -> None:
        """Q5: an edit makes a new digest; policy decides it, and the agent is told."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        before = waiting(world.go(call)).request
        case = world.gate.inbox.edit(before.id, args={"amount": 40}, by="ana")

        got = answer(world.go(call))

        assert case.digest != before.digest
        assert world.effects == [("refund.issue", {"amount": 40})]
        assert got.record["edited"]

    def test_edit_that_still_asks_needs_another_person(self, world: World) -> None:
        """Q1, Q5: the editor cannot approve; earlier approvals are void."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        first = waiting(world.go(call)).request
        second = world.gate.inbox.edit(first.id, args={"amount": 150}, by="ana")

        with pytest.raises(AlreadyDecided):
            world.gate.conductor.vote(_approval(world, first.id, first.digest))
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(second.id, by="ana", reason="mine")
        world.gate.inbox.approve(second.id, by="bo", reason="fine")
        world.go(call)
        assert world.effects == [("refund.issue", {"amount": 150})]

    def test_edit_to_a_denied_call_is_denied(self, world: World) -> None:
        """An edit cannot carry a call past policy."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        world.gate.inbox.edit(request.id, args={"amount": 9999}, by="ana")

        assert answer(world.go(call)).ending == "denied"
        assert world.effects == []

    def test_edit_to_another_tool_is_decided_as_that_tool(self, world: World) -> None:
        """R10: an edit that names another tool is under that tool's policy."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        case = world.gate.inbox.edit(
            request.id, tool="wipe.everything", args={}, by="ana", unknown_tool=True
        )

        assert case.state == "pending"
        assert case.not_evaluable or not case.rules
        assert world.effects == []

    @pytest.mark.parametrize("tool", ["refund.issue ", "refund.isue", "set.flag\u200b", "no.such"])
    def test_an_edit_to_a_tool_that_nobody_knows_loses_no_request(
        self, world: World, tool: str
    ) -> None:
        """R10: a mistyped tool is refused before it replaces the request, save where told so."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        with pytest.raises(DeskError, match="nobody here knows a tool"):
            world.gate.inbox.edit(request.id, tool=tool, args={"amount": 1}, by="ana")

        (still,) = world.gate.inbox.pending()
        assert (still.id, still.votes) == (request.id, ())
        forced = world.gate.inbox.edit(
            request.id, tool=tool, args={"amount": 1}, by="ana", unknown_tool=True
        )
        assert (forced.tool, forced.editors) == (tool, ("ana",))
        assert forced.state == "pending"
        assert world.effects == []

    def test_edit_out_of_process_uses_the_ledgers_policy(
        self, world: World, tmp_path: Path
    ) -> None:
        """A process that only answers decides an edit by the policy that the ledger keeps."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        with Gate.open(ledger=ledger_of(tmp_path), clock=world.clock, state=tmp_path) as other:
            assert other.policy.snapshot == world.gate.policy.snapshot
            assert other.inbox.edit(request.id, args={"amount": 40}, by="ana").state == "decided"
        assert answer(world.go(call)).ending == "released"


def _approval(world: World, request_id: str, digest: str) -> Any:
    return Vote(request_id, digest, "approve", "bo", "local", world.clock.now(), "yes")


class TestPeople:
    def test_one_human_under_two_names(self, tmp_path: Path) -> None:
        """Q1: `local:Cust` of a resume and `cust` of the inbox are one person."""
        inline = POLICY.replace("approval_ttl_sec: 600", "approval_ttl_sec: 600, inline: true")
        world = open_world(tmp_path, inline)
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        assert world.gate.conductor.hear(request.id, "approve", "local:Cust") is not None
        for name in ("Cust", " cust ", "local:cust"):
            with pytest.raises(NotEligible):
                world.gate.inbox.approve(request.id, by=name, reason="mine")
        edit = {"type": "edit", "edited_action": {"name": "refund.issue", "args": {"amount": 99}}}
        assert world.gate.conductor.hear(request.id, edit, "local:ana") is None
        (edited,) = world.gate.inbox.pending()
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(edited.id, by="Ana", reason="mine")
        world.gate.close()

    def test_an_edit_to_another_tool_is_judged_by_what_is_known_of_that_tool(
        self, tmp_path: Path
    ) -> None:
        """R10: the first use of a tool is its first use, also when a reviewer brings it in."""
        first = (
            "  - {id: first, match: {tools: [set.flag], first_time_action: true}, decision: deny}\n"
        )
        world = open_world(tmp_path, POLICY + first)
        world.go(world.propose(("refund.issue", {"amount": 1}))[0])
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        assert (
            world.gate.inbox.edit(request.id, tool="set.flag", args={}, by="ana").state == "denied"
        )
        world.gate.close()

    @pytest.mark.parametrize("value", ["NaN", "1e999", "[1, NaN]"])
    def test_an_edit_that_is_no_number_is_asked_again(self, tmp_path: Path, value: str) -> None:
        """R4: an edit whose text reads as no finite number is answered with words."""
        inline = POLICY.replace("approval_ttl_sec: 600", "approval_ttl_sec: 600, inline: true")
        world = open_world(tmp_path, inline)
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request
        said = [{"type": "edit", "args": {"action": "refund.issue", "args": {"amount": value}}}]

        assert isinstance(world.gate.conductor.hear(request.id, said, "local:ana"), str)
        assert world.state(call) == "pending"
        world.gate.close()

    @pytest.mark.parametrize("stringified", [False, True])
    def test_an_edit_in_a_payload_names_no_argument_that_the_tool_does_not(
        self, tmp_path: Path, stringified: bool
    ) -> None:
        """R13: a name that the schema does not have is answered with words, in both forms."""
        inline = POLICY.replace("approval_ttl_sec: 600", "approval_ttl_sec: 600, inline: true")
        world = open_world(tmp_path, inline)
        schema = {"type": "object", "properties": {"amount": {"type": "number"}}}
        turn = world.turn(("refund.issue", {"amount": 200}))
        intent = replace(turn.intents[0], tool_schema=schema)
        (call,) = world.gate.conductor.propose(replace(turn, intents=(intent,)))
        request = waiting(world.go(call)).request
        edit = {"name": "refund.issue", "args": {"amount": 99, "urgent": True}}
        said = (
            {"type": "edit", "args": edit}
            if stringified
            else {"type": "edit", "edited_action": edit}
        )

        told = world.gate.conductor.hear(request.id, said, "local:ana") or ""
        assert "takes no `urgent`" in told
        assert world.state(call) == "pending"
        world.gate.close()
