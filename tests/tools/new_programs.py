"""Ways of pure Python to run code where nobody checks it; each connects to a port and sends."""

import asyncio
import importlib
import multiprocessing
import os
import pty
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import util
from typing import Any


def send(port: int) -> None:
    """Do what the new process is for."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as to:
        to.sendall(b"leak")


def _argv(port: int) -> list[str]:
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2).sendall(b'leak')"
    return [sys.executable, "-S", "-E", "-c", code]


def _process(method: str) -> Callable[[int], Any]:
    def start(port: int) -> None:
        process: Any = multiprocessing.get_context(method)
        process = process.Process(target=send, args=(port,))
        process.start()
        process.join()

    return start


def _pool(port: int) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(send, port).result()


def _raw(port: int, fork_exec: Any = None) -> None:
    own: Any = sys.modules["_posixsubprocess"]
    kept = own.fork_exec
    try:
        own.fork_exec = fork_exec or kept
        os.waitpid(util.spawnv_passfds(sys.executable, _argv(port), []), 0)
    finally:
        own.fork_exec = kept


def _by_subprocess(port: int) -> None:
    _raw(port, vars(subprocess)["_fork_exec"])


def _imported_again(port: int) -> None:
    kept: Any = sys.modules.pop("_posixsubprocess")
    try:
        again: Any = importlib.import_module("_posixsubprocess")
    finally:
        sys.modules["_posixsubprocess"] = kept
    _raw(port, again.fork_exec)


def _forked(fork: Callable[[], Any]) -> Callable[[int], Any]:
    def start(port: int) -> None:
        made = fork()
        child = made[0] if isinstance(made, tuple) else made
        if child == 0:
            os.execv(sys.executable, _argv(port))
        os.waitpid(child, 0)

    return start


def _spawned(spawn: Callable[..., int]) -> Callable[[int], Any]:
    def start(port: int) -> None:
        os.waitpid(spawn(sys.executable, _argv(port), dict(os.environ)), 0)

    return start


def _awaited(port: int) -> None:
    async def start() -> None:
        await (await asyncio.create_subprocess_exec(*_argv(port))).wait()

    asyncio.run(start())


def _interpreter(port: int) -> None:
    own: Any = importlib.import_module(
        "_xxsubinterpreters" if sys.version_info < (3, 13) else "_interpreters"
    )
    own.run_string(own.create(), _argv(port)[-1])


def _interpreter_unheard(port: int) -> None:
    own: Any = importlib.import_module("_testcapi")  # says nothing of the interpreter it makes
    own.run_in_subinterp(_argv(port)[-1])


def _shell(port: int) -> str:
    return subprocess.list2cmdline(_argv(port))


WAYS: dict[str, Callable[[int], Any]] = {
    "multiprocessing spawn": _process("spawn"),
    "multiprocessing forkserver": _process("forkserver"),
    "multiprocessing fork": _process("fork"),
    "process pool": _pool,
    "fork_exec": _raw,
    "fork_exec of subprocess": _by_subprocess,
    "fork_exec imported again": _imported_again,
    "another interpreter": _interpreter,
    "another interpreter, unheard": _interpreter_unheard,
    "fork": _forked(os.fork),
    "forkpty": _forked(os.forkpty),
    "pty fork": _forked(pty.fork),
    "pty spawn": lambda port: pty.spawn(_argv(port)),
    "posix_spawn": _spawned(os.posix_spawn),
    "posix_spawnp": _spawned(os.posix_spawnp),
    "spawnv": lambda port: os.spawnv(os.P_WAIT, sys.executable, _argv(port)),
    "exec": lambda port: os.execv(sys.executable, _argv(port)),
    "system": lambda port: os.system(_shell(port)),
    "popen": lambda port: os.popen(_shell(port)).read(),
    "subprocess": lambda port: subprocess.run(_argv(port), check=False),
    "awaited subprocess": _awaited,
}


def start(way: str, port: int) -> str:
    """Go one way, and say nothing of what came of it."""
    try:
        WAYS[way](port)
    except Exception:  # noqa: BLE001 - a tool that swallows what it meets
        return "nothing happened"
    return "done"
