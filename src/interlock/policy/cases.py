"""Try: a pack's `cases.yaml`: calls, and what the policy must say about each.

Every rule must settle some case; a rule that none settles is either not needed or not understood.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, cast, get_args

from interlock.policy.decisions import Kind
from interlock.policy.files import read_tree
from interlock.policy.part import Part
from interlock.policy.shape import Flag, Items, Json, Number, OneOf, Text
from interlock.policy.source import Mark, Node, fault

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class CaseCall(NamedTuple):
    """The call of a case."""

    name: str
    args: Mapping[str, Any] = _NONE
    agent: Any = "agent"
    """An agent's id, or its `id`, `owner`, `model`, `version`."""


class PackCase(NamedTuple):
    """One call, and what must be decided about it."""

    name: str
    call: CaseCall
    decision: Kind
    signals: Mapping[str, Any] = _NONE
    level: int | None = None
    context: Mapping[str, Any] = _NONE
    environment: str | None = None
    rules: tuple[str, ...] | None = None
    """Ids of the determining rules, in any order; None: whichever."""
    review_result: bool | None = None


class PackReport(NamedTuple):
    """How a pack's cases came out."""

    cases: int
    failures: tuple[str, ...]
    """One line for each case that was decided otherwise."""
    uncovered: tuple[str, ...]
    """Ids of rules that settle no case, sorted."""

    @property
    def passed(self) -> bool:
        """Whether every case is decided as it says and every rule settles one."""
        return self.cases > 0 and not self.failures and not self.uncovered


Said: TypeAlias = tuple[Kind, tuple[str, ...], bool]
"""What a policy says about a call: decision, determining rules, whether the result is held."""


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
        "rules": Items(Text()),
        "review_result": Flag(),
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


def try_cases(
    cases: Iterable[PackCase], rules: Iterable[str], ask: Callable[[PackCase], Said]
) -> PackReport:
    """Ask about every case; `rules` are the ids of all the policy's rules."""
    failures: list[str] = []
    settled: set[str] = set()
    count = 0
    for case in cases:
        count += 1
        kind, by, held = ask(case)
        settled |= set(by)
        failures.extend(f"{case.name}: {flaw}" for flaw in _flaws(case, kind, by, held=held))
    return PackReport(count, tuple(failures), tuple(sorted(set(rules) - settled)))


def _flaws(case: PackCase, kind: Kind, by: tuple[str, ...], *, held: bool) -> Iterable[str]:
    if kind != case.decision:
        yield f"expected {case.decision}, got {kind} by {_names(by)}"
    elif case.rules is not None and sorted(case.rules) != sorted(by):
        yield f"expected {kind} by {_names(case.rules)}, got it by {_names(by)}"
    if case.review_result is not None and case.review_result != held:
        yield f"expected review_result {case.review_result}, got {held}".lower()


def _names(rules: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(rules)) or "no rule"
