"""Advise: constraints that two rules cannot both keep, arguments and rows that look amiss."""

from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise, product

from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.lint_people import shared_tools
from interlock.policy.authoring.lint_reach import fits
from interlock.policy.authoring.lint_rules import Placed
from interlock.policy.constraints import impossible
from interlock.policy.decisions import STRICTNESS, Kind
from interlock.policy.document import Document
from interlock.policy.evaluation.authorities import EVERYWHERE, RISKS
from interlock.policy.file.argument_names import named_arguments
from interlock.policy.file.source import Node, locate


def limits(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Return what is found about constraints, and about arguments that take a digest."""
    forcing = [
        placed
        for placed in rules
        if placed.entry and (placed.rule.constraints.args or placed.rule.constraints.args_drop)
    ]
    yield from _clashes(document, forcing, root)
    yield from _unchecked(document, forcing, root)
    yield from _keys(document, root)
    yield from _rows(document, root)


def _clashes(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    for one, other in combinations(rules, 2):
        why = impossible((one.rule.constraints, other.rule.constraints))
        tools = shared_tools(one, other, document) if why else []
        if tools:
            both = f"`{one.rule.id}` and `{other.rule.id}`"
            message = f"`{tools[0]}` is denied where {both} hold: {why}"
            mark = locate(root, (*other.path, "constraints"))
            yield LintFinding(mark, "IL023", message, "force one value, or add an `unless`")


def _unchecked(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    for placed in rules:
        reached = {
            name: each for name, each in document.tools.items() if fits(placed.rule, name, each)
        }
        known = {name for tool in reached.values() for name in tool.args or ()}
        untyped = [name for name, tool in reached.items() if tool.args is None]
        if placed.entry is None or placed.entry.constraints is None or not untyped:
            continue
        for each in named_arguments(placed.entry.constraints):
            if each.first not in known:
                message = (
                    f"`{placed.rule.id}` names `{each.argument}`, which `{untyped[0]}` may not take"
                )
                mark = locate(root, (*placed.path, "constraints", *each.place))
                remedy = f"give `{untyped[0]}` its `args` with names and types, or a `schema`"
                yield LintFinding(mark, "IL019", message, remedy)


def _keys(document: Document, root: Node) -> Iterator[LintFinding]:
    for name, tool in document.tools.items():
        key = tool.idempotency_argument
        if key is not None and tool.args is not None and key not in tool.args:
            mark = locate(root, ("tools", name, "idempotency_argument"))
            message = f"`args` of `{name}` does not list `{key}`, which its digest is given in"
            yield LintFinding(mark, "IL019", message, f"add `{key}: string` to its `args`")


def _rows(document: Document, root: Node) -> Iterator[LintFinding]:
    """Name the rows of the matrix in which a higher risk has a looser cell; none is a denial."""
    if (matrix := document.decision_matrix) is None:
        return
    for name, row in matrix.actions.items():
        places = sorted({place for cells in row.cells.values() for place in cells})
        for place, (low, high) in product(places, pairwise(RISKS)):
            cells = [row.cells.get(risk, {}) for risk in (low, high)]
            said = [each.get(place, each.get(EVERYWHERE)) for each in cells]
            kinds: list[Kind] = [cell.decision if cell else "deny" for cell in said]
            if STRICTNESS[kinds[1]] < STRICTNESS[kinds[0]]:
                message = f"`{name}` is {kinds[0]} at risk {low} and {kinds[1]} at {high}"
                mark = locate(root, ("decision_matrix", name, high))
                remedy = f"give {high} no looser cell than {low}"
                yield LintFinding(mark, "IL026", message, remedy)
