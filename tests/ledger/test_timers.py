"""Time: rows that fall due, taken once, in the order of their time."""

from datetime import timedelta

from interlock.app.gate import Gate
from interlock.conduct import Intent, Turn
from interlock.conduct.values import Timer
from interlock.ledger.timers import next_due
from interlock.path.proposal import Agent, Context

from .conftest import play  # isort: skip


def set_some(gate: Gate) -> list[Timer]:
    """Set timers, the last first."""
    now = gate.ledger.clock.now()
    made = [Timer("veto", f"call_{at}", now + timedelta(seconds=at)) for at in range(5)]
    with gate.ledger.begin() as tx:
        for timer in reversed(made):
            tx.arm(timer.kind, timer.ref, timer.due_at)
    return made


def test_what_is_due_comes_in_order_and_in_pages(gate: Gate) -> None:
    """Only what is due, the longest overdue first, each page from behind the one before."""
    made = set_some(gate)
    gate.ledger.clock.sleep(3)
    first = gate.ledger.due(2, 30)

    assert first == made[:2]
    assert gate.ledger.due(2, 30, first[-1]) == made[2:4]
    assert gate.ledger.due(2, 30, made[3]) == []


def test_the_next_is_the_earliest_that_nobody_fired(gate: Gate) -> None:
    """Of timers and claims the one that falls due first; none where nothing is left."""
    first, *others = set_some(gate)
    with gate.ledger.begin() as tx:
        assert tx.take(first)
    with gate.ledger.read() as db:
        assert next_due(db) == others[0].due_at
    gate.ledger.clock.sleep(9)
    with gate.ledger.begin() as tx:
        assert all(tx.take(one) for one in others)
    with gate.ledger.read() as db:
        assert next_due(db) is None
    asked = Turn(Context(Agent("bot")), "main", "t", "", "m", (Intent("orders.get", {}, "a"),))
    gate.conductor.advance(gate.conductor.propose(asked)[0])
    with gate.ledger.read() as db:
        assert next_due(db) == gate.ledger.clock.now() + timedelta(seconds=30)


def test_a_timer_is_taken_once_and_not_before_its_time(gate: Gate) -> None:
    """Who comes second, or early, takes nothing; set anew it can be taken anew."""
    one = set_some(gate)[1]
    for wait_s, taken in ((0.999999, False), (0.000001, True), (60, False)):
        gate.ledger.clock.sleep(wait_s)
        with gate.ledger.begin() as tx:
            assert tx.take(one) is taken
    assert one not in gate.ledger.due(9, 30)
    with gate.ledger.begin() as tx:
        tx.arm(one.kind, one.ref, gate.ledger.clock.now())
        assert tx.timer("veto", one.ref) == tx.now()
        assert tx.take(one)


def test_a_transaction_that_fails_takes_nothing(gate: Gate) -> None:
    """A timer and what it does commit together."""
    one = set_some(gate)[0]
    try:
        with gate.ledger.begin() as tx:
            assert tx.take(one)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass

    assert one in gate.ledger.due(9, 30)


def test_every_request_has_its_timer(gate: Gate) -> None:
    """A question's time stands in the table from the commit that asks it."""
    play(gate, 2)
    with gate.ledger.read() as db:
        query = "select r.expires_at = t.due_at from requests r left join timers t on t.ref = r.id"
        assert [bool(row[0]) for row in db.exec_driver_sql(query)] == [True, True]


def test_a_timer_that_was_moved_is_named(gate: Gate) -> None:
    """I10: a request whose time was moved in the table alone is found."""
    play(gate, 1)
    with gate.ledger.engine.begin() as db:
        db.exec_driver_sql("update timers set due_at = '9999'")

    assert any("timer" in line for line in gate.audit.verify().problems)
