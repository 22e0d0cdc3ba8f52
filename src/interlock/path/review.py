"""Review: what a human is asked, what answers count, and what they come to.

A verdict belongs to a digest. A resume payload is only a doorbell: the verdict is read from the
ledger. An answer that does not count never raises into the agent's run; it is refused with words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.people import is_apart, named, person  # noqa: F401 - asked for here, too
from interlock.policy.decisions import ReviewTerms, Risk

VoteAnswer: TypeAlias = Literal["approve", "deny", "edit", "respond", "cancel"]
RequestState: TypeAlias = Literal[
    "open",
    "approved",
    "auto_approved",
    "rejected",
    "responded",
    "cancelled",
    "expired",
    "superseded",
]
Auth: TypeAlias = Literal["local", "inline", "token", "signed"]
"""How someone showed who they are: by a name, as the run's user, by a token, by a key."""


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
    proof: Mapping[str, str] | None = None
    """For a token: its credential's id. For a signature: also the nonce and the signature, hex."""


def may_decide(name: str, request: ReviewRequest) -> bool:
    """Whether someone may approve: of the group that is asked, and apart from the call.

    Those who ask for a call, answer for it or edited it are not.
    """
    who, eligible = person(name), request.terms.eligible
    if eligible is not None and who not in {person(each) for each in eligible}:
        return False
    return is_apart(name, request.excluded)


def counts(vote: Vote, request: ReviewRequest) -> bool:
    """Whether a vote is an approval of these very arguments by someone who may give it."""
    same = vote.request_id == request.id and vote.digest == request.digest
    return same and vote.answer == "approve" and may_decide(vote.by, request)


def admit(vote: Vote, request: ReviewRequest, now: datetime) -> None:
    """Check that a vote counts, in this order: open, in time, same digest, eligible, reasoned.

    Raises `AlreadyDecided`, `NotEligible` or `DeskError`.
    Source: `ARCHITECTURE.md`, I7, I8, I11.
    """
    if request.state != "open":
        raise AlreadyDecided(f"request `{request.id}` is already {request.state}; nothing changed")
    if now >= request.expires_at:
        raise AlreadyDecided(
            f"request `{request.id}` expired at {request.expires_at:%H:%M:%S} UTC; nothing changed"
        )
    if vote.digest != request.digest:
        raise DeskError(
            f"the answer is for another call than request `{request.id}` shows; look at it again"
        )
    if not may_decide(vote.by, request) and vote.answer in ("approve", "respond"):
        raise NotEligible(_not_eligible(vote.by, request))
    if vote.answer == "approve" and needs_reason(request) and not vote.reason.strip():
        raise DeskError(f"a {request.risk}-risk approval needs a reason; add --reason")


def _not_eligible(name: str, request: ReviewRequest) -> str:
    terms = request.terms
    if terms.eligible is not None and person(name) not in {person(each) for each in terms.eligible}:
        members = ", ".join(terms.eligible) or "nobody"
        return f"`{name}` is not in `{terms.route}` ({members}); one of them must decide"
    part = "asked for this call, owns it or edited it; another person must decide"
    if person(name) in {person(each) for each in request.excluded}:
        return f"`{name}` {part}"
    return f"`{name}` looks like a name that is left out, of someone who {part}"


def needs_reason(request: ReviewRequest) -> bool:
    """Whether an approval of this request must say why."""
    return request.terms.reason_required or request.risk in ("high", "critical")


def tally(votes: Iterable[Vote], request: ReviewRequest) -> RequestState:
    """Return what the votes come to: the first that ends the request does."""
    ends: dict[VoteAnswer, RequestState] = {
        "approve": "approved",
        "deny": "rejected",
        "edit": "superseded",
        "respond": "responded",
        "cancel": "cancelled",
    }
    for vote in votes:
        if vote.request_id == request.id and vote.digest == request.digest:
            return ends[vote.answer]
    return request.state
