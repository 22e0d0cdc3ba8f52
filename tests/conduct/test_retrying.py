"""Retry: what was lost with its transaction is done again, a few times, and has its effect once."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event

from interlock.clock import FrozenClock, SystemClock
from interlock.conduct.retrying import BUDGET_S, WAITS_S, retried
from interlock.errors import (
    AlreadyDecided,
    InterlockError,
    LedgerBusy,
    LedgerError,
    LedgerUnavailable,
    NotALedger,
    StaleTransition,
)
from interlock.path.review import Vote

from ..postgres_server import PostgresServer  # isort: skip
from .conftest import World, answer, open_world, waiting  # isort: skip


class Failing:
    """Work that fails some times and then yields 7."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.begun = error, times, 0

    def __call__(self) -> int:
        self.begun += 1
        if self.begun <= self.times:
            raise self.error
        return 7


class TestRetried:
    @pytest.mark.parametrize("kind", [LedgerBusy, LedgerUnavailable, StaleTransition])
    def test_what_was_lost_is_done_again(self, kind: type[InterlockError]) -> None:
        """Locked out, cut off and overtaken are begun again, at most five times in all."""
        clock = FrozenClock()
        began = clock.now()
        work = Failing(kind("lost"), 4)

        assert retried(clock, work) == 7
        assert work.begun == 5
        waited = (clock.now() - began).total_seconds()
        assert sum(WAITS_S) / 2 <= waited <= sum(WAITS_S) * 1.5

    def test_in_the_end_it_fails_where_all_see_it(self) -> None:
        """The fifth failure is the caller's."""
        work = Failing(LedgerUnavailable("gone"), 99)
        with pytest.raises(LedgerUnavailable):
            retried(FrozenClock(), work)
        assert work.begun == 5

    @pytest.mark.parametrize("kind", [LedgerError, NotALedger, AlreadyDecided, ValueError])
    def test_what_will_not_pass_is_not_begun_again(self, kind: type[Exception]) -> None:
        """A wrong password, a defect or a person's late answer stays what it is."""
        work = Failing(kind("no"), 1)
        with pytest.raises(kind):
            retried(FrozenClock(), work)
        assert work.begun == 1

    def test_nothing_is_begun_after_the_budget(self) -> None:
        """A lock that was waited for through the whole budget is not waited for again."""
        clock = FrozenClock()
        begun: list[int] = []

        def slow() -> None:
            begun.append(1)
            clock.advance(BUDGET_S)
            raise LedgerBusy("locked")

        with pytest.raises(LedgerBusy):
            retried(clock, slow)
        assert begun == [1]


POSTGRES = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@contextmanager
def cut(world: World, server: PostgresServer, place: int) -> Generator[list[str]]:
    """End the connection on the server just before its `place`-th statement or commit."""
    engine = world.gate.ledger.engine
    world.gate.ledger.wrote = lambda _: None  # the sealer's statements are not counted
    seen: list[str] = []

    def hear(connection: Connection, what: str) -> None:
        seen.append(what)
        if len(seen) - 1 == place:
            raw: Any = connection.connection.dbapi_connection
            server.sql(f"select pg_terminate_backend({raw.info.backend_pid}, 5000)")

    def statement(connection: Connection, _: object, text: str, *__: object) -> None:
        hear(connection, text)

    def commit(connection: Connection) -> None:
        hear(connection, "commit")

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


@contextmanager
def unanswered(world: World, place: int) -> Generator[list[str]]:
    """Let the `place`-th commit take place and its answer be lost."""
    dialect = world.gate.ledger.engine.dialect
    world.gate.ledger.wrote = lambda _: None
    commit: Callable[[Any], None] = dialect.do_commit
    seen: list[str] = []

    def lossy(connection: Any) -> None:
        commit(connection)
        seen.append("commit")
        if len(seen) - 1 == place:
            connection.dbapi_connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    dialect.do_commit = lossy  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        del dialect.do_commit


def one_call(world: World, amount: int, claim: bool) -> None:
    """Propose a call, approve it when asked, and run it."""
    turn = world.turn(("refund.issue", {"amount": amount, "note": world.turns}))
    (call,) = world.gate.conductor.propose(turn, claim=claim)
    progress = world.go(call)
    if amount > 50:
        asked = waiting(progress).request
        given = (asked.id, asked.digest, "approve", "local:ana", "local", world.clock.now())
        world.gate.conductor.vote(Vote(*given, reason="ok"))
        progress = world.go(call)
    assert answer(progress).ending == "released"


WAYS = pytest.mark.parametrize(
    ("amount", "claim"), [(5, False), (5, True), (500, False)], ids=["later", "at once", "asked"]
)


@POSTGRES
@pytest.mark.timeout(60)  # a cut for each of some thirty statements
@WAYS
def test_cut_off_anywhere_a_call_runs_once(
    world: World, postgres_server: PostgresServer, amount: int, claim: bool
) -> None:
    """I3, I9: wherever a connection ends, the call is done once and the record verifies."""
    place, uncut = 0, False
    while not uncut:
        with cut(world, postgres_server, place) as seen:
            one_call(world, amount, claim)
        uncut = len(seen) <= place
        place += 1
        assert len(world.effects) == place

    assert place > 10
    assert world.gate.audit.verify().ok, world.gate.audit.verify().problems
    assert {line["kind"] for line in world.gate.audit.log()}.isdisjoint(
        {"stale_result", "in_doubt"}
    )


@POSTGRES
@pytest.mark.timeout(30)
@WAYS
def test_an_answer_that_was_lost_is_read_again(world: World, amount: int, claim: bool) -> None:
    """A commit that took place and was never confirmed is found; nothing is done twice."""
    place, unlost = 0, False
    while not unlost:
        with unanswered(world, place) as seen:
            one_call(world, amount, claim)
        unlost = len(seen) <= place
        place += 1
        assert len(world.effects) == place

    assert place > 2
    calls = world.gate.audit.verify()
    assert calls.ok, calls.problems
    assert calls.calls == place
    assert {line["kind"] for line in world.gate.audit.log()}.isdisjoint(
        {"stale_result", "in_doubt"}
    )


@POSTGRES
@pytest.mark.timeout(30)  # the server is away for up to two seconds
@pytest.mark.parametrize("away_s", [0.1, 2.0])
def test_a_server_that_comes_back_loses_nothing(
    tmp_path: Path, postgres_server: PostgresServer, database: str, away_s: float
) -> None:
    """Killed while a tool runs and back soon, the server gets the result; nobody notices."""
    world = open_world(tmp_path, clock=SystemClock())
    back = threading.Timer(away_s, postgres_server.start)

    def effect(tool: str, args: dict[str, Any]) -> Any:
        postgres_server.kill9()
        back.start()
        return World.effect(world, tool, args)

    world.effect = effect  # type: ignore[method-assign]
    (call,) = world.propose(("refund.issue", {"amount": 5}))

    assert answer(world.go(call)).ending == "released"
    back.join()
    assert len(world.effects) == 1
    assert world.gate.audit.verify().ok
    world.gate.close()


@POSTGRES
@pytest.mark.timeout(30)  # the server is away for a moment
def test_who_looks_while_the_server_is_away_for_a_moment_sees(
    tmp_path: Path, postgres_server: PostgresServer, database: str
) -> None:
    """A reading is done again as a writing is: the inbox, a call and the count of what waits."""
    world = open_world(tmp_path, clock=SystemClock())
    (call,) = world.propose(("refund.issue", {"amount": 500}))
    back = threading.Timer(0.3, postgres_server.start)
    postgres_server.kill9()
    back.start()

    assert world.gate.inbox.count() == 1
    back.join()
    assert world.gate.inbox.show(call).state == "pending"
    world.gate.close()


@POSTGRES
def test_a_server_that_stays_away_stops_everything(
    world: World, postgres_server: PostgresServer
) -> None:
    """I16: without a ledger nothing runs, and whoever asked is told why."""
    (call,) = world.propose(("refund.issue", {"amount": 5}))
    postgres_server.kill9()
    try:
        with pytest.raises(LedgerUnavailable, match="not reachable"):
            world.go(call)
        with pytest.raises(LedgerUnavailable):
            world.propose(("refund.issue", {"amount": 5}))
        assert world.effects == []
    finally:
        postgres_server.start()
    assert answer(world.go(call)).ending == "released"
