"""Name: what lets the other side see that it is asked for the same thing again.

The gate calls tools; what a tool calls, only the tool can tell the key. It reads it here, and hands
it on: as the header `Idempotency-Key`, in an MCP request's `_meta`, in a column that is unique.
"""

from contextvars import ContextVar
from typing import Final

KEY: Final[ContextVar[str | None]] = ContextVar("interlock_idempotency_key", default=None)
"""The key of the run that is going on here; set by whoever runs a tool."""


def idempotency_key() -> str | None:
    """Return the key of the call whose tool runs here: its digest; None outside of a gate's run.

    INVARIANT I4: the same in every run of one call, in threads, tasks and worker processes.
    """
    return KEY.get()
