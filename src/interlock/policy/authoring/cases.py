"""Try: a pack's `cases.yaml`: calls, and what the policy must say about each.

Every rule must settle some case; a rule that none settles is either not needed or not understood.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast, get_args

from interlock.policy.decisions import Kind, Risk
from interlock.policy.evaluation.authorities import EVERYWHERE, RISKS
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.file.files import read_tree
from interlock.policy.file.part import Part
from interlock.policy.file.shape import Flag, Items, Json, Number, OneOf, Text
from interlock.policy.file.source import Mark, Node, fault
from interlock.policy.suggestion import shown

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class CaseCall(NamedTuple):
    """The call of a case."""

    name: str
    args: Mapping[str, Any] = _NONE
    agent: Any = "agent"
    """An agent's id, or its `id`, `owner`, `model`, `version`."""


class CaseApproval(NamedTuple):
    """Who approved the call of a case, which is then decided as right before it runs."""

    approvers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Groups that an approver is a member of."""


class PackCase(NamedTuple):
    """One call, and what must be decided about it."""

    name: str
    call: CaseCall
    decision: Kind
    signals: Mapping[str, Any] = _NONE
    level: int | None = None
    context: Mapping[str, Any] = _NONE
    environment: str | None = None
    usage: Mapping[str, Any] = _NONE
    """What was spent before of a budget, or ran before of a rate, by the guardrail's id."""
    approval: CaseApproval | None = None
    rules: tuple[str, ...] | None = None
    """Ids of the determining rules, in any order; None: whichever."""
    review_result: bool | None = None
    constraints: Mapping[str, Any] | None = None
    """All limits that must be put on the call; None: whichever."""
    risk: Risk | None = None


class Said(NamedTuple):
    """What a policy says about the call of a case."""

    kind: Kind
    rules: tuple[str, ...]
    """Ids of the determining rules."""
    review_result: bool
    constraints: Mapping[str, Any]
    risk: Risk
    risk_entries: tuple[str, ...]
    """Entries of `risk` that gave the call its level."""


class PackReport(NamedTuple):
    """How a pack's cases came out."""

    cases: int
    failures: tuple[str, ...]
    """One line for each case that was decided otherwise."""
    uncovered: tuple[str, ...]
    """Ids of rules that settle no case that passes, in the order of the file."""
    settled: Mapping[str, int]
    """Rule to the number of passing cases that it settles; entries of `risk` that gave a level.
    """

    @property
    def share(self) -> float:
        """Share of the rules that settle a case, 0..1."""
        wanted = len([rule for rule in self.settled if not rule.startswith("risk[")])
        return 1 - len(self.uncovered) / wanted if wanted else 1.0

    @property
    def passed(self) -> bool:
        """Whether every case is decided as it says and every rule settles one."""
        return self.cases > 0 and not self.failures and not self.uncovered


class _Free(NamedTuple):
    """Any JSON value, or any mapping."""

    mapping: bool = False

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401 - JSON
        if self.mapping and not isinstance(node.value, dict):
            raise fault(node.mark, f"`{name}` is no mapping; expected names and values")
        return _free(node)

    def schema(self) -> Json:
        return {"type": "object"} if self.mapping else {}


def _free(node: Node) -> Any:  # noqa: ANN401 - JSON
    match node.value:
        case list() as items:
            return [_free(item) for item in items]
        case dict() as members:
            return {key: _free(member.node) for key, member in members.items()}
        case scalar:
            return scalar


_CASE: Final = Part(
    "cases[]",
    PackCase,
    {
        "name": Text(),
        "call": Part(
            "cases[].call",
            CaseCall,
            {"name": Text(), "args": _Free(mapping=True), "agent": _Free()},
        ),
        "decision": OneOf(get_args(Kind)),
        "signals": _Free(mapping=True),
        "level": Number(0, 3, whole=True),
        "context": _Free(mapping=True),
        "environment": Text(),
        "usage": _Free(mapping=True),
        "approval": Part(
            "cases[].approval",
            CaseApproval,
            {"approvers": Items(Text()), "groups": Items(Text())},
        ),
        "rules": Items(Text()),
        "review_result": Flag(),
        "constraints": _Free(mapping=True),
        "risk": OneOf(get_args(Risk)),
    },
)


def load_cases(pack: Path) -> tuple[PackCase, ...]:
    """Read a pack's `cases.yaml`: a list of cases, alone or under `cases`.

    Raises `PolicyError` with file, line and column.
    """
    path = pack / "cases.yaml" if pack.is_dir() else pack
    root = read_tree(path)
    if isinstance(root.value, dict) and root.value.keys() == {"cases"}:
        root = root.value["cases"].node
    cases = cast("tuple[PackCase, ...]", Items(_CASE, least=1).read(root, "cases"))
    names: set[str] = set()
    for case, node in zip(cases, root.value if isinstance(root.value, list) else (), strict=True):
        if case.name in names:
            raise fault(_mark(node), f"duplicate case `{case.name}`; give each a name of its own")
        names.add(case.name)
    return cases


def _mark(node: Node) -> Mark:
    return node.value["name"].node.mark if isinstance(node.value, dict) else node.mark


def required(policy: CompiledPolicy) -> tuple[str, ...]:
    """Name the rules that must settle some case, in the order of the file.

    All that an author wrote: rules, each level's rules, the three outcomes of a boundary, the cells
    of the decision matrix and `unlisted`, guardrails. Not the denials of cells that are missing;
    nor what a boundary says of a fact that is missing, where a budget of that fact denies anyway;
    nor entries of `risk`, which settle nothing by themselves.
    """
    document = policy.document
    budgets = {bar.budget.fact for bar in document.guardrails if bar.budget is not None}
    denied = {
        f"boundaries.{name}.unmeasured"
        for name, boundary in document.boundaries.items()
        if boundary.fact in budgets
    }
    matrix = document.decision_matrix
    rows = tuple(matrix.actions.items()) if matrix else ()
    absent = {
        f"decision_matrix.{name}.{risk}"
        for name, row in rows
        for risk in RISKS
        if EVERYWHERE not in row.cells.get(risk, {})
    }
    bars = (policy.guardrails.deciding, policy.guardrails.guarding)
    sets = (policy.rules, *policy.levels, *policy.others, *bars)
    ids = [rule.id for each in sets for rule in (*each.specific, each.fallback) if rule]
    return tuple(dict.fromkeys(name for name in ids if name not in absent | denied))


def try_cases(
    cases: Iterable[PackCase], rules: Iterable[str], ask: Callable[[PackCase], Said]
) -> PackReport:
    """Ask about every case; `rules` are the ids of those that must settle one."""
    failures: list[str] = []
    wanted = tuple(rules)
    settled = Counter(dict.fromkeys(wanted, 0))
    count = 0
    for case in cases:
        count += 1
        said = ask(case)
        flaws = [f"{case.name}: {flaw}" for flaw in _flaws(case, said)]
        failures += flaws
        if not flaws:  # what is not understood settles nothing that anyone wanted
            settled.update({*said.rules, *said.risk_entries})
    idle = tuple(rule for rule in wanted if not settled[rule])
    return PackReport(count, tuple(failures), idle, settled)


def _flaws(case: PackCase, said: Said) -> Iterable[str]:
    if said.kind != case.decision:
        yield f"expected {case.decision}, got {said.kind} by {_names(said.rules)}"
    elif case.rules is not None and sorted(case.rules) != sorted(said.rules):
        yield f"expected {said.kind} by {_names(case.rules)}, got it by {_names(said.rules)}"
    if case.review_result is not None and case.review_result != said.review_result:
        yield f"expected review_result {case.review_result}, got {said.review_result}".lower()
    if case.constraints is not None and case.constraints != said.constraints:
        yield f"expected constraints {shown(case.constraints)}, got {shown(said.constraints)}"
    if case.risk is not None and case.risk != said.risk:
        yield f"expected risk {case.risk}, got {said.risk}"


def _names(rules: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(rules)) or "no rule"
