"""Bar: what neither level nor human lifts; denials, and what budgets and rates count.

Guardrails are rules as all others are, in two sets: those asked when a call is decided, and those
asked right before it runs. One that cannot be evaluated denies.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from interlock.canon import encode
from interlock.policy.authority import WINDOWS_S, Budget, Guardrail, Rate
from interlock.policy.catalogue import CataloguedTool
from interlock.policy.decisions import Kind, ReviewTerms
from interlock.policy.evaluation.conditions import Condition, Truth
from interlock.policy.evaluation.rules import Rule, RuleSet
from interlock.policy.facts import is_number
from interlock.policy.subject import Subject
from interlock.policy.suggestion import shown

UNINSPECTABLE: Final = "UNINSPECTABLE"
"""Among the kinds found: the arguments were not, or not wholly, looked into."""


class Made(NamedTuple):
    """One guardrail, compiled."""

    entry: Guardrail
    about: Rule
    """The rule that only matches."""
    rules: list[Rule]


class Guardrails(NamedTuple):
    """All guardrails of a policy."""

    deciding: RuleSet
    """Asked when a call is decided."""
    guarding: RuleSet
    """Asked right before a call runs."""
    metered: tuple["Metered", ...]
    """Budgets and rates."""
    inspecting: tuple[tuple[Rule, frozenset[str]], ...]
    """Kinds that arguments may not hold, with the rule that says which calls' arguments."""

    @property
    def only_guarding(self) -> bool:
        """Whether anything is asked right before a call runs that was not asked before."""
        return self.deciding != self.guarding

    @property
    def looked_for(self) -> frozenset[str]:
        """Every kind that any call's arguments are looked into for."""
        return frozenset[str]().union(*(kinds for _, kinds in self.inspecting))

    def meters(self, subject: Subject, tenant: str) -> tuple["Meter", ...]:
        """Return what is counted of a call, by every budget and rate that may be about it."""
        found = (each.meter(subject, tenant) for each in self.metered)
        return tuple(meter for meter in found if meter is not None)

    def kinds(self, subject: Subject) -> frozenset[str]:
        """Return the kinds to look for in a call's arguments."""
        wanted = (kinds for about, kinds in self.inspecting if about.holds(subject) is not False)
        return frozenset[str]().union(*wanted)


def guardrails(made: Iterable[Made], tools: Mapping[str, CataloguedTool]) -> Guardrails:
    """Sort compiled guardrails by when they are asked; `tools` are the foreseen."""
    each = list(made)
    return Guardrails(
        _asked(each, "decide", tools),
        _asked(each, "guard", tools),
        tuple(
            Metered(one.about, limit)
            for one in each
            if (limit := one.entry.budget or one.entry.rate) is not None
        ),
        tuple(
            (one.about, frozenset(one.entry.inspect_args)) for one in each if one.entry.inspect_args
        ),
    )


def _asked(made: list[Made], stage: str, tools: Mapping[str, CataloguedTool]) -> RuleSet:
    """Return who is asked at a stage; no guardrail waits for the others to be silent."""
    asked = [rule for one in made if one.entry.stage in (stage, "both") for rule in one.rules]
    return RuleSet("guardrails", tuple(asked), None, tools)


class Meter(NamedTuple):
    """What a budget or rate counts of one call."""

    guardrail: str
    by: str
    """Whose calls are added up: a name within the tenant."""
    window_s: float
    amount: int | None
    """This call's share in millionths; None when it has none that counts."""


class Metered(NamedTuple):
    """A budget or a rate with the calls that it is about."""

    about: Rule
    limit: Budget | Rate

    def meter(self, subject: Subject, tenant: str) -> Meter | None:
        """Return what is counted of a call; None when the guardrail is not about it."""
        if self.about.holds(subject) is False:
            return None
        by = {
            "agent": subject.agent,
            "principal": subject.principal,
            "tenant": "",
            "tool": subject.tool,
            "all": "",
        }[self.limit.by]
        bucket = by if self.limit.by == "all" else encode([tenant, by]).decode()
        window_s = WINDOWS_S[self.limit.per]
        return Meter(self.about.id, bucket, window_s, _share(self.limit, subject))


def guardrail_rules(
    id_: str, entry: Guardrail, about: Rule, require: Condition | None, terms: ReviewTerms
) -> list[Rule]:
    """Make the denials of one guardrail; `about` is the rule that only matches.

    A guardrail without a demand of its own blocks what it is about.
    """
    broken: list[tuple[Kind, Condition]] = []
    if require is not None:
        broken.append(("deny", _not(require)))
    if (limit := entry.budget or entry.rate) is not None:
        broken.append(("deny", _overspent(id_, limit)))
    forbidden = entry.inspect_args or {}
    if denied := frozenset(kind for kind, said in forbidden.items() if said == "deny"):
        broken.append(("deny", _holds_kinds(denied)))
    if asked := frozenset(kind for kind, said in forbidden.items() if said == "ask"):
        broken.append(("require_approval", _holds_kinds(asked)))
    if not broken:
        return [about]
    return [
        about._replace(
            id=id_ if kind == "deny" else f"{id_}.ask",
            kind=kind,
            conditions=(*about.conditions, condition),
            terms=None if kind == "deny" else terms,
        )
        for kind, condition in broken
    ]


def _not(require: Condition) -> Condition:
    def test(subject: Subject) -> Truth:
        truth = require.test(subject)
        return None if truth is None else not truth

    return require._replace(test=test)


def _overspent(id_: str, limit: Budget | Rate) -> Condition:
    most = millionths(limit.max)

    def test(subject: Subject) -> Truth:
        if isinstance(limit, Budget) and _no_such_fact(limit.fact, subject):
            return False
        share, spent = _share(limit, subject), subject.usage.get(id_)
        return None if share is None or spent is None or most is None else spent + share > most

    def value(subject: Subject) -> object:
        spent = subject.usage.get(id_)
        return None if spent is None else spent / 1_000_000

    def problem(subject: Subject) -> str:
        if isinstance(limit, Rate) or _share(limit, subject) is not None:
            return "what was spent is not known"
        if limit.fact in subject.facts:
            return f"`{limit.fact}` is {shown(subject.facts[limit.fact])}, no amount"
        return f"`{limit.fact}` is missing"

    key = "budget" if isinstance(limit, Budget) else "rate"
    wanted = f"at most {limit.max:g} per {limit.per} by {limit.by}"
    return Condition(key, wanted, test, value, problem=problem)


def _no_such_fact(fact: str, subject: Subject) -> bool:
    return subject.declared and fact not in subject.facts and fact not in subject.missing_facts


def _share(limit: Budget | Rate, subject: Subject) -> int | None:
    if isinstance(limit, Rate):
        return millionths(1)
    return millionths(subject.facts.get(limit.fact))


def millionths(value: object) -> int | None:
    """Return an amount in millionths, rounded up, so that sums are exact; None for no amount.

    A negative amount is none: it would refill a budget.
    """
    if not is_number(value):
        return None
    exact = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    return math.ceil(exact * 1_000_000) if 0 <= exact <= _LARGEST else None


_LARGEST: Final = Decimal(9_000_000_000_000)
"""Largest amount counted, and so the largest sum: in millionths it fits a database's integer."""


def _holds_kinds(kinds: frozenset[str]) -> Condition:
    def test(subject: Subject) -> Truth:
        return None if subject.found is None else not kinds.isdisjoint(subject.found)

    def value(subject: Subject) -> object:
        if subject.found is None:
            return None
        if UNINSPECTABLE in subject.found:
            return "too large, or a detector failed: it was not looked into"
        return tuple(sorted(subject.found & kinds))

    return Condition("inspect_args", tuple(sorted(kinds)), test, value)
