"""Recount: from entries alone, whether each level that rose had the evidence and the people for it.

INVARIANT I14: a rise rests on a question that was open, on answers by people who could give them
then, and on evidence that the log below it gives. What is kept of the evidence is compared with
what the log gives, as far as nothing was archived.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, func, select

from interlock.autonomy.career import (
    DEMOTED,
    PROMOTED,
    PROMOTION_OPENED,
    CareerEntry,
    Promotion,
    career,
)
from interlock.autonomy.evidence import Evidence
from interlock.autonomy.promotion import weighed
from interlock.autonomy.tally import WorkTally
from interlock.clock import parse_stamp
from interlock.conduct.recounting import staffed
from interlock.conduct.rising import highest_level, promotion_digest
from interlock.conduct.signing_off import request_of, vote_of
from interlock.ledger import tables
from interlock.ledger.kept import kept_policy
from interlock.ledger.levels import POSITION
from interlock.ledger.recount import History, PlacedEntry
from interlock.ledger.tallies import facts
from interlock.path.quorum import standing
from interlock.path.record import Entry
from interlock.policy.decisions import read_terms

PAGE: Final = 2048
"""Leaves that are read at once."""


def misraised(
    db: Connection, told: Sequence[PlacedEntry], history: History, *, is_whole: bool
) -> Iterator[str]:
    """Name levels that rose without what it takes; `is_whole` is whether nothing was archived."""
    known = career(_level_entry(one.entry) for one in told)
    for place, one in enumerate(told):
        entry = one.entry
        if entry.kind == PROMOTED:
            promotion = known.promotions.get(str(entry.body.get("promotion")))
            before = career(_level_entry(each.entry) for each in told[:place]).promotions
            yield from _misraised(db, one, promotion, before, history)
        elif entry.kind == DEMOTED and not entry.body["to"] < entry.body["from"]:
            yield f"entry `{entry.id}`: `{entry.kind}` does not lower the level: it was edited"
        elif entry.kind == PROMOTION_OPENED and promotion_digest(entry.body) != _digest(entry):
            yield f"entry `{entry.id}`: `{entry.kind}` does not give its digest: it was edited"
        elif entry.kind == PROMOTION_OPENED and (lacks := _unready(db, entry)):
            yield f"entry `{entry.id}`: `{entry.kind}` without what its policy wants: {lacks}"
    if is_whole:
        yield from _unlike(db, [_level_entry(one.entry) for one in told])


def _level_entry(entry: Entry) -> CareerEntry:
    return CareerEntry(entry.id, entry.at, entry.kind, entry.actor, entry.auth, entry.body)


def _digest(entry: Entry) -> Any:  # noqa: ANN401 - whatever stands there
    return entry.body.get("digest")


def _unready(db: Connection, entry: Entry) -> str:
    """Say what the evidence of a question lacks of its policy's criteria; empty: nothing."""
    policy = kept_policy(db, str(entry.body["policy"]))
    if policy is None:
        return ""  # that it is gone is named elsewhere
    criteria = policy.document.promotion_criteria
    if criteria is None:
        return "it has no criteria"
    evidence = Evidence.from_json(entry.body["evidence"])
    highest = highest_level(policy)
    return "; ".join(weighed(evidence, criteria, parse_stamp(entry.at), highest).missing)


def _misraised(
    db: Connection,
    raised: PlacedEntry,
    ended: Promotion | None,
    before: Mapping[str, Promotion],
    history: History,
) -> Iterator[str]:
    """Name what is wrong with one rise."""
    entry, body = raised.entry, raised.entry.body
    asked = before.get(str(body.get("promotion")))
    told = f"entry `{entry.id}`: `{body['agent']}` rose to level {body['to']}"
    if asked is None or asked.ended is not None or ended is None:
        yield f"{told} by no question that was open"
        return
    says = (body["tenant"], body["agent"], body["from"], body["to"])
    was_asked = (asked.tenant, asked.agent, asked.level, asked.to)
    if says != was_asked or asked.to != asked.level + 1:
        yield f"{told}, which is not what people were asked"
    if (why := _unsigned(db, raised, asked, history)) is not None:
        yield f"{told} {why}"


def _unsigned(
    db: Connection, raised: PlacedEntry, asked: Promotion, history: History
) -> str | None:
    """Say why a rise had no sign-off; None where it had, or its policy wanted none."""
    policy = kept_policy(db, str(asked.opened.body["policy"]))
    if not asked.opened.body["sign_off"]:
        criteria = policy.document.promotion_criteria if policy else None
        loose = criteria is not None and not criteria.requires_human_sign_off
        return None if loose or policy is None else "and its policy wants people to sign off"
    then = kept_policy(db, str(raised.entry.body.get("policy", "")))
    if then is None:
        return None  # that it is gone is named elsewhere
    people = history.at(raised)
    terms = staffed(then, people, read_terms(asked.opened.body["terms"]))
    request = replace(request_of(asked, terms), state="open")
    found = standing(map(vote_of, asked.answers), request, people)
    return None if found.state == "approved" else "by too few of those who had to sign off"


def _unlike(db: Connection, told: Sequence[CareerEntry]) -> Iterator[str]:
    """Name evidence, of questions or as it is kept, that is not what the log gives."""
    rows = db.execute(select(tables.evidence)).mappings().all()
    kept = {(row["tenant"], row["agent"]): row for row in rows}
    position = kept.pop(POSITION, None)
    upto = int(position["upto"]) if position else 0
    sealed = int(db.execute(select(func.max(tables.checkpoints.c.size))).scalar() or 0)
    if upto > sealed or (position and position["body"]):
        yield "how far the log was read for evidence differs from it: it was edited"
        return
    opened = sorted(
        (each for each in told if each.kind == PROMOTION_OPENED), key=lambda each: each.body["leaf"]
    )
    tally = WorkTally()
    read = 0
    for each in opened:
        read = _hear(db, tally, read, min(int(each.body["leaf"]), sealed))
        work = tally.works.get((str(each.body["tenant"]), str(each.body["agent"])))
        if work is None or work.evidence.to_json() != each.body["evidence"]:
            yield f"entry `{each.id}`: the evidence of `{each.body['agent']}` is not the log's"
    if upto < read:
        tally, read = WorkTally(), 0
    _hear(db, tally, read, upto)
    given = {name: work.to_text() for name, work in tally.works.items()}
    for name in sorted(given.keys() | kept.keys()):
        if given.get(name) != (kept[name]["body"] if name in kept else None):
            yield f"the evidence of agent `{name[1]}` differs from its entries: it was edited"


def _hear(db: Connection, tally: WorkTally, start: int, upto: int) -> int:
    """Take in leaves, from one to before another; return how far was read."""
    while start < upto:
        until = min(start + PAGE, upto)
        tally.hear(facts(db, start, until))
        start = until
    return max(start, upto)
