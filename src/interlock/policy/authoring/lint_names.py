"""Look up: the tools that a rule's names are about, and the names that are nearly theirs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from interlock.policy.authoring.implication import words_of
from interlock.policy.document import ToolEntry
from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.rules import Rule
from interlock.policy.file.overlap import may_meet
from interlock.policy.globs import is_glob

_LEAST: Final = 4
"""Characters that two segments have at least of which one may be a slip: `get` is no `set`."""
_NEAR: Final = 0.8
"""Likeness of two segments of which one is taken for a slip, 0..1."""


class KnownTool(NamedTuple):
    """A tool of the catalogue; its name may be a glob."""

    name: str
    topic: str
    tags: frozenset[str]
    facts: frozenset[str]


def known_tool(name: str, entry: ToolEntry) -> KnownTool:
    """Take from an entry of the catalogue what rules are about."""
    topic = entry.topic or name
    return KnownTool(name, topic, frozenset(entry.risk_tags), frozenset(entry.facts))


class Called:
    """The tools of the catalogue by what they are called."""

    def __init__(self, tools: Iterable[KnownTool]) -> None:
        """File the tools by name and topic."""
        self._plain: dict[tuple[str, str], list[KnownTool]] = defaultdict(list)
        self._globs: list[KnownTool] = []
        self._tools = list(tools)
        self.names = {tool.name for tool in self._tools}
        self.topics = {tool.topic for tool in self._tools}
        self._alike: dict[tuple[str, int, str], list[str]] = defaultdict(list)
        for tool in self._tools:
            if is_glob(tool.name):
                self._globs.append(tool)
            self._plain["tools", tool.name].append(tool)
            self._plain["topics", tool.topic].append(tool)
            for key, name in (("tools", tool.name), ("topics", tool.topic)):
                for at, rest, _ in _gaps(name):
                    self._alike[key, at, rest].append(name)

    def by(self, rule: Rule) -> list[KnownTool]:
        """Return the tools that a rule may be about, by its names."""
        fewest = min((self._fitting(each) for each in naming(rule)), key=len, default=self._tools)
        return [tool for tool in fewest if meets(rule, tool)]

    def _fitting(self, condition: Condition) -> list[KnownTool]:
        words = words_of(condition)
        if condition.key == "actions" or any(map(is_glob, words)):
            return self._tools
        plain = [tool for word in words for tool in self._plain.get((condition.key, word), ())]
        return list(dict.fromkeys([*plain, *self._globs]))

    def anything(self, word: str, keys: Iterable[str]) -> bool:
        """Say whether a name or glob may be about any tool."""
        if any((key, word) in self._plain for key in keys):
            return True
        named = (self.names if key == "tools" else self.topics for key in keys)
        return any(may_meet(word, name) for names in named for name in names)

    def misspelt(self, word: str, keys: Iterable[str]) -> str | None:
        """Return the name of which one segment is nearly that of `word`; a digit is no slip."""
        for key in keys:
            for at, rest, own in _gaps(word):
                for name in self._alike.get((key, at, rest), ()):
                    other = name.split(".")[at]
                    if not re.search(r"\d", own + other) and _like(own, other):
                        return name
        return None


def _gaps(name: str) -> Iterator[tuple[int, str, str]]:
    """Return a name with each of its segments left out in turn: place, rest, segment."""
    parts = name.split(".")
    for at, part in enumerate(parts):
        yield at, ".".join((*parts[:at], "", *parts[at + 1 :])), part


def _like(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _LEAST:
        return False
    swapped = one[0] == other[0] and sorted(one) == sorted(other)
    return swapped or SequenceMatcher(None, one, other).ratio() >= _NEAR


def meets(rule: Rule, tool: KnownTool) -> bool:
    """Say whether a rule's names may be those of a tool."""
    return all(
        any(
            may_meet(word, name)
            for word in words_of(condition)
            for name in _called(condition, tool)
        )
        for condition in naming(rule)
    )


def _called(condition: Condition, tool: KnownTool) -> tuple[str, ...]:
    match condition.key:
        case "tools":
            return (tool.name,)
        case "topics":
            return (tool.topic,)
        case _:
            return tool.name, tool.topic


def naming(rule: Rule) -> list[Condition]:
    """Return the conditions that name tools or topics."""
    return [each for each in rule.conditions if each.key in ("tools", "topics", "actions")]
