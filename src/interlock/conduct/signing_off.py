"""Sign off: hear people on a rise, with the vote rules that answers to calls have.

INVARIANT I14: the evidence must still meet the criteria when the last of them agrees.
"""

from typing import Literal, TypeAlias

from interlock.autonomy.career import (
    PROMOTION_ANSWERED,
    CareerEntry,
    Promotion,
    career,
)
from interlock.clock import parse_stamp
from interlock.conduct.falling import end_promotion
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown, prove_word
from interlock.conduct.recounting import restaffed
from interlock.conduct.rising import level_of, raise_level, readiness
from interlock.errors import AlreadyDecided, UnknownId
from interlock.path.people import named
from interlock.path.proof import REASON_MAX
from interlock.path.quorum import standing
from interlock.path.review import ReviewRequest, Vote, admit
from interlock.policy.decisions import ReviewTerms, read_terms, terms_json
from interlock.policy.evaluation.compiled import CompiledPolicy

SignOff: TypeAlias = Literal["approve", "deny"]


def request_of(promotion: Promotion, terms: ReviewTerms | None = None) -> ReviewRequest:
    """Return the question as one that votes are counted for, on its own terms or on others."""
    body = promotion.opened.body
    return ReviewRequest(
        id=promotion.id,
        call_id=promotion.id,
        digest=promotion.digest,
        state="open" if promotion.ended is None else "superseded",
        created_at=parse_stamp(promotion.opened.at),
        expires_at=parse_stamp(body["expires_at"]),
        terms=terms or read_terms(body["terms"]),
        excluded=frozenset(body["excluded"]),
        risk="high",
    )


def vote_of(told: CareerEntry) -> Vote:
    """Return an answer as its entry tells it."""
    body, auth = told.body, told.auth
    return Vote(
        request_id=body["request_id"],
        digest=body["digest"],
        answer=body["answer"],
        by=told.actor,
        auth=auth,  # pyright: ignore[reportArgumentType] - as it was written
        at=parse_stamp(told.at),
        reason=body["reason"],
        proof=body.get("proof"),
    )


def sign(
    ports: Ports,
    promotion_id: str,
    answer: SignOff,
    reason: str,
    by: str,
    shown: Shown | None = None,
    seen: str | None = None,
) -> Promotion:
    """Hear one person on a rise; the last that is needed raises the level, if the evidence holds.

    `seen` is the digest of what they looked at. Raises `UnknownId`, `AlreadyDecided`,
    `NotEligible`, `DeskError`.
    """
    ports, by, reason = ports.pinned(), named(by), reason[:REASON_MAX]
    with ports.ledger.begin() as tx:
        held = tx.registry.people()
        tx.levels.alone()
        asked = _open(tx, promotion_id)
        terms = restaffed(tx, ports.policy(), read_terms(asked.opened.body["terms"]))
        request, digest_seen = request_of(asked, terms), seen or asked.digest
        question = (asked.id, asked.id, digest_seen, answer)
        auth, proof = prove_word(tx, ports, held, by, shown, question, reason)
        said = {"policy": ports.policy().digest} if request.terms.evidence else dict[str, str]()
        kept = {**said, **proof.get("proof", {})}
        given = Vote(asked.id, digest_seen, answer, by, auth, tx.now(), reason, proof=kept or None)
        admit(given, request, tx.now(), held)
        body = {
            "request_id": asked.id,
            "call_id": asked.id,
            "tenant": asked.tenant,
            "agent": asked.agent,
            "digest": digest_seen,
            "answer": answer,
            "reason": reason,
            **({"proof": kept} if kept else {}),
        }
        tx.note(PROMOTION_ANSWERED, body, actor=by, auth=auth)
        _settle(tx, ports.policy(), _open(tx, promotion_id), request)
        return career(tx.levels.told()).promotions[promotion_id]


def _open(tx: Transaction, promotion_id: str) -> Promotion:
    found = career(tx.levels.told()).promotions.get(promotion_id)
    if found is None:
        raise UnknownId(f"no promotion `{promotion_id}`; see interlock autonomy requests")
    if found.ended is not None:
        how = found.ended.body.get("how", "promoted")
        raise AlreadyDecided(f"promotion `{promotion_id}` is over ({how}); nothing changed")
    return found


def _settle(
    tx: Transaction, policy: CompiledPolicy, asked: Promotion, request: ReviewRequest
) -> None:
    """Do what the answers come to."""
    found = standing(map(vote_of, asked.answers), request, tx.registry.people())
    if found.state == "rejected":
        end_promotion(tx, asked, "denied", f"denied by {asked.answers[-1].actor}")
    elif found.state == "approved":
        if (why := _overtaken(tx, policy, asked)) is not None:
            end_promotion(tx, asked, "overtaken", why)
            return
        approvals = {
            "approvals": sorted(vote.by for vote in found.approvals),
            "terms": terms_json(request.terms),
            "policy": policy.digest,
        }
        tx.remember_policy(policy)
        raise_level(tx, (asked.tenant, asked.agent), asked.id, (asked.level, asked.to), approvals)


def _overtaken(tx: Transaction, policy: CompiledPolicy, asked: Promotion) -> str | None:
    """Say why a level does not rise though people agree; None where it does."""
    name = (asked.tenant, asked.agent)
    work = tx.levels.work(name)
    if work is None or level_of(tx, policy, name) != asked.level:
        return "the agent is at another level by now"
    found = readiness(policy, work, career(tx.levels.told()), name, tx.now())
    if found is None:
        return "the policy has no criteria for a promotion any more"
    if work.evidence.level != asked.level:
        return "the record is not read to its end"
    return "; ".join(found.missing) or None
