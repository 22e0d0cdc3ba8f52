"""Guard: the last check, and the only key to execution.

A warrant is minted when the ledger's claim commits, names one digest and one fence, and opens one
execution. Nothing runs without one: no flag, no boolean, no default path.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from interlock.canon import digest_bytes
from interlock.errors import WarrantError
from interlock.path.people import People
from interlock.path.proposal import Proposal
from interlock.path.quorum import standing
from interlock.path.review import ReviewRequest, Vote
from interlock.policy.constraints import PLAIN_RUN, UNLIMITED, Constraints, RunTerms
from interlock.policy.decisions import Ask, Decision, Effect, Notify, ReviewTerms


class Warrant:
    """One right to execute one call once."""

    __slots__ = (
        "_unspent",
        "args_digest",
        "call_id",
        "constraints",
        "digest",
        "effect",
        "fence",
        "review_result",
        "terms",
        "tool",
    )

    def __init__(
        self,
        call_id: str,
        proposal: Proposal,
        fence: int,
        effect: Effect,
        *,
        review_result: bool = False,
        constraints: Constraints = UNLIMITED,
        terms: RunTerms = PLAIN_RUN,
    ) -> None:
        """Bind the right to the proposal's bytes; only a claim in the ledger does this.

        `constraints` are what the decision at the claim holds the run to, `terms` how it runs.
        """
        self.call_id = call_id
        self.tool = proposal.tool
        self.digest = proposal.digest
        self.args_digest = digest_bytes("interlock/args/v1", proposal.canonical)
        self.fence = fence
        self.effect: Effect = effect
        self.review_result = review_result
        self.constraints = constraints
        self.terms = terms
        self._unspent = [True]

    def redeem(self, tool: str, canonical: bytes) -> None:
        """Spend the right on exactly these bytes.

        Raises `WarrantError` when it is spent, or tool or arguments are not those it names.
        """
        # INVARIANT I8: what was approved is what is executed.
        if tool != self.tool or digest_bytes("interlock/args/v1", canonical) != self.args_digest:
            raise WarrantError(f"call `{self.call_id}` is not what its warrant names; nothing ran")
        try:
            self._unspent.pop()  # atomic, so that two threads cannot both spend it
        except IndexError:
            raise WarrantError(
                f"the warrant of call `{self.call_id}` is spent; nothing ran"
            ) from None


@dataclass(frozen=True, slots=True)
class Cleared:
    """The call may be claimed now."""

    kind: Literal["cleared"] = "cleared"


@dataclass(frozen=True, slots=True)
class Stopped:
    """The call may not run, and how it goes on."""

    to: Literal["denied", "halted", "pending", "expired", "held"]
    reason: str
    kind: Literal["stopped"] = "stopped"


def guard(
    again: Decision,
    request: ReviewRequest | None,
    votes: Iterable[Vote],
    people: People,
    proposal: Proposal,
    now: datetime,
    veto_until: datetime | None = None,
) -> Cleared | Stopped:
    """Check everything again at the last moment; the stricter of then and now wins.

    `again` is the decision under the policy, level and time of now; `request` is the approval that
    the call rests on, or None when none was asked; `people` is who the ledger knows. `veto_until`
    is when the window ends of which people were told, or None when they were told of none.
    """
    # 1. What policy forbids now, no earlier allowance or approval lifts.
    if again.kind == "deny":
        return Stopped("denied", again.reason)
    # 2. A call that nobody approved may not need approval now, nor run before its window is over.
    if request is None:
        if again.kind == "require_approval":
            return Stopped("pending", again.reason)
        if isinstance(again, Notify) and again.veto_window_s and not _passed(veto_until, now):
            return Stopped("held", "its veto window is open")
        return Cleared()
    # 3. The approval holds, as of now.
    terms = again.terms if isinstance(again, Ask) else None
    return unapproved(terms, request, votes, people, proposal.digest, now) or Cleared()


def unapproved(
    terms: ReviewTerms | None,
    request: ReviewRequest,
    votes: Iterable[Vote],
    people: People,
    digest: str,
    now: datetime,
) -> Stopped | None:
    """Stop a call whose approval does not hold at a time; None while it does.

    The same for whoever reads the record later. `terms` are those on which the policy of then asks;
    None where it does not.
    """
    # 1. INVARIANT I2, I7: it is for these bytes, by all who must give it, as of now.
    if request.digest != digest:
        return Stopped("denied", "the approval is for other arguments")
    counted = list(votes)
    approved = standing(counted, request, people).state == "approved"
    if not approved and not _silence_approves(terms, request):
        return Stopped("pending", "the approval no longer counts")
    # 2. INVARIANT I11: it does not wait for ever.
    return unused(request, counted, people, now)


def unused(
    request: ReviewRequest, votes: Iterable[Vote], people: People, now: datetime
) -> Stopped | None:
    """Stop a call whose approval was not used in time; None while it lasts, or nobody approved."""
    given = [vote.at for vote in standing(votes, request, people).approvals]
    given += [request.expires_at] if request.state == "auto_approved" else []
    ttl_s = request.terms.execution_ttl_s
    if not given or now < max(given) + timedelta(seconds=ttl_s):
        return None
    return Stopped("expired", f"the approval was not used within {ttl_s:g} s")


def _silence_approves(terms: ReviewTerms | None, request: ReviewRequest) -> bool:
    """Whether nobody's answer approved it, and would under the policy of now."""
    if request.state != "auto_approved" or terms is None:
        return False
    return terms.on_timeout == "approve"


def _passed(until: datetime | None, now: datetime) -> bool:
    return until is not None and now >= until
