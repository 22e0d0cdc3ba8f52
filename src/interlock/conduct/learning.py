"""Learn: from calls that ended, what is usual for their agents and what their word was worth.

Never on a call's way: whoever sealed entries, and `gate.recover`, read on in the log from where the
last pass ended, in its order. What was learned and how far commit together, by compare-and-set: of
several that read the same entries one is heard, and nothing is learned twice. Whoever may have been
led astray teaches nothing: what was refused, held, found at fault, or run by breaking the glass.
A call at which somebody finds fault only after it was learned is unlearned.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from interlock.conduct.faults import crash_point
from interlock.errors import LedgerTooNew, StaleTransition
from interlock.path.proposal import Agent
from interlock.signals.observation import Observation
from interlock.signals.oddities import oddities_after, surprise
from interlock.signals.profile import RECENT, Profile, before
from interlock.signals.reputation import Reputation
from interlock.signals.sighting import Sighting
from interlock.signals.unlearning import unlearn

PAGE: Final = 256
"""Entries that one transaction learns from at most."""

HALF_LIFE_DAYS: Final = 30.0
"""After how long what was seen weighs half, where the policy names no `window`."""

_DAYS: Final = MappingProxyType({"s": 1 / 86_400, "m": 1 / 1440, "h": 1 / 24, "d": 1.0})


class LearnedName(NamedTuple):
    """Of whom something was learned."""

    tenant: str
    agent: str
    kind: str
    """`profile`, of all the agent's models, or `reputation`, of one."""
    model: str = ""
    """Model and version; empty for a profile."""


class Lesson(NamedTuple):
    """One call that ended."""

    tenant: str
    agent: str
    model: str
    thread: str
    tool: str
    tool_class: str
    """What its effect is; empty where nothing was decided."""
    sighting: Sighting | None
    usual: bool
    """Whether it ran as the agent proposed it, and nobody and nothing found fault with it."""
    right: bool | None
    """Whether nobody found fault with what the agent proposed; None where nobody said so."""
    corrects: bool = False
    """Whether it was learned so before, and somebody found fault with it since."""


class Page(NamedTuple):
    """What a part of the log teaches."""

    lessons: tuple[Lesson, ...]
    upto: int
    """The first entry that was not read."""


class Memory(Protocol):
    """Where it is kept what was learned."""

    @property
    def key(self) -> bytes:
        """The key under which things are known again."""
        ...

    def upto(self) -> int:
        """Return the first entry that was not learned from."""
        ...

    def page(self, start: int, most: int, *, look: bool = False) -> Page:
        """Read at most so many sealed entries, from one on.

        With `look`, calls that were not observed then are observed now, by their arguments.
        """
        ...

    def recall(self, names: Iterable[LearnedName]) -> dict[LearnedName, str]:
        """Return what is kept under names; nothing for one that nothing is kept of."""
        ...

    def recent(
        self, tenant: str, host: str, thread: str, most: int
    ) -> list[tuple[tuple[str, str], Observation]]:
        """Return the last calls of a thread that were observed, oldest first, each with its turn.

        A turn is named by its checkpoint namespace and the id of its message.
        """
        ...

    def changed(self, since: int) -> list[tuple[LearnedName, int]]:
        """Return what was learned anew from the entries from one on, and up to where."""
        ...

    def keep(
        self, start: int, upto: int, learned: Mapping[LearnedName, str], *, anew: bool = False
    ) -> bool:
        """Keep what the entries from `start` on taught; False where somebody else did.

        With `anew`, in place of everything that was learned.
        """
        ...


def learn(memory: Memory, half_life_days: float) -> bool:
    """Learn from one page of the log; whether there may be more."""
    start = memory.upto()
    page = memory.page(start, PAGE)
    if page.upto == start:
        return False
    taught = Taught(memory.recall(_names(page.lessons)), half_life_days)
    taught.add(page.lessons)
    crash_point("learned")
    return memory.keep(start, page.upto, taught.texts()) and page.upto - start == PAGE


def learn_anew(memory: Memory, half_life_days: float) -> int:
    """Learn from the whole log again; return how many calls it was made of.

    What was erased since teaches nothing any more. Raises `StaleTransition` where another process
    learned meanwhile: nothing is changed then.
    """
    before, start, calls = memory.upto(), 0, 0
    taught = Taught({}, half_life_days)
    while (page := memory.page(start, PAGE, look=True)).upto > start:
        taught.add(page.lessons)
        start, calls = page.upto, calls + len(page.lessons)
    if not memory.keep(before, start, taught.texts(), anew=True):
        raise StaleTransition("another process learned meanwhile; nothing was changed, try again")
    return calls


def half_life_days(window: str | None) -> float:
    """Read a policy's `window`, a number and its unit."""
    return HALF_LIFE_DAYS if window is None else int(window[:-1]) * _DAYS[window[-1]]


def model_name(agent: Agent) -> str:
    """Name the model and version whose word is weighed; another name starts anew."""
    return f"{agent.model or ''} {agent.version or ''}".strip()


def _names(lessons: Iterable[Lesson]) -> set[LearnedName]:
    return {name for each in lessons for name in (_profile_of(each), _reputation_of(each))}


def _profile_of(each: Lesson) -> LearnedName:
    return LearnedName(each.tenant, each.agent, "profile")


def _reputation_of(each: Lesson) -> LearnedName:
    return LearnedName(each.tenant, each.agent, "reputation", each.model)


_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})


class Taught:
    """What is known after some lessons, of whom they are about."""

    def __init__(self, known: Mapping[LearnedName, str], half_life_days: float) -> None:
        """Start from what is `known`."""
        self._known, self._half_life_days = known, half_life_days
        self._profiles: dict[LearnedName, Profile] = {}
        self._reputations: dict[LearnedName, Reputation] = {}
        self._threads: OrderedDict[tuple[str, str], list[Observation]] = OrderedDict()

    def add(self, lessons: Iterable[Lesson]) -> None:
        """Learn, in the order of the log."""
        for each in lessons:
            if each.corrects:
                self._correct(each)
                continue
            if each.usual and each.sighting is not None:
                self._live(each, each.sighting)
            if each.right is not None:
                said = each.sighting.said if each.sighting else _NOTHING
                reputation = self._reputation(_reputation_of(each))
                reputation.learn(each.tool, each.tool_class, said, right=each.right)

    def texts(self) -> dict[LearnedName, str]:
        """Write down what changed."""
        for reputation in self._reputations.values():
            reputation.version += 1
        written = {name: profile.to_text() for name, profile in self._profiles.items()}
        return written | {name: one.to_text() for name, one in self._reputations.items()}

    def _correct(self, each: Lesson) -> None:
        """Take back what a call taught that was at fault."""
        if each.usual and each.sighting is not None:
            unlearn(self._profile(_profile_of(each)), each.sighting.call)
        if each.right:
            said = each.sighting.said if each.sighting else _NOTHING
            self._reputation(_reputation_of(each)).correct(each.tool, each.tool_class, said)

    def _live(self, each: Lesson, seen: Sighting) -> None:
        """Learn a call as usual; where nobody weighed it then, it is weighed now."""
        profile, thread = self._profile(_profile_of(each)), seen.thread
        if thread is None:
            thread = before(seen.call, self._earlier(each))
        nats = seen.nats
        if nats is None:
            nats = surprise(oddities_after(profile, seen.call, thread))
        profile.learn_after(seen.call, thread, nats)
        self._earlier(each).append(seen.call)

    def _earlier(self, each: Lesson) -> list[Observation]:
        """Return the calls of a thread that were learned here, the last few."""
        calls = self._threads.setdefault((each.tenant, each.thread), [])
        del calls[:-RECENT]
        if len(self._threads) > _THREADS:
            self._threads.popitem(last=False)
        return calls

    def _profile(self, name: LearnedName) -> Profile:
        if name not in self._profiles:
            self._profiles[name] = read_profile(self._known.get(name), self._half_life_days)
        return self._profiles[name]

    def _reputation(self, name: LearnedName) -> Reputation:
        if name not in self._reputations:
            self._reputations[name] = read_reputation(self._known.get(name), name)
        return self._reputations[name]


def read_profile(text: str | None, half_life_days: float) -> Profile:
    """Read a profile; an empty one where there is none, or another version wrote it."""
    try:
        profile = Profile() if text is None else Profile.from_text(text)
    except _UNREADABLE:
        profile = Profile()
    profile.half_life_days = half_life_days
    return profile


def read_reputation(text: str | None, name: LearnedName) -> Reputation:
    """Read a reputation; an empty one where there is none, or another version wrote it."""
    try:
        return Reputation(name.agent, name.model) if text is None else Reputation.from_text(text)
    except _UNREADABLE:
        return Reputation(name.agent, name.model)


_UNREADABLE: Final = (LedgerTooNew, ValueError, LookupError, TypeError, AttributeError)
"""What is derived is made again, whatever became of it."""

_THREADS: Final = 1024
"""Threads whose last calls are at hand while the whole log is read again."""
