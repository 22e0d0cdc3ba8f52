"""Look: which calls ran under a policy that audits, who looks at them and what they found.

All of it follows from the record and the sampling key; there is no table of draws.
"""

import json
from collections import Counter
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from interlock.autonomy.sampling import AUDIT, Chance, Draw, drawn, number
from interlock.clock import parse_stamp, stamp
from interlock.conduct.auditing import FINDING, RAN, TAKEN, Looked, told
from interlock.conduct.values import Call
from interlock.errors import LedgerError
from interlock.ledger import rows, tables
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.store import SqlLedger

_CALLS, _ENTRIES = tables.calls.c, tables.entries.c
_LOOKS: Final = (TAKEN, FINDING)


class Executed(NamedTuple):
    """One call that ran, and what became of its audit."""

    call_id: str
    tenant: str
    agent: str
    tool: str
    at: datetime
    """When it was proposed."""
    risk_tags: tuple[str, ...]
    draw: Draw
    looked: Looked
    reason: str
    """What was found, in words."""
    is_gone: bool
    """Whether its arguments were erased or archived, so that nobody can look at it."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        names = ("call_id", "tenant", "agent", "tool", "reason", "is_gone")
        chance, looked = self.draw.chance, self.looked
        return {
            **{name: getattr(self, name) for name in names},
            "at": stamp(self.at),
            "stratum": chance.stratum,
            "inclusion": chance.inclusion_0_1,
            "drawn": self.draw.drawn,
            "verdict": looked.verdict,
            "by": looked.by,
            "taken_until": stamp(looked.until) if looked.until else None,
        }


class RanCalls(NamedTuple):
    """The calls that ran in a time, under a policy that audits."""

    drawn: list[Executed]
    """Oldest first."""
    others: Counter[Chance]
    """How many others there are, by the chance that they had."""


class AuditSaid(NamedTuple):
    """What the record says of one call's audit."""

    looked: Looked
    reason: str = ""
    number: float | None = None
    """The number that it was drawn by, once something was found."""


def looked_at(db: Connection, call: Call) -> Looked:
    """Return what the record says of a call's audit, and of who had a part in it."""
    mine = _ENTRIES.body.contains(f'"call_id":"{call.id}"', autoescape=True)
    looked = _said(db, mine).get(call.id, AuditSaid(Looked())).looked
    return looked._replace(parts=parts_of(db, call.id))


def parts_of(db: Connection, call_id: str) -> frozenset[str]:
    """Return who did anything with any revision of a call, but for audits of it."""
    revisions = _revisions(db, call_id)
    about = [_ENTRIES.body.contains(f'"call_id":"{one}"', autoescape=True) for one in revisions]
    mine = and_(_ENTRIES.chain == LEDGER_CHAIN, _ENTRIES.kind.not_in(_LOOKS), or_(false(), *about))
    did = select(_ENTRIES.actor).where(_ENTRIES.auth != "none", mine).distinct()
    return answered_by(db, call_id).union(db.execute(did).scalars())


def answered_by(db: Connection, call_id: str, before: int | None = None) -> frozenset[str]:
    """Return who answered about any revision of a call, or might not: by their own entries.

    `before` is the number of an entry; those from it on do not count.
    """
    revisions = _revisions(db, call_id)
    acts = (_ENTRIES.auth != "none") & _ENTRIES.chain.in_(revisions)
    acts = acts if before is None else acts & (_ENTRIES.seq < before)
    did = frozenset(db.execute(select(_ENTRIES.actor).where(acts).distinct()).scalars())
    asked = select(tables.requests.c.excluded).where(tables.requests.c.call_id.in_(revisions))
    excluded = (json.loads(text) for text in db.execute(asked).scalars())
    return did.union(*excluded)


def _revisions(db: Connection, call_id: str) -> list[str]:
    key = select(_CALLS.call_key).where(_CALLS.id == call_id).scalar_subquery()
    return [*db.execute(select(_CALLS.id).where(_CALLS.call_key == key)).scalars()]


def _said(db: Connection, which: ColumnElement[bool] | None = None) -> dict[str, AuditSaid]:
    """Return what the record says of audits, by call."""
    mine = and_(_ENTRIES.chain == LEDGER_CHAIN, _ENTRIES.kind.in_(_LOOKS))
    query = select(tables.entries).where(mine if which is None else mine & which)
    found: dict[str, AuditSaid] = {}
    for row in db.execute(query.order_by(_ENTRIES.position)).mappings():
        entry = rows.read_entry(row)
        call = str(entry.body["call_id"])
        before = found.get(call, AuditSaid(Looked()))
        looked = told(before.looked, entry.kind, entry.body, entry.actor)
        found[call] = AuditSaid(looked, entry.body.get("reason", ""), entry.body.get("number"))
    return found


def executed(
    ledger: SqlLedger,
    since: str | None = None,
    until: str | None = None,
    tenant: str | None = None,
) -> RanCalls:
    """Return the calls that ran under a policy that audits, the drawn ones oldest first.

    Of those proposed from the stamp `since` on and before `until`; some 20 µs each. Raises
    `LedgerError` where an audited call was drawn by another key than the one that lies here.
    """
    key, found = ledger.vault.sampling_key, RanCalls([], Counter[Chance]())
    with ledger.read() as db:
        said = _said(db)
        query = _query(since, until, tenant).execution_options(yield_per=1000)
        for each in db.execute(query):
            row: tuple[str, ...] = tuple(each)
            judgement, call_id, *_ = row
            judged: dict[str, Any] = json.loads(judgement)
            chance = Chance(judged["audit"]["stratum"], float(judged["audit"]["inclusion"]))
            own, heard = number(key, AUDIT, call_id), said.get(call_id, _UNHEARD)
            _require_key(call_id, own, heard.number)
            if (draw := drawn(own, chance)).drawn:
                found.drawn.append(_executed(row, judged["risk_tags"], draw, heard))
            else:
                found.others[chance] += 1
    return found


_UNHEARD: Final = AuditSaid(Looked())


def _query(since: str | None, until: str | None, tenant: str | None) -> Any:  # noqa: ANN401 - a `Select`
    wanted = [_CALLS.outcome.in_(RAN), _CALLS.judgement.contains('"audit":{"', autoescape=True)]
    wanted += [] if since is None else [_CALLS.created_at >= since]
    wanted += [] if until is None else [_CALLS.created_at < until]
    wanted += [] if tenant is None else [_CALLS.tenant == tenant]
    columns = (_CALLS[name] for name in ("id", "tenant", "agent", "tool", "created_at"))
    query = select(_CALLS.judgement, *columns, tables.arguments.c.nonce)
    query = query.join(tables.arguments, tables.arguments.c.call_id == _CALLS.id)
    return query.where(*wanted).order_by(_CALLS.created_at, _CALLS.position, _CALLS.id)


def _executed(row: tuple[str, ...], tags: list[str], draw: Draw, heard: AuditSaid) -> Executed:
    _, call_id, tenant, agent, tool, at, nonce = row
    parts = (call_id, tenant, agent, tool, parse_stamp(at), tuple(tags), draw)
    return Executed(*parts, heard.looked, heard.reason, is_gone=not nonce)


def _require_key(call_id: str, own: float, noted: float | None) -> None:
    """Refuse another key than that by which earlier calls were drawn: it would draw others."""
    if noted is not None and noted != own:
        raise LedgerError(
            f"call `{call_id}` was drawn by another key than the one in this state directory, so "
            "other calls would be drawn here; use the state directory of the processes that ran it"
        )
