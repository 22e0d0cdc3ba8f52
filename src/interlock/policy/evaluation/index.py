"""Index: the rules of a set that may be about a call, found without asking all of them.

Each rule is filed under one of its conditions, the one whose words it shares with fewest rules. A
call is looked up by what it is; where that is not known, it brings all rules filed under that key.
No rule is left out that may hold, and none whose value is missing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from interlock.policy.catalogue import CataloguedTool
from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.remainder import CATALOGUED, Candidate, Remainders, Test
from interlock.policy.globs import GlobTree
from interlock.policy.match import split_comparison
from interlock.policy.subject import Subject

if TYPE_CHECKING:
    from interlock.policy.evaluation.rules import Rule

FiledUnder: TypeAlias = Callable[[Subject], Iterable[Any] | None]
"""What a call is filed under at one key; None when nobody knows."""

_VALUES: Final[Mapping[str, FiledUnder]] = {
    "tools": lambda subject: (subject.tool,),
    "topics": lambda subject: (subject.topic,),
    "actions": lambda subject: (subject.tool, subject.topic),
    "agents": lambda subject: (subject.agent,) if subject.agent else None,
    "principals": lambda subject: (subject.principal,) if subject.principal else None,
    "environments": lambda subject: (subject.environment,) if subject.environment else None,
    "risk_tags": lambda subject: subject.risk_tags,
    "facts": lambda subject: (
        subject.missing_facts.union(subject.facts) if subject.declared else None
    ),
    "levels": lambda subject: (subject.level,),
    "risk": lambda subject: (subject.risk, *subject.lower_risks),
}
"""Keys that rules can be filed under; of two that are as good, the first."""
_DOTTED: Final = frozenset({"tools", "topics", "actions", "agents", "principals", "environments"})
_DOUBTFUL: Final = frozenset({"agents", "principals", "environments", "risk_tags", "facts"})
"""Keys whose value a call may lack."""
_DOUBT: Final = 10
"""One call in so many is taken to lack a value that it may lack."""
_MOST_PLANNED: Final = 64
"""Rules in a plan; where more are about a tool, they are looked up."""
_SEARCHED: Final = 16
"""Rules looked at to make plans, for each rule and each tool that there is."""


class Plan(NamedTuple):
    """The rules that may be about the calls of one catalogued tool, by name, topic and tags."""

    topic: str
    risk_tags: frozenset[str]
    rules: "tuple[Rule, ...]"
    tests: tuple[Test | None, ...]
    """What is left to ask of each rule; apart from them, for memory far away is what takes time."""


class Index:
    """The rules of a set by what they are about. Nothing changes it once it is made."""

    __slots__ = ("_catalogued", "_everywhere", "_others", "_plans", "_repeats")

    def __init__(self, rules: Sequence["Rule"], tools: Mapping[str, CataloguedTool]) -> None:
        """File each rule once; of tools known by name, find what they settle beforehand."""
        shared = Counter(share for rule in rules for share in _shares(rule.conditions))
        shelves: dict[str, _Shelf] = {}
        left = Remainders()
        self._everywhere: list[Candidate] = []
        for rule in rules:
            filed = _most_selective(rule.conditions, shared)
            if filed is None:
                self._everywhere.append(left.without(rule))
            else:
                shelf = shelves.setdefault(_key(filed), _Shelf(_key(filed)))
                shelf.put(rule, filed, left)
        catalogued = CATALOGUED & shelves.keys()
        self._catalogued = tuple(each for key, each in shelves.items() if key in catalogued)
        self._others = tuple(each for key, each in shelves.items() if key not in catalogued)
        self._repeats = any(key == "actions" or each.repeats for key, each in shelves.items())
        self._plans = self._planned(tools, left, _SEARCHED * (len(rules) + len(tools)))

    @property
    def foreseen(self) -> frozenset[str]:
        """Tools whose calls are foreseen."""
        return frozenset(self._plans)

    def candidates(self, subject: Subject) -> "Iterable[tuple[Rule, Test | None]]":
        """Return every rule that does not fail, and few that do; each once, with its test."""
        plan = self._plans.get(subject.tool)
        if (
            plan is not None
            and plan.risk_tags is subject.risk_tags  # the catalogue's own, so that it is this tool
            and plan.topic == subject.topic
        ):
            if not self._others:
                return zip(plan.rules, plan.tests)  # noqa: B905 - as long as each other; checking is slow
            found = [*map(Candidate, plan.rules, plan.tests)]
        else:
            found = self._found(subject)
        for shelf in self._others:
            shelf.find(subject, found)
        return {id(each.rule): each for each in found}.values() if self._repeats else found

    def _found(self, subject: Subject) -> list[Candidate]:
        """Look up by tool, topic and tags."""
        found = self._everywhere.copy()
        for shelf in self._catalogued:
            shelf.find(subject, found)
        return found

    def _planned(
        self, tools: Mapping[str, CataloguedTool], left: Remainders, most: int
    ) -> dict[str, Plan]:
        """Make plans, as long as not too many rules had to be looked at."""
        plans: dict[str, Plan] = {}
        alike: dict[tuple[Test | None, ...], tuple[Test | None, ...]] = {}
        for name, tool in tools.items():
            call = Subject(
                name, tool.topic, "", "", None, tool.risk_tags, {}, frozenset(), True, {}, 0
            )
            found = {id(each.rule): each.rule for each in self._found(call)}
            most -= len(found)
            if most < 0:
                break
            about = (left.about(rule, call) for rule in found.values())
            plan = [each for each in about if each is not None]
            if len(plan) <= _MOST_PLANNED:
                asked, tests = zip(*plan, strict=True) if plan else ((), ())
                plans[name] = Plan(
                    tool.topic, tool.risk_tags, asked, alike.setdefault(tests, tests)
                )
        return plans


class _Shelf:
    """The rules filed under one key."""

    __slots__ = ("_all", "_exact", "_globs", "_key", "_values", "repeats")

    def __init__(self, key: str) -> None:
        self._key = key
        self._values: FiledUnder = _VALUES[key]
        self._all: list[Candidate] = []
        self._exact: dict[Any, list[Candidate]] = {}
        self._globs: GlobTree[Candidate] | None = None
        self.repeats = False
        """Whether one call may be led to the same rule twice."""

    def put(self, rule: "Rule", filed: Condition, left: Remainders) -> None:
        words, dotted = _words(filed), self._key in _DOTTED
        if self._key in _DOUBTFUL:
            self._all.append(left.without(rule))
        apart = dotted and not any("*" in word for word in words)
        self.repeats |= len(words) > 1 and not apart
        candidate = left.without(rule, filed if _settled(filed) else None)
        for word in words:
            if dotted and "*" in word:
                self._globs = self._globs or GlobTree()
                self._globs.put(word, candidate)
            else:
                self._exact.setdefault(word, []).append(candidate)

    def find(self, subject: Subject, found: list[Candidate]) -> None:
        values = self._values(subject)
        if values is None:
            found += self._all
            return
        exact, globs = self._exact, self._globs
        for value in values:
            if value in exact:
                found += exact[value]
            if globs is not None:
                globs.find(value, found)


def _most_selective(
    conditions: Iterable[Condition], shared: Mapping[tuple[str, ...], int]
) -> Condition | None:
    """Return the condition whose words fewest rules share; None when there is none to file by."""
    ranks = list(_VALUES)
    useful = [condition for condition in conditions if _key(condition)]
    if not useful:
        return None
    return min(useful, key=lambda each: (_rivals(each, shared), ranks.index(_key(each))))


def _rivals(condition: Condition, shared: Mapping[tuple[str, ...], int]) -> float:
    """Estimate how many rules a call would bring that is filed under this condition."""
    key = _key(condition)
    doubt = shared[key,] / _DOUBT if key in _DOUBTFUL else 0
    return doubt + sum(shared[key, *_segments(key, word)] for word in _words(condition))


def _shares(conditions: Iterable[Condition]) -> Iterator[tuple[Any, ...]]:
    """Name all that a rule has in common with others: its keys, and how its words begin."""
    for condition in conditions:
        if key := _key(condition):
            begun = {
                segments[:at]
                for word in _words(condition)
                for segments in [_segments(key, word)]
                for at in range(len(segments) + 1)
            }
            yield from ((key, *each) for each in begun)


def _key(condition: Condition) -> str:
    """Name what a condition looks at; empty when no rule can be filed by it."""
    if condition.key in _VALUES:
        return condition.key
    if condition.key == "risk_tags_all":
        return "risk_tags"
    return "facts" if "." not in condition.key and split_comparison(condition.key) else ""


def _words(condition: Condition) -> tuple[Any, ...]:
    """Return the words of which a call has one when the condition does not fail."""
    wanted: Any = condition.wanted
    if condition.key == "risk_tags_all":
        return (min(wanted),)
    split = None if condition.key in _VALUES else split_comparison(condition.key)
    return (split[0],) if split else tuple(dict.fromkeys(wanted))


def _segments(key: str, word: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a name, a tag or a level
    """Return the segments of a word before the first star."""
    if key not in _DOTTED:
        return (word,)
    parts: list[str] = word.split(".")
    return tuple(parts[: next((at for at, part in enumerate(parts) if "*" in part), len(parts))])


def _settled(condition: Condition) -> bool:
    """Say whether a call that is found under the condition's words is known to fulfil it."""
    match condition.key:
        case "risk_tags" | "levels" | "risk":
            return True
        case "tools" | "topics" | "actions" | "agents" | "principals":
            return all(_plain(word) for word in _words(condition))
        case _:
            return False


def _plain(pattern: str) -> bool:
    """Say whether each star of a pattern is a segment of its own, and stands for one or more."""
    return all(part == "*" for part in pattern.split(".") if "*" in part)
