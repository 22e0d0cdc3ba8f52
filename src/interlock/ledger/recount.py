"""Recount: from entries alone, whether a call was approved by all who had to, still so when it ran.

Each answer is held against the people of its place in the record, which no clock moves: who had a
credential, a role or a deputy only later, or not any more, counts as they did then. Nobody changes
people while an answer is taken, or a call claimed, so that its place tells who they were.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from interlock.clock import parse_stamp
from interlock.conduct.doubts import last_round
from interlock.conduct.recounting import staffed
from interlock.ledger.enrolments import Enrolments
from interlock.path.people import People
from interlock.path.proof import STRENGTH
from interlock.path.quorum import standing
from interlock.path.record import Entry
from interlock.path.review import ReviewRequest, Vote
from interlock.path.warrant import unapproved
from interlock.policy.decisions import read_terms
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.terms import strictest_terms


class PlacedEntry(NamedTuple):
    """An entry and its place in the record."""

    place: int
    entry: Entry


class ApprovedClaim(NamedTuple):
    """A claim that rests on a question, and what its chain had told by then."""

    placed: PlacedEntry
    asked: Mapping[str, Any]
    answers: tuple[Entry, ...]
    """All that were given to the question, in their order."""
    decided: Mapping[str, Any]
    """The decision at the claim."""
    doubted: bool
    """Whether it ran before, so that only who had it repeated counts."""


@dataclass(slots=True)
class History:
    """People as entries tell of them, as of any place in the record."""

    told: Sequence[PlacedEntry]
    """Entries about people, in their order."""
    _known: dict[int, People] = field(default_factory=dict[int, People])

    def at(self, placed: PlacedEntry) -> People:
        """Return everyone as of an entry, at its time."""
        count = bisect_left(self.told, placed.place, key=lambda one: one.place)
        if count not in self._known:
            told = Enrolments()
            for one in self.told[:count]:
                told.learn(one.entry)
            self._known[count] = told.at(placed.entry.at)
        return replace(self._known[count], at=parse_stamp(placed.entry.at))


def miscounted(
    answers: Sequence[PlacedEntry], asked: Mapping[str, Mapping[str, Any]], history: History
) -> Iterator[str]:
    """Name answers by credentials not in force then, and approvals that are too few.

    `answers` are all that were given to the questions `asked`, in their order for each.
    """
    given: dict[str, list[Vote]] = {}
    for placed in answers:
        entry = placed.entry
        people = history.at(placed)
        if _is_untimely(entry, people):
            yield (
                f"entry `{entry.id}`: `{entry.kind}` by `{entry.actor}` shows a credential that "
                "was not in force then"
            )
        question = asked.get(str(entry.body.get("request_id")))
        if question is None or "answer" not in entry.body:
            continue
        votes = given.setdefault(entry.body["request_id"], [])
        if entry.auth in STRENGTH:
            votes.append(_vote(entry))
        if entry.state in ("approved", "retried"):
            mine = last_round(votes) if entry.state == "retried" else votes
            if standing(mine, _request(question), people).state != "approved":
                yield (
                    f"entry `{entry.id}`: `{entry.chain}` is {entry.state} by too few of those who "
                    "had to approve it"
                )


def misclaimed(
    claims: Iterable[ApprovedClaim],
    history: History,
    policy_of: Callable[[str], CompiledPolicy | None],
) -> Iterator[str]:
    """Name claims whose approval did not hold any more, by their policy and the people of then.

    None of those whose policy is gone or was edited, which is named elsewhere.
    """
    for one in claims:
        entry, people = one.placed.entry, history.at(one.placed)
        if (policy := policy_of(str(one.decided["policy"]))) is None:
            continue
        asked, wanted = _request(one.asked), one.decided.get("terms")
        now = None if wanted is None else read_terms(wanted)
        terms = staffed(policy, people, asked.terms)
        request = replace(asked, terms=terms if now is None else strictest_terms((terms, now)))
        votes = [_vote(each) for each in one.answers if each.auth in STRENGTH]
        mine = last_round(votes) if one.doubted else votes
        at, digest = parse_stamp(entry.at), str(entry.body["digest"])
        if (stop := unapproved(now, request, mine, people, digest, at)) is not None:
            yield f"entry `{entry.id}`: `{entry.chain}` was claimed and might not be: {stop.reason}"


def _is_untimely(entry: Entry, people: People) -> bool:
    """Whether an answer shows what its giver had not yet, or not any more."""
    if entry.auth not in ("token", "signed"):
        return False
    known = people.credentials.get(entry.body.get("proof", {}).get("credential", ""))
    return known is None or not people.is_in_force(known)


def _vote(entry: Entry) -> Vote:
    body = entry.body
    return Vote(
        request_id=body["request_id"],
        digest=body["digest"],
        answer=body["answer"],
        by=entry.actor,
        auth=entry.auth,  # pyright: ignore[reportArgumentType] - one of `STRENGTH`
        at=parse_stamp(entry.at),
        reason=body["reason"],
        proof=body.get("proof"),
    )


def _request(asked: Mapping[str, Any]) -> ReviewRequest:
    return ReviewRequest(
        id=asked["request_id"],
        call_id=asked["call_id"],
        digest=asked["digest"],
        state=asked.get("state", "open"),
        created_at=parse_stamp(asked["created_at"]),
        expires_at=parse_stamp(asked["expires_at"]),
        terms=read_terms(asked["terms"]),
        excluded=frozenset(asked["excluded"]),
        risk=asked["risk"],
        level=asked["level"],
    )
