"""Read: each call with how its question ended, in the order in which they came."""

from interlock.app.gate import Gate
from interlock.conduct import Intent, Turn
from interlock.ledger.answered import answered
from interlock.path.proposal import Agent, Context

from ..conduct.conftest import breaker  # isort: skip


def ask(gate: Gate, amount: int) -> str:
    """Propose a payment; larger ones wait for a person."""
    intents = (Intent("pay", {"amount": amount}, "c"),)
    (call,) = gate.conductor.propose(
        Turn(Context(Agent("bot")), "main", "t", "", f"m{amount}", intents)
    )
    gate.ledger.clock.sleep(1)
    return call


def test_each_call_has_its_verdict(gate: Gate) -> None:
    """An answer, none yet, and none that was asked for are told apart; an edit is two calls."""
    yes, no, open_, edited = (ask(gate, amount) for amount in range(4))
    gate.inbox.approve(yes, by="ana", reason="fine")
    gate.inbox.deny(no, by="ana", reason="no")
    later = gate.inbox.edit(edited, args={"amount": 9}, by="ana").call_id
    found = {each.call.id: each.verdict for each in answered(gate.ledger, 100)}

    assert found == {
        yes: "approved", no: "rejected", open_: "open", edited: "superseded", later: "open"
    }  # fmt: skip


def test_the_newest_come_last(gate: Gate) -> None:
    """Of more than wanted the oldest are left out."""
    calls = [ask(gate, amount) for amount in range(4)]

    assert [each.call.id for each in answered(gate.ledger, 3)] == calls[1:]


def test_an_emergency_says_nothing_of_a_rule(gate: Gate) -> None:
    """A call for which somebody broke the glass is no approval that could relax its rule."""
    calls = [ask(gate, amount) for amount in range(2)]
    token = breaker(gate, "gil")
    gate.inbox.break_glass(calls[0], held=token, reason="fire")

    assert [each.call.id for each in answered(gate.ledger, 100)] == calls[1:]
