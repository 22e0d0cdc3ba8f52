"""Open: a ledger in either database is made once, is what the tables say, or says why not."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import SchemaItem

from interlock.app.gate import Gate
from interlock.clock import SystemClock
from interlock.errors import LedgerBusy, LedgerError, LedgerTooNew
from interlock.ledger.engine import HEAD, open_engine, pick, schema_of, without_secrets
from interlock.ledger.store import open_ledger
from interlock.ledger.tables import metadata
from interlock.ledger.vault import open_vault

from ..databases import by_hand, ledger_of, locked  # isort: skip
from .conftest import play  # isort: skip


@pytest.fixture
def empty(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a database that nobody used yet."""
    if database == "sqlite":
        return str(tmp_path / "empty.db")
    return str(request.getfixturevalue("postgres_url"))


def test_migrations_make_the_tables(empty: str) -> None:
    """The schema equals all migrations applied, columns, indices and constraints."""
    engine = open_engine(empty)
    with engine.connect() as connection:
        assert pick(empty).revision(connection) == HEAD
        options = {"compare_type": True, "include_object": partial(_is_for, connection)}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        made = set(inspect(connection).get_table_names())
    assert made >= set(metadata.tables)
    engine.dispose()


def _is_for(connection: Connection, of: SchemaItem, *_: object) -> bool:
    """Whether what is declared is meant for this database; what it has is compared in any case."""
    return of.info.get("only", connection.dialect.name) == connection.dialect.name


def test_looking_makes_nothing(empty: str) -> None:
    """Asked for its schema, an empty database has none, before and after."""
    assert schema_of(empty) is None
    assert schema_of(empty) is None


@pytest.mark.timeout(30)  # eight connections and one migration on two cores
def test_eight_at_once_make_one_ledger(empty: str) -> None:
    """Opened by many at once, a ledger is made by one, and the others find it."""
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_engine, [empty] * 8))
    for engine in opened:
        engine.dispose()

    assert schema_of(empty) == HEAD


def test_a_newer_ledger(empty: str) -> None:
    """A ledger of a newer version is refused, with the remedy."""
    engine = open_engine(empty)
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    engine.dispose()

    with pytest.raises(LedgerTooNew, match="upgrade interlock"):
        open_engine(empty)


def test_a_locked_ledger(gate: Gate, tmp_path: Path) -> None:
    """What another process holds for too long is an error, and nothing is lost."""
    (call, *_) = play(gate, 1)
    vault = open_vault(tmp_path / "vault.key")
    ledger = open_ledger(ledger_of(tmp_path), vault, SystemClock(), busy_s=0.05)

    with locked(tmp_path), pytest.raises(LedgerBusy, match="another process"):  # noqa: SIM117
        with ledger.begin() as tx:
            tx.call(call)
    assert gate.audit.verify().ok
    ledger.close()


def test_a_defect_of_ours_is_no_trouble_of_the_ledgers(gate: Gate, tmp_path: Path) -> None:
    """A constraint that our own statement breaks is not told as something an operator can mend."""
    play(gate, 1)
    with pytest.raises(IntegrityError):
        by_hand(tmp_path, "insert into calls select * from calls")
    with pytest.raises(IntegrityError), gate.ledger.begin() as tx:
        tx.connection.exec_driver_sql("insert into calls select * from calls")


@pytest.mark.parametrize(
    "url",
    ["mysql://u:pw@x/y", "sqlite://", "sqlite:///:memory:", "redis://x", "postgresql://u:pw@x:y/z"],
)
def test_no_ledger_url(url: str) -> None:
    """A URL that cannot keep a ledger is refused with the form that can, and without secrets."""
    with pytest.raises(LedgerError, match="sqlite:///FILE") as raised:
        open_engine(url)
    assert "pw" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cret@host/db",
        "postgresql://u:s3cret@[host/db",
        "postgresql:///db?password=s3cret&x=1",
        "postgresql://u:s3/cret@host/db",
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str) -> None:
    """Whatever form a password has in a URL, it is not repeated."""
    assert "cret" not in without_secrets(url)
    with pytest.raises(LedgerError) as raised:
        open_engine(f"{url}{'&' if '?' in url else '?'}connect_timeout=1&port=1")
    assert "cret" not in str(raised.value)
