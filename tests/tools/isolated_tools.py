"""Tools for worker processes: each does one thing to the limits it is held to."""

import ctypes
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from langchain_core.tools import tool


@tool
def add(x: int, y: int = 1) -> dict[str, int]:
    """Add."""
    return {"sum": x + y, "pid": os.getpid()}


@tool
async def aadd(x: int) -> int:
    """Add one, awaited."""
    return x + 1


@tool(response_format="content_and_artifact")
def pair(x: int) -> tuple[str, dict[str, int]]:
    """Return two things."""
    return f"got {x}", {"x": x}


@tool
def sleep_and_write(path: str, seconds: float) -> str:
    """Wait, then have an effect."""
    time.sleep(seconds)
    Path(path).write_text("effect")
    return "written"


@tool
def write_by_and_by(path: str) -> str:
    """Have an effect again and again, and say so."""
    for at in range(200):
        with Path(path).open("a") as file:
            file.write(f"{at}\n")
        time.sleep(0.05)
    return "done"


@tool
def leave_behind(path: str) -> str:
    """Return, and leave a program and a thread that go on."""
    code = f"import time; time.sleep(0.5); open({path!r}, 'a').write('program')"
    subprocess.Popen([sys.executable, "-c", code])

    def later() -> None:
        time.sleep(0.5)
        Path(path).write_text("thread")

    threading.Thread(target=later, daemon=True).start()
    return "left"


@tool
def die(number: int) -> str:
    """Kill the process."""
    os.kill(os.getpid(), number)
    return "alive"


@tool
def crash() -> str:
    """Read where nothing is."""
    ctypes.string_at(0)
    return "alive"


@tool
def hog(megabytes: int) -> int:
    """Take memory."""
    return len(bytearray(megabytes * 1024 * 1024))


@tool
def spin() -> str:
    """Take CPU time."""
    while True:
        pass


@tool
def secrets() -> dict[str, Any]:
    """Say what the process was given."""
    kinds = {name: str(Path(f"/proc/self/fd/{name}").readlink()) for name in _descriptors()}
    core = resource.getrlimit(resource.RLIMIT_CORE)[0]
    return {"environment": sorted(os.environ), "descriptors": kinds, "core": core}


@tool
def fail(text: str) -> str:
    """Raise."""
    raise KeyError(text)


@tool
def opaque() -> object:
    """Return what no JSON carries."""
    return object()


@tool
def forge() -> str:
    """Answer in place of the worker, with bytes that are no answer."""
    for name in _descriptors():
        try:
            os.write(int(name), b'{"returned": {"$decimal": "nonsense"}, "refused": []}')
        except OSError:
            continue
    os._exit(0)


@tool
def reach(host: str, port: int, swallow: bool = False) -> str:
    """Connect and send."""
    return connect(host, port, swallow)


@tool
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


@tool
def run_program() -> str:
    """Start another program."""
    return subprocess.run(["true"], check=True).args[0]


@tool
def reach_in_thread(host: str, port: int) -> str:
    """Connect in a thread of its own."""
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(connect(host, port, swallow=True)))
    thread.start()
    thread.join()
    return said[0]


def _descriptors() -> list[str]:
    return [path.name for path in Path("/proc/self/fd").iterdir() if path.exists()]
