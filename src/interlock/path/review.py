"""Review: what a human is asked, what answers count, and what they come to.

A verdict belongs to a digest. A resume payload is only a doorbell: the verdict is read from the
ledger. An answer that does not count never raises into the agent's run; it is refused with words.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.folding import mixed_word, skeleton
from interlock.policy.decisions import ReviewTerms, Risk

VoteAnswer: TypeAlias = Literal["approve", "deny", "edit", "respond", "cancel"]
RequestState: TypeAlias = Literal[
    "open", "approved", "rejected", "responded", "cancelled", "expired", "superseded"
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


_OURS: Final = ("policy:", "interlock")
"""How names begin that only the gate itself acts under."""

_HYPHENS: Final = frozenset("\u02d7\u06d4\u2043\u2212\u2796\u2cba")
"""Characters that look like a hyphen and are no dash to Unicode. Source: UTS 39, confusables."""

_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and signs that show nothing. Source: Unicode, Default_Ignorable_Code_Point."""


def named(name: object) -> str:
    """Return the name that someone decides under, without the space around it.

    Raises `NotEligible` for one that is no text, names nobody, is the gate's own, or holds what
    nobody sees or letters of several scripts in a word: in the record it would stand for another.
    """
    if not isinstance(name, str):
        raise NotEligible(f"a reviewer's name is text, not {type(name).__name__}")
    unseen = next((char for char in name.strip() if _unseen(char)), None)
    if unseen is not None:
        raise NotEligible(
            f"the reviewer's name holds U+{ord(unseen):04X}, which nobody sees; write it without"
        )
    if (word := mixed_word(name)) is not None:
        raise NotEligible(
            f"the reviewer's name mixes scripts in one word, {word!a}; write it in one script"
        )
    who = person(name)
    if not who:
        raise NotEligible("nobody is named as the reviewer; give a name")
    if who.startswith(_OURS):
        raise NotEligible(
            f"`{name}` is no reviewer: names that begin with `policy:` or `interlock` are the "
            "gate's own; give another name"
        )
    return name.strip()


def person(name: str) -> str:
    """Return the human behind a name: the login `local:Ana` and the reviewer `ana` are one.

    Case, width, hyphens of all kinds and what nobody sees make no other human.
    Source: Unicode NFKC (UAX 15) and case folding.
    """
    plain = "".join(_seen(char) for char in unicodedata.normalize("NFKC", name))
    folded = unicodedata.normalize("NFKC", plain.casefold())
    return re.sub(r"^(local:\s*)+", "", " ".join(folded.split()))


def is_apart(name: str, people: Iterable[str]) -> bool:
    """Whether someone is none of these people, nor could be taken for one of them.

    INVARIANT I7: who is left out does not come back under a name that looks the same.
    """
    who, drawn = person(name), _drawn(name)
    return all(who != person(each) and drawn != _drawn(each) for each in people)


def _drawn(name: str) -> str:
    """Return what a name looks like; the capital I that is drawn like an l is still one here."""
    seen = "".join(_seen(char) for char in unicodedata.normalize("NFKC", name))
    return skeleton(re.sub(r"^(local:\s*)+", "", " ".join(seen.split()), flags=re.IGNORECASE))


def _seen(char: str) -> str:
    if char in _HYPHENS or unicodedata.category(char) == "Pd":
        return "-"
    return "" if _unseen(char) else char


def _unseen(char: str) -> bool:
    """Whether a character shows nothing, or only moves what is shown; a plain space is seen."""
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return not char.isprintable() or char in _BLANKS or is_selector


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
