"""Execute: how one run of a tool ended.

The step itself is `interlock.tools.run`, the only place where a tool is called; this module holds
what it yields. Whatever is not known to have ended is in doubt, never done and never failed.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Breach: TypeAlias = Literal["max_runtime_sec", "network_allowlist", "max_rows", "max_result_bytes"]
"""A limit of policy that a run broke; each is a policy violation."""


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
    breach: Breach | None = None
    """The limit that it broke."""
    kind: Literal["failed"] = field(default="failed", init=False)


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It is not known whether the effect happened."""

    why: str
    breach: Breach | None = None
    """The limit that it broke."""
    kind: Literal["in_doubt"] = field(default="in_doubt", init=False)


Outcome: TypeAlias = Done | Failed | InDoubt
