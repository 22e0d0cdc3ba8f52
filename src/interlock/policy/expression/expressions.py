"""Evaluate: CEL expressions over one call, which come out as true, false or not to be had.

Everything that can be wrong with the text is found at load, at its very place: syntax, names that
nothing has, types that do not go together, patterns, loops within loops within loops. At run time
nothing is raised, whatever the data: an error is a value that cannot be had.

Limits: `MAX_CHARS` of text, `MAX_LOOPS` within each other, 10,000 iterations (CEL's own budget) and
`MAX_STEPS` of work, estimated by the longest list and the longest text that the call brings; with
more, the expression cannot be evaluated. Nor can any be once those of one decision come to more
than `MAX_STEPS_TOGETHER`. `carriage.py` says which values can be read.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from interlock.policy.expression.carriage import MAX_VALUES, SMALL, Lost, Read, Size, carry
from interlock.policy.expression.dialect import (
    BadExpression,
    Values,
    evaluated,
    parse,
    rebuilt,
    truth_of,
    type_of,
)
from interlock.policy.expression.scope import SCALARS, Scope
from interlock.policy.expression.survey import Survey, survey_of
from interlock.policy.expression.terms import read_term, renamed
from interlock.policy.facts import MISSING
from interlock.policy.file.source import Node, fault, inside
from interlock.policy.suggestion import shown
from interlock.policy.variables import TOO_MUCH_TOGETHER, Variables

MAX_CHARS: Final = 4_096
"""Characters of one expression."""
MAX_STEPS: Final = 200_000
"""Estimated steps of one evaluation, of about 50 ns each."""

STEPS_OF_A_CALL: Final = 40
"""Work of an evaluation besides its own steps."""
_STEPS_OF_A_VALUE: Final = 16
"""Work of handing a value over."""

_ANYWHERE: Final = Scope()


class Expression(NamedTuple):
    """A compiled expression."""

    text: str
    """As written in the policy."""
    kind: str
    """The type of its value: one that arguments have, or CEL's own name for it."""
    survey: Survey
    """What it reads, and how much work it can be."""
    least: int
    """Steps that it mostly takes over short texts and lists."""
    program: Any

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Arguments that it reads and of which nobody says that they are there."""
        return self.survey.unchecked

    def truth(self, variables: Variables | None) -> bool | None:
        """Say whether it holds; None for an error, a missing value and what is no boolean."""
        if variables is None or variables.work.exceeded:
            return None
        key = id(self)
        if key not in variables.truths:
            prepared = self._prepared(variables)
            truth = None if prepared is None else truth_of(self.program, prepared)
            variables.truths[key] = truth
        return variables.truths[key]

    def value(self, variables: Variables | None) -> Any:  # noqa: ANN401 - JSON
        """Return what it comes to, or `MISSING`."""
        prepared = self._prepared(variables)
        if prepared is None:
            return MISSING
        said, value = evaluated(self.program, prepared)
        return MISSING if said else value

    def compute(self, variables: Variables) -> Any:  # noqa: ANN401 - JSON
        """Return the fact that it is, or `MISSING`."""
        value = self.value(variables)
        return MISSING if value is None else value

    def found(self, variables: Variables | None) -> dict[str, Any]:
        """Return what it reads of a call, for explanations."""
        found: dict[str, Any] = {}
        for root, member, _ in sorted(self.survey.reads) if variables else ():
            value: Any = variables.roots.get(root) if variables else None
            if member and isinstance(value, Mapping) and member in value:
                found[f"{root}.{member}"] = value[member]
            elif not member and root in SCALARS and value is not None:
                found[root] = value
        return found

    def problem(self, variables: Variables | None) -> str:
        """Say why it cannot be evaluated over a call."""
        if variables is None:
            return "nothing is known of the call"
        if variables.work.exceeded:
            return TOO_MUCH_TOGETHER
        values, size, why = self._handed(variables)
        if values is None:
            return why
        if self.survey.steps(*size) > MAX_STEPS:
            return "it could take too long over values of this size"
        said, value = evaluated(self.program, values)
        return said or f"it comes to {shown(value)}, neither true nor false"

    def _prepared(self, variables: Variables | None) -> Values | None:
        """Hand over what it reads, where that is not too much work; None where it is."""
        if variables is None or variables.work.exceeded:
            return None
        values, size, _ = self._handed(variables)
        if values is None or (size != SMALL and self.survey.steps(*size) > MAX_STEPS):
            return None
        steps = self.least if size == SMALL else self.survey.typical_steps(*size)
        return values if variables.work.spend(steps + STEPS_OF_A_CALL) else None

    def _handed(self, variables: Variables) -> "_Handed":
        """Hand over what it reads, once a call for all expressions that read the same."""
        known = variables.prepared
        if known is None:
            known = variables.prepared = {}
        reads = self.survey.reads
        handed = known.get(reads)
        if handed is None:
            handed = known[reads] = _handed(variables, reads)
        return handed


class _Handed(NamedTuple):
    """What expressions read of a call, once."""

    values: Values | None
    """None where it cannot be carried."""
    size: Size
    why: str = ""
    """Why it cannot."""


def _handed(variables: Variables, reads: frozenset[Read]) -> _Handed:
    try:
        roots, size = carry(variables.roots, reads)
    except Lost as lost:
        variables.work.spend(MAX_VALUES * _STEPS_OF_A_VALUE)
        return _Handed(None, SMALL, lost.why)
    if size != SMALL:
        variables.work.spend(size.values * _STEPS_OF_A_VALUE)
    return _Handed(Values(roots), size)


def compile_expression(
    node: Node, scope: Scope = _ANYWHERE, wanted: Literal["boolean", "any"] = "boolean"
) -> Expression:
    """Compile the text of a node of the policy.

    Raises `PolicyError` at the very place of what is wrong.
    """
    text = str(node.value)
    if len(text) > MAX_CHARS:
        raise fault(node.mark, f"the expression has {len(text)} characters, over {MAX_CHARS}")
    try:
        program = parse(text)
        serialized = program.serialize()
        found = survey_of(read_term(serialized), text, scope, node)
        kind = type_of(found.typed, scope)
        if found.functions:
            program = rebuilt(renamed(serialized, found.functions))
    except BadExpression as bad:
        raise fault(inside(node, bad.offset), str(bad)) from None
    if found.steps(*SMALL) > MAX_STEPS:
        raise fault(node.mark, "the expression is too much work even over short lists; simplify it")
    if not found.reads:
        raise fault(node.mark, f"{shown(text)} reads nothing of the call; it is always the same")
    if wanted == "boolean" and kind not in ("boolean", "any"):
        raise fault(node.mark, f"{shown(text)} comes to {kind}; expected true or false")
    return Expression(text, kind, found, found.typical_steps(*SMALL), program)
