"""Compare: what concerns no single call, and rows that no entry tells of.

A row without an entry was added by hand, or its entries were removed.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Select, exists, select

from interlock.canon import digest
from interlock.ledger import tables
from interlock.ledger.careers import misraised
from interlock.ledger.enrolments import people_differ
from interlock.ledger.findings import misfound
from interlock.ledger.kept import policies, schemas
from interlock.ledger.recount import History
from interlock.ledger.replay import Story
from interlock.path.record import TRANSITIONS, State

_CALLS, _ENTRIES, _USAGE = tables.calls, tables.entries, tables.usage
_ARGUMENTS: Final = tables.arguments.c
_TIMERS = select(tables.timers.c.kind, tables.timers.c.ref)


def leftovers(db: Connection, story: Story) -> Iterator[str]:
    """Name what differs of the rest, and every row that no entry tells of."""
    untold = {*_untold_calls(db, story)}
    if not story.faults.unsure:
        yield from _levels(db, story)
        yield from people_differ(db, story.enrolments)
        yield from _halts(db, story)
        yield from misfound(db, story.findings, story.enrolments)
        people = History(story.history)
        yield from misraised(db, story.careers, people, is_whole=not story.archived)
        yield from _archived(db, story, sure=not untold)
    yield from policies(db, story.policies)
    yield from schemas(db, story.schemas)
    if not story.faults.gone:
        yield from _unknown_usage(db)
    for table, what in _OWNED.items():
        yield from (f"{what} `{name}` has no entries" for name in _untold(db, table, untold))
    votes, requests = tables.votes.c, tables.requests.c
    asked = exists().where(requests.id == votes.request_id)
    again = exists().where(_CALLS.c.id == votes.request_id)
    query = select(votes.answer, votes.by, votes.request_id).where(~asked, ~again)
    for row in db.execute(query):
        yield f"the vote `{row.answer}` of `{row.by}` on `{row.request_id}` differs from its entry"
    alone = select(_ARGUMENTS.call_id).where(
        ~exists().where(_CALLS.c.id == _ARGUMENTS.call_id),
        ~_told(_ARGUMENTS.call_id),
        _ARGUMENTS.nonce == "",
    )
    for name in db.execute(alone).scalars():
        yield f"the arguments of `{name}` have no call: it was removed"
    yield from _untold_timers(db, untold)


def _levels(db: Connection, story: Story) -> Iterator[str]:
    levels = tables.levels.c
    query = select(
        levels.tenant, levels.agent, levels.level, levels.by, levels.reason, levels.since
    )
    found = {
        (row.tenant, row.agent): (row.level, row.by, row.reason, row.since)
        for row in db.execute(query)
    }
    for tenant, agent in sorted(found.keys() | story.levels.keys()):
        if found.get((tenant, agent)) != story.levels.get((tenant, agent)):
            yield f"the level of agent `{agent}` differs from its entries"


def _halts(db: Connection, story: Story) -> Iterator[str]:
    found = {
        (row.tenant, row.kind, row.ref): (row.by, row.at, row.reason)
        for row in db.execute(select(tables.halts))
    }
    for tenant, kind, ref in sorted(found.keys() | story.halts.keys()):
        named = (tenant, kind, ref)
        if found.get(named) != story.halts.get(named):
            yield f"the halt of {kind} `{ref}` differs from its entries: it was edited"


_OWNED: Final = {
    tables.requests: "request",
    tables.executions: "the run of",
    tables.outputs: "the held result of",
    tables.arguments: "the arguments of",
    tables.probes: "probe",
}
"""Tables whose rows belong to one call each."""


def _untold(db: Connection, table: Any, named: Collection[str]) -> list[str]:  # noqa: ANN401 - a table
    """Return the rows of a table whose call no entry tells of, unless that call is named."""
    owner = table.c.call_id
    query = select(table.c.id if "id" in table.c else owner).where(
        ~_told(owner), owner.not_in(named)
    )
    if table is tables.outputs:
        query = query.where(table.c.state == "held")
    elif table is tables.arguments:
        query = query.where(table.c.nonce != "")
    return [str(name) for name in db.execute(query.distinct()).scalars()]


def _told(owner: Any) -> Any:  # noqa: ANN401 - a column and a condition
    return exists().where(_ENTRIES.c.chain == owner)


def _untold_calls(db: Connection, story: Story) -> Iterator[str]:
    """Note and return calls without entries; archived ones are left as they ended, and empty."""
    left: Select[Any] = select(_CALLS).where(~_told(_CALLS.c.id))
    before = max((told.before for told in story.archived), default="")
    for row in db.execute(left.execution_options(yield_per=1000)).mappings():
        state: State = row["state"]
        ended = state in TRANSITIONS and not TRANSITIONS[state]
        if not ended or row["created_at"] >= before or row["fingerprint"]:
            story.faults.gap(f"call `{row['id']}` has no entries", row["version"])
            yield row["id"]


def _unknown_usage(db: Connection) -> Iterator[str]:
    known = exists().where(_CALLS.c.call_key == _USAGE.c.call_key)
    for rail in db.execute(select(_USAGE.c.guardrail).where(~known).distinct()).scalars():
        yield f"what was spent of `{rail}` differs from its entries: it was edited"


def _archived(db: Connection, story: Story, *, sure: bool) -> Iterator[str]:
    """Compare what archives left with what was signed when the last of them was made.

    Rows are not `sure` to be theirs where other calls have lost their entries.
    """
    table = tables.archived.c
    found = {(row.first, row.last) for row in db.execute(select(table.first, table.last))}
    if found != {one for told in story.archived for one in told.ranges}:
        yield "the table of archived leaves differs from its entries: it was edited"
    if not story.archived or not sure:
        return
    said, forms = story.archived[-1].said, {"left": left_behind, "calls": blank_calls}
    for member, form in forms.items():
        if member in said:
            if said[member] != form(db):
                yield (
                    "what is left of archived calls was edited or removed: "
                    "one of them could run again, or count as another"
                )
            return


_LEFT_CALLS: Final = (
    "id", "call_key", "revision", "turn", "position", "key", "tenant", "host", "thread_id", "agent",
    "tool", "tool_schema", "digest", "fingerprint", "context", "claim", "judgement", "state",
    "version", "head", "request_id", "editors", "fence", "lease_until", "outcome", "answer",
    "created_at",
)  # fmt: skip
_LEFT_ARGUMENTS: Final = ("call_id", "canonical", "nonce")
_LEFT_USAGE: Final = ("guardrail", "call_key", "by", "at", "amount")


def left_behind(db: Connection) -> str:
    """Return the digest of all rows that are left of archived calls: those without entries.

    SHA-256 over a name and a line of JSON for each row, bytes in hex; see `docs/record.md`.
    """
    hashed = hashlib.sha256(b"interlock/archived-rows/v1\0")
    calls = select(*(_CALLS.c[name] for name in _LEFT_CALLS)).where(~_told(_CALLS.c.id))
    arguments = select(*(_ARGUMENTS[name] for name in _LEFT_ARGUMENTS)).where(
        ~_told(_ARGUMENTS.call_id)
    )
    keys = select(_CALLS.c.call_key).where(~_told(_CALLS.c.id))
    spent = select(*(_USAGE.c[name] for name in _LEFT_USAGE)).where(_USAGE.c.call_key.in_(keys))
    for query in (
        calls.order_by(_CALLS.c.id),
        arguments.order_by(_ARGUMENTS.call_id),
        spent.order_by(_USAGE.c.guardrail, _USAGE.c.call_key),
    ):
        for row in db.execute(query.execution_options(yield_per=1000)):
            parts = [bytes(each).hex() if isinstance(each, bytes) else each for each in row]
            hashed.update(json.dumps(parts).encode() + b"\n")
    return hashed.hexdigest()


_LEFT: Final = ("id", "call_key", "tool", "agent", "revision", "state", "outcome", "answer")


def blank_calls(db: Connection) -> str:
    """Return the digest that archives of earlier versions signed, over some columns of calls."""
    left = select(*(_CALLS.c[name] for name in _LEFT)).where(~_told(_CALLS.c.id))
    rows: list[list[Any]] = sorted(list(row) for row in db.execute(left))
    return digest("interlock/archived-calls/v1", rows)


def _untold_timers(db: Connection, named: Collection[str]) -> Iterator[str]:
    refs = tables.timers.c.ref
    asked = exists().where(tables.requests.c.id == refs)
    for row in db.execute(_TIMERS.where(~asked, ~_told(refs), refs.not_in(named))):
        yield f"the {row.kind} timer of `{row.ref}` differs from its entries: it was edited"
