"""Review: what a human is asked, and what answers count.

A verdict belongs to a digest. A resume payload is only a doorbell: the verdict is read from the
ledger. An answer that does not count never raises into the agent's run; it is refused with words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from interlock.clock import stamp
from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.people import BREAK_GLASS, REGISTRAR, People
from interlock.path.proof import STRENGTH, Auth, Ballot, is_shown
from interlock.policy.decisions import ReviewTerms, Risk

VoteAnswer: TypeAlias = Literal[
    "approve", "deny", "edit", "respond", "cancel", "break_glass", "retract"
]
RequestState: TypeAlias = Literal[
    "open",
    "approved",
    "auto_approved",
    "rejected",
    "responded",
    "cancelled",
    "expired",
    "superseded",
    "disclosed",
]


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """One question to a human about one revision of one call."""

    id: str
    call_id: str
    digest: str
    state: RequestState
    created_at: datetime
    expires_at: datetime
    terms: ReviewTerms
    excluded: frozenset[str]
    """People who may not decide it: requester, owners, and editors of the arguments."""
    risk: Risk
    level: int = 0
    """How many of `terms.levels` are asked too by now."""
    unsaid: frozenset[str] = frozenset()
    """People who may not decide it either, and are not named: they decided the same before."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's answer to one request."""

    request_id: str
    digest: str
    answer: VoteAnswer
    by: str
    auth: Auth
    at: datetime
    reason: str = ""
    args: dict[str, Any] | None = None
    """For an edit: the new arguments."""
    tool: str | None = None
    """For an edit: the new tool, when it changes."""
    message: str = ""
    """For a respond: what the agent is told instead of a result."""
    policy: str = ""
    """Full digest of the policy in force, as who answers says; empty: they do not. It is kept in
    `proof` where the request's terms want it."""
    proof: Mapping[str, str] | None = None
    """For a token: its `credential`. For a signature also `nonce`, `signature`, `policy`, and for
    an edit or a response `content`; see `Ballot`."""
    on_screen_ms: int | None = None
    """For how long the question was on the giver's screen, milliseconds; None: not measured."""


def may_decide(
    name: str, request: ReviewRequest, people: People, at: datetime | None = None
) -> bool:
    """Whether someone may approve: of the group that is asked, and apart from the call.

    Those who ask for a call, answer for it or edited it are not, under none of their names, nor is
    who answers in the place of one of them. `at` is when they answered; None: now.
    """
    return bool(seats(name, request, people, at))


def seats(
    name: str, request: ReviewRequest, people: People, at: datetime | None = None
) -> tuple[str, ...]:
    """Return in whose place someone may approve, sorted: their own, or of whom they are deputy."""
    barred = request.excluded | request.unsaid
    if not people.is_apart(name, barred):
        return ()
    places = people.seats(name, request.terms.asked(request.level), at or people.at)
    return tuple(one for one in places if people.is_apart(one, barred))


def counts(vote: Vote, request: ReviewRequest, people: People) -> bool:
    """Whether a vote is an approval of these very arguments by someone who may give it.

    They are who they say, by a credential that is in force, and as surely as the request asks.
    """
    same = vote.request_id == request.id and vote.digest == request.digest
    if not (same and vote.answer == "approve"):
        return False
    strong = STRENGTH[vote.auth] >= STRENGTH[request.terms.auth]
    if not strong or lacking(vote, request):
        return False
    return may_decide(vote.by, request, people, vote.at) and shown(vote, request, people)


def breaks_glass(vote: Vote, request: ReviewRequest, people: People) -> bool:
    """Whether a vote lets these very arguments run in an emergency, whoever else is asked.

    It stands for the route and the quorum, and for nothing else. Source: Q12 of
    `docs/guarantees.md`.
    """
    same = vote.request_id == request.id and vote.digest == request.digest
    if not (same and vote.answer == "break_glass" and vote.reason.strip()):
        return False
    wrong = _no_glass(vote, request, people)
    return wrong is None and not lacking(vote, request) and shown(vote, request, people)


def may_break_glass(name: str, request: ReviewRequest, people: People) -> bool:
    """Whether somebody may let a call run in an emergency, with a credential that they hold."""
    proofs: list[Auth] = [
        "signed" if one.kind == "key" else "token" for one in people.held_by(name)
    ]
    weakest = STRENGTH[request.terms.auth]
    return (
        people.has_role(name, BREAK_GLASS)
        and not people.has_role(name, REGISTRAR)
        and people.is_apart(name, request.excluded)
        and any(STRENGTH[proof] >= weakest for proof in proofs)
    )


def _no_glass(vote: Vote, request: ReviewRequest, people: People) -> str | None:
    """Say why somebody may not break the glass; None where they may."""
    if not people.has_role(vote.by, BREAK_GLASS):
        return f"`{vote.by}` may not: it takes the role `{BREAK_GLASS}`; see interlock reviewer"
    if not people.is_apart(vote.by, request.excluded):
        return f"`{vote.by}` {_PART}"
    if STRENGTH[vote.auth] < STRENGTH["token"]:
        return "a name alone breaks no glass; show a token or a key: add --key or --token-file"
    if STRENGTH[vote.auth] < STRENGTH[request.terms.auth]:
        return f"request `{request.id}` takes a signature; add --key"
    return None


def lacking(vote: Vote, request: ReviewRequest) -> tuple[str, ...]:
    """Return which fields of the request's evidence an answer is without.

    Source: `docs/policy.md`, `evidence_contract`.
    """
    said = {
        "policy_snapshot": (vote.proof or {}).get("policy", ""),
        "job_hash": vote.digest,
        "approver_id": vote.by,
        "decision_ts": stamp(vote.at),
    }
    return tuple(name for name in request.terms.evidence if not said.get(name))


def shown(vote: Vote, request: ReviewRequest, people: People) -> bool:
    """Whether who voted showed that they are who they say."""
    return is_shown(people, vote.by, vote.auth, vote.proof, ballot(vote, request, people))


def ballot(vote: Vote, request: ReviewRequest, people: People) -> Ballot:
    """Return what a signature of this vote covers."""
    said = vote.proof or {}
    return Ballot(
        request.id,
        request.call_id,
        vote.digest,
        vote.answer,
        said.get("policy", ""),
        people.behind(vote.by),
        said.get("nonce", ""),
        vote.reason,
        said.get("content", ""),
    )


def admit(vote: Vote, request: ReviewRequest, now: datetime, people: People) -> None:
    """Check that a vote counts, in this order.

    The request is open and in time, the digest the same; who answers is who they say, is eligible,
    shows it as surely as the request asks, says all that the evidence contract requires, and gives
    a reason where one is needed. An edit is theirs who are asked, also where they had a part in
    the call; a denial and a withdrawal are anybody's.
    Raises `AlreadyDecided`, `NotEligible` or `DeskError`.
    Source: `ARCHITECTURE.md`, I7, I8, I11.
    """
    if request.state != "open":
        raise AlreadyDecided(
            f"request `{request.id}` is already {request.state}; nothing changed{_still(request)}"
        )
    if now >= request.expires_at:
        raise AlreadyDecided(
            f"request `{request.id}` expired at {request.expires_at:%H:%M:%S} UTC; nothing changed"
        )
    if vote.digest != request.digest:
        raise DeskError(
            f"the answer is for another call than request `{request.id}` shows; look at it again"
        )
    if people.is_revoked(vote.by):
        raise NotEligible(f"`{vote.by}` was revoked and answers for nothing; another person must")
    if not shown(vote, request, people):
        raise NotEligible(_not_shown(vote))
    if vote.answer in ("approve", "respond", "edit"):
        _require_eligible(vote, request, people)
        _require_proof(vote, request)
        _require_evidence(vote, request)
    if vote.answer == "break_glass":
        _require_glass(vote, request, people)
    if vote.answer == "approve" and needs_reason(request) and not vote.reason.strip():
        raise DeskError(f"a {request.risk}-risk approval needs a reason; add --reason")


def _still(request: ReviewRequest) -> str:
    """Name what stops a call that was approved, as long as nobody claimed it."""
    if request.state not in ("approved", "auto_approved"):
        return ""
    return f"; until it runs, interlock cancel {request.call_id} --reason … stops it"


def _not_shown(vote: Vote) -> str:
    if vote.auth in ("local", "inline"):
        return (
            f"`{vote.by}` has a key or a token, so the name alone is not theirs; "
            "add --key or --token-file"
        )
    return f"what shows that this is `{vote.by}` is not theirs, or is in force no more"


def _require_eligible(vote: Vote, request: ReviewRequest, people: People) -> None:
    asked = request.terms.asked(request.level)
    is_asked = people.seats(vote.by, asked, people.at)
    if not (is_asked if vote.answer == "edit" else may_decide(vote.by, request, people)):
        raise NotEligible(why_not(vote.by, request, people))


def _require_proof(vote: Vote, request: ReviewRequest) -> None:
    if STRENGTH[vote.auth] < STRENGTH[request.terms.auth]:
        raise NotEligible(
            f"request `{request.id}` takes no answer that is {vote.auth}, only one that is "
            f"{request.terms.auth}; see interlock reviewer"
        )


def _require_glass(vote: Vote, request: ReviewRequest, people: People) -> None:
    if (wrong := _no_glass(vote, request, people)) is not None:
        raise NotEligible(wrong)
    if people.has_role(vote.by, REGISTRAR):  # in ledgers older than `two_keys`; no claim asks
        raise NotEligible(f"`{vote.by}` is a `{REGISTRAR}`: who says who answers acts not alone")
    if not vote.reason.strip():
        raise DeskError("to break the glass takes a reason, which others will read; add --reason")
    _require_evidence(vote, request)


def why_not(name: str, request: ReviewRequest, people: People) -> str:
    """Say why somebody may not approve a request, of whom `may_decide` says so."""
    asked = request.terms.asked(request.level)
    if not people.seats(name, asked, people.at):
        members = ", ".join(asked or ()) or "nobody"
        groups = ", ".join(f"`{each}`" for each in groups_of(request))
        return f"`{name}` is not in {groups} ({members}); one of them must decide"
    barred = request.excluded | request.unsaid
    if people.names(name) & {each for one in barred for each in people.names(one)}:
        return f"`{name}` {_PART}"
    if people.is_apart(name, barred):
        return f"`{name}` answers in the place of somebody who {_PART}"
    return f"`{name}` looks like a name that is left out, of someone who {_PART}"


_PART: Final = (
    "asked for this call, owns it, edited it or answered it before; another person must decide"
)
"""Why somebody is left out, in one sentence: which of it holds is not said, as it would tell a
second look from a call."""


def _require_evidence(vote: Vote, request: ReviewRequest) -> None:
    if absent := lacking(vote, request):
        raise DeskError(
            f"the answer does not say its {', '.join(absent)}, which the policy's evidence "
            f"contract requires; request `{request.id}` stays open"
        )


def groups_of(request: ReviewRequest) -> tuple[str, ...]:
    """Name the groups that are asked by now: the route, who was asked after it, and all besides."""
    terms = request.terms
    others = (each.name for each in (*terms.levels[: request.level], *terms.groups))
    return tuple(name for name in (terms.route, *others) if name)


def needs_reason(request: ReviewRequest) -> bool:
    """Whether an approval of this request must say why."""
    return request.terms.reason_required or request.risk in ("high", "critical")
