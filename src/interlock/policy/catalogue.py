"""Look up: what a tool is, by its name.

A literal name beats a glob, the most specific glob beats the others. A tool that nobody declared
has its name as topic, may not be run twice, and its tags and facts are unknown.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from interlock.policy.constraints import PLAIN_RUN, RunTerms
from interlock.policy.decisions import Effect
from interlock.policy.document import ArgumentType
from interlock.policy.facts import Fact
from interlock.policy.globs import Globs, GlobTree, compiled, is_glob, specificity

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class CataloguedTool(NamedTuple):
    """What the catalogue says of one tool."""

    topic: str
    risk_tags: frozenset[str]
    effect: Effect
    owner: str | None
    facts: Mapping[str, Fact]
    named_topic: bool = True
    """Whether the entry gives the topic; else it is the tool's own name."""
    args: Mapping[str, ArgumentType] | None = None
    """Types of its arguments; None when the entry does not say."""
    fact_types: Mapping[str, ArgumentType] = _NONE
    """Types of its facts."""
    run: RunTerms = PLAIN_RUN
    """How it is run."""
    trusted: bool = False
    """Whether its results may name values as the user may."""


class Catalogue(NamedTuple):
    """All entries, literal names apart from globs; globs the most specific first."""

    literals: Mapping[str, CataloguedTool]
    globs: tuple[tuple[Globs, CataloguedTool], ...]
    places: GlobTree[int]
    """Where in `globs` the patterns stand that may hold a name."""

    def tool(self, name: str) -> CataloguedTool | None:
        """Find a tool's entry; None when nobody declared it."""
        if found := self.literals.get(name):
            return found
        places: list[int] = []
        self.places.find(name, places)
        for at in sorted(places):
            pattern, entry = self.globs[at]
            if pattern.match(name):
                return entry if entry.named_topic else entry._replace(topic=name)
        return None


def catalogue(entries: Mapping[str, CataloguedTool]) -> Catalogue:
    """Sort entries for look-up."""
    literals = {name: entry for name, entry in entries.items() if not is_glob(name)}
    patterns = sorted((name for name in entries if is_glob(name)), key=specificity)
    places = GlobTree[int]()
    for at, pattern in enumerate(patterns):
        places.put(pattern, at)
    globs = tuple((compiled(name), entries[name]) for name in patterns)
    return Catalogue(MappingProxyType(literals), globs, places)
