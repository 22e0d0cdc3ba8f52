"""Tell: what probes were and came to, once they were answered; reading only."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from interlock.canon import decode
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call, Disclosure, Posed, ProbeKind
from interlock.desk.mutating import changes
from interlock.errors import TamperError
from interlock.ledger import tables
from interlock.ledger.probes import READ, read, request_of
from interlock.ledger.store import SqlLedger

_PROBES = tables.probes.c


class Disclosed(NamedTuple):
    """What one probe came to; of a team, and of nobody in it."""

    kind: ProbeKind
    route: str
    how: str
    """Of a canary, what was wrong with it; of a second look, `approved` or `rejected` before."""
    came_to: Disclosure
    at: datetime
    """When it was shown."""


@reread
def outcomes(ledger: SqlLedger, tenant: str | None = None) -> list[Disclosed]:
    """Return what the probes came to that were disclosed, the oldest first."""
    query = READ.where(_PROBES.came_to.is_not(None)).order_by(tables.requests.c.created_at)
    query = query if tenant is None else query.where(tables.calls.c.tenant == tenant)
    with ledger.read() as db:
        found = [read(row) for row in db.execute(query).mappings()]
        routes = [request_of(db, one.id).terms.route or "" for one in found]
    return [_outcome(one, route) for one, route in zip(found, routes, strict=True)]


def _outcome(one: Posed, route: str) -> Disclosed:
    probe = one.probe
    if probe.came_to is None:
        raise TamperError(f"probe `{one.id}` has no end; see interlock audit verify")
    return Disclosed(probe.kind, route, probe.how, probe.came_to, one.created_at)


@reread
def disclosed(ledger: SqlLedger, call: Call) -> dict[str, Any] | None:
    """Return what a probe was, and what of the real call was changed in it; None before its end.

    Of an ordinary call None, too.
    """
    if not isinstance(call, Posed) or call.probe.came_to is None:
        return None
    arguments, probe = tables.arguments.c, call.probe
    with ledger.read() as db:
        real = db.execute(select(arguments.canonical).where(arguments.call_id == probe.of)).scalar()
    said = {name: getattr(probe, name) for name in ("kind", "of", "how", "came_to")}
    differing = changes(decode(bytes(real or b"{}")), call.proposal.args)
    return {**said, "changed": [one._asdict() for one in differing]}
