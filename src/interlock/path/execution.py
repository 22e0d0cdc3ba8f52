"""Execute: how one run of a tool ended.

The step itself is `interlock.tools.run`, the only place where a tool is called; this module holds
what it yields. Whatever is not known to have ended is in doubt, never done and never failed.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Done:
    """The tool returned."""

    content: Any
    """The result as JSON; text that is no JSON is text."""
    artifact: Any = None
    """What the tool gives to code rather than to the model, as JSON."""
    status: Literal["success", "error"] = "success"
    """What the tool itself says of its result."""
    kind: Literal["done"] = field(default="done", init=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The tool raised; what it said is a result like any other and is inspected too."""

    error: str
    """Type and message of the exception."""
    kind: Literal["failed"] = field(default="failed", init=False)


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It is not known whether the effect happened."""

    why: str
    kind: Literal["in_doubt"] = field(default="in_doubt", init=False)


Outcome: TypeAlias = Done | Failed | InDoubt
