"""Gather: one call with all that was decided and answered about it, for somebody who has only this.

An in-toto statement in a DSSE envelope, signed by the record's key. All that it says follows from
entries, each with its proof to one signed head; `interlock.ledger.weighing` checks it by public
keys alone. What is personal stays out unless it is asked for.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from interlock.canon import encode
from interlock.conduct.values import Call
from interlock.errors import UnknownId
from interlock.ledger import dsse, queries, tables
from interlock.ledger.enrolments import ABSENCES, PEOPLE_KINDS, Enrolments, ballot_of
from interlock.ledger.export import entries_of, proved, where_archived
from interlock.ledger.exported import entry_of
from interlock.ledger.replay import LEDGER_CHAIN, Story
from interlock.ledger.sealing import Checkpoint, latest, seal, signer_of, tile
from interlock.ledger.store import SqlLedger
from interlock.names import person
from interlock.path.record import Entry

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
"""Source: in-toto Attestation Framework, Statement v1."""

PREDICATE_TYPE: Final = "urn:interlock:case:v1"

_ENTRIES: Final = tables.entries.c


class Arguments(NamedTuple):
    """What a call was to be made with, and the nonce that its digest covers."""

    canonical: str
    nonce: str


def case(ledger: SqlLedger, call: Call, *, with_arguments: bool = False) -> dict[str, Any]:
    """Return the envelope of a call's case, by the newest head; seals what there is.

    Arguments that were erased are never in it. Raises `UnknownId` for a call without entries here,
    `LedgerError` where the record's key is not here.
    """
    seal(ledger)
    calls = [one.id for one in queries.revisions(ledger, call)]
    with ledger.read() as db:
        head = latest(db)
        if head is None:
            raise UnknownId(f"no sealed entry of `{call.id}` in {ledger.url}")
        predicate = _predicate(db, head, calls, ledger.url)
        if with_arguments:
            predicate["arguments"] = {name: one._asdict() for name, one in _arguments(db, calls)}
    return dsse.sealed(statement_of(predicate), signer_of(ledger.audit_key, head, ledger.url))


def statement_of(predicate: dict[str, Any]) -> dict[str, Any]:
    """Return the statement about a case: its subject is the call's last revision."""
    told = predicate["revisions"][-1][0]["entry"]
    subject = {"name": told["chain"], "digest": {"sha256": told["body"]["digest"]}}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [subject],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def _predicate(db: Connection, head: Checkpoint, calls: Sequence[str], url: str) -> dict[str, Any]:
    """Return the case of a call's revisions, the first first, as of a head."""
    chains = [entries_of(db, _ENTRIES.chain == call, head.size) for call in calls]
    for call, entries in zip(calls, chains, strict=True):
        if not entries:
            raise UnknownId(where_archived(db, call) or f"no sealed entry of `{call}` in {url}")
    others = entries_of(db, _around(calls), head.size)
    mine = [entry for chain in chains for entry in chain]
    around = [*about(others, mine, calls)]
    story = retold([entry_of(entry) for entry in (*around, *mine)])

    def proofs(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = proved("", head.key, head.note, head.size, entries, partial(tile, db))
        return list(found["entries"])

    return {
        "version": 1,
        "key": head.key,
        "checkpoint": head.note,
        "revisions": [proofs(chain) for chain in chains],
        "ledger": proofs(around),
        **views(story),
        "policies": [*_policies(db, story)],
    }


def _around(calls: Sequence[str]) -> ColumnElement[bool]:
    """Match entries of the ledger's own chain that may be about calls, or are about people."""
    named = [_ENTRIES.body.contains(f'"call_id":"{call}"', autoescape=True) for call in calls]
    which = or_(_ENTRIES.kind.in_(sorted(PEOPLE_KINDS - ABSENCES)), *named)
    return and_(_ENTRIES.chain == LEDGER_CHAIN, which)


def about(
    others: Iterable[dict[str, Any]], mine: Iterable[dict[str, Any]], calls: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Return what the ledger's own chain says of these calls, and of who answered about them.

    With them come those who enrolled them, who enrolled those, and so on.
    """
    candidates = list(others)
    spoke = [*mine, *(one for one in candidates if one["body"].get("call_id") in calls)]
    known = {person(entry["actor"]) for entry in spoke if entry["auth"] != "none"}
    enrolments = [entry for entry in candidates if entry["kind"] in PEOPLE_KINDS]
    before = -1
    while len(known) != before:
        before = len(known)
        for entry in enrolments:
            if known & (whom := _whom(entry)):
                known |= {*whom, person(entry["actor"])}
    for entry in candidates:
        is_theirs = entry["kind"] in PEOPLE_KINDS and bool(known & _whom(entry))
        if is_theirs or entry["body"].get("call_id") in calls:
            yield entry


def _whom(entry: Mapping[str, Any]) -> set[str]:
    """Return whom an entry about people is about."""
    body = entry["body"]
    named = {body["principal"], *body.get("identities", ())}
    return named | ({body["deputy"]} if "deputy" in body else set())


def retold(entries: Iterable[Entry]) -> Story:
    """Return what entries tell that were checked, those of the ledger first."""
    story = Story()
    for entry in entries:
        story.hear(entry)
    return story


def views(story: Story) -> dict[str, Any]:
    """Return questions and answers as they follow from the entries, for whoever reads the case."""
    told = story.enrolments or Enrolments()
    asked = [json.loads(encode(one)) for one in story.requests.values()]
    return {"requests": asked, "votes": [_vote(entry, told) for entry in story.answers]}


def _vote(entry: Entry, told: Enrolments) -> dict[str, Any]:
    """Return one answer; a signed one with the very bytes that were signed."""
    body = entry.body
    said = {
        "entry": entry.id,
        "call": entry.chain,
        "at": entry.at,
        "by": entry.actor,
        "auth": entry.auth,
        "answer": body.get("answer", body.get("how", entry.kind)),
        "reason": body.get("reason", ""),
    }
    if entry.auth != "signed":
        return said
    proof = body["proof"]
    public = told.credentials.get(proof["credential"], ("", "", ""))[2]
    signed = base64.b64encode(ballot_of(entry).signed).decode()
    signature = {"public": public, "signed": signed, "signature": proof["signature"]}
    return {**said, "signature": signature}


def _policies(db: Connection, story: Story) -> Iterator[dict[str, str]]:
    """Return the policies that decided, and those kept that signatures name, by digest."""
    proofs = [entry.body.get("proof", {}) for entry in story.answers]
    wanted = story.policies | {proof["policy"] for proof in proofs if "policy" in proof}
    kept = tables.policies.c
    query = select(kept.digest, kept.document).where(kept.digest.in_(wanted))
    for digest, document in db.execute(query.order_by(kept.digest)):
        yield {"digest": digest, "document": document}


def _arguments(db: Connection, calls: Sequence[str]) -> Iterator[tuple[str, Arguments]]:
    """Return the arguments of calls; erased ones have no nonce any more."""
    kept = tables.arguments.c
    query = select(tables.arguments).where(kept.call_id.in_(calls), kept.nonce != "")
    for row in db.execute(query).mappings():
        yield row["call_id"], Arguments(bytes(row["canonical"]).decode(), row["nonce"])
