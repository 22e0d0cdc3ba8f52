"""Read: the entries, by what they say."""

from dataclasses import dataclass
from typing import Any, Final, get_args

from sqlalchemy import and_, or_, select

from interlock.errors import DeskError
from interlock.ledger import rows, tables
from interlock.ledger.store import SqlLedger
from interlock.path.record import DRAWN, NOT_POSED, State
from interlock.policy.decisions import Kind

DECISIONS: Final[tuple[str, ...]] = (*get_args(Kind), *get_args(State))
"""What a filter may ask for as a decision: what policy decided, or a state that was reached."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries to read; None means any. From the stamp `since` on, before `until`.

    Those of probes before they are disclosed only where `undisclosed`: who reads may be asked.
    """

    since: str | None = None
    until: str | None = None
    agent: str | None = None
    tool: str | None = None
    reviewer: str | None = None
    decision: str | None = None
    call: str | None = None
    tenant: str | None = None
    undisclosed: bool = False


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
        return [log_line(row) for row in found]


def log_line(row: rows.Row) -> dict[str, Any]:
    """Return an entry with its call's agent and tool."""
    entry = rows.read_entry(row)
    names = ("id", "chain", "position", "at", "kind", "state", "actor", "auth", "hash")
    line = {name: getattr(entry, name) for name in names}
    return {**line, "agent": row["agent"], "tool": row["tool"], "body": dict(entry.body)}


def _conditions(wanted: LogFilter) -> list[Any]:
    entries, calls = tables.entries, tables.calls
    found: list[Any] = []
    if not wanted.undisclosed:
        posed = select(tables.probes.c.call_id).where(tables.probes.c.state == "posed")
        found += [entries.c.chain.not_in(posed), entries.c.kind.not_in((DRAWN, NOT_POSED))]
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
