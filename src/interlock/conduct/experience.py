"""Know: what was learned of agents, at hand in this process, for calls that are to be weighed."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Final, NamedTuple

from interlock.clock import Clock
from interlock.conduct.learning import (
    LearnedName,
    Memory,
    half_life_days,
    learn,
    learn_anew,
    read_profile,
    read_reputation,
)
from interlock.errors import InterlockError, PolicyError
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.signals.profile import Profile
from interlock.signals.reputation import Reputation

PAGES: Final = 8
"""Pages that a pass learns from at most, beside other work."""

EVERY_S: Final = 5.0
"""How often a process looks whether there is something to learn, seconds."""

AGENTS: Final = 64
"""Agents whose profiles a process keeps at hand."""

ANOMALY: Final = "anomaly_score"
CONFIDENCE: Final = "confidence"
WEIGHED: Final = frozenset({ANOMALY, CONFIDENCE})
"""Signals for which there is anything to learn."""


class Known(NamedTuple):
    """What a process knows of one agent at one model."""

    profile: Profile
    reputation: Reputation


class Experience:
    """What was learned, at hand; `refresh` brings it up to date, never a call."""

    def __init__(self, memory: Memory, policy: Callable[[], CompiledPolicy], clock: Clock) -> None:
        """Keep at hand what `memory` holds, for as long back as `policy` says."""
        self._memory, self._policy, self._clock = memory, policy, clock
        self.recent = memory.recent
        self._upto = 0
        self._due_at = clock.now()
        self._kept: OrderedDict[LearnedName, Known] = OrderedDict()
        self._lock = Lock()

    @property
    def key(self) -> bytes:
        """The key under which things are known again."""
        return self._memory.key

    def of(self, tenant: str, agent: str, model: str) -> Known:
        """Return what is known of an agent; read from the ledger where it was not seen here."""
        name = LearnedName(tenant, agent, "reputation", model)
        with self._lock:
            if (known := self._kept.get(name)) is not None:
                self._kept.move_to_end(name)
                return known
        return self._put(name, self._read(name))

    def learn_due(self) -> None:
        """Learn for a bounded time, now and then, where a rule looks at what it is for.

        Never raises: an error is logged and ends it until the next time, and nothing else waits
        for what is learned.
        """
        if (now := self._clock.now()) < self._due_at:
            return
        self._due_at = now + timedelta(seconds=EVERY_S)
        try:
            if not WEIGHED.isdisjoint(self._policy().heeded):
                self.learn(PAGES)
        except PolicyError as error:  # without a policy nothing is looked at, as in a new ledger
            _LOG.debug("nothing is learned: %s", error)
        except InterlockError as error:
            _LOG.warning("nothing is learned: %s", error)
        except Exception:  # noqa: BLE001 - a defect must not end the thread that seals
            _LOG.exception("nothing is learned")

    def learn(self, pages: int) -> None:
        """Learn from what was sealed, at most so many pages of it, and hear what others learned."""
        for _ in range(pages):
            if not learn(self._memory, self.half_life_days):
                break
        self.refresh()

    def learn_anew(self) -> int:
        """Learn from the whole log again; return from how many calls. Raises `StaleTransition`."""
        calls = learn_anew(self._memory, self.half_life_days)
        with self._lock:
            self._kept.clear()
        return calls

    @property
    def half_life_days(self) -> float:
        """After how many days what was seen weighs half."""
        return half_life_days(self._policy().document.signals.anomaly.window)

    def warm(self, agents: int = AGENTS) -> None:
        """Take to hand what was learned last, of so many agents, off any call's way."""
        if WEIGHED.isdisjoint(self._policy().heeded):
            return
        lately = sorted(self._memory.changed(0), key=lambda each: each[1])
        names = [name for name, _ in lately if name.kind == "reputation"]
        for name in names[-min(agents, AGENTS) :]:
            self.of(name.tenant, name.agent, name.model)

    def refresh(self) -> None:
        """Read again what others learned of the agents at hand."""
        changed = self._memory.changed(self._upto)
        if not changed:
            return
        whom = {(name.tenant, name.agent) for name, _ in changed}
        with self._lock:
            stale = [name for name in self._kept if (name.tenant, name.agent) in whom]
        for name in stale:
            self._put(name, self._read(name))
        self._upto = max(upto for _, upto in changed)

    def _read(self, name: LearnedName) -> Known:
        own = name._replace(kind="profile", model="")
        texts = self._memory.recall((own, name))
        profile = read_profile(texts.get(own), self.half_life_days)
        reputation = read_reputation(texts.get(name), name)
        reputation.tables  # noqa: B018 - made here, off a call's way
        return Known(profile, reputation)

    def _put(self, name: LearnedName, known: Known) -> Known:
        with self._lock:
            self._kept[name] = known
            self._kept.move_to_end(name)
            while len(self._kept) > AGENTS:
                self._kept.popitem(last=False)
        return known


_LOG: Final = logging.getLogger(__name__)
