"""Read: what was to be asked since some time, how it ended and who answered, by little of each."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, case, exists, func, select

from interlock.clock import parse_stamp, stamp
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.desk.measures import AgeRow, AnswerRow, CallRow, VerdictRow
from interlock.errors import TamperError
from interlock.ledger import rows, tables
from interlock.ledger.people import SqlRegistry
from interlock.ledger.probes import waiting
from interlock.ledger.rows import Row
from interlock.ledger.store import SqlLedger
from interlock.path.record import PROBED
from interlock.path.review import ReviewRequest

_CALLS, _REQUESTS, _VOTES = tables.calls.c, tables.requests.c, tables.votes.c

_ASKING: Final = '"kind":"require_approval"'
"""How a judgement that asks is written; whatever else is written so is looked at, too."""
_ANSWERED: Final = ("approved", "rejected", "responded", "cancelled", "superseded")
"""Ends of a question that a person made."""
_NO_SHARE: Final = ("break_glass", "retract")
"""Last words of a human that are left out of shares: an emergency, and no word at all."""
_GRAVE: Final = frozenset({"high", "critical"})


class AskedRows(NamedTuple):
    """What was asked in a time, and what came of it."""

    calls: list[CallRow]
    verdicts: list[VerdictRow]
    answers: list[AnswerRow]
    ages: list[AgeRow]
    """Of what is open now, whenever it was asked."""


@reread
def asked(ledger: SqlLedger, since: datetime, tenant: str | None = None) -> AskedRows:
    """Return what was proposed, asked and answered since a time, of a tenant or of all.

    Revisions that people or constraints made are no proposals of an agent. A probe counts as a call
    that asks while it is open, so that nothing adds up otherwise for it, and for nothing after.
    """
    with ledger.read() as db:
        now = ledger.time(db)
        mine = _CALLS.state.not_in(PROBED)
        if tenant is not None:
            mine &= _CALLS.tenant == tenant
        proposed = [*map(_call, db.execute(_proposed(mine, since)).mappings())]
        ended = db.execute(_ended(mine, since)).mappings()
        verdicts = [VerdictRow(_rules(row), row["verdict"] == "approved") for row in ended]
        behind = SqlRegistry(db, now).people().behind
        answers = [
            _answer(row, behind(row["by"])) for row in db.execute(_voted(mine, since)).mappings()
        ]
        posed = waiting(db, tenant=tenant)
        still = [*map(rows.read_request, db.execute(_open(mine)).mappings())]
    proposed += [_posed(call) for call, _ in posed if call.created_at >= since]
    ages = [_age(request, now) for request in (*still, *(request for _, request in posed))]
    return AskedRows(proposed, verdicts, answers, ages)


def _proposed(mine: ColumnElement[bool], since: datetime) -> Any:  # noqa: ANN401 - a `Select`
    judged = case((_CALLS.judgement.contains(_ASKING, autoescape=True), _CALLS.judgement))
    unasked = _CALLS.request_id.is_(None)
    own = (_CALLS.editors == "[]") & ~((_CALLS.state == "superseded") & unasked)
    cut = (_CALLS.state == "denied") & unasked
    names = (_CALLS.tenant, _CALLS.agent, judged.label("judgement"), cut.label("cut"))
    decided = _CALLS.judgement.is_not(None)
    return select(*names).where(mine, own, decided, _CALLS.created_at >= stamp(since))


def _ended(mine: ColumnElement[bool], since: datetime) -> Any:  # noqa: ANN401 - as above
    said = (_CALLS.judgement, _REQUESTS.state.label("verdict"))
    joined = select(*said).join(tables.requests, _REQUESTS.id == _CALLS.request_id)
    recent = _CALLS.created_at >= stamp(since)
    broken = exists().where(_VOTES.request_id == _REQUESTS.id, _VOTES.answer == "break_glass")
    return joined.where(mine, recent, _REQUESTS.state.in_(_ANSWERED), ~broken)


def _voted(mine: ColumnElement[bool], since: datetime) -> Any:  # noqa: ANN401 - as above
    newest = (
        select(func.max(_VOTES.seq))
        .where(_VOTES.at >= stamp(since))
        .group_by(_VOTES.request_id, _VOTES.by)
    )
    names = (_VOTES.by, _VOTES.answer, _VOTES.at, _VOTES.on_screen_ms)
    said = (_CALLS.judgement, _REQUESTS.risk, _REQUESTS.created_at.label("asked_at"))
    joined = select(*names, *said).join(tables.requests, _REQUESTS.id == _VOTES.request_id)
    about = joined.join(tables.calls, _CALLS.id == _REQUESTS.call_id)
    return about.where(mine, _VOTES.seq.in_(newest), _VOTES.answer.not_in(_NO_SHARE))


def _open(mine: ColumnElement[bool]) -> Any:  # noqa: ANN401 - as above
    about = select(tables.requests).join(tables.calls, _CALLS.id == _REQUESTS.call_id)
    return about.where(mine, _REQUESTS.state == "open")


def _call(row: Row) -> CallRow:
    decision = _decision(row)
    if decision.get("kind") != "require_approval":
        return CallRow(row["tenant"], row["agent"])
    return CallRow(row["tenant"], row["agent"], _rules(row), asks=True, cut=bool(row["cut"]))


def _answer(row: Row, who: str) -> AnswerRow:
    waited = parse_stamp(row["at"]) - parse_stamp(row["asked_at"])
    ms = row["on_screen_ms"]
    return AnswerRow(
        who,
        row["answer"] == "approve",
        _rules(row),
        row["risk"] in _GRAVE,
        max(0.0, waited.total_seconds()),
        None if ms is None else ms / 1000,
    )


def _posed(call: Call) -> CallRow:
    rules = call.judgement.decision.rules if call.judgement else ()
    return CallRow(call.key.tenant, call.proposal.context.agent.id, tuple(rules), asks=True)


def _age(request: ReviewRequest, now: datetime) -> AgeRow:
    age, ttl = now - request.created_at, request.expires_at - request.created_at
    route = request.terms.route or ""
    return AgeRow(route, max(0.0, age.total_seconds()), ttl.total_seconds())


def _rules(row: Row) -> tuple[str, ...]:
    return tuple(_decision(row).get("rules", ()))


def _decision(row: Row) -> Mapping[str, Any]:
    try:
        return json.loads(row["judgement"] or "{}").get("decision", {})
    except (ValueError, AttributeError) as error:
        raise TamperError(
            "the judgement of a call cannot be read; see interlock audit verify"
        ) from error
