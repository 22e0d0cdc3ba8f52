"""Hear: only the group that is asked may approve, when it votes and when the call runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlock.app.policy import Policy
from interlock.errors import AlreadyDecided, NotEligible

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
tools:
  pay: {risk_tags: [write], facts: {amount: args.amount}}
  deploy: {topic: job.deploy, risk_tags: [write, prod]}
groups: {finance: [ana, bo], legal: [bo, cy], audit: [cy, dee]}
rules:
  - {id: money, match: {tools: [pay]}, decision: require_approval,
     review: {route: finance, approval_ttl_sec: 600}}
  - {id: contract, match: {tools: [pay], amount_above: 100}, decision: require_approval,
     review: {route: legal}}
  - {id: never-alone, match: {tools: [pay], amount_above: 1000}, decision: require_approval,
     review: {route: audit}}
  - {id: go, match: {tools: [deploy]}, decision: allow}
decision_matrix:
  job.deploy: {medium: {prod: legal, default: auto-approve}}
"""


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """One world with groups."""
    made = open_world(tmp_path, POLICY)
    yield made
    assert made.gate.audit.verify().ok, made.gate.audit.verify().problems
    made.gate.close()


def asked(world: World, amount: int) -> tuple[str, str]:
    """Propose a payment; return the call and the request."""
    (call,) = world.propose(("pay", {"amount": amount}))
    return call, waiting(world.go(call)).request.id


def under(world: World, policy: str) -> None:
    """Swap the policy."""
    changed = Policy.parse(policy).compiled
    world.gate.conductor.ports = replace(world.gate.conductor.ports, policy=lambda: changed)


def test_one_of_the_group_approves_and_nobody_else(world: World) -> None:
    """I7: a vote from outside the group is refused with words that name who may."""
    call, request = asked(world, 50)

    with pytest.raises(NotEligible, match=r"`eve` is not in `finance` \(ana, bo\)"):
        world.gate.inbox.approve(request, by="eve", reason="fine")
    with pytest.raises(NotEligible):
        world.gate.inbox.respond(request, message="take this", by="eve")
    assert world.state(call) == "pending"
    world.gate.inbox.approve(request, by="local:Ana", reason="fine")
    assert answer(world.go(call)).ending == "released"


def test_anyone_may_stop_a_call(world: World) -> None:
    """A denial needs no membership: it only makes things stricter."""
    call, request = asked(world, 50)
    world.gate.inbox.deny(request, by="eve", reason="looks wrong")

    assert answer(world.go(call)).ending == "rejected"


def test_two_groups_at_once_ask_whom_they_share(world: World) -> None:
    """Where two rules ask two groups, only a member of both may approve."""
    call, request = asked(world, 500)
    for outsider in ("ana", "cy"):
        with pytest.raises(NotEligible, match=r"`finance and legal` \(bo\)"):
            world.gate.inbox.approve(request, by=outsider, reason="mine")
    world.gate.inbox.approve(request, by="bo", reason="ours")

    assert answer(world.go(call)).ending == "released"


def test_groups_that_share_nobody_let_nobody_approve(world: World) -> None:
    """I5: then the request expires like any other, and nothing ran."""
    call, request = asked(world, 5000)
    for name in ("ana", "bo", "cy", "dee", "eve"):
        with pytest.raises(NotEligible, match="nobody"):
            world.gate.inbox.approve(request, by=name, reason="mine")
    world.clock.advance(601)

    with pytest.raises(AlreadyDecided):
        world.gate.inbox.approve(request, by="bo", reason="late")
    assert answer(world.go(call)).ending == "expired"
    assert world.effects == []


def test_who_left_the_group_did_not_approve(world: World) -> None:
    """Q4: membership is checked at the vote and again when the call runs, by the policy of now."""
    call, request = asked(world, 50)
    world.gate.inbox.approve(request, by="ana", reason="fine")
    under(world, POLICY.replace("[ana, bo]", "[bo]"))

    again = waiting(world.go(call)).request
    assert (again.id != request, again.terms.eligible) == (True, ("bo",))
    assert world.effects == []
    with pytest.raises(NotEligible):
        world.gate.inbox.approve(again.id, by="ana", reason="still")
    world.gate.inbox.approve(again.id, by="bo", reason="fine")
    assert answer(world.go(call)).ending == "released"


def test_who_left_the_group_votes_no_more(world: World) -> None:
    """Q4: by the policy of the vote, and who came since may answer; the record says so."""
    call, request = asked(world, 50)
    under(world, POLICY.replace("[ana, bo]", "[bo, eve]"))

    with pytest.raises(NotEligible, match=r"`ana` is not in `finance` \(bo, eve\)"):
        world.gate.inbox.approve(request, by="ana", reason="fine")
    assert not [each for each in world.gate.audit.log(call=call) if each["kind"] == "regrouped"]
    world.gate.inbox.approve(request, by="eve", reason="fine")
    kinds = [each["kind"] for each in world.gate.audit.log(call=call)]
    assert kinds[-2:] == ["regrouped", "voted"]
    assert answer(world.go(call)).ending == "released"


def test_a_group_of_others_can_approve_what_is_asked_again(world: World) -> None:
    """Where the same group is asked then and now, its members are those of now."""
    call, request = asked(world, 50)
    world.gate.inbox.approve(request, by="ana", reason="fine")
    under(world, POLICY.replace("[ana, bo]", "[eve]"))

    again = waiting(world.go(call)).request
    assert again.terms.eligible == ("eve",)
    world.gate.inbox.approve(again.id, by="eve", reason="fine")
    assert answer(world.go(call)).ending == "released"


def test_another_policy_says_nothing_of_groups_that_it_does_not_know(world: World) -> None:
    """A host of another policy takes votes; who was asked answers, and the guard asks its own."""
    call, request = asked(world, 50)
    mine = world.gate.conductor.ports.policy()
    under(world, "groups: {others: [zoe]}")
    with pytest.raises(NotEligible):
        world.gate.inbox.approve(request, by="zoe", reason="fine")
    world.gate.inbox.approve(request, by="ana", reason="fine")

    world.gate.conductor.ports = replace(world.gate.conductor.ports, policy=lambda: mine)
    assert answer(world.go(call)).ending == "released"


def test_members_of_another_policy_are_none_of_ours(world: World) -> None:
    """A policy of the voter's own lets nobody in: the guard counts by that of the host."""
    call, request = asked(world, 50)
    mine = world.gate.conductor.ports.policy()
    under(world, "groups: {finance: [eve]}")
    world.gate.inbox.approve(request, by="eve", reason="fine")

    world.gate.conductor.ports = replace(world.gate.conductor.ports, policy=lambda: mine)
    assert waiting(world.go(call)).request.terms.eligible == ("ana", "bo")
    assert world.effects == []


def test_who_joined_the_group_did_not_vote_before(world: World) -> None:
    """Q4: an approval that did not count when it was given is refused then, not kept."""
    call, request = asked(world, 50)
    with pytest.raises(NotEligible):
        world.gate.inbox.approve(request, by="eve", reason="fine")
    under(world, POLICY.replace("[ana, bo]", "[ana, bo, eve]"))

    assert waiting(world.go(call)).request.id == request
    assert world.effects == []


def test_a_group_that_is_asked_since_has_not_approved(world: World) -> None:
    """Q8: another group asked by a new rule must answer too; stricter wins."""
    call, request = asked(world, 50)
    world.gate.inbox.approve(request, by="ana", reason="fine")
    under(world, POLICY.replace("amount_above: 100}", "amount_above: 10}"))

    assert waiting(world.go(call)).request.terms.eligible == ("bo",)
    assert world.effects == []


@pytest.mark.parametrize(("environment", "waits"), [("prod", True), ("dev", False), (None, True)])
def test_the_matrix_asks_its_group(tmp_path: Path, environment: str | None, waits: bool) -> None:
    """A cell that names a group asks it; of an unknown environment the stricter cell counts."""
    place = f"environment: {environment}\n" if environment else ""
    world = open_world(tmp_path, place + POLICY)
    (call,) = world.propose(("deploy", {}))
    progress = world.go(call)

    if waits:
        assert waiting(progress).request.terms.route == "legal"
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(waiting(progress).request.id, by="ana", reason="mine")
    else:
        assert answer(progress).ending == "released"
    world.gate.close()
