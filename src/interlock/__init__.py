"""Interlock: the safety interlock between an LLM agent and its tools.

`Gate.open(policy)` opens the gate, `Policy.load(path)` reads a policy. Names are loaded when first
used: `import interlock` brings in no framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.app.policy import Policy
    from interlock.errors import InterlockError, PolicyError
    from interlock.path.proposal import Agent, Context, Link
    from interlock.tools.key import idempotency_key

__all__ = [
    "Agent",
    "Context",
    "Gate",
    "InterlockError",
    "Link",
    "Policy",
    "PolicyError",
    "idempotency_key",
]

_HOME: Final = {
    "Agent": "interlock.path.proposal",
    "Context": "interlock.path.proposal",
    "Gate": "interlock.app.gate",
    "InterlockError": "interlock.errors",
    "Link": "interlock.path.proposal",
    "Policy": "interlock.app.policy",
    "PolicyError": "interlock.errors",
    "idempotency_key": "interlock.tools.key",
}
"""Public name to the module that defines it."""


def __getattr__(name: str) -> object:
    """Load a public name on first use. Source: PEP 562."""
    if name not in _HOME:
        raise AttributeError(f"module `interlock` has no attribute `{name}`")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
