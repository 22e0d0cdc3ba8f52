"""Where a test's ledger lies: in a file of its folder, or in a PostgreSQL database of its own.

A test names its ledger by a folder, as another process may. A folder below one that is `kept` in
PostgreSQL gets a database at its first use, copied from one that has the ledger's schema.
"""

import hashlib
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from interlock.ledger.engine import open_engine

from .postgres_server import PostgresServer

BOTH = ("sqlite", "postgresql")

_MARK = "kept-in-postgresql"
_TEMPLATE = "ledger"


def ledger_of(folder: Path) -> str:
    """Return the URL or file of a folder's ledger."""
    for place in (folder, *folder.parents):
        if (place / _MARK).exists():
            return _made((place / _MARK).read_text(), folder)
    return str(folder / "ledger.db")


def _made(server: str, folder: Path) -> str:
    name = f"f{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    create = sql.SQL("create database {} template {}")
    with suppress(psycopg.errors.DuplicateDatabase), psycopg.connect(server, autocommit=True) as db:
        db.execute(create.format(sql.Identifier(name), sql.Identifier(_TEMPLATE)))
    folder.mkdir(parents=True, exist_ok=True)
    return server.replace("/postgres?", f"/{name}?")


@contextmanager
def kept(server: PostgresServer, folder: Path) -> Generator[None]:
    """Keep the ledgers of a folder, and of those below it, on a server; drop them at the end."""
    if _TEMPLATE not in server.databases():
        server.sql(f"create database {_TEMPLATE}")
        open_engine(server.url(_TEMPLATE)).dispose()
    before = server.databases()
    (folder / _MARK).write_text(server.url("postgres"))
    yield
    for name in server.databases() - before:
        server.drop(name)


@contextmanager
def opened(folder: Path) -> Generator[Connection]:
    """Open a folder's ledger past the gate, in a writing transaction that commits at the end."""
    engine = open_engine(ledger_of(folder))
    try:
        with engine.begin() as db:
            yield db
    finally:
        engine.dispose()


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Hold what every writer of a folder's ledger needs, as another process may."""
    with opened(folder) as db:  # SQLite's lock is had by now
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("lock table calls, requests, entries in exclusive mode")
        yield


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on a folder's ledger."""
    with opened(folder) as db:
        return [tuple(row) for row in db.exec_driver_sql(query)]


def by_hand(folder: Path, *statements: str) -> list[int]:
    """Change a ledger as its owner can, who takes the belt off and puts it on.

    Bytes are written `x'00'`. Returns how many rows each statement changed.
    """
    with opened(folder) as db, without_belt(db):
        if db.dialect.name == "postgresql":
            statements = tuple(re.sub(r"\bx('\w*')", r"decode(\1, 'hex')", s) for s in statements)
        return [db.exec_driver_sql(statement).rowcount for statement in statements]


@contextmanager
def without_belt(db: Connection) -> Generator[None]:
    """Take the triggers off that refuse to change entries, and put them on again."""
    off, on = _belt(db)
    for statement in off:
        db.exec_driver_sql(statement)
    yield
    for statement in on:
        db.exec_driver_sql(statement)


def _belt(db: Connection) -> tuple[list[str], list[str]]:
    """Return the statements that take the triggers off and put them on."""
    if db.dialect.name == "postgresql":
        query = "select tgname from pg_trigger where tgrelid = 'entries'::regclass"
        names = db.exec_driver_sql(f"{query} and not tgisinternal").scalars().all()
        off = [f"alter table entries disable trigger {name}" for name in names]
        return off, [f"alter table entries enable always trigger {name}" for name in names]
    query = "select name, sql from sqlite_master where type = 'trigger'"
    belt = db.exec_driver_sql(query).all()
    return [f"drop trigger {name}" for name, _ in belt], [made for _, made in belt]
