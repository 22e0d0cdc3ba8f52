"""Look: ids, prefixes, queues."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from interlock.app.gate import Gate
from interlock.conduct import Intent, Turn
from interlock.conduct.values import Call
from interlock.errors import UnknownId
from interlock.ledger import queries, waits
from interlock.path.proposal import Agent, Context
from interlock.path.review import ReviewRequest

from .conftest import SQLITE, play  # isort: skip


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


def ask(gate: Gate, amount: int, thread: str = "t", tenant: str = "") -> str:
    """Propose a call that waits for a person."""
    intents = (Intent("pay", {"amount": amount}, "c"),)
    context = Context(Agent("bot"), tenant=tenant)
    (call,) = gate.conductor.propose(Turn(context, "main", thread, "", f"m{amount}", intents))
    return call


def amounts(found: list[tuple[Call, ReviewRequest]]) -> list[int]:
    """Name calls by their argument."""
    return [call.proposal.args["amount"] for call, _ in found]


def test_pages_of_the_queue_make_the_queue(gate: Gate) -> None:
    """Each call comes once and in order, even those of one moment, and the rest is counted."""
    for at in range(7):
        ask(gate, at, f"t{at % 2}", "acme" if at < 4 else "")
    whole = queries.pending(gate.ledger)
    seen: list[tuple[Call, ReviewRequest]] = []

    while page := queries.pending(gate.ledger, limit=3, after=seen[-1][0] if seen else None):
        seen += page
        assert queries.count_pending(gate.ledger, after=page[-1][0]) == 7 - len(seen)

    assert seen == whole
    assert sorted(amounts(queries.pending(gate.ledger, "t1", "acme", limit=9))) == [1, 3]
    assert queries.count_pending(gate.ledger, "t1", "acme") == 2


def test_a_page_stands_behind_a_call_that_was_answered_meanwhile(gate: Gate) -> None:
    """What was decided while somebody turned the page moves nothing past them."""
    for at in range(3):
        ask(gate, at)
        gate.ledger.clock.sleep(1)
    ((first, _),) = queries.pending(gate.ledger, limit=1)
    gate.inbox.deny(first.id, by="ana", reason="no")

    assert amounts(queries.pending(gate.ledger, limit=1, after=first)) == [1]


@SQLITE
@pytest.mark.parametrize("filters", [(), ("t",), (None, "")])
def test_a_page_is_read_by_an_index(gate: Gate, filters: tuple[str | None, ...]) -> None:
    """However many wait, a page is found and counted without a look at the other calls."""
    ask(gate, 1)
    plans: list[str] = []

    def explain(db: Any, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        if "'pending'" in statement:
            plan = db.connection.cursor().execute(f"explain query plan {statement}", parameters)
            plans.extend(str(row[-1]) for row in plan)

    event.listen(gate.ledger.engine, "before_cursor_execute", explain)
    queries.pending(gate.ledger, *filters, limit=5)
    queries.count_pending(gate.ledger, *filters)

    assert len([plan for plan in plans if "ix_calls_pending" in plan]) == 3
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]


def test_the_overdue_are_found_to_the_moment(gate: Gate) -> None:
    """A request is overdue from the moment it ends, the longest overdue first."""
    first = ask(gate, 1)
    gate.ledger.clock.sleep(1)
    second = ask(gate, 2)
    (_, request), _ = queries.pending(gate.ledger)

    assert waits.overdue(gate.ledger, request.expires_at - timedelta(microseconds=1)) == []
    assert waits.overdue(gate.ledger, request.expires_at) == [first]
    assert waits.overdue(gate.ledger, request.expires_at + timedelta(days=1)) == [first, second]


def test_revisions_in_order(gate: Gate) -> None:
    """All revisions of a call are found from any of them."""
    turn = Turn(Context(Agent("bot")), "main", "t", "", "m", (Intent("pay", {"amount": 1}, "c"),))
    (call,) = gate.conductor.propose(turn)
    gate.inbox.edit(call, args={"amount": 2}, by="ana")

    found = queries.revisions(gate.ledger, queries.find_call(gate.ledger, call))

    assert [one.proposal.revision for one in found] == [0, 1]
    assert [one.state for one in found] == ["superseded", "pending"]
