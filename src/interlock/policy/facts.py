"""Compute: the facts of a call, as member paths over `args`, `agent` and `context`.

What cannot be computed is missing, never zero: a member that is not there, null, or a size of
something that has none.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeGuard

_PATH: Final = re.compile(r"(args|agent|context)((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\Z")
_SIZE: Final = re.compile(r"size\(\s*([^()\s]+)\s*\)\Z")

MISSING: Final = object()
"""What stands for a fact that cannot be computed."""


class FactPath(NamedTuple):
    """Where a fact comes from."""

    text: str
    """As written in the policy."""
    root: str
    steps: tuple[str, ...]
    sized: bool
    """Whether the fact is the size of what is found there."""

    def compute(self, roots: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Return the fact, or `MISSING`."""
        value = roots.get(self.root)
        for step in self.steps:
            if not isinstance(value, Mapping) or step not in value:
                return MISSING
            value = value[step]  # pyright: ignore[reportUnknownVariableType] - JSON
        if self.sized:
            return len(value) if isinstance(value, str | list | tuple | Mapping) else MISSING  # pyright: ignore[reportUnknownArgumentType] - JSON
        return MISSING if value is None else value  # pyright: ignore[reportUnknownVariableType] - JSON


def parse_fact(text: str) -> FactPath | None:
    """Read `args.a.b` or `size(args.a)`; None for anything else."""
    sized = _SIZE.match(text.strip())
    path = _PATH.match(sized.group(1) if sized else text.strip())
    if path is None:
        return None
    return FactPath(text, path.group(1), tuple(path.group(2)[1:].split(".")), sized is not None)


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
