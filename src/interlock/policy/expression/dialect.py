"""Speak: CEL as policies have it, through its C++ runtime. The one module that imports it.

The standard library, with numbers that mix (`1 + 0.5`, and `3` beside an argument that is a
number) and `matches` by our own search. Expressions are checked over variables of declared types
and run unchecked over plain values; both read the same text.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, cast

from interlock.policy.document import ArgumentType
from interlock.policy.expression.regexes import Regex
from interlock.policy.expression.scope import SCALARS, Scope
from interlock.policy.expression.survey import SEARCH

_FAILURES: Final = (RuntimeError, ValueError, TypeError, OverflowError, MemoryError)
"""What the evaluator raises for texts and data that it does not like."""
_FIRST_ERROR: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
_COMPARISONS: Final = ("_<_", "_<=_", "_>_", "_>=_")
_EQUALITIES: Final = ("_==_", "_!=_")
_MIXED: Final[Mapping[str, Callable[[float, float], float]]] = {
    "_+_": lambda a, b: a + b, "_-_": lambda a, b: a - b,
    "_*_": lambda a, b: a * b, "_/_": lambda a, b: a / b,
}  # fmt: skip
_MEMBERS: Final = ("args", "facts", "agent", "context", "signals", "approval")


class BadExpression(ValueError):
    """A text that is no expression, with words for its author."""

    def __init__(self, message: str, offset: int) -> None:
        """Hold what is wrong, and at which character of the text, from 0."""
        super().__init__(message)
        self.offset = offset


def parse(text: str) -> Any:  # noqa: ANN401 - the runtime's own object
    """Compile a text for running, its types unchecked. Raises `BadExpression`."""
    return _compiled(_running(), text, checked=False)


def type_of(text: str, scope: Scope) -> ArgumentType | str:
    """Check a text's types and return its own; a type that arguments have not, by CEL's name.

    Raises `BadExpression`.
    """
    name = _compiled(_checking(_declared(scope)), text, checked=True).return_type().name()
    return _KINDS.get(name.split("(")[0].split("<")[0], name)


class Values:
    """What expressions read of a call, handed over for any number of them."""

    __slots__ = ("_activation", "_asked", "_roots")

    def __init__(self, roots: Mapping[str, Any]) -> None:
        """Hold values that CEL takes."""
        self._roots, self._activation, self._asked = roots, None, False

    def put_to(self, program: Any) -> Any:  # noqa: ANN401 - the runtime's own objects
        """Evaluate; raises what the runtime raises."""
        if self._activation is None:
            if not self._asked:  # many are asked once, and then this is the quicker way
                self._asked = True
                return program.eval(None, self._roots)
            self._activation = _running().Activation(self._roots)
        return program.eval(self._activation)


def truth_of(program: Any, values: Values) -> bool | None:  # noqa: ANN401 - the runtime's own objects
    """Evaluate to true or false; None for anything else."""
    try:
        value = values.put_to(program).plain_value()
    except _FAILURES:
        return None
    return value if value is True or value is False else None


def evaluated(program: Any, values: Values) -> tuple[str, Any]:  # noqa: ANN401 - the runtime's own objects
    """Evaluate to a problem in words, empty when there is none, and a value."""
    try:
        result = values.put_to(program)
        value = result.plain_value()
    except _FAILURES as error:
        return _data_words(str(error)), None
    failed = result.type().name() in ("ERROR", "UNKNOWN")
    return (_data_words(str(value)), None) if failed else ("", value)


def _compiled(environment: Any, text: str, *, checked: bool) -> Any:  # noqa: ANN401 - the runtime's own objects
    try:
        return environment.compile(text, disable_check=not checked)
    except _FAILURES as error:
        raise _bad(str(error), text) from None


def _bad(said: str, text: str) -> BadExpression:
    found = _FIRST_ERROR.search(said)
    if found is None:
        return BadExpression(_author_words(said.split("\n", 1)[0]), 0)
    line, column = int(found[1]), int(found[2])
    lines = text.split("\n")
    before = sum(len(each) + 1 for each in lines[: line - 1])
    return BadExpression(_author_words(found[3]), max(0, before + column - 1) if line > 0 else 0)


# Words -----------------------------------------------------------------------------------------

_KINDS: Final[Mapping[str, ArgumentType]] = {
    "BOOL": "boolean",
    "DOUBLE": "number",
    "DYN": "any",
    "INT": "integer",
    "LIST": "array",
    "MAP": "object",
    "STRING": "string",
}
_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']*)' applied to '(.*)'")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_SYNTAX: Final = re.compile(r"Syntax error: (.*)")
_NO_OVERLOAD: Final = re.compile(r"No matching overloads found : (\S+?)(\(.*\))?$")
_NO_KEY: Final = re.compile(r'Key not found in map : "?([^"]*)"?')
_NO_VALUE: Final = re.compile(r'No value with name "([^"]*)"')


def _author_words(said: str) -> str:
    if found := _OVERLOAD.search(said):
        return f"{_sign(found[1])} does not go with {found[2].replace('double', 'number')}"
    if found := _UNDECLARED.search(said):
        return f"unknown function or name `{found[1]}`"
    if found := _SYNTAX.search(said):
        return f"not valid CEL: {found[1].split(' expecting ')[0].lower()}"
    if "recursion" in said:
        return "the expression is nested too deeply; say it in several rules"
    return said.rsplit(": ", 1)[-1] or said


def _data_words(said: str) -> str:
    """Say what an error at run time means."""
    if found := _NO_KEY.search(said):
        return f"`{found[1]}` is missing"
    if found := _NO_VALUE.search(said):
        return f"`{found[1]}` is missing"
    if found := _NO_OVERLOAD.search(said):
        return f"{_sign(found[1])} does not go with {(found[2] or '').strip('()') or 'its values'}"
    if "budget" in said:
        return "it loops too often"
    return said.split(": ", 1)[-1]


def _sign(function: str) -> str:
    return f"`{function.strip('_').removeprefix('@')}`"


# Environments ----------------------------------------------------------------------------------


def _cel() -> Any:  # noqa: ANN401 - the binding's types are its own
    from cel_expr_python import cel  # only when a policy has an expression

    return cast("Any", cel)


@cache
def _running() -> Any:  # noqa: ANN401 - the runtime's own object
    cel = _cel()
    of = cel.Type
    untyped = dict.fromkeys((*SCALARS, *_MEMBERS, "output"), of.DYN)
    functions = [*_arithmetic(), _searching()]
    return cel.NewEnv(config=_without(_MIXED), variables=untyped, functions=functions)


@lru_cache(maxsize=64)
def _checking(declared: frozenset[tuple[str, ArgumentType]]) -> Any:  # noqa: ANN401 - the runtime's own object
    types = _types()
    variables = {name: types[kind] for name, kind in declared}
    functions, config = _checked_functions()
    return _cel().NewEnv(config=config, variables=variables, functions=functions)


def _declared(scope: Scope) -> frozenset[tuple[str, ArgumentType]]:
    """List the variables of a scope, and each member whose type is known as one: `args_amount`."""
    declared: dict[str, ArgumentType] = {}
    for root in scope.roots:
        declared[root] = SCALARS.get(root, "any" if root == "output" else "object")
        for member, kind in (scope.members(root) or {}).items():
            declared[f"{root}_{member}"] = kind
    return frozenset(declared.items())


@cache
def _types() -> Mapping[str, Any]:
    of = _cel().Type
    return {
        "any": of.DYN,
        "array": of.List(of.DYN),
        "boolean": of.BOOL,
        "integer": of.INT,
        "number": of.DOUBLE,
        "object": of.Map(of.STRING, of.DYN),
        "string": of.STRING,
    }


def _without(functions: Iterable[str]) -> Any:  # noqa: ANN401 - the binding's types are its own
    names = "".join(f'    - name: "{name}"\n' for name in functions)
    text = f"name: interlock\nstdlib:\n  exclude_functions:\n{names}"
    return _cel().NewEnvConfigFromYaml(text)


@cache
def _checked_functions() -> tuple[list[Any], Any]:
    config = _without((*_MIXED, *_COMPARISONS, *_EQUALITIES, "@in"))
    return [*_arithmetic(), *_relations()], config


class _Overloads(NamedTuple):
    """Ways to call one function, under ids of their own."""

    function: str
    ways: list[Any]

    def add(self, result: Any, *operands: Any, impl: Any = None) -> None:  # noqa: ANN401 - the binding's types
        made = _cel().Overload(
            f"{self.function}{len(self.ways)}", result, list(operands), False, impl
        )
        self.ways.append(made)

    def declared(self) -> Any:  # noqa: ANN401 - the binding's types are its own
        return _cel().FunctionDecl(self.function, self.ways)


def _arithmetic() -> list[Any]:
    """Declare the four operations again, with those that mix integers and floats."""
    of, declared = _cel().Type, list[Any]()
    for name, operation in _MIXED.items():
        ways = _Overloads(name, [])
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


def _relations() -> list[Any]:
    """Declare the comparisons again, with those between integers and floats."""
    of = _cel().Type
    numbers, ordered = (
        (of.INT, of.UINT, of.DOUBLE),
        (of.STRING, of.BYTES, of.TIMESTAMP, of.DURATION),
    )
    pairs = [(a, b) for a in numbers for b in numbers]
    same = [(a, a) for a in (*ordered, of.BOOL)]
    things = [(a, a) for a in (of.NULL, of.List(of.DYN), of.Map(of.DYN, of.DYN), of.TYPE)]
    declared: list[Any] = []
    for name in (*_COMPARISONS, *_EQUALITIES, "@in"):
        ways = _Overloads(name, [])
        for a, b in (*pairs, *same, *(things if name not in _COMPARISONS else ())):
            ways.add(of.BOOL, a, of.List(b) if name == "@in" else b)
        for key in (of.STRING, of.INT, of.BOOL) if name == "@in" else ():
            ways.add(of.BOOL, key, of.Map(key, of.DYN))
        declared.append(ways.declared())
    return declared


def _searching() -> Any:  # noqa: ANN401 - the binding's types are its own
    cel = _cel()
    of = cel.Type
    return cel.FunctionDecl(
        SEARCH,
        [
            cel.Overload(f"{SEARCH}_{member}", of.BOOL, [of.STRING, of.STRING], member, _search)
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
