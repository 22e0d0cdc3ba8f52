"""Tally: every agent's evidence and recent errors, folded from the log in its order.

The same facts in the same order give the same tally, in whatever parts they come; what is kept of
it is a copy that can be made anew.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self, TypeAlias, assert_never

from interlock.autonomy.drift import errs_above
from interlock.autonomy.evidence import ERRORS, Acted, Entered, Evidence, Found
from interlock.policy.operations import ErrorRateTrigger

RECENT: Final = 500
"""Outcomes that are remembered one by one: those that a rate of errors is looked for in."""

AgentName: TypeAlias = tuple[str, str]
"""Tenant and agent."""


class LevelEntered(NamedTuple):
    """An entry says that an agent is at a level from there on."""

    seq: int
    at: datetime
    tenant: str
    """Whose agent; empty: of every tenant."""
    agent: str
    level: int
    is_set: bool = True
    """Whether somebody or something set it; else it is where the policy starts agents, or exposure
    begins anew."""


TallyFact: TypeAlias = Acted | Found | LevelEntered


def agent_of(fact: TallyFact) -> str:
    """Return the agent that a fact is about."""
    match fact:
        case Found():
            return fact.acted.place.agent
        case Acted():
            return fact.place.agent
        case LevelEntered():
            return fact.agent
        case _:
            assert_never(fact)


class AgentWork(NamedTuple):
    """What is known of one agent."""

    evidence: Evidence = Evidence()
    own: int | None = None
    """Level that was set for it of its tenant."""
    everywhere: int | None = None
    """Level that was set for it of all tenants, above which it is nowhere."""
    owners: tuple[str, ...] = ()
    """Who answered for it, sorted."""
    recent: tuple[tuple[float, bool], ...] = ()
    """Of the last outcomes at this level: when, seconds since 1970, and whether it was an error."""

    @property
    def set_level(self) -> int | None:
        """Return the level at which it was set; None where nothing was."""
        return min((each for each in (self.own, self.everywhere) if each is not None), default=None)

    def entered(self, fact: LevelEntered) -> "AgentWork":
        """Begin at a level."""
        level = self.set_level if fact.is_set and self.set_level is not None else fact.level
        evidence = self.evidence.after(Entered(fact.seq, fact.at, level))
        return self._replace(evidence=evidence, recent=())

    def acted(self, fact: Acted) -> "AgentWork":
        """Count a call that ended."""
        owners = {*self.owners, fact.owner} - {""}
        outcome = (fact.at.timestamp(), fact.outcome in ERRORS)
        return self._replace(
            evidence=self.evidence.after(fact),
            owners=tuple(sorted(owners)),
            recent=(*self.recent, outcome)[-RECENT:],
        )

    def found(self, fact: Found) -> "AgentWork":
        """Count what somebody found of a call afterwards; an error that is new is one of now."""
        known = self._replace(evidence=self.evidence.after(fact))
        if fact.outcome not in ERRORS or fact.acted.outcome in ERRORS:
            return known
        return known._replace(recent=(*self.recent, (fact.at.timestamp(), True))[-RECENT:])

    def errs_above(self, trigger: ErrorRateTrigger, now: datetime) -> bool:
        """Tell whether the outcomes in the trigger's window show more errors than it allows."""
        since = (now - timedelta(days=trigger.window_days)).timestamp()
        return errs_above((error for at, error in self.recent if at >= since), trigger)

    def to_text(self) -> str:
        """Write everything as one JSON text, the same for the same."""
        return json.dumps(
            [self.evidence.to_json(), self.own, self.everywhere, self.owners, self.recent],
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote. Raises `ValueError` and its like where nobody wrote it."""
        evidence, own, everywhere, owners, recent = json.loads(text)
        return cls(
            Evidence.from_json(evidence),
            own,
            everywhere,
            tuple(owners),
            tuple((float(at), bool(error)) for at, error in recent),
        )


class WorkTally:
    """The works of some agents, as they are told of."""

    def __init__(self, known: Mapping[AgentName, AgentWork] | None = None) -> None:
        """Go on from what is `known`."""
        self.works = dict(known or {})
        self.changed: dict[AgentName, AgentWork] = {}
        """What is not as it was known."""
        self.erred: set[AgentName] = set()
        """Agents of which an error was heard."""
        self.harmed: list[Found | Acted] = []
        """What was heard of harm that a person confirmed."""

    def hear(self, facts: Iterable[TallyFact]) -> None:
        """Take in facts, in the order of the log."""
        for fact in facts:
            match fact:
                case LevelEntered():
                    self._entered(fact)
                case Acted():
                    self._acted(fact)
                case Found():
                    self._found(fact)
                case _:
                    assert_never(fact)

    def _entered(self, fact: LevelEntered) -> None:
        name = (fact.tenant, fact.agent)
        work = self.works.get(name) or self._new(name, fact.level)
        self._put(name, work._replace(own=fact.level) if fact.is_set else work)
        self._put(name, self.works[name].entered(fact))
        if fact.is_set and not fact.tenant:
            for other in [each for each in self.works if each[0] and each[1] == fact.agent]:
                lowered = self.works[other]._replace(everywhere=fact.level)
                self._put(other, lowered.entered(fact))

    def _acted(self, fact: Acted) -> None:
        name = (fact.place.tenant, fact.place.agent)
        work = self.works.get(name) or self._new(name, fact.level)
        self._put(name, work.acted(fact))
        self._notice(name, fact.outcome in ERRORS, fact)

    def _found(self, fact: Found) -> None:
        name = (fact.acted.place.tenant, fact.acted.place.agent)
        work = self.works.get(name) or self._new(name, fact.acted.level)
        self._put(name, work.found(fact))
        self._notice(name, fact.outcome in ERRORS, fact)

    def _notice(self, name: AgentName, is_error: bool, fact: Acted | Found) -> None:
        if is_error:
            self.erred.add(name)
        if fact.outcome in ("audit_harm", "quarantine_confirmed"):
            self.harmed.append(fact)

    def _new(self, name: AgentName, level: int) -> AgentWork:
        above = self.works.get(("", name[1]))
        everywhere = above.own if above and name[0] else None
        start = level if everywhere is None else min(level, everywhere)
        return AgentWork(Evidence(level=start), everywhere=everywhere)

    def _put(self, name: AgentName, work: AgentWork) -> None:
        self.works[name] = self.changed[name] = work
