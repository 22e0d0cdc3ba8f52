"""Speak: CEL as policies have it, through its C++ runtime. The one module that imports it.

The standard library, with numbers that mix (`1 + 0.5`, and `3` beside an argument that is a
number), `matches` by our own search, and equality by our own rule, which knows no answer for values
of different types. Expressions are checked over variables of declared types
and run unchecked over plain values; both read the same text.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, cast

from interlock.policy.document import ArgumentType
from interlock.policy.expression.functions import (
    COMPARISONS,
    EQUALITIES,
    MIXED,
    arithmetic,
    equalities,
    relations,
    searching,
)
from interlock.policy.expression.scope import SCALARS, Scope

_FAILURES: Final = (RuntimeError, ValueError, TypeError, OverflowError, MemoryError)
"""What the evaluator raises for texts and data that it does not like."""
_FIRST_ERROR: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
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


def rebuilt(serialized: bytes) -> Any:  # noqa: ANN401 - the runtime's own object
    """Make a program of a parsed expression that calls functions of our own."""
    return _running().deserialize(serialized)


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
_NO_OVERLOAD: Final = re.compile(
    r"found no matching overload for '([^']*)' applied to '(.*)'"
    r"|No matching overloads found : (\S+?)(\(.*\))?$"
)
"""Of the check, and at run time."""
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_SYNTAX: Final = re.compile(r"Syntax error: (.*)")
_MISSING: Final = re.compile(r'(?:Key not found in map :|No value with name) "?([^"]*)"?')


def _author_words(said: str) -> str:
    if found := _NO_OVERLOAD.search(said):
        return _unfit(found)
    if found := _UNDECLARED.search(said):
        return f"unknown function or name `{found[1]}`"
    if found := _SYNTAX.search(said):
        return f"not valid CEL: {found[1].split(' expecting ')[0].lower()}"
    if "recursion" in said:
        return "the expression is nested too deeply; say it in several rules"
    return said.rsplit(": ", 1)[-1] or said


def _data_words(said: str) -> str:
    """Say what an error at run time means."""
    if found := _MISSING.search(said):
        return f"`{found[1]}` is missing"
    if found := _NO_OVERLOAD.search(said):
        return _unfit(found)
    if "budget" in said:
        return "it loops too often"
    return said.split(": ", 1)[-1]


def _unfit(found: re.Match[str]) -> str:
    """Say that a function does not go with its operands."""
    function, operands = found[1] or found[3], found[2] or found[4] or "its values"
    sign = function.strip("_").removeprefix("@")
    return f"`{sign}` does not go with {operands.replace('double', 'number')}"


# Environments ----------------------------------------------------------------------------------


def _cel() -> Any:  # noqa: ANN401 - the binding's types are its own
    from cel_expr_python import cel  # only when a policy has an expression

    return cast("Any", cel)


@cache
def _running() -> Any:  # noqa: ANN401 - the runtime's own object
    cel = _cel()
    of = cel.Type
    untyped = dict.fromkeys((*SCALARS, *_MEMBERS, "output"), of.DYN)
    functions = [*arithmetic(cel), *equalities(cel), searching(cel)]
    return cel.NewEnv(config=_without(MIXED), variables=untyped, functions=functions)


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
    config = _without((*MIXED, *COMPARISONS, *EQUALITIES))
    return [*arithmetic(_cel()), *relations(_cel())], config
