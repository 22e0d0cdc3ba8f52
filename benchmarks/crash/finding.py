"""Judge: what a law says of the evidence, and what several laws need to know of a call.

The table of states is written from the specification, not from the program.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any, Final

from benchmarks.crash.evidence import Call, Effect, Entry, Evidence

TABLE: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(to.split())
    for name, to in {
        "": "proposed",
        "proposed": "decided invalid_arguments conflict",
        "decided": "held pending executing denied cancelled superseded vetoed halted expired",
        "held": "held denied pending executing expired cancelled halted vetoed",
        "pending": "pending approved auto_approved rejected responded expired cancelled superseded "
        "halted",
        "approved": "held executing expired cancelled pending denied halted",
        "auto_approved": "held executing expired cancelled pending denied halted",
        "executing": "executing done failed in_doubt decided approved auto_approved retried",
        "done": "inspected",
        "failed": "inspected",
        "in_doubt": "in_doubt done failed retried compensated",
        "retried": "executing in_doubt",
        "inspected": "released redacted withheld quarantined",
        "quarantined": "released redacted destroyed",
    }.items()
}

ENDED: Final = frozenset(
    [
        "released",
        "redacted",
        "withheld",
        "destroyed",
        "denied",
        "rejected",
        "responded",
        "expired",
        "cancelled",
        "superseded",
        "invalid_arguments",
        "conflict",
        "vetoed",
        "halted",
        "compensated",
    ]
)
"""States that nothing leaves."""

SEEN_BY_PEOPLE: Final = frozenset({"pending", "held", "in_doubt", "quarantined"})
"""States that wait, and that a person sees waiting."""

REFUSED: Final = frozenset(
    {"denied", "rejected", "responded", "expired", "cancelled", "vetoed", "halted"}
)

APPROVES: Final = frozenset({"approve", "break_glass"})
"""Answers that let a call run: of one of those who must, and of one person alone."""

MAY_RUN: Final = frozenset({"allow", "allow_with_constraints", "notify"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What one law came to."""

    checked: int
    violations: tuple[str, ...] = ()
    unseen: str = ""
    """What of the law cannot be seen from here, and why."""


Law = Callable[[Evidence], Finding]


def finding(checked: int, found: Iterator[str], unseen: str = "") -> Finding:
    """Put together what a law found."""
    return Finding(checked, tuple(found), unseen)


def claims_of(evidence: Evidence) -> Iterator[tuple[Call, Entry]]:
    """Yield every claim with its call."""
    for call in evidence.calls.values():
        for entry in call.all("claimed"):
            yield call, entry


def claims_by_digest(evidence: Evidence) -> dict[str, list[tuple[Call, Entry]]]:
    """Return the claims by the digest that they name."""
    found: dict[str, list[tuple[Call, Entry]]] = defaultdict(list)
    for call, entry in claims_of(evidence):
        found[str(entry.body.get("digest"))].append((call, entry))
    return found


def effect_class(call: Call) -> str:
    """Return how a call may be repeated, as its last claim has it."""
    claims = call.all("claimed")
    return str(claims[-1].body.get("effect")) if claims else "non_idempotent"


def retries(call: Call) -> int:
    """Count how often a person had a call repeated."""
    return sum(entry.state == "retried" for entry in call.entries)


def unjustified(call: Call, claim: Entry) -> str | None:
    """Say why a claim rests on nothing; None when it rests on something."""
    before = [entry for entry in call.entries if entry.position < claim.position]
    digest = call.proposed.get("digest")
    if claim.body.get("digest") != digest:
        return f"its digest {claim.body.get('digest')} is not the one that was proposed"
    decided = next((entry.body for entry in before if entry.kind == "decided"), {})
    now = claim.body.get("decided", decided)
    if now.get("kind") == "deny" or decided.get("kind") == "deny":
        return "policy denies it"
    if any(entry.state == "retried" for entry in before):
        settled = [entry for entry in before if entry.state == "retried"][-1]
        return None if by_person(settled) else "nobody settled its doubt"
    asked = [entry for entry in before if entry.kind == "asked"]
    if asked:
        return _no_approval(asked[-1], before, claim)
    return None if now.get("kind") in MAY_RUN else f"{now.get('kind')} and nobody was asked"


def _no_approval(asked: Entry, before: Sequence[Entry], claim: Entry) -> str | None:
    """Say why the last question has no approval that counts at a claim."""
    said = asked.body
    votes = [
        entry
        for entry in before
        if entry.kind == "voted"
        and entry.body.get("request_id") == said["request_id"]
        and entry.body.get("answer") in APPROVES
    ]
    silent = [entry for entry in before if silence(entry, said)]
    good = [vote for vote in votes if counts(vote, asked, before) and stands(vote, before)]
    if silent and not suffices(good, asked, before):
        return _stale(said, moment(until(asked, before)), claim)
    if not good:
        return f"of {len(votes)} approvals of `{said['request_id']}` none counts"
    if not suffices(good, asked, before):
        return f"{len(good)} approvals of `{said['request_id']}` are too few"
    return _stale(said, max(moment(vote.at) for vote in good), claim)


def _stale(said: Mapping[str, Any], since: datetime, claim: Entry) -> str | None:
    """Say that an approval of a question was too old at a claim; None while it lasts."""
    ttl = said.get("terms", {}).get("execution_ttl_s")
    if ttl is not None and moment(claim.at) >= since + timedelta(seconds=ttl):
        return "the approval was too old"
    return None


def silence(entry: Entry, asked: Mapping[str, Any]) -> bool:
    """Whether an entry says that nobody's answer approves a question, as its terms let it."""
    return (
        entry.state == "auto_approved"
        and entry.kind == "auto_approved"
        and entry.body.get("request_id") == asked["request_id"]
        and entry.body.get("digest") == asked["digest"]
        and (entry.actor, entry.auth) == ("policy:timeout", "none")
        and asked.get("terms", {}).get("on_timeout") == "approve"
        and asked.get("risk") != "critical"
    )


def until(asked: Entry, entries: Sequence[Entry]) -> str:
    """Return when a question's time is over, by the entries that were written so far."""
    longer = [
        str(entry.body["expires_at"])
        for entry in escalations(asked, entries)
        if "expires_at" in entry.body
    ]
    return longer[-1] if longer else str(asked.body["expires_at"])


def counts(vote: Entry, asked: Entry, entries: Sequence[Entry]) -> bool:
    """Whether an approval counts for a question: in time, of its bytes, by somebody who may.

    Who may and how long is as escalations before the vote left it.
    """
    said = asked.body
    before = [entry for entry in entries if entry.position < vote.position]
    may = _asked(asked, before)
    return (
        vote.body.get("digest") == said["digest"]
        and vote.actor not in said["excluded"]
        and vote.at < until(asked, before)
        and vote.auth != "none"
        and (may is None or vote.actor in may or vote.body.get("answer") == "break_glass")
    )


def stands(vote: Entry, entries: Sequence[Entry]) -> bool:
    """Whether nobody took an approval of theirs back by a later word of the same name."""
    said = (vote.actor.casefold(), vote.body.get("request_id"), "retract")
    return not any(
        (later.actor.casefold(), later.body.get("request_id"), later.body.get("answer")) == said
        for later in entries
        if later.kind == "voted" and later.position > vote.position
    )


def suffices(good: Sequence[Entry], asked: Entry, entries: Sequence[Entry]) -> bool:
    """Whether approvals that count are all that a question needs, each place by another name."""
    if any(vote.body.get("answer") == "break_glass" for vote in good):
        return True
    terms = asked.body.get("terms", {})
    groups = [set(members or ()) for _, members in terms.get("groups", ())]
    eligible, quorum = terms.get("eligible"), terms.get("quorum", 1)
    if eligible is not None:
        places = [*groups, *[{*eligible, *_also_asked(asked, entries)}] * quorum]
    else:
        anyone = {vote.actor for vote in good}
        places = [*groups, *[anyone] * (quorum - len(groups))]
    people = sorted({vote.actor for vote in good})
    return any(
        all(who in place for who, place in zip(order, places, strict=True))
        for order in permutations(people, len(places))
    )


def _asked(asked: Entry, entries: Sequence[Entry]) -> set[str] | None:
    """Return who may approve a question by now; None where anyone may."""
    terms = asked.body.get("terms", {})
    groups = {name for _, members in terms.get("groups", ()) for name in members or ()}
    if terms.get("eligible") is None:
        return groups if terms.get("groups") else None
    return {*terms["eligible"], *groups, *_also_asked(asked, entries)}


def _also_asked(asked: Entry, entries: Sequence[Entry]) -> set[str]:
    """Return the members of the levels that a question has come to."""
    levels = asked.body.get("terms", {}).get("levels", ())
    return {
        name for _, members in levels[: len(escalations(asked, entries))] for name in members or ()
    }


def escalations(asked: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that ask another level of a question, in their order."""
    request = asked.body["request_id"]
    return [
        entry for entry in entries
        if entry.kind == "escalated" and entry.body.get("request_id") == request
    ]  # fmt: skip


def moment(stamp: str) -> datetime:
    """Read a time of the log."""
    return datetime.fromisoformat(stamp)


def by_person(entry: Entry) -> bool:
    """Whether a person did it, under their name."""
    return entry.auth != "none" and entry.actor not in ("", "interlock")


def question_of(call: Call, vote: Entry) -> Entry | None:
    """Return the question that a vote answers; None when it was never asked."""
    request = vote.body.get("request_id")
    before = [entry for entry in call.all("asked") if entry.position < vote.position]
    return next((entry for entry in before if entry.body.get("request_id") == request), None)


def name_of(effect: Effect) -> str:
    """Name one run of a tool."""
    return f"{effect.tool} ({effect.key[:12]}, process {effect.pid})"
