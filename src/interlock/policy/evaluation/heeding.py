"""Show: which signals a rule looks at, and how far each is from where the rule would speak."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.rules import Rule
from interlock.policy.expression.equality import Truth
from interlock.policy.facts import is_number
from interlock.policy.match import SIGNAL_NAMES
from interlock.policy.subject import Subject

_DIGITS: Final = 9
"""Decimal places of a distance; what a subtraction of shares adds behind them says nothing."""


class HeededSignal(NamedTuple):
    """One signal that a condition of a rule looks at, and how far it is from there."""

    signal: str
    value: object
    """What the call has; None where it is missing."""
    key: str
    """The condition, such as `anomaly_score_above`; `unless …` where it exempts."""
    threshold: object
    """What the condition wants, as in the file."""
    distance: float | None
    """How far the value may still go, in its own unit, before the condition holds; below zero, how
    far past that it is. None for what is no number, and for a value that is missing or unusable."""
    holds: Truth
    """Whether the condition holds; None where it could not be evaluated."""


def signals_of(condition: Condition) -> frozenset[str]:
    """Return the signals that a condition names, also in an expression."""
    if isinstance(condition.wanted, str) and "signals" in condition.wanted:
        return SIGNAL_NAMES & {*_WORDS.findall(condition.wanted)}
    name = condition.key.removesuffix("_above").removesuffix("_below")
    return SIGNAL_NAMES & {name}


def heeded_by(rule: Rule, subject: Subject) -> tuple[HeededSignal, ...]:
    """Return each signal that a rule looks at, in the order of its conditions."""
    plain = (each for one in rule.conditions for each in _looks(one, one.key, subject))
    exempt = (each for one in rule.unless for each in _looks(one, f"unless {one.key}", subject))
    return (*plain, *exempt)


def _looks(condition: Condition, key: str, subject: Subject) -> Iterator[HeededSignal]:
    names = sorted(signals_of(condition))
    holds = condition.test(subject) if names else None  # an expression may take its time
    for name in names:
        value = subject.signals.get(name)
        distance = None if holds is None else _distance(condition, name, subject.signals)
        yield HeededSignal(name, value, key, condition.wanted, distance, holds)


def _distance(condition: Condition, name: str, signals: Mapping[str, object]) -> float | None:
    value, limit = signals.get(name), condition.wanted
    if not is_number(value) or not is_number(limit):
        return None
    if condition.key == f"{name}_above":
        return round(float(limit) - float(value), _DIGITS)
    return round(float(value) - float(limit), _DIGITS)


_WORDS: Final = re.compile(r"\w+")
