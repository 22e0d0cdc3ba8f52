"""Consult: one rule set about one call.

Order never matters. A rule that cannot be evaluated counts when it is restrictive and does not
when it is permissive. Only a specific rule that is known to match silences the fallback; one that
merely counts for want of a value does not, so that a value left out never loosens a decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from interlock.policy.catalogue import CataloguedTool
from interlock.policy.constraints import UNLIMITED, Constraints
from interlock.policy.decisions import RESTRICTIVE, Kind, ReviewTerms, Unheard
from interlock.policy.evaluation.conditions import Condition, Truth
from interlock.policy.evaluation.index import Index
from interlock.policy.subject import Subject

RuleOutcome: TypeAlias = Literal["matched", "not matched", "could not be evaluated"]


class Rule(NamedTuple):
    """One rule, compiled."""

    id: str
    kind: Kind
    conditions: tuple[Condition, ...]
    unless: tuple[Condition, ...]
    reason: str
    terms: ReviewTerms | None
    """How a human is asked; None unless the rule asks."""
    review_result: bool
    constraints: Constraints = UNLIMITED
    """Limits that a call keeps to when the rule has a say."""
    veto_window_s: float = 0.0
    """How long the call waits for a veto, where the rule notifies."""
    acknowledge_within_s: float | None = None
    """Within what time somebody must acknowledge the notice."""
    on_silence: Unheard = "none"
    """What it means that nobody did."""

    @property
    def fallback(self) -> bool:
        """Whether the match is universal."""
        return not self.conditions and not self.unless

    @property
    def restrictive(self) -> bool:
        """Whether the rule counts when it cannot be evaluated."""
        return self.kind in RESTRICTIVE

    def holds(self, subject: Subject) -> Truth:
        """Say whether the rule is about this call."""
        truth = _all_hold(self.conditions, subject)
        if not self.unless or truth is False:
            return truth
        match _all_hold(self.unless, subject):
            case True:
                return False
            case False:
                return truth
            case None:
                return None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that speak together."""

    name: str
    """`rules`, or `autonomy_levels.level_1`."""
    specific: tuple[Rule, ...]
    fallback: Rule | None
    tools: Mapping[str, CataloguedTool] = field(
        default_factory=dict[str, CataloguedTool], repr=False, compare=False
    )
    """Tools whose calls are foreseen, by name."""
    index: Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """File the rules."""
        object.__setattr__(self, "index", Index(self.specific, self.tools))


class Heard(NamedTuple):
    """What a rule set says."""

    counted: tuple[Rule, ...]
    """Rules that have a say; none means that the set is silent."""
    unknown: tuple[Rule, ...]
    """Rules that could not be evaluated."""
    sure: bool
    """Whether any rule that has a say is known to match."""


def consult(rules: RuleSet, subject: Subject) -> Heard:
    """Ask every rule of a set that may be about the call."""
    counted: list[Rule] = []
    unknown: list[Rule] = []
    for rule, test in rules.index.candidates(subject):
        truth = True if test is None else test(subject)
        if truth:
            counted.append(rule)
        elif truth is None:
            unknown.append(rule)
    if not counted and rules.fallback is not None:
        counted.append(rules.fallback)
    sure = bool(counted)
    if unknown:
        counted.extend(rule for rule in unknown if rule.restrictive)
    return Heard(tuple(counted), tuple(unknown), sure)


def _all_hold(conditions: tuple[Condition, ...], subject: Subject) -> Truth:
    truth: Truth = True
    for condition in conditions:
        one = condition.test(subject)
        if one is False:
            return False
        if one is None:
            truth = None
    return truth


def why(rule: Rule, subject: Subject) -> tuple[RuleOutcome, str]:
    """Explain how a rule came out, by the conditions that settled it."""
    truth = rule.holds(subject)
    if truth:
        return "matched", "; ".join(each.say(subject) for each in rule.conditions) or "every call"
    settled = [each.say(subject) for each in rule.conditions if each.test(subject) is truth]
    if truth is None:
        settled += [
            f"unless {each.say(subject)}" for each in rule.unless if each.test(subject) is None
        ]
        return "could not be evaluated", "; ".join(settled)
    exempt = [f"unless {each.say(subject)}" for each in rule.unless]
    return "not matched", "; ".join(settled or exempt)
