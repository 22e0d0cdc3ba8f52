"""Cut: no agent takes all of people's attention, and none takes another's share of it."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlock.app.policy import Policy
from interlock.clock import SystemClock
from interlock.conduct import Answered, Intent, Waiting
from interlock.conduct.flooding import MAX_OPEN, MAX_PER_HOUR, limits
from interlock.ledger.store import SqlTransaction
from interlock.path.proposal import Agent

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

RULES = """
tools:
  mail: {risk_tags: [write]}
  note: {risk_tags: [write]}
rules:
  - {id: mails, match: {tools: [mail]}, decision: require_approval, review: {approval_ttl_sec: 900}}
  - {id: notes, match: {tools: [note]}, decision: allow}
"""
FEW = (
    RULES
    + """
approval_queue_policy: {max_open_requests_per_agent: 3, max_requests_per_agent_per_hour: 5}
"""
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One world where an agent may have three questions open, and put five an hour."""
    made = open_world(tmp_path, FEW)
    yield made
    found = made.gate.audit.verify()
    made.gate.close()
    assert found.ok, found.problems


def ask(world: World, agent: str = "bot", tenant: str = "", count: int = 1) -> list[str]:
    """Propose calls that ask, each in a turn and a thread of its own; return their ids."""
    calls: list[str] = []
    for _ in range(count):
        turn = world.turn(("mail", {"n": world.turns}))
        context = replace(turn.context, agent=Agent(agent), tenant=tenant)
        turn = replace(turn, context=context, thread_id=f"{agent}-{world.turns}")
        calls += world.gate.conductor.propose(turn)
    return calls


def states(world: World, calls: list[str]) -> list[str]:
    return [world.state(call) for call in calls]


class TestLimits:
    def test_beyond_the_limit_nobody_is_asked(self, world: World) -> None:
        """What one agent asks beyond its share is denied at once and stands in no queue."""
        calls = ask(world, count=4)

        assert states(world, calls) == ["pending"] * 3 + ["denied"]
        assert {case.call_id for case in world.gate.inbox.pending()} == {*calls[:3]}
        told = answer(world.go(calls[3]))
        assert (told.ending, told.status) == ("denied", "error")
        assert "3 questions of this agent wait" in told.content
        assert "proposing it again does not help" in told.content

    def test_others_ask_as_before(self, world: World) -> None:
        """Neither another agent nor the same name of another tenant is touched."""
        ask(world, count=6)

        assert states(world, ask(world, "other", count=3)) == ["pending"] * 3
        assert states(world, ask(world, tenant="acme", count=3)) == ["pending"] * 3

    def test_what_needs_nobody_goes_on(self, world: World) -> None:
        """An agent at its limit runs what policy allows."""
        ask(world, count=4)
        (call,) = world.propose(("note", {}))

        assert answer(world.go(call)).ending == "released"

    def test_an_allowed_call_counts_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The way of a call that nobody is asked about does not pay for those that ask."""
        (asked,) = ask(world)
        monkeypatch.delattr(SqlTransaction, "questions")
        (call,) = world.propose(("note", {}))

        assert answer(world.go(call)).ending == "released"
        assert world.state(asked) == "pending"
        with pytest.raises(AttributeError):
            ask(world)

    def test_it_holds_without_the_section(self, tmp_path: Path) -> None:
        """A policy that says nothing of it still leaves people most of their attention."""
        world = open_world(tmp_path, RULES)
        turn = replace(
            world.turn(),
            intents=tuple(Intent("mail", {"n": n}, f"c{n}") for n in range(MAX_OPEN + 9)),
        )
        calls = world.gate.conductor.propose(turn)
        waits = {case.call_id for case in world.gate.inbox.pending()}
        world.gate.close()

        assert waits == {*calls[:MAX_OPEN]}

    def test_an_hour_has_a_limit_of_its_own(self, world: World) -> None:
        """Who is answered quickly still puts only so many questions an hour."""
        for _ in range(5):
            (call,) = ask(world)
            world.clock.advance(600)
            world.gate.inbox.deny(call, by="ana", reason="no")
        (sixth,) = ask(world)
        told = answer(world.go(sixth)).content
        world.clock.advance(601)

        assert world.state(sixth) == "denied"
        assert "5 calls of this agent within an hour" in told
        assert states(world, ask(world)) == ["pending"]
        assert limits(None) == (MAX_OPEN, MAX_PER_HOUR) == (100, 600)


class TestFreed:
    @pytest.mark.parametrize("verb", ["approve", "deny", "cancel"])
    def test_an_answer_makes_room(self, world: World, verb: str) -> None:
        """The limit is of open questions; nothing has to be reset."""
        first, *_ = ask(world, count=4)
        getattr(world.gate.inbox, verb)(first, by="ana", reason="ok")

        assert states(world, ask(world, count=2)) == ["pending", "denied"]

    def test_time_makes_room_though_nobody_looks(self, world: World) -> None:
        """Questions whose time is over hold up nobody, also where no worker expires them."""
        ask(world, count=3)
        world.clock.advance(901)
        (later,) = ask(world)

        assert "cut" not in [entry["kind"] for entry in world.gate.audit.log()]
        assert states(world, [later]) == ["pending"]


class TestStays:
    def test_a_replay_of_a_cut_call_has_the_same_answer(self, world: World) -> None:
        """Identity ends it for good: also when there is room again."""
        ask(world, count=3)
        turn = world.turn(("mail", {"n": "x"}), name="m")
        (call,) = world.gate.conductor.propose(turn)
        first = answer(world.go(call))
        for case in world.gate.inbox.pending():
            world.gate.inbox.deny(case.id, by="ana", reason="no")

        assert world.gate.conductor.propose(turn) == [call]
        assert answer(world.go(call)) == first

    def test_what_a_person_changed_is_not_cut(self, world: World) -> None:
        """An edit asks anew however full the agent's share is: a person made it."""
        first, *_ = ask(world, count=3)
        edited = world.gate.inbox.edit(first, args={"n": "less"}, by="ana", reason="smaller")

        assert edited.state == "pending"
        assert len(world.gate.inbox.pending()) == 3

    def test_what_was_held_asks_when_policy_wants_it_by_now(self, world: World) -> None:
        """A held sibling that policy asks about by now was proposed before, and is not cut."""
        asking, held = world.propose(("mail", {}), ("note", {}))
        assert states(world, [asking, held]) == ["pending", "held"]
        ask(world, count=2)
        stricter = FEW.replace("decision: allow", "decision: require_approval")
        world.gate.reload(Policy.parse(stricter))
        world.gate.inbox.deny(asking, by="ana", reason="no")
        (third,) = ask(world)

        assert isinstance(world.go(held), Waiting)
        assert states(world, [third, held]) == ["pending", "pending"]

    def test_the_record_says_what_cut_it(self, world: World) -> None:
        """The entry names the limit, as the policy's own deed; the decision stays what it was."""
        *_, cut = ask(world, count=4)
        entries = [entry for entry in world.gate.audit.log() if entry["chain"] == cut]

        assert [(one["kind"], one["state"]) for one in entries][1:] == [
            ("decided", "decided"),
            ("cut", "denied"),
        ]
        assert entries[-1]["actor"] == "policy"
        assert answer(world.go(cut)).record["decision"] == "require_approval"


@pytest.mark.timeout(60)  # eight writers, each with its own connection
def test_many_at_once_do_not_pass_the_limit(tmp_path: Path) -> None:
    """Of eight processes' worth of proposals at the limit exactly as many ask as there is room."""
    world = open_world(tmp_path, FEW, SystemClock())
    made: list[str] = []

    def propose(number: int) -> None:
        own = open_world(tmp_path, FEW, SystemClock())
        turn = own.turn(("mail", {"n": number}), ("mail", {"m": number}))
        turn = replace(turn, thread_id=f"t{number}", context=replace(turn.context, tenant=""))
        made.extend(own.gate.conductor.propose(turn))
        own.gate.close()

    crew = [threading.Thread(target=propose, args=(number,)) for number in range(8)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    found = Counter(states(world, made))
    world.gate.close()

    assert found == {"pending": 3, "denied": 13}


def test_progress_of_a_cut_call_is_an_answer(world: World) -> None:
    """No host pauses for a question that nobody was asked."""
    *_, cut = ask(world, count=4)
    found: Any = world.go(cut)

    assert isinstance(found, Answered)
    assert isinstance(world.go(ask(world, "other")[0]), Waiting)
    assert waiting(world.go(ask(world, "third")[0])).request.state == "open"
