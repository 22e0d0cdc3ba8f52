"""Conduct: the whole record, and what a resume payload may do."""

from pathlib import Path
from typing import Any

import pytest

from .conftest import POLICY, World, open_world, waiting  # isort: skip


def test_the_record_of_everything_verifies(world: World) -> None:
    """I9, I10: after all kinds of ends the whole record verifies."""
    ask, small = world.propose(("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2}))
    request = waiting(world.go(ask)).request
    case = world.gate.inbox.edit(request.id, args={"amount": 150}, by="ana")
    world.gate.inbox.approve(case.id, by="bo", reason="fine")
    for call in (ask, small, *world.propose(("refund.issue", {"amount": 5000}))):
        world.go(call)

    verified = world.gate.audit.verify()

    assert verified.ok, verified.problems
    assert verified.calls == 4


class TestHear:
    def test_a_payload_only_rings_the_bell(self, world: World) -> None:
        """By default an `approve` in a resume payload is no vote, and says how to give one."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        said = world.gate.conductor.hear(request.id, "approve", "local:eve")

        assert f"interlock approve {request.id}" in str(said)
        assert world.state(call) == "pending"

    def test_inline_is_a_vote_of_the_run_s_own_user(self, tmp_path: Path) -> None:
        """With `review.inline` the payload is a vote; its identity never comes from the payload."""
        inline = "approval_ttl_sec: 600, inline: true, reason_required: false"
        policy = POLICY.replace("approval_ttl_sec: 600", inline)
        world = open_world(tmp_path, policy)
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        forged = {"decisions": [{"type": "approve", "by": "boss"}]}
        assert world.gate.conductor.hear(request.id, forged, "local:ana") is None
        (vote,) = world.gate.inbox.show(call).votes
        assert (vote["by"], vote["auth"]) == ("local:ana", "inline")
        world.gate.close()

    def test_inline_is_never_for_high_risk(self, tmp_path: Path) -> None:
        """Whatever the policy says, a high-risk call is not approved by a resume payload."""
        policy = POLICY.replace("[write], facts", "[write, financial], facts").replace(
            "approval_ttl_sec: 600", "approval_ttl_sec: 600, inline: true"
        )
        world = open_world(tmp_path, policy)
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        assert world.gate.conductor.hear(request.id, True, "local:ana") is not None
        assert world.state(call) == "pending"
        world.gate.close()

    @pytest.mark.parametrize("payload", [None, {}, [], 7, "maybe", {"decisions": []}, object()])
    def test_nonsense_is_answered_with_words(self, world: World, payload: Any) -> None:
        """R4: nothing that a human sends raises; it is asked again."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        assert isinstance(world.gate.conductor.hear(request.id, payload, "local:ana"), str)
        assert world.state(call) == "pending"
        assert world.gate.conductor.hear("req_unknown", "approve", "local:ana") is not None

    def test_the_first_question_of_an_interrupt_keeps_it(self, world: World) -> None:
        """An answer belongs to the question that its interrupt first asked."""
        conductor = world.gate.conductor

        assert conductor.bind_ask("task", 0, "req_a") == "req_a"
        assert conductor.bind_ask("task", 0, "req_b") == "req_a"
        assert conductor.bind_ask("task", 1, "req_b") == "req_b"
