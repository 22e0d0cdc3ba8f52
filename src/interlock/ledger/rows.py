"""Translate: rows into values and values into rows.

A row that cannot be read was edited: every `read_…` of a row raises `TamperError` for it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeAlias, TypeVar, cast

from interlock.canon import decode, encode, to_json, type_name
from interlock.clock import parse_stamp, stamp
from interlock.conduct.values import Call, Halt, SealedOutput
from interlock.errors import CanonError, TamperError
from interlock.ledger.judgements import context_json, judgement_json, read_context, read_judgement
from interlock.path.inspection import Finding, Inspection, Span
from interlock.path.people import Credential, Delegation, Person
from interlock.path.proposal import CallKey, Claim, Proposal
from interlock.path.record import Entry
from interlock.path.release import Answer
from interlock.path.review import ReviewRequest, Vote
from interlock.policy.decisions import read_terms, terms_json

Row: TypeAlias = Mapping[Any, Any]
"""A row of the database, by column name."""

Value = TypeVar("Value")


def _of_row(read: Callable[[Row], Value]) -> Callable[[Row], Value]:
    """Tell a row that cannot be read from a defect of ours: the row was edited."""

    @wraps(read)
    def reading(row: Row) -> Value:
        try:
            return read(row)
        except (ValueError, KeyError, TypeError, AttributeError, CanonError) as error:
            name = row.get("id") or row.get("call_id") or row.get("request_id")
            raise TamperError(
                f"row `{name}` cannot be read ({type_name(error)}: {error}); "
                "see interlock audit verify"
            ) from error

    return reading


def dump(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write JSON text."""
    return to_json(value, "ledger")


def dump_texts(texts: Sequence[Any]) -> str:
    """Write JSON text of texts and numbers of our own, which need no tag."""
    return _TEXTS.encode(texts)


_TEXTS: Final = json.JSONEncoder(ensure_ascii=False)


def call_row(proposal: Proposal, fingerprint: str) -> dict[str, Any]:
    """Return the columns of a call that never change."""
    key = proposal.key
    return {
        "call_key": key.text,
        "revision": proposal.revision,
        "turn": dump_texts(key.turn),
        "key": dump_texts(key),
        "tenant": key.tenant,
        "host": key.host,
        "thread_id": key.thread_id,
        "agent": proposal.context.agent.id,
        "tool": proposal.tool,
        "tool_schema": proposal.tool_schema,
        "digest": proposal.digest,
        "fingerprint": fingerprint,
        "context": dump(context_json(proposal.context)),
        "claim": dump_texts([proposal.claim.confidence_0_1, proposal.claim.why]),
    }


def change_row(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Write the changing members of a call as columns."""
    row = dict(changes)
    if "judgement" in row:
        row["judgement"] = dump(judgement_json(row["judgement"]))
    if "answer" in row:
        row["answer"] = dump(answer_json(row["answer"]))
    if "editors" in row:
        row["editors"] = dump_texts(sorted(row["editors"]))
    if isinstance(row.get("lease_until"), datetime):
        row["lease_until"] = stamp(row["lease_until"])
    return row


@_of_row
def read_call(row: Row) -> Call:
    """Read a row of `calls` joined with `arguments`."""
    return Call(
        id=row["id"],
        proposal=read_proposal(row),
        state=row["state"],
        version=row["version"],
        head=row["head"],
        position=row["position"],
        created_at=parse_stamp(row["created_at"]),
        judgement=read_judgement(row["judgement"]) if row["judgement"] else None,
        request_id=row["request_id"],
        editors=frozenset(decode(row["editors"].encode())),
        fence=row["fence"],
        lease_until=parse_stamp(row["lease_until"]) if row["lease_until"] else None,
        outcome=row["outcome"],
        answer=Answer(**decode(row["answer"].encode())) if row["answer"] else None,
    )


@_of_row
def read_shown(row: Row) -> Call:
    """Read a call for a person, who sees its arguments."""
    call = read_call(row)
    decode(call.proposal.canonical)
    return call


@_of_row
def read_proposal(row: Row) -> Proposal:
    """Read a proposal back."""
    confidence, why = decode(row["claim"].encode())
    return Proposal(
        key=read_key(row),
        revision=row["revision"],
        tool=row["tool"],
        tool_schema=row["tool_schema"],
        canonical=bytes(row["canonical"]),
        context=read_context(decode(row["context"].encode())),
        claim=Claim(confidence, why),
        nonce=row["nonce"],
        digest=row["digest"],
    )


@_of_row
def read_key(row: Row) -> CallKey:
    """Read which call it is."""
    return CallKey(*decode(row["key"].encode()))


def answer_json(answer: Answer) -> dict[str, Any]:
    """Write an answer as JSON."""
    return {name: getattr(answer, name) for name in Answer.__slots__}


@_of_row
def read_editors(row: Row) -> list[str]:
    """Read who edited a call, sorted."""
    return decode(row["editors"].encode())


@_of_row
def read_level(row: Row) -> dict[str, Any]:
    """Read a level that was set, with since when, by whom and why."""
    parse_stamp(row["since"])
    return dict(row)


@_of_row
def read_halt(row: Row) -> Halt:
    """Read what is switched off."""
    said = {name: row[name] for name in ("kind", "ref", "tenant", "by", "reason")}
    return Halt(**said, at=parse_stamp(row["at"]))


def entry_row(entry: Entry) -> dict[str, Any]:
    """Write an entry as columns."""
    row = {name: getattr(entry, name) for name in _ENTRY}
    row["body"] = entry.written
    return row


@_of_row
def read_entry(row: Row) -> Entry:
    """Read an entry back."""
    parts = {name: row[name] for name in _ENTRY}
    return Entry(**parts, body=decode(row["body"].encode()), written=row["body"])


@_of_row
def read_body(row: Row) -> dict[str, Any]:
    """Read what an entry says."""
    return decode(row["body"].encode())


_ENTRY: Final = tuple(name for name in Entry._fields if name not in ("body", "written"))


def request_row(request: ReviewRequest) -> dict[str, Any]:
    """Write a request as columns."""
    return {
        "id": request.id,
        "call_id": request.call_id,
        "digest": request.digest,
        "state": request.state,
        "created_at": stamp(request.created_at),
        "expires_at": stamp(request.expires_at),
        "terms": dump(terms_json(request.terms)),
        "excluded": dump(sorted(request.excluded)),
        "risk": request.risk,
        "level": request.level,
    }


@_of_row
def read_request(row: Row) -> ReviewRequest:
    """Read a request back."""
    return ReviewRequest(
        id=row["id"],
        call_id=row["call_id"],
        digest=row["digest"],
        state=row["state"],
        created_at=parse_stamp(row["created_at"]),
        expires_at=parse_stamp(row["expires_at"]),
        terms=read_terms(decode(row["terms"].encode())),
        excluded=frozenset(decode(row["excluded"].encode())),
        risk=row["risk"],
        level=row["level"],
    )


_SAID: Final = ("request_id", "digest", "answer", "by", "auth", "reason", "on_screen_ms")


def vote_row(vote: Vote) -> dict[str, Any]:
    """Write a vote as columns; an edit's arguments are the next revision's."""
    proof = None if vote.proof is None else encode(dict(vote.proof), "proof").decode()
    said = {name: getattr(vote, name) for name in _SAID}
    return {**said, "at": stamp(vote.at), "proof": proof}


@_of_row
def read_vote(row: Row) -> Vote:
    """Read a vote back."""
    proof = decode(row["proof"].encode()) if row["proof"] else None
    said = {name: row[name] for name in _SAID}
    return Vote(**said, at=parse_stamp(row["at"]), proof=proof)


@_of_row
def read_person(row: Row) -> Person:
    """Read one human back."""
    gone, away = row["revoked_at"] is not None, row["away_until"] and parse_stamp(row["away_until"])
    return Person(row["principal"], frozenset(decode(row["roles"].encode())), gone, away)


@_of_row
def read_credential(row: Row) -> Credential:
    """Read back what somebody shows who they are by."""
    said = {name: row[name] for name in ("id", "principal", "kind", "public")}
    return Credential(**said, is_revoked=row["revoked_at"] is not None)


@_of_row
def read_delegation(row: Row) -> Delegation:
    """Read a delegation back; one that was revoked ended then."""
    ends = min(row["until"], row["revoked_at"] or row["until"])
    said = {name: row[name] for name in ("id", "principal", "deputy")}
    return Delegation(**said, since=parse_stamp(row["since"]), until=parse_stamp(ends))


@_of_row
def read_sealed(row: Row) -> SealedOutput:
    """Read a kept result back, still sealed."""
    return SealedOutput(
        row["call_id"],
        bytes(row["sealed"]),
        read_inspection(row["inspection"]),
        parse_stamp(row["created_at"]),
        row["state"],
    )


def inspection_json(inspection: Inspection) -> dict[str, Any]:
    """Write an inspection as JSON; it holds no text."""
    findings = [
        {**asdict(finding), "span": list(finding.span) if finding.span else None}
        for finding in inspection.findings
    ]
    return {"verdict": inspection.verdict, "findings": findings}


def read_inspection(text: str) -> Inspection:
    """Read what `inspection_json` wrote."""
    parts = decode(text.encode())
    findings = tuple(_read_finding(found) for found in parts["findings"])
    return Inspection(parts["verdict"], findings)


def _read_finding(parts: dict[str, Any]) -> Finding:
    span = cast("list[int] | None", parts.pop("span"))
    return Finding(**parts, span=Span(*span) if span else None)
