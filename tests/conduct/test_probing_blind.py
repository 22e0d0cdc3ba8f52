"""Nothing that people are shown tells a probe from a call before it is answered."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from interlock.app.cases import Case
from interlock.cli.case import describe
from interlock.cli.lines import deny_each
from interlock.errors import DeskError, InterlockError, NotEligible

from .conftest import World, open_world  # isort: skip
from .test_probing import ASKS, canary  # isort: skip

RATES = "fatigue_controls: {canary_rate: 1.0, sampled_second_review_rate: 1.0}\n"


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A world in which everything is drawn."""
    made = open_world(tmp_path, ASKS + RATES)
    yield made
    made.gate.close()


def form(value: Any) -> Any:
    """Return what a value looks like: keys, types, and texts without their letters and digits."""
    if isinstance(value, dict):
        return {key: form(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [form(one) for one in value]
    if isinstance(value, str):
        return "".join("x" if one.isalnum() else one for one in value)
    return type(value).__name__


def probe_of(world: World, kind: str) -> Case:
    """Return a probe as it waits, alone."""
    if kind == "canary":
        return canary(world)[1]
    world.propose(("refund.issue", {"n": 1}))
    (real,) = world.gate.inbox.pending()
    world.gate.inbox.approve(real.id, by="ana", reason="so")
    world.clock.advance(3600)
    (posed,) = world.gate.inbox.pending()
    return posed


def both(world: World, kind: str) -> tuple[str, str]:
    """Return the ids of a probe and of a call that waits, asked at about the same time."""
    posed = probe_of(world, kind)
    like = {name: value + 1 for name, value in posed.args.items()}
    (call,) = world.propose(("refund.issue", like))
    return posed.id, world.gate.inbox.show(call).id


KINDS = pytest.mark.parametrize("kind", ["canary", "second_look"])


def test_who_joined_the_group_since_answers_both(tmp_path: Path, database: str) -> None:
    """Members of now answer a canary as they do a call, and who left answers neither."""
    asks = ASKS.replace("review: {", "review: {route: dpo, ")
    world = open_world(tmp_path, asks + RATES)
    world.gate.reviewers.add("kim", roles=["dpo"])
    call, posed = canary(world)
    (real,) = world.propose(("refund.issue", {"amount": 7}))
    assert call != real
    world.gate.reviewers.revoke("kim", roles=["dpo"], reason="moved")
    world.gate.reviewers.add("max", roles=["dpo"])
    for name in (posed.id, world.gate.inbox.show(real).id):
        with pytest.raises(NotEligible, match=r"`kim` is not in `dpo` \(max\)"):
            world.gate.inbox.approve(name, by="kim", reason="so")
        world.gate.inbox.approve(name, by="max", reason="so")
    assert world.gate.inbox.show(real).state == "approved"
    probe = world.gate.inbox.show(posed.id).probe
    assert probe is not None
    assert probe["came_to"] == "missed"
    assert world.gate.audit.verify().ok
    world.gate.close()


@KINDS
def test_cases_have_one_form(world: World, kind: str) -> None:
    """Inbox and show have the same members with values of the same form, in JSON as in words."""
    probe, real = both(world, kind)
    listed = {one.id: one for one in world.gate.inbox.pending()}
    shown = {name: world.gate.inbox.show(name) for name in (probe, real)}
    for cases in (listed, shown):
        assert form(cases[probe].json()) == form(cases[real].json())
    said = json.dumps(shown[probe].json()).lower()
    for word in ('probe": {', "canary", "posed", "second_look", 'interlock"'):
        assert word not in said
    words = (describe(shown[name], shown[name].created_at) for name in (probe, real))
    told = [form([tuple(section) for section in each]) for each in words]
    assert told[0] == told[1]


OWN = {"id", "call_id", "digest", "created_at", "expires_at", "duplicates", "duplicate_of"}
"""What two cases of the same call never share."""


@KINDS
def test_it_says_what_the_same_call_says(world: World, kind: str) -> None:
    """By value: signals, rules, terms, policy, who asks and who is to look; as if asked now."""
    probe, _ = both(world, kind)
    (call,) = world.propose(("refund.issue", dict(world.gate.inbox.show(probe).args)))
    inbox = world.gate.inbox
    listed = {one.id: one.json() for one in inbox.pending(viewer="bea")}
    shown = {name: inbox.show(name, viewer="bea").json() for name in (probe, call)}
    for mine, like in ((listed[probe], listed[shown[call]["id"]]), (shown[probe], shown[call])):
        assert {name for name in mine if mine[name] != like[name]} <= OWN
        assert mine.keys() == like.keys()
    asked = world.gate.queue.assigned()
    assert asked[probe] == asked[shown[call]["id"]]


@KINDS
def test_it_is_held_against_what_a_call_would_be(world: World, kind: str) -> None:
    """The call before is that of the same call made now: the one that the probe was made of.

    Without it, a question of an agent that made one call would say that there was none before.
    """
    posed = probe_of(world, kind)
    world.clock.advance(1)
    (call,) = world.propose(("refund.issue", dict(posed.args)))
    before = world.gate.inbox.similar(posed.id)
    assert before is not None
    assert before == world.gate.inbox.similar(call)
    after = world.gate.inbox.deny(posed.id, by="bea", reason="no").probe
    assert after is not None
    assert before.call_id == after["of"]


@KINDS
def test_it_is_folded_as_a_call_is(world: World, kind: str) -> None:
    """The same question asked by the agent is one line with it, and both are denied together."""
    probe, _ = both(world, kind)
    args = dict(world.gate.inbox.show(probe).args)
    (call,) = world.propose(("refund.issue", args))
    world.clock.advance(1)
    again = world.gate.inbox.show(world.propose(("refund.issue", args))[0]).id
    real = world.gate.inbox.show(call).id
    same = [probe, real, again]
    listed = {one.id: one for one in world.gate.inbox.pending(viewer="bea")}
    for cases in (listed, {name: world.gate.inbox.show(name) for name in same}):
        for name in same:
            assert [*cases[name].duplicates] == [one for one in same if one != name]
            assert cases[name].duplicate_of == ("" if name == probe else probe)
    deny_each(world.gate, real, "it repeats itself", {"by": "bea", "held": None})
    states = [world.gate.inbox.show(name).state for name in same]
    assert states == ["disclosed", "rejected", "rejected"]


def test_who_answered_first_is_folded_without_it(world: World) -> None:
    """Where the same is asked again, its line does not count the second look for them."""
    probe, _ = both(world, "second_look")
    args = dict(world.gate.inbox.show(probe).args)
    (call,) = world.propose(("refund.issue", args))
    inbox = world.gate.inbox
    assert inbox.show(call, viewer="bea").duplicates == (probe,)
    assert inbox.show(call, viewer="ana").duplicates == ()
    assert all(not one.duplicates for one in inbox.pending(viewer="ana"))
    _, left = deny_each(world.gate, call, "no", {"by": "ana", "held": None})
    assert (left, inbox.show(probe).state) == ([], "pending")


@KINDS
def test_it_stands_in_its_threads_and_tenants_queue(world: World, kind: str) -> None:
    """Whatever the inbox is narrowed to, it is there where its call would be."""
    probe, real = both(world, kind)
    for narrowed in ({"thread": "thread"}, {"tenant": ""}, {"viewer": "bea"}, {"limit": 2}):
        found = [one.id for one in world.gate.inbox.pending(**narrowed)]
        assert {probe, real} <= {*found}
    assert world.gate.inbox.pending(thread="interlock") == []
    assert world.gate.inbox.pending(tenant="other") == []
    assert world.gate.inbox.count(thread="thread") == len(world.gate.inbox.pending())
    first, *_ = world.gate.inbox.pending(limit=1)
    rest = world.gate.inbox.pending(after=first.id)
    assert [first.id, *(one.id for one in rest)] == [one.id for one in world.gate.inbox.pending()]


@KINDS
@pytest.mark.parametrize(
    "word",
    ["veto", "take_back", "acknowledge", "settle", "edit", "halt", "respond", "erase", "release"],
)
def test_refusals_have_one_form(world: World, kind: str, word: str) -> None:
    """What cannot be done with a call that waits cannot be done with a probe, in the same words."""
    probe, real = both(world, kind)
    inbox, desk = world.gate.inbox, world.gate

    def edit_halted(name: str) -> None:
        desk.halt(agent="bot", by="zoe", reason="mad")
        inbox.edit(name, args={"amount": 1}, by="bea")

    ways: dict[str, Any] = {
        "halt": edit_halted,
        "veto": lambda name: inbox.veto(name, by="bea", reason="no"),
        "take_back": lambda name: inbox.take_back(name, by="bea", reason="no"),
        "acknowledge": lambda name: inbox.acknowledge(name, by="bea"),
        "settle": lambda name: desk.doubts.settle(name, "done", by="bea", reason="it did"),
        "edit": lambda name: inbox.edit(name, args=inbox.show(name).args, by="bea"),
        "respond": lambda name: inbox.respond(name, message=" ", by="bea"),
        "erase": lambda name: desk.audit.erase(name, by="bea", reason="asked"),
        "release": lambda name: desk.quarantine.release(name, by="bea", reason="fine"),
    }
    told: list[str] = []
    for name in (probe, real):
        with pytest.raises(InterlockError) as refused:
            ways[word](name)
        told.append(f"{type(refused.value).__name__}: {form(str(refused.value))}")
    assert told[0] == told[1]


@KINDS
def test_watch_tells_nothing_before_the_answer(world: World, kind: str) -> None:
    """The tail has no line of it until it is answered, and then what it came to."""
    tail = world.gate.audit.tail()
    probe, _ = both(world, kind)
    name = world.gate.inbox.show(probe).call_id
    world.gate.inbox.snooze(probe, for_s=1, by="bea", reason="later")
    assert name not in json.dumps(tail.next())
    world.gate.inbox.approve(probe, by="bea", reason="fine")
    (line,) = [one for one in tail.next() if one["chain"] == name]
    assert (line["kind"], line["state"]) == ("voted", "disclosed")


def test_the_agent_hears_nothing(world: World) -> None:
    """Payload, answer and progress of the real call name no probe."""
    (call,) = world.propose(("refund.issue", {"amount": 60}))
    waiting = json.dumps(getattr(world.go(call), "payload"))  # noqa: B009 - of whatever it waits for
    world.gate.inbox.approve(call, by="ana", reason="so")
    answered = str(world.go(call))
    assert re.search(r"\b60\b", waiting)
    for word in ("canary", "posed", "probe", r"\b600\b", "second"):
        assert not re.search(word, waiting)
        assert not re.search(word, answered)


@pytest.mark.parametrize("answer", ["approve", "respond"])
def test_looking_twice_is_for_others(world: World, answer: str) -> None:
    """A second look is refused to who answered first in the words of a call that they edited."""
    world.propose(("refund.issue", {"n": 1}))
    (real,) = world.gate.inbox.pending()
    world.gate.inbox.approve(real.id, by="ana", reason="so")
    world.clock.advance(3600)
    (posed,) = world.gate.inbox.pending()
    (call,) = world.propose(("refund.issue", {"n": 2}))
    own = world.gate.inbox.edit(call, args={"n": 3}, by="ana", reason="less").id
    said = {"message": "no"} if answer == "respond" else {"reason": "again"}
    told: list[str] = []
    for name in (posed.id, own):
        with pytest.raises(DeskError) as refused:
            getattr(world.gate.inbox, answer)(name, by="ana", **said)
        told.append(f"{type(refused.value).__name__}: {refused.value}")
    assert told[0] == told[1]


def test_who_answered_first_sees_no_second_look(world: World) -> None:
    """Whoever is known to look is not shown what they answered before; put off or not."""
    world.propose(("refund.issue", {"n": 1}))
    (real,) = world.gate.inbox.pending()
    world.gate.inbox.approve(real.id, by="ana", reason="so")
    world.clock.advance(3600)
    inbox = world.gate.inbox
    (posed,) = inbox.pending(viewer="bea")
    for snoozed in (False, True):
        assert inbox.pending(viewer="ana", snoozed=snoozed) == []
        assert inbox.count(viewer="ana", snoozed=snoozed) == 0
    inbox.snooze(posed.id, for_s=60, by="bea", reason="later")
    assert inbox.pending(viewer="bea") == []
    assert [one.id for one in inbox.pending(viewer="bea", snoozed=True)] == [posed.id]


@pytest.mark.parametrize("seed", range(4))
def test_the_desk_adds_up_whatever_is_a_probe(tmp_path: Path, database: str, seed: int) -> None:
    """As many asks as questions open and ended, by agent, rule and route; as many as are shown."""
    acts = Random(seed).choices(["ask", "approve", "deny", "respond", "cancel", "wait"], k=16)
    assert database
    world = open_world(tmp_path, ASKS + RATES)
    world.propose(("refund.issue", {"amount": 1}))
    inbox = world.gate.inbox
    for at, act in enumerate(acts, 2):
        waiting = inbox.pending()
        if act == "ask":
            world.propose(("refund.issue", {"amount": at}))
        elif act == "wait" or not waiting:
            world.clock.advance(1800)
        else:
            said = {"message": "no"} if act == "respond" else {"reason": "so"}
            getattr(inbox, act)(waiting[at % len(waiting)].id, by=f"p{at}", **said)
        shown, found = inbox.pending(), world.gate.figures()
        (queue,), (agent,), (rule,) = found.queues, found.agents, found.rules
        assert agent.asks.hits == agent.asks.of == queue.open + queue.answered + queue.unanswered
        assert rule.asks == agent.asks
        assert queue.open == len(shown) == sum(route.open for route in found.ages)
    world.gate.close()


@KINDS
def test_the_desk_says_of_a_probe_what_it_says_of_a_call(world: World, kind: str) -> None:
    """While it is open it is as old as it is; no time that people take comes of it."""
    _, real = both(world, kind)
    (before,) = world.gate.inbox.queues()
    world.clock.advance(30)
    world.gate.inbox.cancel(real, by="bea", reason="over")
    (after,) = world.gate.inbox.queues()
    assert (after.open, after.answered) == (before.open - 1, before.answered + 1)
    assert after.oldest_s >= 30
    assert world.gate.figures().agents[0].asks.hits == after.open + after.answered
    (probe,) = world.gate.inbox.pending()
    world.gate.inbox.deny(probe.id, by="bea", reason="no")
    (ended,) = world.gate.inbox.queues()
    assert (ended.open, ended.answered) == (0, after.answered)
    assert world.gate.figures().agents[0].asks.hits == ended.answered


@KINDS
def test_the_log_tells_nothing_before_the_answer(world: World, kind: str) -> None:
    """Its entries are left out until it is disclosed, save for who asks for them by name."""
    probe, _ = both(world, kind)
    chain = world.gate.inbox.show(probe).call_id
    world.gate.inbox.snooze(probe, for_s=1, by="bea", reason="later")

    def chains(**wanted: Any) -> set[str]:
        return {line["chain"] for line in world.gate.audit.log(**wanted)}

    for wanted in ({}, {"call": chain}, {"reviewer": "bea"}, {"decision": "posed"}):
        assert chain not in chains(**wanted)
    assert chain in chains(undisclosed=True)
    world.gate.inbox.approve(probe, by="bea", reason="fine")
    assert chain in chains()
