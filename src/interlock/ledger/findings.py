"""Recount: what audits found, once a call that ran, by its chance, by nobody with a part in it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from interlock.conduct.auditing import RAN
from interlock.conduct.judging import chance_json
from interlock.ledger import tables
from interlock.ledger.auditing import answered_by
from interlock.ledger.enrolments import Enrolments
from interlock.ledger.judgements import read_judgement
from interlock.ledger.recount import PlacedEntry

_CALLS = tables.calls.c
_NONE: Final[dict[str, Any]] = {"stratum": "none", "inclusion": 0.0}


def misfound(
    db: Connection, findings: Sequence[PlacedEntry], people: Enrolments | None
) -> Iterator[str]:
    """Name findings that nobody could have given so; whose they are signatures tell."""
    people, seen = people or Enrolments(), set[str]()
    for one in findings:
        call = str(one.entry.body.get("call_id"))
        why = "it was audited before" if call in seen else _why(db, one, call, people)
        seen.add(call)
        if why:
            yield f"entry `{one.entry.id}`: a finding of `{call}` that nobody could give: {why}"


def _why(db: Connection, one: PlacedEntry, call: str, told: Enrolments) -> str:
    """Say why a finding cannot be; empty where it can."""
    columns = (_CALLS.outcome, _CALLS.judgement)
    row = db.execute(select(*columns).where(_CALLS.id == call)).first()
    if row is None or row.outcome not in RAN:
        return "it did not run"
    body, judged = one.entry.body, read_judgement(row.judgement) if row.judgement else None
    chance = chance_json(judged.audit) if judged and judged.audit else _NONE
    if any(body.get(name) != chance[name] for name in chance):
        return "its chance was another when it was decided"
    if body.get("drawn") is not (body.get("number", 1.0) < chance["inclusion"]):
        return "its number is not what drew it"
    people = told.at(one.entry.at)
    if not people.is_apart(one.entry.actor, answered_by(db, call, one.place)):
        return f"`{one.entry.actor}` had a part in it"
    return ""
