"""Isolate: what crosses to a worker process and back, and how its end is told."""

import asyncio
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import hosted_tools
import isolated_tools
import pytest
from isolated_tools import Counter, add, fail, forge, hog, opaque, secrets, spin
from limit_rig import ask, made, outcome, policy

from interlock.errors import InterlockError
from interlock.tools.isolation import SPARES, Job, Worker, WorkerStopped, place_of

LIFE = Path(__file__).with_name("isolated_host.py")


def job(function: Any, hosts: tuple[str, ...] | None = None) -> Job:
    """Make the job of a tool's function."""
    return Job.of(place_of(function), hosts)


def exchange(function: Any, limit_s: float | None = 8.0, **kwargs: Any) -> dict[str, Any]:
    """Run one call in a fresh worker."""
    worker = Worker(job(function))
    try:
        return worker.exchange({"args": [], "kwargs": kwargs}, limit_s)
    finally:
        worker.end()


class TestCrossing:
    @pytest.mark.parametrize(
        "value",
        [1, 2**60, -0.5, "ä\u2028", None, True, [1, [2]], {"a": {"b": []}}, {"$int": "1"}, ""],
        ids=repr,
    )
    def test_arguments_come_back_as_they_were(self, value: Any) -> None:
        """What goes in as JSON comes out equal, and of the same type."""
        returned = exchange(isolated_tools.echo, value=value)["returned"]
        assert (type(returned), returned) == (type(value), value)

    def test_what_python_knows_becomes_json(self) -> None:
        """Values of the application are written as what they consist of; nothing is unpickled."""
        assert exchange(isolated_tools.values)["returned"] == {
            "dataclass": {"y": [2]},
            "enum": "red",
            "set": [3],
            "path": "/a/b",
            "1": "key",
        }

    def test_an_error_is_type_and_message(self) -> None:
        """What the tool raises is said as it would be in the host's process."""
        assert exchange(fail, text="no")["raised"] == "KeyError: 'no'"

    def test_what_cannot_cross_is_an_error(self) -> None:
        """A result without a JSON form fails in words, and nothing else crosses."""
        assert "type object cannot leave the worker" in exchange(opaque)["raised"]

    def test_a_forged_answer_is_no_answer(self, open_gate: Any) -> None:
        """Bytes that a hostile tool writes in its worker's place are read as JSON or not at all."""
        answer = ask(open_gate(policy(isolation="subprocess")), forge, {})
        assert outcome(answer) == "in_doubt"


class TestLimits:
    def test_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A tool that takes more memory than it may is refused it, and the host has its own."""
        monkeypatch.setenv("INTERLOCK_WORKER_MEMORY_MB", "400")
        assert exchange(hog, megabytes=1)["returned"] == 1024 * 1024
        assert exchange(hog, megabytes=500)["raised"].startswith("MemoryError")
        assert len(bytearray(500 * 1024 * 1024)) == 500 * 1024 * 1024

    def test_cpu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A tool that spins is ended by its CPU time, and the signal says so."""
        monkeypatch.setenv("INTERLOCK_WORKER_CPU_S", "2")
        with pytest.raises(WorkerStopped, match="SIGXCPU") as stopped:
            exchange(spin)
        assert stopped.value.ran

    def test_no_secrets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker has no variable that is not on the list, no file of the host, and no core."""
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        monkeypatch.setenv("SLACK_TOKEN", "y")
        monkeypatch.setenv("INTERLOCK_WORKER_ENV", "SLACK_TOKEN, UNSET")
        with Path(__file__).open() as own:
            os.set_inheritable(own.fileno(), True)
            given = exchange(secrets)["returned"]

        assert "SLACK_TOKEN" in given["environment"]
        assert "AWS_SECRET_ACCESS_KEY" not in given["environment"]
        assert set(given["environment"]) <= {*_LISTED, "SLACK_TOKEN"}
        kinds = given["descriptors"]
        assert [to for to in kinds.values() if not to.startswith(("pipe:", "/dev/null"))] == []
        assert given["core"] == 0

    def test_arguments_that_nobody_reads(self) -> None:
        """A module that only says it is ready holds the host no longer than the limit."""
        worker = Worker(job(add)._replace(place="says_ready:tool"))
        try:
            with pytest.raises(WorkerStopped) as stopped:
                worker.exchange({"args": ["x" * 1_000_000], "kwargs": {}}, 0.3)
        finally:
            worker.end()
        assert stopped.value.late

    def test_time(self) -> None:
        """The limit counts from when the tool is imported; then it is over, and may have run."""
        with pytest.raises(WorkerStopped) as stopped:
            exchange(isolated_tools.sleep_and_write, 0.2, path="/nonexistent", seconds=5)
        assert (stopped.value.late, stopped.value.ran) == (True, True)


_LISTED = {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ"}
_LISTED |= {"SSL_CERT_DIR", "SSL_CERT_FILE"}


class TestSpares:
    def test_the_second_call_waits_for_no_import(self) -> None:
        """While one works, the next one starts; a worker never does two calls."""
        work = job(add)
        pids: list[int] = []
        for _ in range(3):
            worker = SPARES.take(work)
            SPARES.refill(work)
            pids.append(worker.exchange({"args": [], "kwargs": {"x": 1}}, 8)["returned"]["pid"])
            worker.end()
        assert len(set(pids)) == 3

    def test_a_spare_that_died_is_replaced(self) -> None:
        """A worker that was killed while it waited takes no call with it."""
        work = job(add)
        SPARES.refill(work)
        spare = SPARES.take(work)
        spare.kill()
        SPARES.refill(work)
        again = SPARES.take(work)
        try:
            assert again.exchange({"args": [], "kwargs": {"x": 1}}, 8)["returned"]["sum"] == 2
        finally:
            spare.end()
            again.end()

    def test_few_wait(self) -> None:
        """No more than the limit wait, and the one that was not used for longest goes."""
        for at in range(6):
            SPARES.refill(job(add)._replace(cpu_s=100 + at))
        assert [work.cpu_s for work in SPARES._waiting] == [102, 103, 104, 105]

    def test_a_forked_process_leaves_them_alone(self) -> None:
        """A process forked from the host takes none of its workers, and ends none."""
        work = job(add)
        SPARES.refill(work)
        child = os.fork()
        if child == 0:
            os._exit(len(SPARES._waiting))
        assert os.waitpid(child, 0)[1] == 0
        worker = SPARES.take(work)
        try:
            assert worker.exchange({"args": [], "kwargs": {"x": 1}}, 8)["returned"]["sum"] == 2
        finally:
            worker.end()


class TestRefused:
    @pytest.mark.parametrize("function", [lambda: 1, Counter().count, partial(print), None])
    def test_what_no_module_holds_has_no_place(self, function: Any) -> None:
        """A lambda, a method of an object and a partial cannot be found by another process."""
        with pytest.raises(InterlockError):
            place_of(function)

    def test_a_script_is_no_module(self) -> None:
        """What the running script defines would mean running it again."""
        code = (
            "from interlock.tools.isolation import place_of\n"
            "def mine(): pass\n"
            "try: place_of(mine)\n"
            "except Exception as error: print(error)"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert b"move it into a module" in said.stdout

    @pytest.mark.parametrize("name", ["with_runtime", "with_config"])
    def test_a_tool_that_takes_the_host_s_own_is_refused(self, open_gate: Any, name: str) -> None:
        """State and configuration do not cross; the tool is refused when the gate wraps it."""
        with pytest.raises(InterlockError, match="state or configuration"):
            open_gate(policy(isolation="subprocess")).tool_node([getattr(hosted_tools, name)])

    def test_a_module_that_is_gone_ran_nothing(self) -> None:
        """A worker that cannot import its tool says that the tool did not run."""
        reply = _run(job(add)._replace(place="no_such_module:tool"))
        assert reply["raised"].startswith("ModuleNotFoundError")

    def test_a_death_while_importing_ran_nothing(self) -> None:
        """A worker that dies before it is ready leaves no doubt."""
        with pytest.raises(WorkerStopped) as stopped:
            _run(job(add)._replace(place="dies_on_import:tool"))
        assert not stopped.value.ran


def _run(work: Job) -> dict[str, Any]:
    worker = Worker(work)
    try:
        return worker.exchange({"args": [], "kwargs": {"x": 1}}, 8)
    finally:
        worker.end()


def test_a_cancelled_run_ends_its_worker(open_gate: Any, tmp_path: Path) -> None:
    """When the host's task is cancelled, an isolated tool stops having effects."""
    path = tmp_path / "effects"
    tool = made(isolated_tools.awrite_by_and_by)
    graph = open_gate(policy(isolation="subprocess")).graph([tool])
    call = {"name": tool.name, "args": {"path": str(path)}, "id": "c"}

    async def cancelled() -> None:
        task = asyncio.ensure_future(graph.ainvoke({"call": call, "agent": "bot"}))
        await asyncio.to_thread(_wait_for, path)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    time.sleep(0.1)
    size = path.stat().st_size
    time.sleep(0.4)

    assert path.stat().st_size == size


def _wait_for(path: Path, seconds: float = 8) -> None:
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(40)  # two processes start, one after the other, on a busy machine
@pytest.mark.parametrize("held", [False, True], ids=["python", "native"])
def test_a_killed_host_leaves_no_orphan(tmp_path: Path, held: bool) -> None:
    """After kill -9 of the host its worker has no effect, whatever holds Python's lock."""
    path = tmp_path / "effects"
    host = subprocess.Popen([sys.executable, str(LIFE), str(tmp_path), str(int(held))])
    _wait_for(path, 30)

    host.kill()
    host.wait()
    time.sleep(0.3)
    size = path.stat().st_size
    time.sleep(0.7)

    assert path.stat().st_size == size
