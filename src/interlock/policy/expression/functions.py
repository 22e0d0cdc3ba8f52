"""Declare: the functions that expressions call in the place of CEL's own.

Arithmetic over integers and floats alike, comparisons between them, equality that knows no answer
for values of different types, and the search for a pattern. `dialect.py` hands in the runtime.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from interlock.policy.expression.equality import among, equal, unequal
from interlock.policy.expression.regexes import Regex
from interlock.policy.expression.survey import FUNCTIONS

COMPARISONS: Final = ("_<_", "_<=_", "_>_", "_>=_")
EQUALITIES: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "_==_": equal, "_!=_": unequal, "@in": among,
}  # fmt: skip
MIXED: Final[Mapping[str, Callable[[float, float], float]]] = {
    "_+_": lambda a, b: a + b, "_-_": lambda a, b: a - b,
    "_*_": lambda a, b: a * b, "_/_": lambda a, b: a / b,
}  # fmt: skip


class _Overloads(NamedTuple):
    """Ways to call one function, under ids of their own."""

    cel: Any
    function: str
    ways: list[Any]

    def add(self, result: Any, *operands: Any, impl: Any = None) -> None:  # noqa: ANN401 - the binding's types
        made = self.cel.Overload(
            f"{self.function}{len(self.ways)}", result, list(operands), False, impl
        )
        self.ways.append(made)

    def declared(self) -> Any:  # noqa: ANN401 - the binding's types are its own
        return self.cel.FunctionDecl(self.function, self.ways)


def arithmetic(cel: Any) -> list[Any]:  # noqa: ANN401 - the binding's types are its own
    """Declare the four operations again, with those that mix integers and floats."""
    of, declared = cel.Type, list[Any]()
    for name, operation in MIXED.items():
        ways = _Overloads(cel, name, [])
        for one in (of.INT, of.UINT, of.DOUBLE):
            ways.add(one, one, one)
        ways.add(of.DOUBLE, of.INT, of.DOUBLE, impl=operation)
        ways.add(of.DOUBLE, of.DOUBLE, of.INT, impl=operation)
        for one in (of.STRING, of.BYTES, of.List(of.DYN), of.DURATION) if name == "_+_" else ():
            ways.add(one, one, one)
        if name in ("_+_", "_-_"):
            ways.add(of.TIMESTAMP, of.TIMESTAMP, of.DURATION)
        if name == "_+_":
            ways.add(of.TIMESTAMP, of.DURATION, of.TIMESTAMP)
        if name == "_-_":
            ways.add(of.DURATION, of.DURATION, of.DURATION)
            ways.add(of.DURATION, of.TIMESTAMP, of.TIMESTAMP)
        declared.append(ways.declared())
    return declared


def relations(cel: Any) -> list[Any]:  # noqa: ANN401 - the binding's types are its own
    """Declare the comparisons again, with those between integers and floats."""
    of = cel.Type
    numbers, ordered = (
        (of.INT, of.UINT, of.DOUBLE),
        (of.STRING, of.BYTES, of.TIMESTAMP, of.DURATION),
    )
    pairs = [(a, b) for a in numbers for b in numbers]
    same = [(a, a) for a in (*ordered, of.BOOL)]
    things = [(a, a) for a in (of.NULL, of.List(of.DYN), of.Map(of.DYN, of.DYN), of.TYPE)]
    declared: list[Any] = []
    for name in (*COMPARISONS, *EQUALITIES):
        ways = _Overloads(cel, name, [])
        for a, b in (*pairs, *same, *(things if name not in COMPARISONS else ())):
            ways.add(of.BOOL, a, of.List(b) if name == "@in" else b)
        for key in (of.STRING, of.INT, of.BOOL) if name == "@in" else ():
            ways.add(of.BOOL, key, of.Map(key, of.DYN))
        declared.append(ways.declared())
    return declared


def equalities(cel: Any) -> list[Any]:  # noqa: ANN401 - the binding's types are its own
    """Declare equality over values of every pair of types, so that none is quietly unequal."""
    of, declared = cel.Type, list[Any]()
    containers = (of.List(of.DYN), of.Map(of.DYN, of.DYN))
    scalars = (of.BOOL, of.BYTES, of.DOUBLE, of.DURATION, of.INT, of.NULL, of.STRING, of.TIMESTAMP)
    values = (*scalars, of.UINT, *containers)
    for name, impl in EQUALITIES.items():
        ways = _Overloads(cel, FUNCTIONS[name], [])
        for one in values:
            for other in containers if name == "@in" else values:
                ways.add(of.BOOL, one, other, impl=impl)
        declared.append(ways.declared())
    return declared


def searching(cel: Any) -> Any:  # noqa: ANN401 - the binding's types are its own
    """Declare the search for a pattern, as a function and as a member of texts."""
    of = cel.Type
    return cel.FunctionDecl(
        FUNCTIONS["matches"],
        [
            cel.Overload(f"search_{member}", of.BOOL, [of.STRING, of.STRING], member, _search)
            for member in (True, False)
        ],
    )


def _search(text: str, pattern: str) -> bool:
    found = _regex(pattern).search(text)
    if found is None:
        raise ValueError("the text is too long to be searched")
    return found


@cache
def _regex(pattern: str) -> Regex:
    """Keep the patterns of policies, which are written out in them."""
    return Regex(pattern)
