"""Leave: what is still to be asked of a rule, once it is known how a call was led to it.

Many rules ask the same; each test is made once and shared, so that it stays at hand.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from interlock.policy.evaluation.conditions import Condition, Truth
from interlock.policy.subject import Subject

if TYPE_CHECKING:
    from interlock.policy.evaluation.rules import Rule

Test: TypeAlias = Callable[[Subject], Truth]

CATALOGUED: Final = frozenset({"tools", "topics", "actions", "risk_tags", "risk_tags_all"})
"""Conditions that look at nothing but a call's tool, topic and tags, as the catalogue has them."""
_ASKED_LAST: Final = {"args_match": 1, "when": 2}
"""Conditions that cost more than all others together, by the first word of their key."""


class Candidate(NamedTuple):
    """A rule that may be about a call."""

    rule: "Rule"
    test: Test | None
    """What is left to ask about a call that is led here; None: nothing, the rule matches."""


class Remainders:
    """What is left to ask of the rules of a set."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        """Begin with nothing made."""
        self._made: dict[tuple[tuple[int, ...], tuple[int, ...]], Test | None] = {}

    def without(self, rule: "Rule", settled: Condition | None = None) -> Candidate:
        """Return a rule with all that it asks, but the one condition that is known to hold."""
        conditions = [each for each in rule.conditions if each is not settled]
        return Candidate(rule, self._test(conditions, rule.unless))

    def about(self, rule: "Rule", catalogued: Subject) -> Candidate | None:
        """Return a rule with what its tool, topic and tags leave open; None: they rule it out."""
        conditions = _open(rule.conditions, catalogued)
        if conditions is None:
            return None
        exempts = _open(rule.unless, catalogued) if rule.unless else None
        if exempts == []:
            return None
        return Candidate(rule, self._test(conditions, exempts or ()))

    def _test(self, conditions: Iterable[Condition], unless: Iterable[Condition]) -> Test | None:
        cheap_first = sorted(
            conditions, key=lambda each: _ASKED_LAST.get(each.key.partition(".")[0], 0)
        )
        matches, exempts = [each.test for each in cheap_first], [each.test for each in unless]
        asked = tuple(map(id, matches)), tuple(map(id, exempts))
        if asked not in self._made:
            self._made[asked] = _unless(_all_of(matches), _all_of(exempts))
        return self._made[asked]


def _open(conditions: Iterable[Condition], catalogued: Subject) -> list[Condition] | None:
    """Return the conditions that tool, topic and tags leave open; None when these fail one."""
    left: list[Condition] = []
    for condition in conditions:
        if condition.key not in CATALOGUED:
            left.append(condition)
        elif not condition.test(catalogued):
            return None
    return left


def _all_of(tests: Sequence[Test]) -> Test | None:
    """Return one test for several: False when one fails, else None when one is unknown."""
    if len(tests) < 2:
        return tests[0] if tests else None
    half = len(tests) // 2  # in halves, so that no number of conditions nests deeply
    one, other = _all_of(tests[:half]), _all_of(tests[half:])
    return partial(_both_hold, one, other) if one and other else one or other


def _unless(matches: Test | None, exempts: Test | None) -> Test | None:
    if exempts is None:
        return matches
    return partial(_exempted, exempts) if matches is None else partial(_holds, matches, exempts)


# Partial functions, not closures: these take several objects more each, of which no two lie
# together, and at ten thousand rules it is fetching them that a decision waits for.


def _both_hold(one: Test, other: Test, subject: Subject) -> Truth:
    """Settle two tests, which most rules have: a loop costs as much as they do."""
    first = one(subject)
    if first is False:
        return False
    second = other(subject)
    return second if first or second is False else None


def _exempted(exempts: Test, subject: Subject) -> Truth:
    exempt = exempts(subject)
    return None if exempt is None else not exempt


def _holds(matches: Test, exempts: Test, subject: Subject) -> Truth:
    truth = matches(subject)
    if truth is False:
        return False
    exempt = exempts(subject)
    return truth if exempt is False else False if exempt else None
