"""Execute: run one claimed call's tool, in the only two functions that may.

A warrant is redeemed before anything else. What the tool raises is its result; control flow of the
host passes through, and so do cancellation and interruption, without what they say.
"""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from typing import Any, Final

from interlock.conduct.values import Ready
from interlock.path.execution import Done, Failed, Outcome

_BREAKS: Final = (KeyboardInterrupt, GeneratorExit, CancelledError)
"""What breaks a run off instead of ending it."""


def run(
    ready: Ready,
    invoke: Callable[[str, dict[str, Any]], Done],
    passes: tuple[type[BaseException], ...] = (),
) -> Outcome:
    """Redeem the warrant, then call the tool with the stored arguments.

    INVARIANT I8: the stored canonical bytes are what runs. Raises `WarrantError`, and `passes`.
    """
    ready.warrant.redeem(ready.tool, ready.canonical)
    try:
        return invoke(ready.tool, ready.args)
    except passes:
        raise
    except BaseException as error:  # noqa: BLE001 - what a tool raises is its result
        return failed(error)


async def arun(
    ready: Ready,
    invoke: Callable[[str, dict[str, Any]], Awaitable[Done]],
    passes: tuple[type[BaseException], ...] = (),
) -> Outcome:
    """Do as `run`, awaiting the tool."""
    ready.warrant.redeem(ready.tool, ready.canonical)
    try:
        return await invoke(ready.tool, ready.args)
    except passes:
        raise
    except BaseException as error:  # noqa: BLE001 - what a tool raises is its result
        return failed(error)


def failed(error: BaseException) -> Failed:
    """Turn an exception into a result: type and message, no traceback.

    Raises what breaks a run off, without its message, which nobody inspected.
    """
    for kind in _BREAKS:
        if isinstance(error, kind):
            raise kind from None
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - a message that cannot be had is no reason to run twice
        said = "(its message cannot be read)"
    return Failed(f"{type(error).__name__}: {said}")
