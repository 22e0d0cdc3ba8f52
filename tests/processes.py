"""Start: a program in a process of its own, from a server that has the large libraries loaded.

Loading them takes seconds of each process, and is not what a test is about. Interlock itself is
loaded by each program, under its own environment; killing a program kills nothing else.
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

LARGE = [
    "alembic.command",
    "langchain_core.tools",
    "langgraph.checkpoint.sqlite",
    "langgraph.graph",
    "langgraph.prebuilt",
    "orjson",
    "pydantic.v1",
    "sqlalchemy",
]


@cache
def _server() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LARGE)
    return context


class Program:
    """A Python file that runs with arguments; what it writes lies in files of its own."""

    def __init__(self, file: Path, *words: str, **env: str) -> None:
        """Start it in the environment of here and `env`."""
        self._said = Path(mkdtemp())
        given = (str(file), words, {**os.environ, **env}, str(self._said))
        self._process = _server().Process(target=_play, args=given, daemon=True)
        self._process.start()

    def ended(self, timeout_s: float = 50) -> tuple[int, str, str]:
        """Wait for its end; return its exit code, negative for a signal, its output and errors."""
        self._process.join(timeout_s)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            raise TimeoutError(f"still running after {timeout_s} s")
        out, err = ((self._said / name).read_text() for name in ("out", "err"))
        return code, out, err


def _play(file: str, words: tuple[str, ...], env: Mapping[str, str], said: str) -> None:
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(said) / name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [file, *words]
    runpy.run_path(file, run_name="__main__")
    sys.stdout.flush()
