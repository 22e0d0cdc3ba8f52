"""Open: every server that keeps no ledger of ours says so in one line, and stays as it was."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock, SystemClock
from interlock.conduct import Answered, Intent, Ready, Turn, Waiting, perform
from interlock.conduct.acting import Act
from interlock.conduct.halting import switch_off
from interlock.conduct.running import next_progress
from interlock.conduct.values import Halt
from interlock.errors import LedgerError, LedgerReadOnly, LedgerUnavailable, NotALedger
from interlock.ledger import postgres
from interlock.ledger.engine import HEAD, open_engine, pick, reading, schema_of
from interlock.ledger.halts import HALTS
from interlock.ledger.store import SqlTransaction, open_ledger
from interlock.ledger.vault import open_vault
from interlock.path.execution import Done
from interlock.path.proof import PEOPLE
from interlock.path.proposal import Agent, Context

from ..postgres_server import LOCKED, PASSWORD, PostgresServer  # isort: skip
from .conftest import POLICY, play  # isort: skip
from .test_first_form import DUMP  # isort: skip


def sql(url: str, *statements: str) -> list[Any]:
    """Run statements by themselves and return the last one's rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = [connection.execute(statement.encode()) for statement in statements][-1]
        return done.fetchall() if done.description else []


def refused(url: str, kind: type[LedgerError] = LedgerError) -> str:
    """Return in what words a URL is refused, opened and looked at."""
    with pytest.raises(kind) as opening:
        open_engine(url)
    with pytest.raises(kind) as looking:
        schema_of(url)
    assert str(opening.value) == str(looking.value)
    return str(opening.value)


def test_unknown_host() -> None:
    """A name that no address has is the operator's to correct; nothing is tried again."""
    assert "unknown host" in refused("postgresql://u:s3cret@no-such-host.invalid/db")


@pytest.mark.parametrize("where", ["127.0.0.1/db?port=1&", "/db?host=/nowhere&"])
def test_a_server_that_does_not_listen(where: str) -> None:
    """It may be back soon; the error says that nothing was changed."""
    said = refused(f"postgresql://u:s3cret@{where}connect_timeout=2", LedgerUnavailable)

    assert "not reachable" in said
    assert "s3cret" not in said


def test_missing_database(postgres_server: PostgresServer) -> None:
    """A database that is not there is named, with the command that makes it."""
    assert "createdb" in refused(postgres_server.url("no_such_database"))


@pytest.mark.parametrize("password", ["", "wrong horse"])
def test_a_wrong_password(postgres_server: PostgresServer, password: str) -> None:
    """A wrong or missing password is called that, and never repeated."""
    url = postgres_server.url("postgres", user=f"{LOCKED}:{password}" if password else LOCKED)

    said = refused(url)

    assert "password is wrong" in said
    assert "horse" not in said


def test_the_right_password_is_not_shown(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """It opens the ledger, and the ledger's name, which stands in messages, does not have it."""
    database = postgres_server.create()
    postgres_server.sql(f"alter database {database} owner to {LOCKED}")
    url = postgres_server.url(database, user=f"{LOCKED}:{PASSWORD.replace(' ', '%20')}")
    vault = open_vault(tmp_path / "vault.key")
    ledger = open_ledger(url, vault, SystemClock())

    assert schema_of(url) == HEAD
    assert "horse" not in ledger.url
    assert "horse" not in repr(ledger.engine)
    ledger.close()
    postgres_server.drop(database)


def test_a_server_that_is_too_old(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server older than any that is tested is refused by its version."""
    monkeypatch.setattr(postgres, "OLDEST", 99)

    assert "is too old; use 99" in refused(postgres_url)


def test_a_database_of_another_encoding(postgres_server: PostgresServer) -> None:
    """Where text may not come back as it went, no ledger is kept."""
    postgres_server.sql("create database latin template template0 encoding 'LATIN1'")

    assert "LATIN1" in refused(postgres_server.url("latin"))


@pytest.mark.parametrize(
    "made",
    [
        "create table interlock.customers (name text)",
        "create table interlock.alembic_version (version_num text)",
    ],
)
def test_somebody_elses_schema(postgres_url: str, made: str) -> None:
    """A schema of our name with something else in it is refused and gets no table."""
    sql(postgres_url, "create schema interlock", made)
    before = sql(postgres_url, "select relname from pg_class order by 1")

    assert issubclass(NotALedger, LedgerError)
    assert "something else" in refused(postgres_url, NotALedger)
    assert sql(postgres_url, "select relname from pg_class order by 1") == before


def test_other_tables_of_the_database_are_left_alone(postgres_url: str) -> None:
    """A database may be shared, as with a checkpointer whose tables have names of ours."""
    sql(postgres_url, "create table checkpoints (mine int)", "insert into checkpoints values (7)")

    open_engine(postgres_url).dispose()
    assert sql(postgres_url, "select * from public.checkpoints") == [(7,)]
    assert schema_of(postgres_url) == HEAD


@contextmanager
def older(url: str, schema: str = "0002") -> Generator[None]:
    """Take a ledger back to an older schema."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(postgres.__file__).parent / "migrations"))
    engine = open_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, schema)
    engine.dispose()
    yield


def test_an_older_schema_waits_for_the_operator(postgres_url: str) -> None:
    """While others may work with the old schema, only who says so upgrades it; data stays."""
    with older(postgres_url):
        sql(
            postgres_url,
            "insert into interlock.levels values ('', 'bot', 2, 'then', 'ana', 'because')",
        )
        with pytest.raises(LedgerError, match="interlock db upgrade"):
            open_engine(postgres_url)
        assert schema_of(postgres_url) == "0002"

        open_engine(postgres_url, upgrades=True).dispose()

        assert schema_of(postgres_url) == HEAD
        assert sql(postgres_url, "select level, reason from interlock.levels") == [(2, "because")]


def test_the_first_schema_is_upgraded_with_what_lies_in_it(
    postgres_url: str, tmp_path: Path
) -> None:
    """What the first version wrote verifies after the upgrade, and its calls go on."""
    with older(postgres_url, "0001"):
        kept = _filled(postgres_url, DUMP)
        open_engine(postgres_url, upgrades=True).dispose()

    query = "select id, chain, position, body, hash from interlock.entries order by seq"
    assert sql(postgres_url, query) == kept
    policy = Policy.parse("rules: [{match: {tools: [nobody]}, decision: allow}]")
    with Gate.open(policy, postgres_url, clock=FrozenClock(), state=tmp_path) as gate:
        assert gate.audit.verify().problems == ()
        first, *_ = gate.inbox.pending()
        asked = perform(gate.conductor, first.call_id, lambda _: Done("ok"))
        assert isinstance(asked, Waiting)
        gate.inbox.approve(asked.request.id, by="bo", reason="ok")
        ended = perform(gate.conductor, first.call_id, lambda _: Done("ok"))
        assert isinstance(ended, Answered)
        assert ended.answer.ending == "released"
        assert gate.audit.verify().problems == ()


def _filled(url: str, dump: Path) -> list[Any]:
    """Write the rows of a dump of SQLite's; return its entries."""
    from sqlite3 import connect

    lite = connect(":memory:")
    lite.executescript(dump.read_text())
    names = [name for (name,) in lite.execute("select name from sqlite_master where type='table'")]
    with psycopg.connect(url, options="-c search_path=interlock") as server:
        for name in sorted({*names} - {"alembic_version", "sqlite_sequence"}):
            for row in lite.execute(f"select * from {name}").fetchall():
                places = ", ".join(["%s"] * len(row))
                server.execute(f"insert into {name} values ({places})".encode(), row)
        for name in ("entries", "votes"):
            server.execute(
                f"select setval(pg_get_serial_sequence('{name}', 'seq'), max(seq)) "
                f"from {name}".encode()
            )
    query = "select id, chain, position, body, hash from entries order by seq"
    return lite.execute(query).fetchall()


def test_an_upgrade_that_fails_leaves_the_old_schema(postgres_url: str) -> None:
    """A migration that cannot be applied leaves nothing of itself."""
    with older(postgres_url):
        sql(postgres_url, "create table interlock.timers (a int)")
        before = sql(postgres_url, "select relname from pg_class order by 1")

        with pytest.raises(LedgerError, match="does not fit its tables"):
            open_engine(postgres_url, upgrades=True)
        assert sql(postgres_url, "select relname from pg_class order by 1") == before
        assert schema_of(postgres_url) == "0002"


@pytest.mark.parametrize(
    "made",
    [
        "alter database {database} set default_transaction_read_only = on",
        (
            f"grant usage on schema interlock to {LOCKED}; "
            f"grant select on all tables in schema interlock to {LOCKED}"
        ),
    ],
    ids=["a standby", "a reader"],
)
def test_a_ledger_that_may_only_be_read(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path, made: str
) -> None:
    """It verifies and takes no write; an agent does not start on it."""
    name = postgres_url.partition("@/")[2].partition("?")[0]
    with Gate.open(Policy.parse(POLICY), postgres_url, state=tmp_path) as gate:
        play(gate, 1)
    sql(postgres_url, made.format(database=name))
    user = f"{LOCKED}:{PASSWORD.replace(' ', '%20')}" if "grant" in made else "postgres"
    url = postgres_server.url(name, user=user)

    with Gate.open(ledger=url, state=tmp_path) as gate:
        assert gate.audit.log()
        with pytest.raises(LedgerReadOnly, match="nothing ran"), gate.ledger.begin() as tx:
            tx.note("seen", {})
    with pytest.raises(LedgerReadOnly):
        Gate.open(Policy.parse(POLICY), url, state=tmp_path)


def test_a_commit_lasts_whatever_the_servers_default(postgres_url: str) -> None:
    """Commits are flushed, a stopped process gives its locks back, no other schema is searched."""
    name = postgres_url.partition("@/")[2].partition("?")[0]
    sql(postgres_url, f"alter database {name} set synchronous_commit = off")
    engine = open_engine(postgres_url, busy_s=3)
    wanted = {
        "synchronous_commit": "on",
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "10s",
        "search_path": "interlock, pg_temp",
        "transaction_isolation": "read committed",
    }
    with engine.connect() as connection:
        for setting, value in wanted.items():
            assert connection.execute(text(f"show {setting}")).scalar() == value
    with reading(engine).connect() as connection:
        assert connection.execute(text("show transaction_isolation")).scalar() == "repeatable read"
    engine.dispose()


def test_a_connection_that_the_server_closed_is_not_used(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    """After a restart the next reader gets a new connection and notices nothing."""
    engine = open_engine(postgres_url)
    with reading(engine).connect() as connection:
        assert pick(postgres_url).revision(connection) == HEAD
    postgres_server.kill9()
    postgres_server.start()

    with reading(engine).connect() as connection:
        assert pick(postgres_url).revision(connection) == HEAD
    engine.dispose()


def test_the_servers_time_counts(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines with clocks of their own agree on a lease, whatever time they have."""

    def wrong(clock: SystemClock) -> datetime:
        return datetime(1999, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(SystemClock, "now", wrong)

    ledger = open_ledger(postgres_url, open_vault(tmp_path / "vault.key"), SystemClock())
    with ledger.begin() as tx:
        assert tx.now() > datetime(2026, 1, 1, tzinfo=UTC)
    ledger.close()


def test_a_clock_that_is_given_counts(postgres_url: str, tmp_path: Path) -> None:
    """Who gives a clock, as tests and simulations do, has its time in the ledger."""
    clock = FrozenClock(datetime(1999, 1, 1, tzinfo=UTC))
    with Gate.open(Policy.parse(POLICY), postgres_url, clock=clock, state=tmp_path) as gate:
        play(gate, 1)
        assert {line["at"][:4] for line in gate.audit.log()} == {"1999"}


PAYMENTS = """
version: v1
tools: {"orders.*": {risk_tags: [read], effect: read}, pay: {risk_tags: [write]}}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: pay, match: {tools: [pay]}, decision: require_approval, review: {route: finance}}
"""


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path) -> Iterator[Gate]:
    """Open a gate with one who answers for payments."""
    with Gate.open(Policy.parse(PAYMENTS), postgres_url, state=tmp_path) as gate:
        gate.reviewers.add("fin1", roles=["finance"])
        yield gate


def called(gate: Gate, tool: str, turn: str) -> str:
    """Have an agent call a tool, and return the call's name."""
    intents = (Intent(tool, {"n": 1}, "c"),)
    (call,) = gate.conductor.propose(Turn(Context(Agent("bot")), "main", "t", "", turn, intents))
    return call


def ran(gate: Gate, call: str) -> str:
    """Take a call as far as it goes and return what became of it."""
    perform(gate.conductor, call, lambda _: Done("paid"))
    return gate.inbox.show(call).state


Held = Callable[[SqlTransaction], object]


def queued(gate: Gate, name: str, first: Held, last: Held, *acts: Callable[[], Any]) -> list[Any]:
    """Return what acts give that wait, each for a name, between the first and last of a holder."""
    asked = Semaphore(0)

    def note(_conn: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if "advisory" in sql and name in values.values():
            asked.release()

    with ThreadPoolExecutor(len(acts)) as pool:
        with gate.ledger.begin() as held:
            first(held)
            event.listen(gate.ledger.engine, "before_cursor_execute", note)
            started = [pool.submit(act) for act in acts]
            came = [asked.acquire(timeout=3) for _ in acts]
            last(held)
        assert all(came), "somebody did not wait in the database"
        return [each.result(timeout=3) for each in started]


def test_votes_and_claims_wait_for_a_change_of_people(shop: Gate) -> None:
    """In one process a change of people is not lost to those who wait for it, nor are they."""
    claimed, voted = called(shop, "pay", "m1"), called(shop, "pay", "m2")
    shop.inbox.approve(claimed, by="fin1", reason="ok")

    queued(
        shop,
        PEOPLE,
        lambda held: held.lock(PEOPLE),
        lambda held: held.registry.people(),
        partial(ran, shop, claimed),
        partial(shop.inbox.approve, voted, by="fin1", reason="ok"),
    )

    assert [shop.inbox.show(call).state for call in (claimed, voted)] == ["released", "approved"]


def test_a_halt_waits_for_a_claim_that_did_not_see_it(shop: Gate) -> None:
    """I6: when a halt is said to stand, whatever was claimed without it stands before it."""
    call, halts = called(shop, "orders.get", "m1"), partial(shop.halt, agent="bot", reason="stop")

    def claim(held: SqlTransaction) -> None:
        assert isinstance(next_progress(held, shop.conductor.ports, held.call(call)), Ready)

    queued(shop, HALTS, claim, lambda _: None, halts)

    kinds = [entry["kind"] for entry in shop.audit.log()]
    assert kinds.index("claimed") < kinds.index("halted")


def test_a_claim_waits_for_a_halt(shop: Gate) -> None:
    """I6: a call that arrives while a halt is written does not run, a new one is not decided."""
    call = called(shop, "orders.get", "m1")
    stop = Halt("agent", "bot", "", "ana", datetime.now(UTC), "stop")

    states = queued(
        shop,
        HALTS,
        lambda held: switch_off(held, stop, Act("none", {})),
        lambda _: None,
        partial(ran, shop, call),
        lambda: ran(shop, called(shop, "orders.get", "m2")),
    )

    assert states == ["halted", "halted"]
