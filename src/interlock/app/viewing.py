"""View: calls put together from all that the ledger knows of them, for one who looks at them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from interlock.app.cases import Case, attributed, case, counted, folded
from interlock.conduct.halting import halt_over
from interlock.conduct.ports import Ports
from interlock.conduct.recounting import staffed
from interlock.conduct.values import Call
from interlock.errors import PolicyError
from interlock.ledger import queries
from interlock.ledger.alike import alike
from interlock.ledger.disclosures import disclosed
from interlock.ledger.erasure import gone
from interlock.ledger.halts import all_halts
from interlock.ledger.people import added_by, everyone
from interlock.ledger.queue import votes_of
from interlock.ledger.runs import late
from interlock.ledger.store import SqlLedger
from interlock.ledger.waits import escalations, veto_windows
from interlock.path.people import People
from interlock.path.review import ReviewRequest, may_decide, why_not
from interlock.policy.decisions import ReviewTerms


def by_now(ports: Ports, people: People) -> Callable[[ReviewRequest], ReviewRequest]:
    """Return what says who is in the groups of an open request by now; without a policy, who was.

    An answer is counted so, too.
    """
    known: dict[ReviewTerms, ReviewTerms] = {}

    def now(request: ReviewRequest) -> ReviewRequest:
        if request.state != "open":
            return request
        with suppress(PolicyError):
            if request.terms not in known:
                known[request.terms] = staffed(ports.policy(), people, request.terms)
            return replace(request, terms=known[request.terms])
        return request

    return now


def opened(
    ports: Ports,
    ledger: SqlLedger,
    waiting: Sequence[tuple[Call, ReviewRequest]],
    viewer: str | None = None,
) -> list[Case]:
    """Return open questions as people see them, or as `viewer` does."""
    asked = [request for _, request in waiting]
    due = escalations(ledger, [one.id for one in asked])
    same = alike(ledger, [call for call, _ in waiting], viewer)
    votes = votes_of(ledger, asked)
    with ledger.read() as db:
        people, halts = everyone(ledger, db), all_halts(db)
    now = by_now(ports, people)

    def viewed(call: Call, request: ReviewRequest) -> Case:
        one = case(call, request, next_asked_at=due.get(request.id))
        one = counted(one, now(request), votes.get(request.id, ()), people)
        return replace(folded(one, same.get(call.id, ())), halt=halt_over(halts, call))

    return [viewed(call, request) for call, request in waiting]


def whole(ports: Ports, ledger: SqlLedger, name: str, viewer: str | None) -> Case:
    """Return one call with its votes, as `viewer` sees it. Raises `UnknownId`."""
    call = queries.find_call(ledger, name)
    request = queries.request_of(ledger, call)
    votes = queries.votes_on(ledger, request.id) if request else []
    with ledger.read() as db:
        people, halts = everyone(ledger, db), all_halts(db)
        reported = late(db, call.id) if call.fence else []
        adders = added_by(db) if any(vote.proof for vote in votes) else {}
    until = veto_windows(ledger, [call.id]).get(call.id) if call.state == "held" else None
    asked = [request.id] if request and request.state == "open" else []
    due = escalations(ledger, asked).get(asked[0]) if asked else None
    told = (queries.schema_of(ledger, call), until, reported, due)
    shown = folded(
        case(call, request, votes, _before(ledger, call), *told),
        alike(ledger, [call], viewer).get(call.id, ()),
    )
    shown = counted(shown, by_now(ports, people)(request), votes, people) if request else shown
    ended = {"gone": gone(ledger, call), "probe": disclosed(ledger, call)}
    return replace(attributed(shown, adders), **ended, halt=halt_over(halts, call))


def barred(ports: Ports, ledger: SqlLedger, name: str, by: str) -> str | None:
    """Say why somebody may not approve an open request; None where they may."""
    request = queries.request_of(ledger, queries.find_call(ledger, name))
    if request is None or request.state != "open":
        return None
    with ledger.read() as db:
        people = everyone(ledger, db)
    asked = by_now(ports, people)(request)
    return None if may_decide(by, asked, people) else why_not(by, asked, people)


def _before(ledger: SqlLedger, call: Call) -> dict[str, Any] | None:
    if call.proposal.revision == 0:
        return None
    return queries.revisions(ledger, call)[call.proposal.revision - 1].proposal.args
