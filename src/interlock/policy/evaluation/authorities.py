"""Compile: boundaries, decision matrix, risk and guardrails into rules like all others.

So they are asked, explained and weighed as rules are; only their conditions are their own.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from interlock.policy.authority import Boundary, MatrixRow, Tier
from interlock.policy.decisions import Kind, Portion, ReviewTerms, Risk
from interlock.policy.evaluation.conditions import Condition, Truth
from interlock.policy.evaluation.rules import Rule
from interlock.policy.facts import is_number
from interlock.policy.globs import compile_globs
from interlock.policy.match import folded
from interlock.policy.subject import Subject

RISKS: Final[tuple[Risk, ...]] = ("low", "medium", "high", "critical")
"""Risk levels, the lowest first."""
EVERYWHERE: Final = "default"
"""Key of the cell for all environments that have none of their own."""

Authority = Callable[[str, Portion | None], ReviewTerms]
"""Returns the terms on which a group, and how many of it, are asked."""


# Boundaries ------------------------------------------------------------------------------------


def boundary_rules(name: str, boundary: Boundary, terms: ReviewTerms) -> tuple[Rule, ...]:
    """Make three rules: within, beyond, and what cannot be measured, which may be beyond."""
    where, fact = actions(name), boundary.fact

    def value(subject: Subject) -> object:
        return subject.facts.get(fact)

    def sided(kind: Kind, key: str, side: Truth, reason: str) -> Rule:
        def test(subject: Subject) -> Truth:
            return _side(boundary, subject) is side

        measured = Condition(f"{fact}_{key}", boundary.max_autonomous, test, value)
        asked = terms if kind == "require_approval" else None
        id_ = f"boundaries.{name}.{key}"
        return _rule(id_, kind, (where, measured), reason=reason, terms=asked)

    return (
        sided("allow", "within", True, f"`{fact}` is within what `{name}` may do alone"),
        sided(boundary.above, "beyond", False, f"`{fact}` is beyond what `{name}` may do alone"),
        sided(boundary.above, "unmeasured", None, f"`{fact}` of `{name}` cannot be measured"),
    )


def _side(boundary: Boundary, subject: Subject) -> Truth:
    """Say whether the call is within its boundary; None when it cannot be measured.

    Below zero is no amount, and within no limit, unless the boundary has a limit below zero itself.
    """
    limit = _limit(boundary.max_autonomous, subject.level)
    value = subject.facts.get(boundary.fact)
    if limit is None:
        return False
    if boundary.order:
        places = boundary.order
        return places.index(value) <= places.index(str(limit)) if value in places else None
    if not is_number(value) or not is_number(limit):
        return None
    return None if value < 0 and not _signed(boundary.max_autonomous) else value <= limit


def _signed(most: Tier | Mapping[str, Tier]) -> bool:
    """Say whether any limit is below zero, so that such values are foreseen."""
    limits = most.values() if isinstance(most, Mapping) else (most,)
    return any(is_number(each) and each < 0 for each in limits)


def _limit(most: Any, level: int) -> Any:  # noqa: ANN401 - a number or a tier
    """Return the limit at a level: its own, or the nearest below; None where there is none."""
    if not isinstance(most, Mapping):
        return most
    below = [at for at in range(level + 1) if str(at) in most]
    return most[str(below[-1])] if below else None  # pyright: ignore[reportUnknownVariableType] - a tier


# Decision matrix -------------------------------------------------------------------------------


def matrix_rules(name: str, row: MatrixRow, terms_of: Authority) -> tuple[Rule, ...]:
    """Make a rule for each risk and environment of one action; what is missing is denied.

    Environments are globs: `default` speaks where none of the others does, and of several that do
    the strictest counts.
    """
    where, rules = actions(name), list[Rule]()
    for risk in RISKS:
        at_risk = _at_risk(risk)
        id_ = f"decision_matrix.{name}.{risk}"
        cells = row.cells.get(risk, {})
        for environment, cell in cells.items():
            named = environment != EVERYWHERE
            place = (_environments((environment,)),) if named else ()
            others = tuple(each for each in cells if each != EVERYWHERE)
            terms = terms_of(cell.group, cell.vote) if cell.group is not None else None
            rules.append(
                _rule(
                    f"{id_}.{environment}" if named else id_,
                    cell.decision,
                    (where, at_risk, *place),
                    unless=(_environments(others),) if others and not named else (),
                    terms=terms,
                )
            )
        if EVERYWHERE not in cells:
            reason = f"the decision matrix has no cell for `{name}` at risk {risk}"
            given = (_environments(tuple(cells)),) if cells else ()
            rules.append(_rule(id_, "deny", (where, at_risk), unless=given, reason=reason))
    return tuple(rules)


def _at_risk(risk: Risk) -> Condition:
    def test(subject: Subject) -> Truth:
        return risk == subject.risk or risk in subject.lower_risks

    return Condition("risk", (risk,), test, _risk)


def _risk(subject: Subject) -> object:
    return (*subject.lower_risks, subject.risk) if subject.lower_risks else subject.risk


def _environments(patterns: tuple[str, ...]) -> Condition:
    words = tuple(map(folded, patterns))
    globs = compile_globs(words)

    def test(subject: Subject) -> Truth:
        if globs.everything:
            return True
        return globs.match(subject.environment) if subject.environment else None

    return Condition("environments", words, test, _environment)


def _environment(subject: Subject) -> object:
    return subject.environment


# Risk ------------------------------------------------------------------------------------------


def possible_risks(
    entries: Iterable[tuple[Risk, Rule]], subject: Subject, default: Risk
) -> tuple[Risk, ...]:
    """Return every risk level that a call may have, the lowest first.

    The highest that holds counts, `default` where none does; of what cannot be evaluated, each
    above that may. A value that is left out so adds levels and takes none away.
    """
    truths = [(risk, rule.holds(subject)) for risk, rule in entries]
    held = {risk for risk, truth in truths if truth}
    surely = next((risk for risk in reversed(RISKS) if risk in held), None)
    unsure = {risk for risk, truth in truths if truth is None}
    if surely is None:
        return tuple(risk for risk in RISKS if risk in unsure or risk == default)
    return tuple(risk for risk in RISKS[RISKS.index(surely) :] if risk in unsure or risk == surely)


# What they share -------------------------------------------------------------------------------


def actions(*globs: str) -> Condition:
    """Return the condition that a call's tool or topic is one of some actions."""
    match_name = compile_globs(globs).matcher()

    def test(subject: Subject) -> Truth:
        return match_name(subject.tool) or match_name(subject.topic)

    return Condition("actions", globs, test, _action)


def _action(subject: Subject) -> object:
    return subject.tool, subject.topic


def _rule(
    id_: str,
    kind: Kind,
    conditions: tuple[Condition, ...],
    *,
    unless: tuple[Condition, ...] = (),
    reason: str = "",
    terms: ReviewTerms | None = None,
) -> Rule:
    return Rule(id_, kind, conditions, unless, reason, terms, False)
