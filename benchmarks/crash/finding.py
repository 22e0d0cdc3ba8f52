"""Judge: what a law says of the evidence, and what several laws need to know of a call.

The table of states is written from the specification, not from the program.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from benchmarks.crash.evidence import Call, Effect, Entry, Evidence

TABLE: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(to.split())
    for name, to in {
        "": "proposed",
        "proposed": "decided invalid_arguments conflict",
        "decided": "held pending executing denied cancelled superseded vetoed halted expired",
        "held": "held denied pending executing expired cancelled halted vetoed",
        "pending": "approved auto_approved rejected responded expired cancelled superseded halted",
        "approved": "held executing expired cancelled pending denied halted",
        "auto_approved": "held executing expired cancelled pending denied halted",
        "executing": "executing done failed in_doubt decided approved auto_approved retried",
        "done": "inspected",
        "failed": "inspected",
        "in_doubt": "done failed retried compensated",
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
        and entry.body.get("answer") == "approve"
    ]
    good = [vote for vote in votes if counts(vote, said)]
    if not good:
        return f"of {len(votes)} approvals of `{said['request_id']}` none counts"
    ttl = said.get("terms", {}).get("execution_ttl_s")
    if ttl is not None and moment(claim.at) >= max(moment(v.at) for v in good) + timedelta(
        seconds=ttl
    ):
        return "the approval was too old"
    return None


def counts(vote: Entry, asked: Mapping[str, Any]) -> bool:
    """Whether an approval counts for a question: in time, of its bytes, by somebody who may."""
    eligible = asked.get("terms", {}).get("eligible")
    return (
        vote.body.get("digest") == asked["digest"]
        and vote.actor not in asked["excluded"]
        and vote.at < asked["expires_at"]
        and vote.auth != "none"
        and (not eligible or vote.actor in eligible)
    )


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
