"""Batch: like questions, answered together by one look; each answer is a vote of its own."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, Unpack

from interlock.app.answering import Reasoner
from interlock.app.cases import Case, case
from interlock.app.inbox import Inbox
from interlock.conduct.values import Call
from interlock.desk.batching import (
    BatchMember,
    BatchTable,
    OfferedBatch,
    compared,
    likeness,
    offered,
)
from interlock.errors import AlreadyDecided, DeskError, InterlockError, LedgerError, LedgerReadOnly
from interlock.ledger import queries
from interlock.ledger.queue import votes_of
from interlock.ledger.store import SqlLedger
from interlock.path.review import ReviewRequest
from interlock.policy.decisions import BatchTerms, terms_json

LOOKED_AT: Final = 1000
"""Questions that are looked at for what is alike, the oldest."""


@dataclass(frozen=True, slots=True)
class CallBatch:
    """Questions that may be answered together now."""

    name: str
    """Begins with `batch_`; another one when a question comes, goes or changes."""
    cases: tuple[Case, ...]
    """Oldest first; 2 to 20."""

    @property
    def table(self) -> BatchTable:
        """What is the same of all of them, and of each what is not."""
        return compared([_told(each) for each in self.cases])

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        first, table = self.cases[0], self.table
        names = ("tool", "agent", "tenant", "risk")
        return {
            "name": self.name,
            **{name: getattr(first, name) for name in names},
            "rules": list(first.rules),
            "requests": [each.id for each in self.cases],
            "same": dict(table.same),
            "varies": [dict(zip(table.varies, row, strict=True)) for row in table.rows],
        }


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What one answer of a batch came to."""

    request_id: str
    state: str = ""
    """What the call became; empty where the answer did not count."""
    why_not: str = ""
    """Why it did not count; empty where it did."""
    probe: dict[str, Any] | None = None
    """What the question was, where it was no call's: as a `Case` says it."""
    is_away: bool = False
    """Whether it is because the ledger was away: then it is not known, and no other was given."""

    @property
    def counted(self) -> bool:
        """Whether the answer counts."""
        return not self.why_not


BatchAnswers: TypeAlias = list[BatchAnswer]


class Batches:
    """Like questions that wait, where their rules let them be answered together."""

    def __init__(self, inbox: Inbox, ledger: SqlLedger) -> None:
        """Look into `ledger`, answer through `inbox`."""
        self._inbox, self._ledger = inbox, ledger

    def show(self, name: str) -> CallBatch:
        """Return one batch. Raises `AlreadyDecided` where it is none any more."""
        return self._whole(name, (each for each in self._offered() if each.name == name))

    def of(self, request_id: str) -> CallBatch:
        """Return the batch that a question is in. Raises `AlreadyDecided` where it is in none."""
        return self._whole(request_id, (each for each in self._offered() if request_id in each.ids))

    def approve(self, name: str, **given: Unpack[Reasoner]) -> BatchAnswers:
        """Approve each call of a batch by a vote of its own, oldest first.

        Returns of each what its answer came to: one that does not count leaves the others. Raises
        `AlreadyDecided` where the batch is another one by now.
        """
        return self._answer(self._inbox.approve, name, given)

    def deny(self, name: str, **given: Unpack[Reasoner]) -> BatchAnswers:
        """Refuse each call of a batch, as `approve` does; the agent is told the reason."""
        if not given.get("reason", "").strip():
            raise DeskError("this needs a reason: the agent is told it; add --reason")
        return self._answer(self._inbox.deny, name, given)

    def _answer(self, say: Callable[..., Case], name: str, given: Reasoner) -> BatchAnswers:
        ids = [each.id for each in self.show(name).cases]
        if (looked_s := given.get("on_screen_s")) is not None:
            given = {**given, "on_screen_s": looked_s / len(ids)}
        found = BatchAnswers()
        for each in ids:
            if found and found[-1].is_away:
                found.append(BatchAnswer(each, why_not="not given", is_away=True))
            else:
                found.append(_answered(say, each, given))
        return found

    def _waiting(self) -> list[tuple[Call, ReviewRequest]]:
        with suppress(LedgerReadOnly):
            self._inbox.expire_overdue()
        return queries.pending(self._ledger, limit=LOOKED_AT)

    def _offered(
        self, waiting: Iterable[tuple[Call, ReviewRequest]] | None = None
    ) -> list[OfferedBatch]:
        members = self._members(self._waiting() if waiting is None else waiting)
        return offered(members, self._ledger.clock.now())

    def _members(self, waiting: Iterable[tuple[Call, ReviewRequest]]) -> Iterator[BatchMember]:
        for call, request in waiting:
            if request.terms.batch is not None and not call.editors:
                yield self._member(call, request, request.terms.batch)

    def _member(self, call: Call, request: ReviewRequest, terms: BatchTerms) -> BatchMember:
        votes = votes_of(self._ledger, [request]).get(request.id, [])
        judged, proposal = call.judgement, call.proposal
        like = likeness(
            proposal.args,
            call=[call.key.tenant, proposal.context.agent.id, proposal.tool, proposal.tool_schema],
            rules=list(judged.decision.rules) if judged else [],
            unclear=list(judged.decision.not_evaluable) if judged else [],
            asked=[terms_json(request.terms), request.risk, request.level, proposal.revision],
            excluded=sorted(request.excluded),
            votes=sorted([vote.by, vote.answer] for vote in votes),
        )
        return BatchMember(
            request.id, request.digest, request.created_at, request.risk, terms, like
        )

    def _whole(self, name: str, found: Iterator[OfferedBatch]) -> CallBatch:
        """Read all of a batch."""
        one = next(found, None)
        cases = tuple(self._inbox.show(each) for each in one.ids) if one else ()
        if one is None or any(each.state != "pending" or each.gone for each in cases):
            raise AlreadyDecided(
                f"there is no batch `{name}` now, or a call of it came, went or changed; "
                "look again with interlock batch"
            )
        return CallBatch(one.name, cases)

    def list(self, tenant: str | None = None) -> list[CallBatch]:
        """Return the batches that are offered, among the oldest `LOOKED_AT` questions.

        What only `show` says of a call is not in them: votes, and what its schema does not name.
        """
        waiting = {request.id: (call, request) for call, request in self._waiting()}
        found = [
            CallBatch(each.name, tuple(case(*waiting[name]) for name in each.ids))
            for each in self._offered(waiting.values())
        ]
        return [each for each in found if tenant is None or each.cases[0].tenant == tenant]


def _answered(say: Callable[..., Case], name: str, given: Reasoner) -> BatchAnswer:
    try:
        after = say(name, **given)
        return BatchAnswer(name, after.state, probe=after.probe)
    except InterlockError as error:
        return BatchAnswer(name, why_not=str(error), is_away=isinstance(error, LedgerError))


def _told(case: Case) -> dict[str, Any]:
    """Say of a call whatever could be different between two."""
    names = ("principal", "host", "thread_id", "signals", "facts", "level", "policy_snapshot")
    claim = {"confidence": case.confidence_0_1, "why": case.why}
    return {
        "args": case.args,
        **{name: getattr(case, name) for name in names},
        "effect": case.effect,
        "reason": case.reason,
        "claimed": {name: said for name, said in claim.items() if said not in (None, "")},
        "chain": list(case.chain),
        "not_declared": list(case.undeclared),
        "risk_tags": list(case.risk_tags),
    }
