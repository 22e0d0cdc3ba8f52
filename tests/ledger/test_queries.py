"""Look: ids, prefixes, queues."""

import pytest

from interlock.app.gate import Gate
from interlock.conduct import Intent, Turn
from interlock.errors import UnknownId
from interlock.ledger import queries
from interlock.path.proposal import Agent, Context

from .conftest import play  # isort: skip


def test_a_prefix_that_only_one_has(gate: Gate) -> None:
    """Ids may be shortened as long as they are unique, and wildcards are no wildcards."""
    calls = play(gate, 2)

    assert queries.find_call(gate.ledger, calls[0][:-2]).id == calls[0]
    with pytest.raises(UnknownId, match="4 ids start"):
        queries.find_call(gate.ledger, "call_")
    for nonsense in ("", "%", "call%", "_", "nothing"):
        with pytest.raises(UnknownId):
            queries.find_call(gate.ledger, nonsense)


def test_the_queue_is_oldest_first_and_by_thread(gate: Gate) -> None:
    """What waits longest is asked first."""
    for at in range(3):
        intents = (Intent("pay", {"amount": at}, "c"),)
        turn = Turn(Context(Agent("bot")), "main", f"t{at % 2}", "", f"m{at}", intents)
        gate.conductor.propose(turn)
        gate.ledger.clock.sleep(1)

    assert [case.args["amount"] for case in gate.inbox.pending()] == [0, 1, 2]
    assert [case.args["amount"] for case in gate.inbox.pending(thread="t1")] == [1]


def test_revisions_in_order(gate: Gate) -> None:
    """All revisions of a call are found from any of them."""
    turn = Turn(Context(Agent("bot")), "main", "t", "", "m", (Intent("pay", {"amount": 1}, "c"),))
    (call,) = gate.conductor.propose(turn)
    gate.inbox.edit(call, args={"amount": 2}, by="ana")

    found = queries.revisions(gate.ledger, queries.find_call(gate.ledger, call))

    assert [one.proposal.revision for one in found] == [0, 1]
    assert [one.state for one in found] == ["superseded", "pending"]
