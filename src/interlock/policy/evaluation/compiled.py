"""Hold: a policy, ready to decide. Immutable, and the same for the same files."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from interlock.policy.catalogue import Catalogue, CataloguedTool
from interlock.policy.constraints import UNLIMITED
from interlock.policy.decisions import Kind, ReviewTerms, Risk
from interlock.policy.document import Document
from interlock.policy.evaluation.authorities import possible_risks
from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.guardrails import Guardrails
from interlock.policy.evaluation.routing import Routing
from interlock.policy.evaluation.rules import Heard, Rule, RuleSet, consult
from interlock.policy.file.source import Node
from interlock.policy.match import SIGNAL_NAMES
from interlock.policy.output import OutputPolicy
from interlock.policy.subject import Subject

TOP_LEVEL: Final = 3
"""Highest autonomy level."""

_UNPRINTABLE: Final = re.compile("[\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
"""What a YAML reader wants escaped and a JSON writer does not escape."""


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy that loaded."""

    snapshot: str
    """`v1:` and six hex digits of the digest, for people."""
    digest: str
    """SHA-256, 64 hex digits, over the canonical JSON of the merged, defaulted policy."""
    environment: str | None
    hold_siblings: Literal["effects", "all", "none"]
    output: OutputPolicy
    initial_level: int
    retry_window_s: float
    confidence_sources: tuple[str, ...]
    document: Document
    """The merged, defaulted policy."""
    source: Mapping[str, Any]
    """The merged policy as its authors wrote it, short forms written out."""
    default: Kind
    """What is decided when every set is silent; never a permission."""
    default_terms: ReviewTerms
    routing: Routing
    """Who is asked."""
    catalogue: Catalogue
    rules: RuleSet
    levels: tuple[RuleSet, ...]
    """The rule set of each level from 0 to `TOP_LEVEL`; empty when levels say nothing."""
    others: tuple[RuleSet, ...]
    """Boundaries and decision matrix, where the file has them."""
    guardrails: Guardrails
    """What neither level nor human lifts."""
    risks: tuple[tuple[Risk, Rule], ...]
    """How a call gets its risk level; empty: by its tags."""
    mandatory: tuple[Rule, ...]
    """Which calls are always audited once they ran."""
    auditing: Routing
    """Who audits."""
    root: Node = field(repr=False, compare=False)
    """The merged policy with the places where its parts stand."""
    _deciding: tuple[tuple[RuleSet, ...], ...] = field(init=False, repr=False, compare=False)
    """What speaks before anyone is asked: by level, or once for all."""
    _guarding: tuple[tuple[RuleSet, ...], ...] = field(init=False, repr=False, compare=False)
    """What speaks at the guard, likewise."""

    holds_results: bool = field(init=False, repr=False, compare=False)
    """Whether any rule holds results for review."""
    limits_calls: bool = field(init=False, repr=False, compare=False)
    """Whether any rule has constraints."""
    heeded: frozenset[str] = field(init=False, repr=False, compare=False)
    """Signals that a rule or an entry of `risk` or `audit` looks at; others need not be measured.
    """

    def __post_init__(self) -> None:
        """Put together who speaks when, so that no decision has to."""
        rules = list(self._every_rule())
        object.__setattr__(self, "holds_results", any(rule.review_result for rule in rules))
        limits = any(rule.constraints is not UNLIMITED for rule in rules)
        object.__setattr__(self, "limits_calls", limits)
        asked = [*rules, *(rule for _, rule in self.risks), *self.mandatory]
        keys = (each for rule in asked for each in (*rule.conditions, *rule.unless))
        object.__setattr__(self, "heeded", frozenset().union(*map(_heeded, keys)))
        object.__setattr__(self, "_deciding", self._speaking(self.guardrails.deciding))
        object.__setattr__(self, "_guarding", self._speaking(self.guardrails.guarding))

    def _speaking(self, bars: RuleSet) -> tuple[tuple[RuleSet, ...], ...]:
        barred = (bars,) if bars.specific or bars.fallback else ()
        levels = [(each,) for each in self.levels] or [()]
        return tuple((self.rules, *own, *self.others, *barred) for own in levels)

    def tool(self, name: str) -> CataloguedTool | None:
        """Find what the catalogue says of a tool."""
        return self.catalogue.tool(name)

    def canonical_text(self) -> str:
        """Write the merged policy as one JSON text, which loads as this very policy."""
        text = json.dumps(self.source, ensure_ascii=False, sort_keys=True)
        return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)

    def sets(self, level: int, *, at_guard: bool = False) -> tuple[RuleSet, ...]:
        """Return the rule sets that speak at a level, before anyone is asked or at the guard."""
        by_level = self._guarding if at_guard else self._deciding
        if len(by_level) == 1:
            return by_level[0]
        return by_level[max(0, min(level, len(by_level) - 1))]

    def risks_of(self, subject: Subject) -> tuple[Risk, ...]:
        """Return every risk level that a call may have, the lowest first; one, when all is known.

        The subject has the level that it gets where no entry of `risk` holds.
        """
        return possible_risks(self.risks, subject, subject.risk)

    def consult(self, subject: Subject) -> Heard:
        """Ask every rule set that speaks; a guardrail that matches speaks for no call."""
        at_guard = subject.approval is not None
        sets = self.sets(subject.level, at_guard=at_guard)
        if len(sets) == 1:
            return consult(sets[0], subject)
        heard = [consult(rules, subject) for rules in sets]
        counted = tuple(rule for each in heard for rule in each.counted)
        unknown = tuple(rule for each in heard for rule in each.unknown)
        bars = self.guardrails.guarding if at_guard else self.guardrails.deciding
        sure = any(each.sure for each, of in zip(heard, sets, strict=True) if of is not bars)
        return Heard(counted, unknown, sure)

    @property
    def rule_ids(self) -> frozenset[str]:
        """Every rule's name, in all sets."""
        return frozenset(rule.id for rule in self._every_rule())

    def _every_rule(self) -> Iterator[Rule]:
        bars = (self.guardrails.deciding, self.guardrails.guarding)
        for each in (self.rules, *self.levels, *self.others, *bars):
            yield from each.specific
            if each.fallback is not None:
                yield each.fallback


def _heeded(condition: Condition) -> frozenset[str]:
    """Return the signals that a condition may look at; an expression that names them, at all."""
    if isinstance(condition.wanted, str) and "signals" in condition.wanted:
        return SIGNAL_NAMES
    name = condition.key.removesuffix("_above").removesuffix("_below")
    return SIGNAL_NAMES & {name}
