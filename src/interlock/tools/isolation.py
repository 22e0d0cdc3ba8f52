"""Isolate: run one call of one tool in a worker process, and read what it says.

Arguments and result cross as canonical JSON. A worker does one call: what a tool leaves running,
in memory or in the air, ends with it. While one works, the next is started, so that no call but the
first waits for imports. Workers end with the host, however it ends.
"""

import atexit
import inspect
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from typing import Any, Final, NamedTuple, Self

from interlock.canon import decode, encode
from interlock.errors import CanonError, InterlockError
from interlock.settings import (
    SPARE_WORKERS,
    WORKER_RESULT_BYTES,
    WORKER_START_S,
    worker_cpu_s,
    worker_environment,
    worker_memory_bytes,
)
from interlock.tools.descendants import kill_below
from interlock.tools.worker import READY, found

_START: Final = (
    "import json,sys;sys.path[:]=json.loads(sys.argv[1]);"
    "from interlock.tools.worker import main;main(int(sys.argv[2]),int(sys.argv[3]))"
)
_READ_BYTES: Final = 1 << 16
_DEATH_S: Final = 1.0
"""How long a worker that closed its pipe may take to be gone, before it is killed."""


class WorkerStopped(Exception):
    """A worker that gave no answer; the message says how it ended."""

    def __init__(self, why: str, *, ran: bool, late: bool = False) -> None:
        """`ran`: whether the tool may have begun; `late`: whether its time was over."""
        super().__init__(why)
        self.ran = ran
        self.late = late


class Job(NamedTuple):
    """What a worker is started for: workers with the same job may stand for each other."""

    place: str
    """`module:qualified.name` of the tool's function."""
    hosts: tuple[str, ...] | None
    """Host names it may reach; None for any."""
    memory_bytes: int
    cpu_s: int
    environment: tuple[tuple[str, str], ...]
    path: tuple[str, ...]
    """Where modules are looked for."""

    @classmethod
    def of(cls, place: str, hosts: tuple[str, ...] | None) -> Self:
        """Make the job of a tool under the settings of now."""
        environment = tuple(sorted(worker_environment().items()))
        limits = (worker_memory_bytes(), worker_cpu_s())
        return cls(place, hosts, *limits, environment, tuple(sys.path))


class Worker:
    """One process for one call."""

    def __init__(self, job: Job) -> None:
        """Start it; it imports its tool while nobody waits."""
        requests, self._requests = os.pipe()
        self._results, theirs = os.pipe()
        lifeline, self._lifeline = os.pipe()
        self._ending = threading.Lock()
        self._gone = False
        self._read = b""
        self._process = subprocess.Popen(  # noqa: S603 - this program, this interpreter
            [sys.executable, "-I", "-c", _START, json.dumps(job.path), str(theirs), str(lifeline)],
            stdin=requests,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs, lifeline),
            env=dict(job.environment),
            start_new_session=True,
        )
        for one in (requests, theirs, lifeline):
            os.close(one)
        os.set_blocking(self._requests, False)
        start = {"place": job.place, "memory_bytes": job.memory_bytes, "cpu_s": job.cpu_s}
        self._send({**start, "hosts": _listed(job.hosts)}, time.monotonic() + WORKER_START_S)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self._gone and self._process.poll() is None

    def exchange(self, args: dict[str, Any], limit_s: float | None) -> dict[str, Any]:
        """Hand over the arguments and return the answer: `returned` or `raised`, and `refused`.

        The limit counts from when the tool is imported. Raises `WorkerStopped`, `CanonError`.
        """
        encode(args)  # what cannot cross is refused before anything runs
        self._receive(time.monotonic() + WORKER_START_S, ran=False)
        if self._read.startswith(READY):
            self._read = self._read[len(READY) :]
            until = None if limit_s is None else time.monotonic() + limit_s
            self._send(args, until)
            while not self._read.endswith(b"\n") and self._receive(until, ran=True):
                pass
        return self._answer()

    def kill(self) -> None:
        """End it and what it started; safe from any thread, and to do again."""
        with self._ending:
            if not self._gone:
                self._gone = True
                if self._process.returncode is None:
                    kill_below(self._process.pid)
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)  # not reaped yet: its own id
                self._process.wait()

    def end(self) -> None:
        """Kill it and let its pipes go; only for who reads them, and once."""
        self.kill()
        self.forget()

    def forget(self) -> None:
        """Let its pipes go; for a process that was forked, whose parent has the worker."""
        for one in (self._lifeline, self._results, self._requests):
            os.close(one)

    def _send(self, message: dict[str, Any], until: float | None) -> None:
        """Write one line. Raises `WorkerStopped` when nobody reads it in time."""
        line = encode(message) + b"\n"
        while line:
            if not _ready(self._requests, select.POLLOUT, until):
                raise WorkerStopped("it took too long", ran=True, late=True)
            try:
                line = line[os.write(self._requests, line) :]
            except BlockingIOError:
                continue
            except OSError:
                return  # gone: reading says how

    def _receive(self, until: float | None, *, ran: bool) -> bool:
        """Read some more; False when the worker has nothing to add."""
        if not _ready(self._results, select.POLLIN, until):
            raise WorkerStopped("it took too long", ran=ran, late=True)
        more = os.read(self._results, _READ_BYTES)
        self._read += more
        if len(self._read) > WORKER_RESULT_BYTES:
            raise WorkerStopped(f"its result has over {WORKER_RESULT_BYTES} bytes", ran=ran)
        if not self._read:
            raise WorkerStopped(self._how_it_ended(), ran=ran)
        return bool(more)

    def _answer(self) -> dict[str, Any]:
        try:
            answer = decode(self._read)
        except Exception:  # noqa: BLE001 - whatever a process under attack wrote
            raise WorkerStopped(f"no answer: {self._how_it_ended()}", ran=True) from None
        if isinstance(answer, dict) and "refused" in answer:
            return answer  # pyright: ignore[reportUnknownVariableType] - JSON
        raise WorkerStopped("its answer cannot be read", ran=True)

    def _how_it_ended(self) -> str:
        """Say by which signal or exit code it ended, without giving its id away yet."""
        until = time.monotonic() + _DEATH_S
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        try:
            while (seen := os.waitid(os.P_PID, self._process.pid, options)) is None:
                if time.monotonic() > until:
                    return "it closed its pipe"
                time.sleep(0.005)
        except ChildProcessError:
            return "it was ended"
        if seen.si_code == os.CLD_EXITED:
            return f"exit code {seen.si_status}"
        return signal.Signals(seen.si_status).name


class _Spares:
    """Workers that wait, started, for the next call of their job; the longest unused go first."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Job, Worker] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, job: Job) -> Worker:
        with self._lock:
            spare = self._waiting.pop(job, None)
        if spare is not None and spare.alive:
            return spare
        if spare is not None:
            spare.end()
        return Worker(job)

    def refill(self, job: Job) -> None:
        """Start the next one, unless one waits already."""
        with self._lock:
            if job in self._waiting:
                return
            with suppress(OSError):  # no room for another process: the next call waits for one
                self._waiting[job] = Worker(job)
            over = len(self._waiting) - SPARE_WORKERS
            gone = [self._waiting.popitem(last=False)[1] for _ in range(over)]
        for worker in gone:
            worker.end()

    def end(self) -> None:
        with self._lock:
            gone = list(self._waiting.values())
            self._waiting.clear()
        for worker in gone:
            worker.end()

    def forget(self) -> None:
        """Leave them to the process that this one was forked from."""
        self._lock = threading.Lock()
        for worker in self._waiting.values():
            worker.forget()
        self._waiting.clear()


SPARES: Final = _Spares()
"""Those of this process."""
atexit.register(SPARES.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SPARES.forget)


def place_of(function: object) -> str:
    """Return where a worker imports a function from: `module:qualified.name`.

    Raises `InterlockError` for one that has no such place, or another function has it.
    """
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    why = "it is no function that a module holds by its name"
    if not module or not name or "<" in name or inspect.ismethod(function):
        raise InterlockError(why)
    if module == "__main__":
        raise InterlockError("it stands in the script that is run; move it into a module")
    place = f"{module}:{name}"
    try:
        same = found(place) is function
    except (ImportError, AttributeError):
        same = False
    if not same:
        raise InterlockError(f"`{place}` does not lead to it")
    return place


def _ready(file: int, event: int, until: float | None) -> bool:
    """Wait until a pipe can be read or written; False when the time is over."""
    poll = select.poll()
    poll.register(file, event)
    return bool(poll.poll(None if until is None else max(0.0, until - time.monotonic()) * 1000))


def _listed(hosts: tuple[str, ...] | None) -> list[str] | None:
    return None if hosts is None else list(hosts)


__all__ = ["SPARES", "CanonError", "Job", "Worker", "WorkerStopped", "place_of"]
