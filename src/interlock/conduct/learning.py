"""Learn: from calls that ended, what is usual for their agents and what their word was worth.

Never on a call's way: whoever sealed entries, and `gate.recover`, read on in the log from where the
last pass ended, in its order. What was learned and how far commit together, by compare-and-set: of
several that read the same entries one is heard, and nothing is learned twice. Whoever may have been
led astray teaches nothing: what was refused, held, found at fault, or run by breaking the glass.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from interlock.conduct.faults import crash_point
from interlock.errors import LedgerTooNew, StaleTransition
from interlock.signals.observation import Observation
from interlock.signals.oddities import oddities_after, surprise
from interlock.signals.profile import RECENT, Profile, before
from interlock.signals.sighting import Sighting
from interlock.signals.standing import Standing

PAGE: Final = 256
"""Entries that one transaction learns from at most."""

AGENTS: Final = 64
"""Agents whose profiles a process keeps at hand."""


class LearnedName(NamedTuple):
    """Of whom something was learned."""

    tenant: str
    agent: str
    kind: str
    """`profile`, of all the agent's models, or `standing`, of one."""
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


class Page(NamedTuple):
    """What a part of the log teaches."""

    lessons: tuple[Lesson, ...]
    upto: int
    """The first entry that was not read."""


class Memory(Protocol):
    """Where it is kept what was learned."""

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


def _names(lessons: Iterable[Lesson]) -> set[LearnedName]:
    return {name for each in lessons for name in (_profile_of(each), _standing_of(each))}


def _profile_of(each: Lesson) -> LearnedName:
    return LearnedName(each.tenant, each.agent, "profile")


def _standing_of(each: Lesson) -> LearnedName:
    return LearnedName(each.tenant, each.agent, "standing", each.model)


_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})


class Taught:
    """What is known after some lessons, of whom they are about."""

    def __init__(self, known: Mapping[LearnedName, str], half_life_days: float) -> None:
        """Start from what is `known`."""
        self._known, self._half_life_days = known, half_life_days
        self._profiles: dict[LearnedName, Profile] = {}
        self._standings: dict[LearnedName, Standing] = {}
        self._threads: OrderedDict[tuple[str, str], list[Observation]] = OrderedDict()

    def add(self, lessons: Iterable[Lesson]) -> None:
        """Learn, in the order of the log."""
        for each in lessons:
            if each.usual and each.sighting is not None:
                self._live(each, each.sighting)
            if each.right is not None:
                said = each.sighting.said if each.sighting else _NOTHING
                standing = self._standing(_standing_of(each))
                standing.learn(each.tool, each.tool_class, said, right=each.right)

    def texts(self) -> dict[LearnedName, str]:
        """Write down what changed."""
        for standing in self._standings.values():
            standing.version += 1
        written = {name: profile.to_text() for name, profile in self._profiles.items()}
        return written | {name: one.to_text() for name, one in self._standings.items()}

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

    def _standing(self, name: LearnedName) -> Standing:
        if name not in self._standings:
            self._standings[name] = read_standing(self._known.get(name), name)
        return self._standings[name]


def read_profile(text: str | None, half_life_days: float) -> Profile:
    """Read a profile; an empty one where there is none, or another version wrote it."""
    try:
        profile = Profile() if text is None else Profile.from_text(text)
    except _UNREADABLE:
        profile = Profile()
    profile.half_life_days = half_life_days
    return profile


def read_standing(text: str | None, name: LearnedName) -> Standing:
    """Read a standing; an empty one where there is none, or another version wrote it."""
    try:
        return Standing(name.agent, name.model) if text is None else Standing.from_text(text)
    except _UNREADABLE:
        return Standing(name.agent, name.model)


_UNREADABLE: Final = (LedgerTooNew, ValueError, LookupError, TypeError, AttributeError)
"""What is derived is made again, whatever became of it."""

_THREADS: Final = 1024
"""Threads whose last calls are at hand while the whole log is read again."""


class Known(NamedTuple):
    """What a process knows of one agent at one model."""

    profile: Profile
    standing: Standing


class Experience:
    """What was learned, at hand; `refresh` brings it up to date, never a call."""

    def __init__(self, memory: Memory, half_life_days: Callable[[], float]) -> None:
        """Keep at hand what `memory` holds."""
        self._memory, self._half_life_days = memory, half_life_days
        self._upto = 0
        self._kept: OrderedDict[LearnedName, Known] = OrderedDict()
        self._lock = Lock()

    def of(self, tenant: str, agent: str, model: str) -> Known:
        """Return what is known of an agent; read from the ledger where it was not seen here."""
        name = LearnedName(tenant, agent, "standing", model)
        with self._lock:
            if (known := self._kept.get(name)) is not None:
                self._kept.move_to_end(name)
                return known
        return self._put(name, self._read(name))

    def learn(self, pages: int = 1) -> int:
        """Learn from what was sealed, a page at a time; return how many pages more than none."""
        done = 0
        while done < pages:
            done += 1
            if not learn(self._memory, self._half_life_days()):
                break
        self.refresh()
        return done

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
        profile = read_profile(texts.get(own), self._half_life_days())
        standing = read_standing(texts.get(name), name)
        standing.tables  # noqa: B018 - made here, off a call's way
        return Known(profile, standing)

    def _put(self, name: LearnedName, known: Known) -> Known:
        with self._lock:
            self._kept[name] = known
            self._kept.move_to_end(name)
            while len(self._kept) > AGENTS:
                self._kept.popitem(last=False)
        return known
