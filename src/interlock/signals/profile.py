"""Remember: what is usual for one agent, in counts of bounded size that fade with time.

A profile learns only what it is given: give it executed calls that nobody rejected, quarantined or
found harmful, because whatever it learns becomes usual. It holds no argument, only keyed digests,
size classes and how often new ones came.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, Self

from interlock.errors import LedgerTooNew
from interlock.signals.counts import Counts
from interlock.signals.observation import Observation

VERSION: Final = 1
"""Of the written form; a profile of another version is learned anew."""

RECENT: Final = 32
"""Earlier calls of a thread that have a say."""

BURST_S: Final = 60.0
"""Seconds over which calls of a thread make a burst."""

MOST_NEW: Final = 3
"""New identifiers in one call beyond which more make no difference."""

START: Final = "^"
"""Stands for the tool before the first call of a thread."""

CountName = tuple[str, ...]
"""Names one of a profile's counts: what is counted, then tool and argument."""

POOLS: Final[Mapping[str, int]] = {
    "known values": 8192,
    "known forms": 4096,
    "known identifiers": 4096,
    "known words": 4096,
}
"""How many digests of each kind a profile remembers, over all tools."""

_SURPRISES: Final = 256
"""Classes of surprise, four to a nat; none of them is forgotten."""

UNSURE: Final = 10
"""Calls of a new profile whose surprise says nothing yet."""

_CELLS: Final = 96
"""How many different things any other count tells apart."""

_PATHS: Final = 64
"""Arguments of one call that are learned: one call cannot wash out what others taught."""

_DAY_S: Final = 86_400

_TABLES: Final = 4096
"""How many counts a profile keeps; the lightest are forgotten first."""


class Thread(NamedTuple):
    """What of the calls before it matters for a call."""

    previous: str
    tools: frozenset[str]
    repeats: int
    """How often this very call stands among them."""
    burst: int
    """How many of them are at most `BURST_S` old; 0 where times are not known."""


def before(call: Observation, earlier: Sequence[Observation]) -> Thread:
    """Sum up the last `RECENT` calls of the call's thread, the newest last."""
    recent = earlier[-RECENT:]
    if not recent:
        return Thread(START, frozenset(), 0, 0)
    same, at_s = call.same, call.at_s
    return Thread(
        recent[-1].tool,
        frozenset([each.tool for each in recent]),
        sum([each.same == same for each in recent]),
        0 if at_s is None else sum([_close(each.at_s, at_s) for each in recent]),
    )


def _close(at_s: float | None, to_s: float) -> bool:
    return at_s is not None and 0 <= to_s - at_s <= BURST_S


class Profile:
    """What one agent usually does. It is updated in place; `merge` makes a new one."""

    __slots__ = ("day", "half_life_days", "tables")

    def __init__(self, half_life_days: float = 30.0) -> None:
        """Start with nothing known; after `half_life_days` what was seen weighs half."""
        self.half_life_days = half_life_days
        self.day: int | None = None
        """Days since 1970 up to which the counts have faded."""
        self.tables: dict[CountName, Counts[Any]] = {}

    @property
    def calls(self) -> float:
        """How many calls were learned, each weighing what its age leaves of it."""
        return self.seen("tools").total

    def seen(self, *name: str) -> Counts[Any]:
        """Return one of the counts; an empty one where there is none."""
        return self.tables.get(name, _NOTHING)

    def learn(
        self, call: Observation, earlier: Sequence[Observation] = (), nats: float | None = None
    ) -> None:
        """Take a call for usual. `earlier` are the calls of its thread before it."""
        self.learn_after(call, before(call, earlier), nats)

    def learn_after(self, call: Observation, thread: Thread, nats: float | None = None) -> None:
        """Take a call for usual, after what stood before it in its thread.

        `nats` is its surprise when it was proposed, before any of its thread was learned; with it
        the profile learns what surprise is usual.
        """
        self._fade(call.at_s)
        self._learn_order(call, thread)
        self._learn_arguments(call)
        self._learn_news(call)
        if nats is not None and self.calls > UNSURE:
            self._add("surprise", thing=surprise_class(nats))
        self.trim()

    def to_json(self) -> dict[str, Any]:
        """Write everything as JSON."""
        counts = [[*name, table.to_json()] for name, table in sorted(self.tables.items())]
        half_life = self.half_life_days
        return {"v": VERSION, "half_life_days": half_life, "day": self.day, "counts": counts}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises `LedgerTooNew` for another version's."""
        if written.get("v") != VERSION:
            raise LedgerTooNew(f"profile of version {written.get('v')}; this one reads {VERSION}")
        profile = cls(written["half_life_days"])
        profile.day = written["day"]
        for *name, counts in written["counts"]:
            profile.tables[tuple(name)] = Counts.from_json(counts)
        return profile

    def to_text(self) -> str:
        """Write everything as one line of JSON."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote. Raises `LedgerTooNew`, `ValueError` and others for more."""
        return cls.from_json(json.loads(text))

    def _learn_order(self, call: Observation, thread: Thread) -> None:
        tool = call.tool
        share = self.seen("tools").rarity(tool)
        self._add("company", thing=company(self, tool, thread, share))
        self._add("tools", thing=tool)
        self._add("after", thread.previous, thing=tool)
        for each in thread.tools:
            self._add("beside", each, thing=tool)
        self._add("repeats", thing=min(thread.repeats, 3))
        if call.at_s is not None:
            self._add("burst", thing=thread.burst)
            self._add("hour", thing=hour(call.at_s))

    def _learn_arguments(self, call: Observation) -> None:
        tool = call.tool
        self._add("layout", tool, thing=call.layout)
        values, forms = self._pool("known values"), self._pool("known forms")
        kept = frozenset(islice(dict.fromkeys([each.path for each in call.arguments]), _PATHS))
        for argument in call.arguments:
            path = argument.path
            if path not in kept:
                continue
            self._add("value", tool, path, thing=int(argument.value not in values.weights))
            self._add("form", tool, path, thing=int(argument.form not in forms.weights))
            values.add(argument.value)
            forms.add(argument.form)
            if argument.size is not None:
                self._add("size", tool, path, thing=argument.size)
            if argument.length is not None:
                self._add("length", tool, path, thing=argument.length)

    def _learn_news(self, call: Observation) -> None:
        for name, thing in news(self, call):
            self._add(name, call.tool, thing=thing)
            self._add(name, thing=thing)
        for what, digests in (("known identifiers", named(call)), ("known words", call.words)):
            pool = self._pool(what)
            for digest in sorted(digests):
                pool.add(digest)

    def _add(self, *name: str, thing: object) -> None:
        table = self.tables.get(name)
        if table is None:
            table = self.tables[name] = Counts(_SURPRISES if name == ("surprise",) else _CELLS)
        table.add(thing)

    def _pool(self, what: str) -> Counts[int]:
        return self.tables.setdefault((what,), Counts(POOLS[what]))

    def _fade(self, at_s: float | None) -> None:
        """Let everything weigh less, once a day; a call of an earlier day counts as today's."""
        if at_s is None:
            return
        day = int(at_s // _DAY_S)
        if self.day is None or day > self.day:
            self.tables = self.faded(day)
            self.day = day

    def faded(self, day: int | None) -> dict[CountName, Counts[Any]]:
        """Return the counts as they will weigh on a day; as they are where days are not known."""
        if day is None or self.day is None or day <= self.day:
            return self.tables
        factor = 0.5 ** ((day - self.day) / self.half_life_days)
        faded = {name: table.faded(factor) for name, table in self.tables.items()}
        return {name: table for name, table in faded.items() if table.weights}

    def trim(self) -> None:
        """Forget the lightest counts where there are too many."""
        if len(self.tables) > _TABLES:
            heaviest = sorted(self.tables.items(), key=lambda item: (-item[1].total, item[0]))
            self.tables = dict(heaviest[: _TABLES * 3 // 4])


_NOTHING: Final = Counts[Any](0)


def merge(one: Profile, other: Profile) -> Profile:
    """Return what two profiles know together; which is named first does not matter.

    They must have learned different calls: what both learned counts twice.
    """
    days = [profile.day for profile in (one, other) if profile.day is not None]
    both = Profile(max(one.half_life_days, other.half_life_days))
    both.day = max(days, default=None)
    mine, theirs = one.faded(both.day), other.faded(both.day)
    for name in mine.keys() | theirs.keys():
        first, second = mine.get(name, _NOTHING), theirs.get(name, _NOTHING)
        both.tables[name] = first.merged(second)
    both.trim()
    return both


def named(call: Observation) -> frozenset[int]:
    """Return the digests of what a call's texts name."""
    return frozenset([digest for _, digest in call.identifiers])


def news(profile: Profile, call: Observation) -> Iterator[tuple[str, int]]:
    """Yield how much of a call is new to its agent, in steps of which 0 is nothing."""
    if call.identifiers:
        known = profile.seen("known identifiers").weights
        new = len([digest for digest in named(call) if digest not in known])
        yield "new identifiers", min(new, MOST_NEW)
    if call.words:
        known = profile.seen("known words").weights
        new = len([digest for digest in call.words if digest not in known])
        yield "new words", 4 * new // len(call.words)
    if call.unprompted is not None:
        yield "unprompted", min(call.unprompted, MOST_NEW)
    if call.unsaid is not None:
        yield "unsaid words", call.unsaid


def company(profile: Profile, tool: str, thread: Thread, share: float) -> int:
    """Return how seldom a tool is called after those of its thread: class of the surprise.

    `share` is how probable a tool as rare is anywhere; it weighs half a call.
    """
    rows = [profile.seen("beside", each) for each in thread.tools]
    rows = rows or [profile.seen("after", START)]
    often = [(row.weights.get(tool, 0.0) + share / 2) / (row.total + 0.5) for row in rows]
    return surprise_class(-math.log(min(1.0, sum(often) / len(often))))


def surprise_class(nats: float) -> int:
    """Return the class of a surprise: four to a nat, all from 64 nats on in one."""
    return min(int(4 * nats), _SURPRISES - 1)


def largest_in(surprise: int) -> float:
    """Return the largest surprise of a class, nats."""
    return (surprise + 1) / 4


def hour(at_s: float) -> int:
    """Return the hour of a day in UTC, 0..23."""
    return int(at_s // 3600) % 24
