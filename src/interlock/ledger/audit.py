"""Verify: the record, by its entries alone; and read it.

`verify` trusts nothing but the entries: it recomputes every hash, follows every chain, walks every
state through the table of transitions, and compares calls, requests and arguments with what their
entries say. It names each entry that does not fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from sqlalchemy import Connection, and_, or_, select, text

from interlock.errors import DeskError, InvariantError, TamperError
from interlock.ledger import rows, tables
from interlock.ledger.replay import LEDGER_CHAIN, Story, Told, differences
from interlock.ledger.store import SqlLedger
from interlock.path.record import Entry, State, Step, check, rehash
from interlock.policy.decisions import Kind

DECISIONS: Final[tuple[str, ...]] = (*get_args(Kind), *get_args(State))
"""What a filter may ask for as a decision: what policy decided, or a state that was reached."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found."""

    ok: bool
    entries: int
    calls: int
    problems: tuple[str, ...]
    """One line each, naming the entry or call."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries to read; None means any. From the stamp `since` on, before `until`."""

    since: str | None = None
    until: str | None = None
    agent: str | None = None
    tool: str | None = None
    reviewer: str | None = None
    decision: str | None = None
    call: str | None = None
    tenant: str | None = None


def verify(ledger: SqlLedger) -> Verification:
    """Check the whole record on one snapshot."""
    with ledger.read() as db:
        problems: list[str] = []
        story = Story()
        count = 0
        for place, row in enumerate(_entries(db), start=1):
            count += 1
            problems += _check_entry(row, place, story)
        problems += _check_end(db, count)
        problems += differences(db, story)
        calls = len(story.calls.keys() - {LEDGER_CHAIN})
    return Verification(not problems, count, calls, tuple(dict.fromkeys(problems)))


def read_log(
    ledger: SqlLedger, wanted: LogFilter, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return entries, oldest first, each with its call's agent and tool.

    Raises `DeskError` for a decision that does not exist.
    """
    entries, calls = tables.entries, tables.calls
    query = (
        select(entries, calls.c.agent, calls.c.tool)
        .join(calls, calls.c.id == entries.c.chain, isouter=True)
        .where(and_(True, *_conditions(wanted)))
        .order_by(entries.c.seq)
    )
    with ledger.read() as db:
        found = db.execute(query if limit is None else query.limit(limit)).mappings()
        return [_log_line(row) for row in found]


def _log_line(row: rows.Row) -> dict[str, Any]:
    entry = rows.read_entry(row)
    names = ("id", "chain", "position", "at", "kind", "state", "actor", "auth", "hash")
    line = {name: getattr(entry, name) for name in names}
    return {**line, "agent": row["agent"], "tool": row["tool"], "body": dict(entry.body)}


def _conditions(wanted: LogFilter) -> list[Any]:
    entries, calls = tables.entries, tables.calls
    found: list[Any] = []
    if wanted.since is not None:
        found.append(entries.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(entries.c.at < wanted.until)
    if wanted.agent is not None:
        found.append(calls.c.agent == wanted.agent)
    if wanted.tool is not None:
        found.append(calls.c.tool == wanted.tool)
    if wanted.tenant is not None:
        found.append(calls.c.tenant == wanted.tenant)
    if wanted.call is not None:
        named = entries.c.body.contains(f'"call_id":"{wanted.call}"', autoescape=True)
        found.append(or_(entries.c.chain == wanted.call, named))
    if wanted.reviewer is not None:
        found.append(and_(entries.c.actor == wanted.reviewer, entries.c.auth != "none"))
    if wanted.decision is not None:
        found.append(_decided(wanted.decision))
    return found


def _decided(decision: str) -> Any:  # noqa: ANN401 - a condition
    """Match the calls that an entry decided so, or whose state says so."""
    if decision not in DECISIONS:
        raise DeskError(f"`{decision}` is no decision or state; one of: {', '.join(DECISIONS)}")
    entries = tables.entries
    said = entries.c.body.contains(f'"kind":"{decision}"', autoescape=True)
    chains = select(entries.c.chain).where(
        or_(and_(entries.c.kind == "decided", said), entries.c.state == decision)
    )
    return entries.c.chain.in_(chains)


def _entries(db: Connection) -> Iterator[rows.Row]:
    query = select(tables.entries).order_by(tables.entries.c.seq)
    yield from db.execution_options(yield_per=1000).execute(query).mappings()


def _check_entry(row: rows.Row, place: int, story: Story) -> list[str]:
    name = f"entry `{row['id']}` (number {row['seq']}, {row['kind']} of `{row['chain']}`)"
    problems: list[str] = []
    if row["seq"] != place:
        problems.append(f"{name} stands at place {place}: an entry before it is missing")
    try:
        entry = rows.read_entry(row)
        told = story.calls.setdefault(entry.chain, Told())
        problems += [f"{name} {what}" for what in _faults(entry, told)]
        story.hear(entry)
    except (TamperError, ValueError, TypeError, KeyError):
        problems.append(f"{name} is no readable entry: it was edited")
    return problems


def _faults(entry: Entry, tip: Told) -> Iterator[str]:
    if rehash(entry) != entry.hash:
        yield "does not match its hash: it was edited"
    if entry.position != tip.count:
        yield f"has position {entry.position}, expected {tip.count}: an entry was lost or moved"
    if entry.previous != tip.hash:
        yield "does not follow the entry before it: one was removed, edited or moved"
    if entry.chain == LEDGER_CHAIN:
        return
    try:
        check(tip.state, [Step(entry.state, entry.kind)])
    except InvariantError as error:
        yield f"makes an impossible step: {error}"


def _check_end(db: Connection, count: int) -> Iterator[str]:
    """Compare with the database's own count of entries ever written."""
    query = text("select seq from sqlite_sequence where name = 'entries'")
    written = db.execute(query).scalar()
    if written is not None and written != count:
        yield f"{written} entries were written and {count} are here: entries are missing at the end"
