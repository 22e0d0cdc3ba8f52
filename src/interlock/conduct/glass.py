"""Break the glass: what follows when one person alone let a call run, in an emergency.

People are told at once, and another person looks at it after. Until then it stays on their list,
whatever became of the call, and nothing of it is erased or archived.
"""

import logging
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from interlock.clock import stamp
from interlock.conduct.ports import Transaction
from interlock.conduct.values import Call
from interlock.errors import DeskError, NotEligible
from interlock.path.people import People
from interlock.path.proof import STRENGTH, Auth
from interlock.path.record import State
from interlock.path.review import Vote, may_decide

REVIEW_S: Final = 24 * 3600.0
"""Within which another person should look at it, seconds; it is on the list until one did."""

GlassFinding: TypeAlias = Literal["fine", "error", "harm"]
"""What who looked found: it was right, it should not have run, it did harm."""

RUNNABLE: Final[frozenset[State]] = frozenset(
    {
        *("proposed", "decided", "held", "pending", "approved", "auto_approved"),
        *("executing", "in_doubt", "retried"),
    }
)
"""States from which a call can still run: there is nothing to find yet."""

_log = logging.getLogger("interlock.review")


def tell_of_glass(tx: Transaction, call: Call, given: Vote) -> str:
    """Tell at once of a call that one person alone approved; return until when another looks."""
    until = tx.now() + timedelta(seconds=REVIEW_S)
    tx.arm("oversight", call.id, until)
    _log.warning("call %s: %s broke the glass; look at it, then interlock ack", call.id, given.by)
    return stamp(until)


def require_finding(
    call: Call, breakers: tuple[str, ...], finding: str | None, reason: str
) -> None:
    """Check that a finding is given just where the glass was broken, of what is over.

    Raises `DeskError`.
    """
    if not breakers and finding is not None:
        raise DeskError("nobody broke the glass here, so there is no finding; leave it out")
    if breakers and (finding is None or not reason.strip()):
        raise DeskError(
            "one person alone approved this call: look at it, and say what you found with "
            "--finding fine, error or harm, and --reason"
        )
    if breakers and call.state in RUNNABLE:
        raise DeskError(
            f"call `{call.id}` is {call.state} and can still run, so nothing is found yet; look "
            f"once it ended, or stop it: {_stops(call)}"
        )


def _stops(call: Call) -> str:
    """Name what ends a call that can still run."""
    match call.state:
        case "pending":
            return f"interlock deny {call.id}"
        case "approved" | "auto_approved" | "held":
            return f"interlock cancel {call.id}"
        case "in_doubt":
            return f"interlock doubt settle {call.id}"
        case _:
            return "interlock halt"


def require_reviewer(
    tx: Transaction, call: Call, by: str, auth: Auth, people: People, breakers: tuple[str, ...]
) -> None:
    """Check that who looks is one of those who were asked about the call, and broke no glass.

    INVARIANT I7: nobody looks after themselves, under none of their names. Raises `NotEligible`.
    """
    if not people.is_apart(by, breakers):
        raise NotEligible(f"`{by}` broke the glass for call `{call.id}`; another person must look")
    if call.request_id is None:
        return
    request = tx.request(call.request_id)
    if not may_decide(by, request, people):
        raise NotEligible(f"`{by}` was not asked about call `{call.id}`; who was must look at it")
    if STRENGTH[auth] < STRENGTH[request.terms.auth]:
        raise NotEligible(
            f"call `{call.id}` takes no word that is {auth}, only one that is "
            f"{request.terms.auth}; see interlock reviewer"
        )
