"""Doubt: calls of which nobody knows whether they took effect, and how people settle them.

INVARIANT I3: a call in doubt never runs again by itself. A person who checked says that it took
effect, that it did not, that it was undone, or that it is to run once more.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.conduct.compensation import undoing
from interlock.conduct.faults import crash_point
from interlock.conduct.holding import arm_use
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown, prove_word
from interlock.conduct.recounting import restaffed
from interlock.conduct.resting import refuse_resting
from interlock.conduct.values import Call, record_of
from interlock.errors import AlreadyDecided, NotEligible
from interlock.path.execution import Breach
from interlock.path.inspection import Inspection
from interlock.path.people import People
from interlock.path.proof import STRENGTH, Auth
from interlock.path.quorum import standing
from interlock.path.record import Step
from interlock.path.release import Answer, delivery, refusal, review_record
from interlock.path.review import ReviewRequest, Vote, may_decide
from interlock.policy.decisions import ReviewTerms

Settlement: TypeAlias = Literal["done", "failed", "retried", "compensated"]
"""What a person who checked says: it took effect, it did not, run it again, it was undone."""

LOST: Final = "the process that ran it was lost; it may have run"
"""Why a call whose lease lapsed is in doubt."""

ROUND: Final = "round"
"""Member of the proof of who has a call repeated: answers to one doubt count together."""

STALE: Final = "stale_result"
"""The kind of note that tells of a result which came too late to be the call's."""


def lapsed(call: Call, now: datetime, lease_s: float) -> bool:
    """Whether nobody keeps the claim on a call any more.

    A lease that ends later than any can, `lease_s` from now and as much again, was written by a
    clock that is wrong; nobody waits that long for a process that may be gone.
    """
    if call.lease_until is None:
        return True
    return not now < call.lease_until <= now + timedelta(seconds=2 * lease_s)


def doubt(tx: Transaction, call: Call, why: str, breach: Breach | None = None) -> Call:
    """Say that nobody knows whether the effect happened; `breach` is the limit that it broke."""
    undo = {"compensate": offers} if (offers := undoing(call)) else {}
    answer = refusal(call.id, "in_doubt", why, {**record_of(call.judgement), **undo})
    broke = {"breach": breach} if breach else {}
    step = Step("in_doubt", "in_doubt", {"fence": call.fence, "why": why, **broke})
    return tx.advance(call, [step], outcome="in_doubt", answer=answer)


def settle_doubt(
    ports: Ports,
    call_id: str,
    how: Settlement,
    by: str,
    reason: str,
    shown: Shown | None = None,
) -> Call:
    """Settle a doubt by a person's word; who said so and why is recorded.

    INVARIANT I7: whoever may not decide about the call does not settle its doubt, asked or not.
    INVARIANT I5: a lost run that its host may repeat, and never did, is in doubt from here on.
    Where several had to approve the call, as many must have it run again; it is in doubt till then.
    They are of the groups that were asked and still are of them; other words are those of now.
    Raises `UnknownId`, `AlreadyDecided` when it is not in doubt, `NotEligible`.
    """
    ports = ports.pinned()
    with ports.ledger.begin() as tx:
        call = tx.call(call_id)
        if call.state == "executing" and lapsed(call, tx.now(), ports.lease_s):
            call = doubt(tx, call, LOST)
        if call.state != "in_doubt":
            raise AlreadyDecided(f"call `{call_id}` is {call.state}, not in doubt")
        people = tx.registry.people()
        asked = _asked_then(tx, call)
        now = replace(asked, terms=restaffed(tx, ports.policy(), asked.terms))
        _must_be_apart(call, by, people, (asked, now) if how == "retried" else (now,))
        question = settlement(call, asked.id, how)
        word = Testimony(by, reason, *prove_word(tx, ports, people, by, shown, question, reason))
        match how:
            case "retried":
                settled = _retry(tx, ports, call, (asked, now), word, people)
            case "done" | "failed" | "compensated":
                settled = _end(tx, call, how, word)
    crash_point("doubt_settled")
    return settled


class Testimony(NamedTuple):
    """What somebody says of a call in doubt, and how they showed who they are."""

    by: str
    reason: str
    auth: Auth
    proof: Mapping[str, Mapping[str, str]]


def settlement(call: Call, request_id: str, how: Settlement) -> tuple[str, str, str, str]:
    """Return what a signature of a settlement is about; to run again is an approval."""
    digest = call.proposal.digest
    if how == "retried":
        return request_id, call.id, digest, "approve"
    return call.id, call.id, digest, how


def approvals(tx: Transaction, call: Call) -> tuple[ReviewRequest | None, list[Vote]]:
    """Return what a call was asked as, and who approved it.

    Where nobody was asked and a person had it repeated, that stands for the request, on the terms
    of no policy in particular.
    """
    votes = tx.votes(call.request_id or call.id)
    if call.outcome == "in_doubt":  # what was approved ran: only who has it repeated counts
        votes = last_round(votes)
    if call.request_id is not None:
        return tx.request(call.request_id), votes
    if call.outcome != "in_doubt" or not votes:
        return None, []
    return _as_asked(call, votes[0].at), votes


def _as_asked(call: Call, at: datetime) -> ReviewRequest:
    """Write the request that a settlement answers, on the terms of no policy in particular."""
    context = call.proposal.context
    owner = call.judgement.owner if call.judgement else None
    barred = {context.principal, context.agent.id, context.agent.owner, owner} | call.editors
    digest, excluded = call.proposal.digest, frozenset(name for name in barred if name)
    risk = call.judgement.risk if call.judgement else "high"
    terms = ReviewTerms()
    return ReviewRequest(call.id, call.id, digest, "approved", at, at, terms, excluded, risk)


def _asked_then(tx: Transaction, call: Call) -> ReviewRequest:
    """Return what a call was asked as; where nobody was, on the terms of no policy."""
    return tx.request(call.request_id) if call.request_id else _as_asked(call, tx.now())


def _must_be_apart(call: Call, by: str, people: People, asked: tuple[ReviewRequest, ...]) -> None:
    """Refuse who asked for a call, answers for it, edited it, or is not asked; `NotEligible`."""
    if not all(may_decide(by, each, people) for each in asked):
        raise NotEligible(
            f"`{by}` may not decide about call `{call.id}`, so may not settle its doubt: who asked "
            "for it, owns it or edited it, or is not of those asked, does not; another person must"
        )


def _round(vote: Vote) -> int:
    """Return the version that a call had when its doubt was first answered with: again."""
    return int((vote.proof or {}).get(ROUND, "0"))


def last_round(votes: list[Vote]) -> list[Vote]:
    """Return the answers to a call's last doubt, of those who have it repeated."""
    last = max(map(_round, votes), default=0)
    return [vote for vote in votes if _round(vote) == last]


def _round_of(call: Call, votes: list[Vote]) -> int:
    """Return the round that a word on a call now belongs to: of one doubt, each a step after it."""
    before = last_round(votes)
    since = _round(before[0]) if before else 0
    return since if since and call.version == since + len(before) else call.version


def _retry(
    tx: Transaction,
    ports: Ports,
    call: Call,
    both: tuple[ReviewRequest, ReviewRequest],
    word: Testimony,
    people: People,
) -> Call:
    """Have a call run once more, where as many say so as had to approve it, then and by now."""
    asked, _ = both
    if STRENGTH[word.auth] < STRENGTH[asked.terms.auth]:
        raise NotEligible(
            f"to run `{call.id}` again is an approval, which takes {asked.terms.auth} at least, "
            f"not {word.auth}; see interlock reviewer"
        )
    digest, votes = call.proposal.digest, tx.votes(asked.id)
    known = {ROUND: str(_round_of(call, votes))}
    known |= {"policy": ports.policy().digest} if asked.terms.evidence else {}
    proof = {**known, **word.proof.get("proof", {})}
    said = (asked.id, digest, "approve", word.by, word.auth, tx.now(), word.reason)
    given = Vote(*said, proof=proof)
    refuse_resting(tx, ports, given, people)
    tx.add_vote(given)
    mine = last_round([*votes, given])
    enough = all(standing(mine, each, people).state == "approved" for each in both)
    body = {"request_id": asked.id, "answer": "approve", "proof": proof}
    if not enough:
        return tx.advance(call, [_settled(call, "in_doubt", word, {"how": "retried", **body})])
    arm_use(tx, call.id, asked)
    return tx.advance(call, [_settled(call, "retried", word, body)])


def _end(
    tx: Transaction, call: Call, how: Literal["done", "failed", "compensated"], word: Testimony
) -> Call:
    by, reason = word.by, word.reason
    first = _settled(call, how, word)
    if how == "compensated":
        undo = {"compensate": offers} if (offers := undoing(call)) else {}
        known = {**record_of(call.judgement), **undo, "settled_by": by}
        answer = refusal(call.id, how, f"{by} undid it: {reason}", known)
        return tx.advance(call, [first], answer=answer)
    # INVARIANT I17: there is no result to deliver; what is told is our words and the person's.
    snapshot = call.judgement.snapshot if call.judgement else ""
    record = review_record(call.id, Inspection("ALLOW"), snapshot)
    steps = [
        first,
        Step("inspected", "inspected", {**record, "findings": 0}),
        Step("released", "released", {"outcome": how}),
    ]
    return tx.advance(call, steps, outcome=how, answer=_told(call, how, by, reason, record))


def _settled(
    call: Call,
    to: Settlement | Literal["in_doubt"],
    word: Testimony,
    more: dict[str, Any] | None = None,
) -> Step:
    said = {"how": to, "fence": call.fence, "reason": word.reason, **word.proof, **(more or {})}
    body = {**said, "digest": call.proposal.digest}
    return Step(to, "settled", body, actor=word.by, auth=word.auth)


def _told(
    call: Call, how: Literal["done", "failed"], by: str, reason: str, record: dict[str, Any]
) -> Answer:
    known = {**record_of(call.judgement), "output_review": record, "settled_by": by}
    if how == "done":
        text = f"{by} checked: this call took effect. Its result is not known. {reason}"
        return delivery(call.id, "released", text, None, "success", known)
    text = f"{by} checked: this call did not take effect. {reason}"
    return delivery(call.id, "failed", text, None, "error", known)
