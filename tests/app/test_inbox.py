"""Decide: the queue as its users see it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.errors import AlreadyDecided, DeskError, NotEligible, UnknownId
from interlock.path.proposal import Agent, Context, Link

POLICY = """
version: v1
tools: {pay: {risk_tags: [write], facts: {amount_usd: args.amount}}}
rules: [{id: ask, match: {tools: [pay]}, decision: require_approval, reason: Money moves}]
"""
SCHEMA = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Open a gate with one pending call."""
    path = str(tmp_path / "l.db")
    with Gate.open(Policy.parse(POLICY), path, clock=FrozenClock(), state=tmp_path) as opened:
        args = {"amount": 5, "_interlock": {"confidence": 0.4, "why": "new payee"}}
        intent = Intent("pay", args, "c", SCHEMA)
        chain = (Link("planner", "pay the bill"),)
        context = Context(Agent("bot"), principal="cust", chain=chain)
        opened.conductor.propose(Turn(context, "main", "t", "", "m", (intent,)))
        yield opened


def test_a_case_says_it_all(gate: Gate) -> None:
    """A case has what, why, signals, consequences, claim, chain and time, and is JSON."""
    (case,) = gate.inbox.pending()

    assert case.args == {"amount": 5}
    assert case.reason == "Money moves"
    assert case.signals["confidence"] == 0.4
    assert case.why == "new payee"
    assert case.facts == {"amount_usd": 5}
    assert case.chain == ({"agent": "planner", "says": "pay the bill"},)
    assert "cust" in case.excluded
    assert json.loads(json.dumps(case.json()))["expires_at"].endswith("Z")


def test_an_edit_must_fit_the_tools_schema(gate: Gate) -> None:
    """An edit that the tool would not take is refused at once, and the request stays open."""
    (case,) = gate.inbox.pending()
    with pytest.raises(DeskError, match=r"`amount`"):
        gate.inbox.edit(case.id, args={"amount": "lots"}, by="ana")
    with pytest.raises(DeskError, match="same as before"):
        gate.inbox.edit(case.id, args={"amount": 5}, by="ana")
    assert gate.inbox.show(case.id).state == "pending"


def test_an_edit_to_another_tool_must_fit_that_tools_schema(gate: Gate) -> None:
    """A tool that was ever proposed is known; an edit that it would not take is refused at once."""
    (case,) = gate.inbox.pending()
    schema = {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}
    intent = Intent("mail", {"to": "ana"}, "c", schema)
    gate.conductor.propose(Turn(Context(Agent("bot")), "main", "t", "", "other", (intent,)))

    with pytest.raises(DeskError, match=r"do not fit `mail`: `to`: is required"):
        gate.inbox.edit(case.id, args={"amount": 5}, tool="mail", by="ana")

    assert gate.inbox.show(case.id).state == "pending"
    after = gate.inbox.edit(case.id, args={"to": "bo"}, tool="mail", by="ana")
    assert (after.tool, after.revision) == ("mail", 1)


def test_an_edited_case_shows_what_changed_and_leads_on(gate: Gate) -> None:
    """The new case has the arguments before; the old id says which is the new one."""
    (case,) = gate.inbox.pending()
    after = gate.inbox.edit(case.id, args={"amount": 4}, by="ana", reason="less")

    assert (after.before, after.args, after.revision) == ({"amount": 5}, {"amount": 4}, 1)
    with pytest.raises(AlreadyDecided, match=after.id):
        gate.inbox.approve(case.call_id, by="bo")


def test_second_answers_unknown_ids_and_empty_words(gate: Gate) -> None:
    """Each is refused with a remedy and changes nothing."""
    (case,) = gate.inbox.pending()
    with pytest.raises(UnknownId):
        gate.inbox.approve("req_nowhere")
    with pytest.raises(DeskError, match="--message"):
        gate.inbox.respond(case.id, message=" ", by="ana")
    gate.inbox.approve(case.id, by="ana")
    with pytest.raises(AlreadyDecided):
        gate.inbox.deny(case.id, by="bo")
    assert gate.inbox.show(case.id).state == "approved"


def test_decided_threads_are_listed(gate: Gate) -> None:
    """What has its verdict names host and thread, so that it can be resumed."""
    (case,) = gate.inbox.pending()
    assert gate.inbox.decided() == []
    gate.inbox.deny(case.id, by="ana")

    (decided,) = gate.inbox.decided()
    assert (decided.host, decided.thread_id, decided.state) == ("main", "t", "rejected")
    assert gate.inbox.decided(case.id) == [decided]


def propose(gate: Gate, schema: dict[str, object], **args: object) -> str:
    """Make one more pending call; return its request's id."""
    intent = Intent("pay", args, "c", schema)
    turn = Turn(
        Context(Agent("bot")), "main", "t", "", f"more{len(gate.inbox.pending())}", (intent,)
    )
    (call_id,) = gate.conductor.propose(turn)
    return gate.inbox.show(call_id).id


def test_an_edit_names_no_argument_that_the_tool_does_not(gate: Gate) -> None:
    """A name that the schema does not have would have no effect, or another; it is refused."""
    (case,) = gate.inbox.pending()
    with pytest.raises(DeskError, match=r"it takes no `amuont`; it takes `amount`"):
        gate.inbox.edit(case.id, args={"amount": 4, "amuont": 3}, by="ana")

    assert gate.inbox.show(case.id).state == "pending"


def test_what_the_schema_does_not_name_stays_in_no_edit(gate: Gate) -> None:
    """An argument that the tool does not take is refused in an edit, whoever named it first."""
    request = propose(gate, SCHEMA, amount=5, note="x")

    with pytest.raises(DeskError, match="takes no `note`"):
        gate.inbox.edit(request, args={"amount": 4, "note": "x"}, by="ana")
    assert request in [case.id for case in gate.inbox.pending()]


def test_a_schema_that_takes_anything_takes_an_edit_and_says_so(gate: Gate) -> None:
    """Where the schema allows more than it names, so may an edit; the case names what is more."""
    (first,) = gate.inbox.pending()
    request = propose(gate, {**SCHEMA, "additionalProperties": True}, amount=5)
    after = gate.inbox.edit(request, args={"amount": 4, "memo": "x"}, by="ana")

    assert after.undeclared == ("memo",)
    assert gate.inbox.show(first.id).undeclared == ()


@pytest.mark.parametrize("by", ["", "  ", "policy:timeout", "interlock", "a\nb", "\ud800", 5])
def test_nobody_answers_under_a_name_that_is_no_persons(gate: Gate, by: Any) -> None:
    """An empty name is not the login, and no answer is recorded under one that nobody has."""
    (case,) = gate.inbox.pending()
    answers = (gate.inbox.approve, gate.inbox.deny, gate.inbox.cancel)

    for answer in answers:
        with pytest.raises(NotEligible):
            answer(case.id, by=by, reason="mine")
    assert gate.inbox.show(case.id).state == "pending"
    assert [*gate.inbox.show(case.id).votes] == []


@pytest.mark.parametrize("by", ["bot\u200b", "b\u00f6t", "\uff42ot", "LOCAL:bot"])
def test_the_agent_approves_nothing_in_disguise(gate: Gate, by: str) -> None:
    """INVARIANT I7: a name that reads as the agent's is the agent's; another one is another's."""
    (case,) = gate.inbox.pending()

    if by == "b\u00f6t":
        assert gate.inbox.approve(case.id, by=by, reason="ok").state == "approved"
    else:
        with pytest.raises(NotEligible):
            gate.inbox.approve(case.id, by=by, reason="mine")


@pytest.mark.parametrize("args", [None, [1], "amount=4"])
def test_an_edit_that_is_no_object_is_refused(gate: Gate, args: Any) -> None:
    """New arguments are an object; anything else says so and changes nothing."""
    (case,) = gate.inbox.pending()

    with pytest.raises(DeskError, match="as an object"):
        gate.inbox.edit(case.id, args=args, by="ana")
    assert gate.inbox.show(case.id).state == "pending"
