"""Sample: calls that ran and are drawn to be looked at, who looks, and what is found."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import repeat
from typing import Any, NamedTuple, TypeAlias

from interlock.app.people import Credentials, Desk
from interlock.autonomy.estimation import (
    Audited,
    AuditFinding,
    Estimate,
    NotEstimable,
    Stratum,
    estimated,
    strata,
)
from interlock.autonomy.sampling import Draw
from interlock.clock import stamp
from interlock.conduct import Conductor
from interlock.conduct.auditing import (
    FINDING,
    TAKEN,
    auditors,
    find,
    finding_asked,
    is_asked,
    is_theirs,
    take,
    taking_asked,
)
from interlock.conduct.values import Call
from interlock.ledger import queries
from interlock.ledger.auditing import Executed, RanCalls, executed, looked_at
from interlock.ledger.people import everyone
from interlock.ledger.store import SqlLedger

WRONG: frozenset[AuditFinding] = frozenset({"error", "harm"})
"""Findings that count as wrong."""

HARM: frozenset[AuditFinding] = frozenset({"harm"})

Estimated: TypeAlias = Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class AuditCase:
    """One call as its auditor sees it: what it was and returned, and nothing of who let it run."""

    call_id: str
    tool: str
    topic: str
    risk: str
    risk_tags: tuple[str, ...]
    effect: str
    agent: str
    principal: str
    tenant: str
    thread_id: str
    at: datetime
    """When it was proposed."""
    args: dict[str, Any]
    facts: dict[str, Any]
    chain: tuple[dict[str, str], ...]
    """How it came to be proposed: agents, and what each was told."""
    outcome: str
    """`done` or `failed`."""
    result: Any
    """What its agent got; JSON or text."""
    until: datetime
    """Until when nobody else is given it."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "at": stamp(self.at), "until": stamp(self.until)}


class StratumFigures(NamedTuple):
    """What was drawn of one stratum, and how often its calls went wrong."""

    of: Stratum
    """Its calls; `wrong` counts errors and harm."""
    error: Estimated
    """Share of calls that were an error or harm."""
    harm: Estimated


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What is drawn of a period, what became of it, and what follows for all its calls."""

    drawn: tuple[Executed, ...]
    """Oldest first."""
    strata: tuple[StratumFigures, ...]
    error: Estimated
    """Over all strata."""
    harm: Estimated
    unstaffed: tuple[str, ...]
    """Groups that are to audit calls which are drawn, and in which nobody is."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "calls": sum(one.of.calls for one in self.strata),
            "drawn": [one.json() for one in self.drawn],
            "strata": [_stratum_json(one) for one in self.strata],
            "error": _share_json(self.error),
            "harm": _share_json(self.harm),
            "unstaffed": list(self.unstaffed),
        }


class FoundNow(NamedTuple):
    """What an auditor learns of a call once they said what they found."""

    call_id: str
    verdict: AuditFinding
    decision: str
    """What policy decided: `allow`, `require_approval`, …"""
    rules: tuple[str, ...]
    answers: tuple[dict[str, str], ...]
    """Who answered about it: `by`, `answer`, `reason`."""


class SampleDesk:
    """Calls that ran and are audited."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Look into `ledger`, under the policy of `conductor`."""
        self._ports, self._ledger = conductor.ports, ledger
        self._desk = Desk(conductor, ledger)

    def report(
        self, since: str | None = None, until: str | None = None, tenant: str | None = None
    ) -> SampleReport:
        """Return what is drawn of the calls proposed in a time, and estimates for all of them.

        `since` and `until` are stamps. Raises `LedgerError` where another key drew.
        """
        ran = executed(self._ledger, since, until, tenant)
        wrong, harmful = (strata(_audited(ran), which) for which in (WRONG, HARM))
        each = zip(wrong, harmful, strict=True)
        figures = tuple(StratumFigures(a, estimated([a]), estimated([b])) for a, b in each)
        shares = estimated(wrong), estimated(harmful)
        return SampleReport(tuple(ran.drawn), figures, *shares, self._unstaffed(ran.drawn))

    def next(
        self, *, by: str | None = None, held: Credentials | None = None, tenant: str | None = None
    ) -> AuditCase | None:
        """Give somebody the oldest call that is theirs to look at; None where there is none.

        Nobody else is given it for half an hour; asked again meanwhile, they get the same one.
        """
        who = self._desk.who(by, held)
        for name in self._open(who, tenant):
            if (case := self._take(name, who, held)) is not None:
                return case
        return None

    def find(
        self,
        name: str,
        verdict: AuditFinding,
        *,
        reason: str = "",
        by: str | None = None,
        held: Credentials | None = None,
    ) -> FoundNow:
        """Say what was found of a call that ran, once; return how it had come to run.

        Error and harm need a reason, and may be said of a call that was not drawn. Raises
        `NotEligible` for somebody with a part in the call, or whom nobody asked.
        """
        call = queries.find_to_change(self._ledger, name)
        who, asked = self._desk.who(by, held), finding_asked(call, verdict, reason)
        shown = self._desk.act(who, held, FINDING, asked)
        with self._ledger.begin() as tx:
            call = tx.call(call.id)
            looked = looked_at(tx.connection, call)
            find(tx, self._ports.policy(), call, asked, who, looked, shown)
        return self._found(call, verdict)

    def _open(self, who: str, tenant: str | None) -> list[str]:
        """Return the calls that are drawn and that somebody may be asked to look at, theirs first.

        Read before anything is written: the look takes long in a long record.
        """
        left = [
            one
            for one in executed(self._ledger, tenant=tenant).drawn
            if one.looked.verdict is None and not one.is_gone
        ]
        policy = self._ports.policy() if left else None
        with self._ledger.read() as db:
            people, now = everyone(self._ledger, db), self._ledger.time(db)
        found = [
            one
            for one in left
            if not one.looked.held_by_other(people, who, now)
            if policy and is_asked(people, policy, one.risk_tags, who, now)
        ]
        return [one.call_id for one in sorted(found, key=lambda one: one.looked.until is None)]

    def _take(self, name: str, who: str, held: Credentials | None) -> AuditCase | None:
        """Give somebody one call; None where it is not theirs, or was taken meanwhile."""
        shown = self._desk.act(who, held, TAKEN, taking_asked(name))
        with self._ledger.begin() as tx:
            call, policy = tx.call(name), self._ports.policy()
            looked = looked_at(tx.connection, call)
            if not is_theirs(tx, policy, call, who, looked):
                return None
            return _case(call, take(tx, policy, call, who, looked, shown))

    def _found(self, call: Call, verdict: AuditFinding) -> FoundNow:
        judged, request_id = call.judgement, call.request_id
        votes = queries.votes_on(self._ledger, request_id) if request_id else ()
        return FoundNow(
            call.id,
            verdict,
            judged.decision.kind if judged else "",
            judged.decision.rules if judged else (),
            tuple({"by": one.by, "answer": one.answer, "reason": one.reason} for one in votes),
        )

    def _unstaffed(self, drawn: Iterable[Executed]) -> tuple[str, ...]:
        tags = {one.risk_tags for one in drawn if one.looked.verdict is None}
        if not tags:
            return ()
        policy = self._ports.policy()
        with self._ledger.read() as db:
            people = everyone(self._ledger, db)
        groups = Counter[str]()
        for each in tags:
            groups.update(auditors(people, policy, each))
        return tuple(sorted(name for name, members in groups.items() if not members))


def _audited(ran: RanCalls) -> Iterator[Audited]:
    yield from (Audited(one.draw, _verdict(one)) for one in ran.drawn)
    for chance, calls in ran.others.items():
        yield from repeat(Audited(Draw(chance, drawn=False)), calls)


def _verdict(one: Executed) -> AuditFinding | None:
    match one.looked.verdict:
        case "fine" | "error" | "harm" as verdict:
            return verdict
        case _:
            return None


def _case(call: Call, until: datetime) -> AuditCase:
    judged, context, answer = call.judgement, call.proposal.context, call.answer
    return AuditCase(
        call_id=call.id,
        tool=call.proposal.tool,
        topic=judged.topic if judged else call.proposal.tool,
        risk=judged.risk if judged else "",
        risk_tags=judged.risk_tags if judged else (),
        effect=judged.effect if judged else "",
        agent=context.agent.id,
        principal=context.principal,
        tenant=context.tenant,
        thread_id=call.key.thread_id,
        at=call.created_at,
        args=call.proposal.args,
        facts=dict(judged.facts) if judged else {},
        chain=tuple(link._asdict() for link in context.chain),
        outcome=call.outcome or "",
        result=answer.content if answer else None,
        until=until,
    )


def _stratum_json(one: StratumFigures) -> dict[str, Any]:
    names = ("inclusion_0_1", "calls", "drawn", "judged", "wrong")
    counted = {name.removesuffix("_0_1"): getattr(one.of, name) for name in names}
    shares = {"error": _share_json(one.error), "harm": _share_json(one.harm)}
    return {"stratum": one.of.name, **counted, **shares}


def _share_json(found: Estimated) -> dict[str, Any]:
    match found:
        case Estimate():
            return found._asdict()
        case NotEstimable():
            return {**found._asdict(), "value": None, "why": found.words}
