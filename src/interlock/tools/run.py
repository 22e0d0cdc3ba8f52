"""Execute: run one claimed call's tool, in the only two functions that may.

A warrant is redeemed before anything else. What the tool raises is its result; control flow of the
host passes through, and so do cancellation and interruption, without what they say. The host's way
to the tool leads through `call` or `acall`, which hold it to its constraints.
"""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

from interlock.conduct.values import Ready
from interlock.path.execution import Done, Failed, Outcome
from interlock.tools.control import CURRENT, Control, Late, acall, call
from interlock.tools.isolation import place_of
from interlock.tools.key import KEY

_BREAKS: Final = (KeyboardInterrupt, GeneratorExit, CancelledError)
"""What breaks a run off instead of ending it."""


def run(
    ready: Ready,
    invoke: Callable[[str, dict[str, Any]], Done],
    passes: tuple[type[BaseException], ...] = (),
    late: Late = lambda _: None,
) -> Outcome:
    """Redeem the warrant, then call the tool with the stored arguments.

    INVARIANT I8: the stored canonical bytes are what runs. `late` is told when a run that was given
    up ends after all. Raises `WarrantError`, and `passes`.
    """
    ready.warrant.redeem(ready.tool, ready.canonical)
    with _controlled(ready, late) as control:
        try:
            return control.outcome(invoke(ready.tool, filled(ready)))
        except passes:
            raise
        except BaseException as error:  # noqa: BLE001 - what a tool raises is its result
            return control.outcome(failed(error))


async def arun(
    ready: Ready,
    invoke: Callable[[str, dict[str, Any]], Awaitable[Done]],
    passes: tuple[type[BaseException], ...] = (),
    late: Late = lambda _: None,
) -> Outcome:
    """Do as `run`, awaiting the tool."""
    ready.warrant.redeem(ready.tool, ready.canonical)
    with _controlled(ready, late) as control:
        try:
            return control.outcome(await invoke(ready.tool, filled(ready)))
        except passes:
            raise
        except BaseException as error:  # noqa: BLE001 - what a tool raises is its result
            return control.outcome(failed(error))


def filled(ready: Ready) -> dict[str, Any]:
    """Return the stored arguments, with the idempotency key where the tool takes one.

    INVARIANT I4: the key is the digest, so every run of one revision carries the same.
    """
    name = ready.warrant.terms.idempotency_argument
    return ready.args if name is None else {**ready.args, name: ready.warrant.digest}


@contextmanager
def _controlled(ready: Ready, late: Late) -> Generator[Control]:
    control = Control(ready.warrant, late)
    token, key = CURRENT.set(control), KEY.set(ready.warrant.digest)
    try:
        yield control
    finally:
        KEY.reset(key)
        CURRENT.reset(token)
        control.close()


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


__all__ = ["acall", "arun", "call", "place_of", "run"]
