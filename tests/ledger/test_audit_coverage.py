"""Verify covers every column of every table, but for those that docs/record.md names."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, and_, select, text

from interlock.ledger import tables
from interlock.ledger.replay import LEDGER_CHAIN

from .everything import Whole, examined  # isort: skip

RECORD = Path(__file__).parents[2] / "docs" / "record.md"
KINDS = ("archived", "erased", "ended", "waiting", "no call's")
"""Whose rows are changed, one of each table."""

PLACES = [("postgresql" if kind == "waiting" else "sqlite", kind) for kind in KINDS]
EACH = pytest.mark.parametrize(("whole", "kind"), PLACES, indirect=["whole"])


def uncovered() -> set[str]:
    """Return what docs/record.md says that verify does not look at."""
    _, _, told = RECORD.read_text().partition("## What `verify` does not look at")
    section = told.partition("\n## ")[0]
    return {name for line in section.splitlines() for name in _named(line)}


def _named(line: str) -> list[str]:
    return re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", line.split("|")[1]) if "|" in line else []


OWNERS = ("call_id", "call_key", "chain", "ref", "request_id", "id")


def kind_of(row: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    """Say whose a row is."""
    if row.get("chain") == LEDGER_CHAIN:
        return "no call's"
    return next((kinds[row[name]] for name in OWNERS if row.get(name) in kinds), "no call's")


def rows(db: Connection, table: Table, kind: str, kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the first row of a kind, if there is one."""
    found = [dict(row) for row in db.execute(select(table).order_by(*table.primary_key)).mappings()]
    mine = [row for row in found if kind_of(row, kinds) == kind]
    return mine[:1]


def other(column: Column[Any], value: Any) -> Any:
    """Return another value for a column, one that could be there."""
    if isinstance(column.type, Integer):
        return (value or 0) + 1000
    if isinstance(column.type, LargeBinary):
        return bytes(value[:-1]) + bytes([value[-1] ^ 1]) if value else b"{}"
    if value is None:
        return "2020-01-01T00:00:00.000000Z" if column.name.endswith(("_at", "until")) else "x"
    if re.fullmatch(r"\d{4}-.*Z", value):
        return "2099" + value[4:]
    if value.startswith(("[", "{")):
        read = json.loads(value)
        return json.dumps([*read, "eve"] if isinstance(read, list) else {**read, "eve": 1})
    return value + "x"


def here(table: Table, row: Mapping[str, Any]) -> Any:
    """Match one row."""
    return and_(*(column == row[column.name] for column in table.primary_key))


def changes(whole: Whole, kind: str, *, calls: bool) -> Iterator[tuple[str, Any]]:
    """Return each column's name with a statement that changes it, of calls or of all the others."""
    for table in tables.metadata.sorted_tables:
        if (table is tables.calls) != calls:
            continue
        with whole.gate.ledger.read() as db:
            found = rows(db, table, kind, whole.kinds)
        for row in found:
            for column in table.columns:
                values = {column.name: other(column, row[column.name])}
                change = table.update().where(here(table, row)).values(values)
                yield f"{table.name}.{column.name}", change


@pytest.mark.timeout(60)  # some hundred times the whole record
@pytest.mark.parametrize("calls", [True, False], ids=["calls", "others"])
@EACH
def test_every_column_is_covered(whole: Whole, kind: str, *, calls: bool) -> None:
    """I9: a column that is edited is named, but for those that the documentation names."""
    edits = changes(whole, kind, calls=calls)
    silent = {name for name, change in edits if examined(whole, change).ok}

    assert silent <= uncovered()


@pytest.mark.timeout(60)  # some hundred times the whole record
@EACH
def test_every_row_is_covered(whole: Whole, kind: str) -> None:
    """A row that is deleted is named, but for those that the documentation names."""
    silent: set[str] = set()
    for table in tables.metadata.sorted_tables:
        with whole.gate.ledger.read() as db:
            found = rows(db, table, kind, whole.kinds)
        for row in found:
            if examined(whole, table.delete().where(here(table, row))).ok:
                silent.add(table.name)

    assert silent <= uncovered()


def test_the_ledger_has_a_row_of_everything(whole: Whole) -> None:
    """No table is without a row, and there are calls of every kind."""
    with whole.gate.ledger.read() as db:
        empty = [
            table.name
            for table in tables.metadata.sorted_tables
            if not db.execute(select(table)).first()
        ]

    assert empty == []
    assert {*whole.kinds.values()} == {*KINDS} - {"no call's"}


def test_the_documentation_names_what_there_is() -> None:
    """Each name in that section is a table or a column."""
    there = {table.name for table in tables.metadata.sorted_tables}
    there |= {
        f"{table.name}.{column.name}"
        for table in tables.metadata.sorted_tables
        for column in table.columns
    }

    assert uncovered()
    assert uncovered() <= there


FIRED = "2020-01-01T00:00:00.000000Z"
OPEN = "select id from requests where state = 'open'"
HELD = "select id from calls where state = 'held'"
APPROVED = "select id from calls where state = 'approved'"


@pytest.mark.parametrize(
    "statement",
    [
        f"delete from timers where ref in ({OPEN})",
        f"update timers set fired_at = '{FIRED}' where ref in ({OPEN})",
        f"delete from timers where ref in ({HELD})",
        f"update timers set fired_at = '{FIRED}' where ref in ({HELD})",
        f"delete from timers where kind = 'use' and ref in ({APPROVED})",
        f"update timers set fired_at = '{FIRED}' where kind = 'use' and ref in ({APPROVED})",
    ],
)
def test_what_waits_keeps_its_timer(whole: Whole, statement: str) -> None:
    """A timer of something that waits cannot be taken away, or marked as fired before its time."""
    lines = examined(whole, text(statement)).problems

    assert lines
    assert all("timer of" in line for line in lines)
