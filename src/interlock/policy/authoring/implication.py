"""Compare: what the conditions of two rules say of each other, without any call.

What cannot be shown is taken not to be so: a finding that rests on this is never a guess.
"""

import math
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeAlias, cast

from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.rules import Rule
from interlock.policy.facts import is_number
from interlock.policy.globs import compiled
from interlock.policy.match import COMPARISONS, Comparison

_NAMES: Final = frozenset({"topics", "tools", "agents", "environments", "principals"})
_TAGS: Final = frozenset({"risk_tags", "risk_tags_all"})
_ONE_OF: Final = frozenset({"levels", "risk"})
"""Keys whose words are the values that fulfil them."""

ValueSet: TypeAlias = frozenset[tuple[bool, Any]]
"""Values by whether they are booleans, which equal numbers in Python."""


class _Range(NamedTuple):
    """Numbers from `low` to `high`; an end is left out where it is `above` or `below`."""

    low: float = -math.inf
    above: bool = False
    high: float = math.inf
    below: bool = False

    def both(self, other: "_Range") -> "_Range":
        low, above = max((self.low, self.above), (other.low, other.above))
        high, at_most = min((self.high, not self.below), (other.high, not other.below))
        return _Range(low, above, high, not at_most)

    @property
    def empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.above or self.below))

    def holds(self, value: object) -> bool:
        return is_number(value) and not self.both(_Range(value, high=value)).empty


def covers(outer: Rule, inner: Rule) -> bool:
    """Say whether `outer` is about every call that `inner` is about."""
    if not all(any(_implies(own, each) for own in inner.conditions) for each in outer.conditions):
        return False
    return not outer.unless or _keys(outer.unless) == _keys(inner.unless)


def subjects(rule: Rule) -> frozenset[str]:
    """Name what a rule looks at; a rule covers only those that look at all of it."""
    return frozenset(_subject(each) for each in rule.conditions)


def _subject(condition: Condition) -> str:
    measured = _measured(condition)
    return "risk_tags" if condition.key in _TAGS else measured[0] if measured else condition.key


def same(a: Rule, b: Rule) -> bool:
    """Say whether two rules are written as one match."""
    return (_keys(a.conditions), _keys(a.unless)) == (_keys(b.conditions), _keys(b.unless))


def exempts_all(rule: Rule) -> bool:
    """Say whether `unless` exempts every call that the rule is about."""
    return bool(rule.unless) and all(
        any(_implies(own, each) for own in rule.conditions) for each in rule.unless
    )


def contradiction(conditions: Iterable[Condition]) -> str | None:
    """Say which conditions no call can fulfil together; None where one may."""
    ranges: dict[str, _Range] = {}
    exact: dict[str, ValueSet] = {}
    words: dict[str, frozenset[Any]] = {}
    for each in conditions:
        if measured := _measured(each):
            name, comparison = measured
            if comparison in ("is", "in"):
                values = _values(each)
                exact[name] = exact.get(name, values) & values
            else:
                ranges[name] = ranges.get(name, _Range()).both(_range(comparison, each.wanted))
        elif each.key in _ONE_OF or (each.key in _NAMES and _literal(each)):
            given = frozenset(words_of(each))
            words[each.key] = words.get(each.key, given) & given
    return _empty(ranges, exact, words)


def _empty(
    ranges: dict[str, _Range], exact: dict[str, ValueSet], words: dict[str, frozenset[Any]]
) -> str | None:
    for name, span in ranges.items():
        values = exact.get(name)
        if span.empty or (values and not any(span.holds(value) for _, value in values)):
            return f"no `{name}` fulfils all that is said of it"
    none = [name for name, values in exact.items() if not values]
    none += [key for key, given in words.items() if not given]
    return f"no `{min(none)}` fulfils all that is said of it" if none else None


def sameness(condition: Condition) -> tuple[str, object]:
    """Return what makes two conditions the same, whatever the order of their words."""
    wanted: object = condition.wanted
    if isinstance(wanted, tuple | frozenset):
        return condition.key, _values(condition)
    return condition.key, repr(wanted)


def _keys(conditions: Iterable[Condition]) -> frozenset[tuple[str, object]]:
    return frozenset(sameness(each) for each in conditions)


def _implies(own: Condition, other: Condition) -> bool:
    """Say whether a call that fulfils `own` fulfils `other`, and lacks a value where it does."""
    if own.key in _TAGS and other.key in _TAGS:
        return _tags_imply(own, other)
    if own.key == other.key and own.key in _NAMES:
        return all(any(_holds(glob, word) for glob in words_of(other)) for word in words_of(own))
    if own.key == other.key and own.key in _ONE_OF:
        return frozenset(words_of(own)) <= frozenset(words_of(other))
    mine, theirs = _measured(own), _measured(other)
    if mine and theirs and mine[0] == theirs[0]:
        return _values_imply(own, mine[1], other, theirs[1])
    return sameness(own) == sameness(other)


def _tags_imply(own: Condition, other: Condition) -> bool:
    mine, theirs = frozenset(words_of(own)), frozenset(words_of(other))
    match own.key, other.key:
        case "risk_tags", "risk_tags":
            return mine <= theirs
        case "risk_tags_all", "risk_tags_all":
            return theirs <= mine
        case "risk_tags_all", "risk_tags":
            return not mine.isdisjoint(theirs)
        case _:
            return len(theirs) == 1 and mine == theirs


def _values_imply(own: Condition, mine: Comparison, other: Condition, theirs: Comparison) -> bool:
    exact = mine in ("is", "in")
    if theirs in ("is", "in"):
        return exact and _values(own) <= _values(other)
    span = _range(theirs, other.wanted)
    if exact:
        return all(span.holds(value) for _, value in _values(own))
    narrow = _range(mine, own.wanted)
    return span.both(narrow) == narrow


def _holds(glob: str, word: str) -> bool:
    """Say whether every name that `word` holds is one that `glob` holds."""
    if glob == word or "*" not in word:
        return compiled(glob).match(word)
    plain = all(each.endswith(".*") and "*" not in each[:-1] for each in (glob, word))
    return plain and word.startswith(glob[:-1])


def _measured(condition: Condition) -> tuple[str, Comparison] | None:
    """Take `amount_above` or `confidence_below` apart; None for what compares no value."""
    if condition.key in _NAMES | _TAGS | _ONE_OF:
        return None
    for comparison in COMPARISONS:
        name = condition.key.removesuffix(f"_{comparison}")
        if name not in ("", condition.key):
            return name, comparison
    return None


def _range(comparison: Comparison, wanted: Any) -> _Range:  # noqa: ANN401 - a number, as was checked
    match comparison:
        case "above":
            return _Range(low=wanted, above=True)
        case "at_least":
            return _Range(low=wanted)
        case "below":
            return _Range(high=wanted, below=True)
        case _:
            return _Range(high=wanted)


def _values(condition: Condition) -> ValueSet:
    wanted: object = condition.wanted
    several = isinstance(wanted, tuple | list | frozenset)
    each = cast("Iterable[Any]", wanted) if several else (wanted,)
    return frozenset((isinstance(one, bool), one) for one in each)


def words_of(condition: Condition) -> tuple[Any, ...]:
    """Return the words of a condition that has a list of them."""
    wanted: Any = condition.wanted
    return tuple(wanted)


def _literal(condition: Condition) -> bool:
    return all("*" not in word for word in words_of(condition))
