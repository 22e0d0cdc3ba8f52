"""Tell: what signals learned of agents, how good they are, and which threshold would do."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from interlock.conduct import Conductor
from interlock.conduct.experience import Experience
from interlock.conduct.learning import LearnedName, read_profile, read_reputation
from interlock.conduct.weighing import MIN_HISTORY
from interlock.errors import DeskError, InterlockError
from interlock.intervals import Share, share
from interlock.ledger.learned import LearnedRows
from interlock.ledger.store import SqlLedger
from interlock.policy.document import Signals
from interlock.signals.anomaly import FEWEST, as_surprising, score_at
from interlock.signals.calibration import Bin, Threshold, reliability, threshold
from interlock.signals.profile import Profile, largest_in
from interlock.signals.reputation import Quality, Reputation, quality

THRESHOLDS: Final = (0.5, 0.7, 0.8, 0.9, 0.95)
"""Anomaly scores above which a rule may ask."""

ERROR_RATE: Final = 0.05
"""Share of wrong calls that is wanted, where nobody says another."""


class SourceFigures(NamedTuple):
    """What one source's word about an agent's calls was worth."""

    source: str
    tool_class: str
    """Effect of the tools; empty for all of them."""
    quality: Quality
    reliability: tuple[Bin, ...]
    """What was said, and how often such calls were right."""
    suggested: Threshold | None
    """The lowest confidence from which few enough calls were wrong; None where none is known."""


class AgentSignals(NamedTuple):
    """What is known of one agent at one model."""

    tenant: str
    agent: str
    model: str
    calls: float
    """Usual calls that its profile knows, each weighing what its age leaves of it."""
    cold: str
    """Why there is no anomaly score yet; empty where there is one."""
    above: tuple[tuple[float, Share], ...]
    """Threshold, and which share of its own usual calls scored above it: false alarms."""
    decided: int
    """Calls that were right or wrong."""
    right: Share
    version: int
    """How often its tables were made."""
    sources: tuple[SourceFigures, ...]

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        above = [{"threshold": at, **_share(found)} for at, found in self.above]
        sources = [_source(one) for one in self.sources]
        parts = {"above": above, "right": _share(self.right), "sources": sources}
        return {**self._asdict(), **parts}


class Calibrated(NamedTuple):
    """What was learned anew."""

    calls: int
    """Ended calls of the whole log that it was learned from."""
    agents: tuple[AgentSignals, ...]


class SignalDesk:
    """What signals learned."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Look into `ledger`."""
        self._ports, self._memory = conductor.ports, LearnedRows(ledger)

    def learn_due(self) -> None:
        """Learn for a bounded time from calls that ended, now and then; never raises."""
        self._experience.learn_due()

    def warm(self) -> None:
        """Take to hand what was learned last of agents, so that no call waits for it."""
        self._experience.warm()

    def calibrate(self) -> Calibrated:
        """Learn from the whole log again: what was erased since is forgotten with it.

        Calls of before anything was observed are observed now, by their arguments. Raises
        `StaleTransition` where another process learned meanwhile, and `PolicyError` where no
        policy was ever used; nothing is changed then.
        """
        self._ledger_sealed()
        calls = self._experience.learn_anew()
        return Calibrated(calls, tuple(self.report()))

    def report(
        self, agent: str | None = None, error_rate: float = ERROR_RATE
    ) -> list[AgentSignals]:
        """Return what is known of each agent, or of one; thresholds for a wanted error rate, 0..1.

        Raises `DeskError` for a rate that is none, or an agent of which nothing is known.
        """
        if not 0 < error_rate < 1:
            raise DeskError(f"an error rate lies between 0 and 1; {error_rate:g} does not")
        names = [each for each in self._memory.names() if agent in (None, each.agent)]
        if agent is not None and not names:
            raise DeskError(f"nothing is known of an agent `{agent}`; see `interlock audit log`")
        terms = self._ports.policy().document.signals
        texts = self._memory.recall(names)
        return [
            _signals(name, texts, terms, self._experience.half_life_days, error_rate)
            for name in _reputations(names)
        ]

    @property
    def _experience(self) -> Experience:
        known = self._ports.experience
        if known is None:
            raise InterlockError("this gate learns nothing")
        return known

    def _ledger_sealed(self) -> None:
        """Seal what is written, so that it can be learned from."""
        self._ports.ledger.seal_entries()


def _reputations(names: Sequence[LearnedName]) -> list[LearnedName]:
    """Name each agent at each model once, also one of which only a profile is known."""
    own = [each for each in names if each.kind == "reputation"]
    agents = {(each.tenant, each.agent) for each in own}
    lone = [
        each._replace(kind="reputation")
        for each in names
        if each.kind == "profile" and (each.tenant, each.agent) not in agents
    ]
    return sorted([*own, *lone])


def _signals(
    name: LearnedName,
    texts: dict[LearnedName, str],
    terms: Signals,
    half_life_days: float,
    error_rate: float,
) -> AgentSignals:
    profile = read_profile(texts.get(name._replace(kind="profile", model="")), half_life_days)
    reputation = read_reputation(texts.get(name), name)
    tally = reputation.record.agents.get(name.agent)
    decided, right = (int(tally.of), int(tally.right)) if tally else (0, 0)
    cold = cold_start(profile, terms.anomaly.min_history or MIN_HISTORY)
    return AgentSignals(
        name.tenant,
        name.agent,
        name.model,
        profile.calls,
        cold,
        () if cold else alarms(profile),
        decided,
        share(right, decided),
        reputation.version,
        tuple(_sources(reputation, error_rate)),
    )


def cold_start(profile: Profile, min_history: int) -> str:
    """Say why there is no score yet; empty where there is one."""
    known, weighed = profile.calls, profile.seen("surprise").total
    if known < min_history:
        return f"{known:.0f} of {min_history} calls known"
    return f"{weighed:.0f} of {FEWEST} calls weighed" if weighed < FEWEST else ""


def alarms(profile: Profile) -> tuple[tuple[float, Share], ...]:
    """Return which share of an agent's own usual calls scored above each threshold."""
    usual = profile.seen("surprise")
    scored = [
        (score_at(as_surprising(usual, largest_in(each))), weight)
        for each, weight in usual.weights.items()
    ]
    of = round(usual.total)
    above = {at: sum(weight for score, weight in scored if score > at) for at in THRESHOLDS}
    return tuple((at, share(min(of, round(found)), of)) for at, found in above.items())


def _sources(reputation: Reputation, error_rate: float) -> list[SourceFigures]:
    return [
        SourceFigures(
            *name,
            quality(cases, reputation.model),
            tuple(reliability(cases)),
            threshold(cases, error_rate),
        )
        for name, cases in sorted(reputation.cases.items())
    ]


def _share(found: Share) -> dict[str, Any]:
    return {**found._asdict(), "value": found.value}


def _source(one: SourceFigures) -> dict[str, Any]:
    bins = [{"said": each.said_0_1, "right": _share(each.right)} for each in one.reliability]
    found = one.suggested
    suggested = found and {
        "threshold": found.said_0_1,
        "wrong": _share(found.wrong),
        "asked": _share(found.asked),
    }
    parts = {"quality": one.quality._asdict(), "reliability": bins, "suggested": suggested}
    return {"source": one.source, "tool_class": one.tool_class, **parts}
