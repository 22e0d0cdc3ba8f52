"""Work: one call of one tool, in a process of its own under limits.

The host says on standard input what to import and what to hold to, then, when the process says
that it is ready, what the arguments are. The result goes back as canonical JSON; nothing in it is
code for the host. The process ends with its call, and with its host.
"""

import asyncio
import importlib
import inspect
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from interlock.canon import decode, encode, type_name
from interlock.errors import CanonError
from interlock.tools.descendants import adopt
from interlock.tools.key import KEY
from interlock.tools.network import Guard, guard_process

READY: Final = b"ready\n"
"""What a worker says once it has imported its tool."""


def main(results: int, lifeline: int) -> None:
    """Do one call: `results` is where the answer goes, `lifeline` closes when the host ends."""
    requests = sys.stdin.buffer
    die_with(lifeline)
    adopt()
    start: dict[str, Any] = decode(requests.readline())
    limit(start["memory_bytes"], start["cpu_s"])
    guard = None if start["hosts"] is None else Guard(start["hosts"])
    if guard is not None:
        guard_process(guard)
    reply = answered(requests, results, start["place"])
    refused = guard.refused if guard is not None else []
    send(results, _packed({**reply, "refused": refused}) + b"\n")
    _watch(lifeline)  # the host has the answer, and ends this process with all that the tool left


def answered(requests: BinaryIO, results: int, place: str) -> dict[str, Any]:
    """Import the tool, say so, wait for the arguments, and run it."""
    try:
        function = found(place)
        send(results, READY)
        line = requests.readline()
        if not line:
            os._exit(0)  # the host has no use for this process any more
        given = decode(line)
        KEY.set(given.get("key"))
        value = function(*given["args"], **given["kwargs"])
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
        return {"returned": value}
    except BaseException as error:  # noqa: BLE001 - what a tool raises is its result
        return {"raised": _said(error)}


def found(place: str) -> Any:  # noqa: ANN401 - a function
    """Import the function at `module:qualified.name`; a tool made of it leads to it.

    Raises `ImportError` and `AttributeError`.
    """
    module, _, name = place.partition(":")
    value: Any = importlib.import_module(module)
    for step in name.split("."):
        value = getattr(value, step)
    if inspect.isroutine(value):
        return value
    return getattr(value, "func", None) or getattr(value, "coroutine", None) or value


def limit(memory_bytes: int, cpu_s: int) -> None:
    """Bound this process's memory and CPU time; it leaves no core file, with its secrets."""
    import resource  # here: the module is read on systems without it, too

    # A second of CPU time between the two, so that the signal says which limit it was.
    wanted = {
        resource.RLIMIT_AS: (memory_bytes, memory_bytes),
        resource.RLIMIT_CPU: (cpu_s, cpu_s + 1),
        resource.RLIMIT_CORE: (0, 0),
    }
    for kind, (soft, hard) in wanted.items():
        most = resource.getrlimit(kind)[1]
        most = hard if most == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(kind, (min(soft, most), most))


def die_with(lifeline: int) -> None:
    """End this process and all of its group as soon as the other end of a pipe is closed.

    Where the kernel can, it does so by itself; Python's lock may be held by native code. Source:
    fcntl(2), F_SETSIG and F_SETOWN.
    """
    import fcntl  # as above

    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def _watch(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def send(results: int, message: bytes) -> None:
    """Write all of a message."""
    while message:
        message = message[os.write(results, message) :]


def plain(value: Any) -> Any:  # noqa: ANN401 - what a tool returned
    """Return a value as what canonical JSON carries; what it cannot carry stays as it is."""
    match value:
        case Mapping():
            members = cast("Mapping[object, object]", value)
            return {_key(key): plain(item) for key, item in members.items()}
        case list() | set() | frozenset():
            return [plain(item) for item in cast("list[object]", value)]
        case tuple():
            return tuple(plain(item) for item in cast("tuple[object, ...]", value))
        case Enum():
            return plain(value.value)
        case UUID() | PurePath():
            return str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return plain(asdict(value))
        case _ if callable(dump := getattr(value, "model_dump", None)):
            return plain(dump(mode="json"))
        case _:
            return value


def _packed(reply: dict[str, Any]) -> bytes:
    try:
        return encode(plain(reply), "result")
    except (CanonError, RecursionError) as error:
        kind = type_name(reply.get("returned"))
        why = f"the result of type {kind} cannot leave the worker process: {error}"
        return encode({"raised": why, "refused": reply["refused"]})


def _key(key: object) -> str:
    return str(key.value if isinstance(key, Enum) else key)


def _said(error: BaseException) -> str:
    said = "(its message cannot be read)"
    with suppress(Exception):
        said = str(error)
    return f"{type(error).__name__}: {said}".encode("utf-8", "backslashreplace").decode()


async def _awaited(value: Any) -> Any:  # noqa: ANN401 - an awaitable
    return await value
