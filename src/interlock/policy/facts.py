"""Compute: the facts of a call that are member paths over `args`, `agent` and `context`.

What cannot be computed is missing, never zero: a member that is not there, null, or a size of
something that has none.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol, TypeGuard

from interlock.policy.variables import Variables

_STEP: Final = re.compile(r"""\.([^\W\d]\w*)|\["([^"\\]+)"\]|\['([^'\\]+)'\]""")
_ROOTS: Final = frozenset({"args", "agent", "context"})
_SIZE: Final = re.compile(r"size\(\s*([^()\s]+)\s*\)\Z")

MISSING: Final = object()
"""What stands for a fact that cannot be computed."""


class Fact(Protocol):
    """Something that computes a fact."""

    @property
    def text(self) -> str:
        """As written in the policy."""
        ...

    def compute(self, variables: Variables) -> Any:  # noqa: ANN401 - JSON
        """Return the fact, or `MISSING`."""
        ...


class FactPath(NamedTuple):
    """Where a fact comes from."""

    text: str
    """As written in the policy."""
    root: str
    steps: tuple[str, ...]
    sized: bool
    """Whether the fact is the size of what is found there."""

    def compute(self, variables: Variables) -> Any:  # noqa: ANN401 - JSON
        """Return the fact, or `MISSING`."""
        value = variables.roots.get(self.root)
        for step in self.steps:
            if not isinstance(value, Mapping) or step not in value:
                return MISSING
            value = value[step]  # pyright: ignore[reportUnknownVariableType] - JSON
        if self.sized:
            return len(value) if isinstance(value, str | list | tuple | Mapping) else MISSING  # pyright: ignore[reportUnknownArgumentType] - JSON
        return MISSING if value is None else value  # pyright: ignore[reportUnknownVariableType] - JSON


def parse_fact(text: str) -> FactPath | None:
    """Read `args.a.b`, `args["a.b"]` or `size(args.a)`; None for anything else."""
    sized = _SIZE.match(text.strip())
    root, *steps = parse_path(sized.group(1) if sized else text.strip()) or ("",)
    return (
        FactPath(text, root, tuple(steps), sized is not None) if root in _ROOTS and steps else None
    )


def parse_path(text: str) -> tuple[str, ...]:
    """Read a member path: names with dots between, or in brackets and quotes; else nothing.

    `customer.address`, `customer["e-mail"]`, `["a.b"].c`.
    """
    dotted, at, steps = text if text.startswith("[") else f".{text}", 0, list[str]()
    while at < len(dotted):
        step = _STEP.match(dotted, at)
        if step is None:
            return ()
        steps.append(step[1] or step[2] or step[3])
        at = step.end()
    return tuple(steps)


def is_number(value: object) -> TypeGuard[float]:
    """Say whether a value is a finite number; a boolean is none."""
    match value:
        case float():  # most signals are; patterns take their time in turn
            return value - value == 0.0
        case bool():
            return False
        case int():
            return True
        case Decimal():
            return value.is_finite()
        case _:
            return False
