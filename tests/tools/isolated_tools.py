"""Functions for worker processes, quick to import: each tries one limit."""

import asyncio
import ctypes
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from interlock.tools.key import idempotency_key


def add(x: int, y: int = 1) -> dict[str, int]:
    """Add."""
    return {"sum": x + y, "pid": os.getpid()}


def note_key(path: str) -> str:
    """Write down by which key it is asked."""
    Path(path).write_text(str(idempotency_key()))
    return "noted"


async def anote_key(path: str) -> str:
    """Write down by which key it is asked, in a thread of its own."""
    return await asyncio.to_thread(note_key, path)


async def aadd(x: int) -> int:
    """Add one, awaited."""
    return x + 1


def sleep_and_write(path: str, seconds: float) -> str:
    """Wait, then have an effect."""
    time.sleep(seconds)
    Path(path).write_text("effect")
    return "written"


def write_by_and_by(path: str) -> str:
    """Have an effect again and again, and say so."""
    for at in range(200):
        with Path(path).open("a") as file:
            file.write(f"{at}\n")
        time.sleep(0.05)
    return "done"


def leave_behind(path: str) -> str:
    """Return, and leave a program and a thread that go on."""
    code = f"import time; time.sleep(0.5); open({path!r}, 'a').write('program')"
    subprocess.Popen([sys.executable, "-c", code])

    def later() -> None:
        time.sleep(0.5)
        Path(path).write_text("thread")

    threading.Thread(target=later, daemon=True).start()
    return "left"


def daemonize(path: str, seconds: float) -> str:
    """Leave a process behind that left its group and its parent, then go on for a while."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(0.8)
            Path(path).write_text("daemon")
        os._exit(0)
    time.sleep(seconds)
    return "left"


def die(number: int) -> str:
    """Kill the process."""
    os.kill(os.getpid(), number)
    return "alive"


def crash() -> str:
    """Read where nothing is."""
    ctypes.string_at(0)
    return "alive"


def hog(megabytes: int) -> int:
    """Take memory."""
    return len(bytearray(megabytes * 1024 * 1024))


def spin() -> str:
    """Take CPU time."""
    while True:
        pass


def secrets() -> dict[str, Any]:
    """Say what the process was given."""
    kinds = {name: str(Path(f"/proc/self/fd/{name}").readlink()) for name in _descriptors()}
    core = resource.getrlimit(resource.RLIMIT_CORE)[0]
    return {"environment": sorted(os.environ), "descriptors": kinds, "core": core}


def fail(text: str) -> str:
    """Raise."""
    raise KeyError(text)


def opaque() -> object:
    """Return what no JSON carries."""
    return object()


def forge() -> str:
    """Answer in place of the worker, with bytes that are no answer."""
    for name in _descriptors():
        try:
            os.write(int(name), b'{"returned": {"$decimal": "nonsense"}, "refused": []}')
        except OSError:
            continue
    os._exit(0)


def reach(host: str, port: int, swallow: bool = False) -> str:
    """Connect and send."""
    return connect(host, port, swallow)


async def areach(host: str, port: int, swallow: bool = False) -> str:
    """Connect and send, awaited."""
    import asyncio

    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        if swallow:
            return "nothing happened"
        raise
    writer.write(b"hello")
    await writer.drain()
    writer.close()
    return "sent"


def connect(host: str, port: int, swallow: bool = False) -> str:
    """Connect and send."""
    try:
        with socket.create_connection((host, port), timeout=2) as to:
            to.sendall(b"hello")
    except OSError:
        if swallow:
            return "nothing happened"
        raise
    return "sent"


def run_program() -> str:
    """Start another program."""
    return subprocess.run(["true"], check=True).args[0]


def reach_in_thread(host: str, port: int) -> str:
    """Connect in a thread of its own."""
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(connect(host, port, swallow=True)))
    thread.start()
    thread.join()
    return said[0]


def _descriptors() -> list[str]:
    return [path.name for path in Path("/proc/self/fd").iterdir() if path.exists()]


async def awrite_by_and_by(path: str) -> str:
    """Have an effect again and again, awaited."""
    return write_by_and_by(path)


def write_natively(path: str) -> str:
    """Have an effect again and again, in one native call that holds Python's lock."""
    again = f"for at in $(seq 100); do echo effect >> {path}; sleep 0.05; done"
    return str(ctypes.PyDLL(None).system(again.encode()))


def echo(value: Any) -> Any:
    """Return what was given."""
    return value


@dataclass
class Made:
    """A structured value."""

    y: list[int]


class Colour(Enum):
    """A choice."""

    RED = "red"


def values() -> dict[Any, Any]:
    """Return one of each."""
    return {
        "dataclass": Made([2]),
        "enum": Colour.RED,
        "set": {3},
        "path": Path("/a/b"),
        1: "key",
    }


class Counter:
    """Has a method."""

    def count(self) -> int:
        """Count."""
        return 1


def pay_once(database: str, amount: int, request_id: str) -> str:
    """Pay, once for each key, and count the attempts."""
    with sqlite3.connect(database, timeout=5) as shop:
        shop.execute("CREATE TABLE IF NOT EXISTS attempts (key TEXT)")
        shop.execute("CREATE TABLE IF NOT EXISTS payments (key TEXT PRIMARY KEY, amount INTEGER)")
        shop.execute("INSERT INTO attempts VALUES (?)", (request_id,))
        shop.execute(
            "INSERT INTO payments VALUES (?, ?) ON CONFLICT DO NOTHING", (request_id, amount)
        )
    return "paid"
