"""Control: time, process and hosts of a run, whichever host brings the call."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import new_programs
import pytest
from hosted_tools import many_in_artifact, many_rows, pair
from isolated_tools import (
    aadd,
    add,
    areach,
    crash,
    daemonize,
    die,
    fail,
    leave_behind,
    reach,
    reach_in_thread,
    run_program,
    sleep_and_write,
)
from langchain_core.tools import tool
from limit_rig import SHAPES, ask, breaches, outcome, policy

from interlock.clock import SystemClock

REACHING = [(shape, reach) for shape in SHAPES] + [(shape, areach) for shape in SHAPES[1::2]]
"""An asynchronous function has no synchronous edge."""
STARTING = [("subprocess", way) for way in new_programs.WAYS]
STARTING += [("none", "multiprocessing spawn"), ("none", "another interpreter")]
STARTING += [("none", "another interpreter, unheard")]
EFFECTS = [("read", "failed"), ("idempotent", "failed"), ("non_idempotent", "in_doubt")]


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """Listen on the loopback and keep what is said."""
    heard: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            with peer:
                heard.append(peer.recv(100))

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1], heard
    listening.close()


class TestTime:
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize(("effect", "ending"), EFFECTS)
    def test_a_tool_that_overruns_is_given_up(
        self, open_gate: Any, shape: str, effect: str, ending: str
    ) -> None:
        """The answer comes at the limit, and says what nobody knows; the breach is recorded."""
        gate, go_on, ended = (
            open_gate(policy("max_runtime_sec: 0.2", effect)),
            threading.Event(),
            threading.Event(),
        )

        @tool
        def slow() -> str:
            """Wait."""
            go_on.wait(30)
            ended.set()
            return "late result"

        answer = ask(gate, slow, {}, shape)

        assert not ended.is_set()
        assert outcome(answer) == ending
        assert "0.2 s" in answer.content
        assert breaches(gate) == ["max_runtime_sec"]
        go_on.set()
        ended.wait(5)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_a_late_result_is_noted_and_nobodys(self, open_gate: Any, shape: str) -> None:
        """What a tool returns after its time is in no answer and changes no state."""
        gate, go_on = open_gate(policy("max_runtime_sec: 0.1")), threading.Event()

        @tool
        def slow() -> str:
            """Wait."""
            go_on.wait(30)
            return "late result"

        ask(gate, slow, {}, shape)
        go_on.set()

        until = time.monotonic() + 5
        while not any(line["kind"] == "stale_result" for line in gate.audit.log()):
            assert time.monotonic() < until
            time.sleep(0.02)
        (call,) = {line["chain"] for line in gate.audit.log() if line["kind"] == "in_doubt"}
        case = gate.inbox.show(call)
        assert (case.state, case.later) == ("in_doubt", ("run 1 later reported done",))
        assert gate.doubts.list()[0].later == case.later
        assert "late result" not in str(gate.audit.log())

    @pytest.mark.parametrize("shape", ["async tool_node", "async graph"])
    @pytest.mark.parametrize(("effect", "ending"), EFFECTS)
    def test_an_awaited_tool_is_cancelled(
        self, open_gate: Any, shape: str, effect: str, ending: str
    ) -> None:
        """An asynchronous tool stops where it is."""
        gate, said = open_gate(policy("max_runtime_sec: 0.1", effect)), list[str]()

        @tool
        async def slow() -> str:
            """Wait."""
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                said.append("cancelled")
                raise
            said.append("ran on")
            return "late"

        answer = ask(gate, slow, {}, shape)

        assert (outcome(answer), said) == (ending, ["cancelled"])
        assert breaches(gate) == ["max_runtime_sec"]

    def test_a_tool_that_catches_its_end_still_failed(self, open_gate: Any) -> None:
        """What an awaited tool returns once its time is over is no result."""
        gate = open_gate(policy("max_runtime_sec: 0.1", "read"))

        @tool
        async def stubborn() -> str:
            """Wait."""
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                return "late result"
            return ""

        answer = ask(gate, stubborn, {}, "async tool_node")

        assert outcome(answer) == "failed"
        assert "late result" not in answer.content

    @pytest.mark.parametrize("shape", SHAPES)
    def test_within_its_time_nothing_changes(self, open_gate: Any, shape: str) -> None:
        """A limit that is kept leaves result and errors as they are."""
        gate = open_gate(policy("max_runtime_sec: 5"))

        @tool
        def quick(x: int) -> dict[str, int]:
            """Be quick."""
            return {"x": 1 // x}

        assert ask(gate, quick, {"x": 1}, shape).content == '{"x": 1}'
        if shape.endswith("tool_node"):
            assert (
                ask(open_gate(policy("max_runtime_sec: 5")), fail, {"text": "no"}, "graph").content
                == "KeyError: 'no'"
            )
        assert breaches(gate) == []

    @pytest.mark.timeout(60)  # a cold process of its own
    @pytest.mark.parametrize("edge", ["invoke", "ainvoke"])
    def test_an_abandoned_tool_does_not_hold_the_process(self, tmp_path: Path, edge: str) -> None:
        """A process whose tool never ends, ends."""
        code = f"""
import asyncio, sys, threading
sys.path[:0] = [{str(Path(__file__).parent)!r}]
from pathlib import Path
from langchain_core.tools import tool
from limit_rig import ask, outcome
from interlock import Gate, Policy

@tool
def never() -> str:
    "Hang."
    threading.Event().wait()
    return ""

folder, policy = Path({str(tmp_path)!r}), Policy.parse({policy("max_runtime_sec: 0.1")!r})
gate = Gate.open(policy, ledger=str(folder / "l.db"), state=folder)
print(outcome(ask(gate, never, {{}}, {"tool_node" if edge == "invoke" else "async tool_node"!r})))
"""
        ended = subprocess.run(
            [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=50
        )

        assert (ended.stdout.strip(), ended.returncode) == ("in_doubt", 0), ended.stderr

    def test_a_lease_is_kept_up_to_the_limit(self, open_gate: Any) -> None:
        """A tool slower than its lease, within its limit, ends as it should."""
        gate = open_gate(policy("max_runtime_sec: 5"), clock=SystemClock(), lease_s=0.3)

        @tool
        def slow() -> str:
            """Wait."""
            time.sleep(0.9)
            return "done"

        assert ask(gate, slow, {}).content == "done"


class TestWorker:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_runs_elsewhere(self, open_gate: Any, shape: str) -> None:
        """An isolated tool runs in another process, each call in one of its own."""
        gate = open_gate(policy(isolation="subprocess"))
        pids: set[int] = set()
        for x in (1, 2):
            answer = ask(gate, add, {"x": x, "y": 2}, shape)
            result = __import__("json").loads(answer.content)
            assert result["sum"] == x + 2 or x == 2
            pids.add(result["pid"])
        assert __import__("os").getpid() not in pids

    def test_awaited_functions_and_pairs_run_too(self, open_gate: Any) -> None:
        """An async function is awaited in the worker; a pair comes back as one."""
        gate = open_gate(policy(isolation="subprocess"))

        assert ask(gate, aadd, {"x": 1}, "async graph").content == "2"
        answer = ask(gate, pair, {"x": 3}, "graph")
        assert (answer.content, answer.artifact["artifact"]) == ("got 3", {"x": 3})

    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize(("effect", "ending"), EFFECTS)
    def test_an_overrun_is_killed_before_its_effect(
        self, open_gate: Any, tmp_path: Path, shape: str, effect: str, ending: str
    ) -> None:
        """After the limit the process is gone, and what it would have done is not done."""
        gate = open_gate(policy("max_runtime_sec: 0.3", effect, "subprocess"))
        path = tmp_path / "effect"

        answer = ask(gate, sleep_and_write, {"path": str(path), "seconds": 0.8}, shape)
        time.sleep(0.8)

        assert outcome(answer) == ending
        assert not path.exists()
        assert breaches(gate) == ["max_runtime_sec"]

    @pytest.mark.parametrize(
        ("broken", "args", "said"),
        [(die, {"number": 9}, "SIGKILL"), (die, {"number": 11}, "SIGSEGV"), (crash, {}, "SIGSEGV")],
    )
    @pytest.mark.parametrize(("effect", "ending"), EFFECTS)
    def test_a_death_is_named(
        self, open_gate: Any, broken: Any, args: Any, said: str, effect: str, ending: str
    ) -> None:
        """A worker that dies fails its call, or leaves it in doubt, and the signal is named."""
        answer = ask(open_gate(policy("", effect, "subprocess")), broken, args)

        assert outcome(answer) == ending
        assert said in answer.content

    def test_nothing_of_it_goes_on(self, open_gate: Any, tmp_path: Path) -> None:
        """Threads and programs that a tool leaves behind end with its call."""
        gate, path = open_gate(policy(isolation="subprocess")), tmp_path / "effect"

        assert ask(gate, leave_behind, {"path": str(path)}).content == "left"
        time.sleep(1.0)

        assert not path.exists()

    @pytest.mark.parametrize(("seconds", "said"), [(0.0, "left"), (5.0, "longer than 0.4 s")])
    def test_a_daemon_ends_with_its_call(
        self, open_gate: Any, tmp_path: Path, seconds: float, said: str
    ) -> None:
        """What left the worker's group, session and parent is killed with it, late or in time."""
        gate = open_gate(policy("max_runtime_sec: 0.4", isolation="subprocess"))
        path = tmp_path / "effect"

        began = time.monotonic()
        answer = ask(gate, daemonize, {"path": str(path), "seconds": seconds}, "graph")
        assert said in answer.content
        assert time.monotonic() - began < 5
        time.sleep(1.2)

        assert not path.exists()

    def test_a_tool_that_cannot_is_refused_when_it_is_wrapped(self, open_gate: Any) -> None:
        """A function inside another has no place that a worker could import it from."""
        from interlock.errors import InterlockError

        @tool
        def inner() -> str:
            """Do."""
            return ""

        gate = open_gate(policy(isolation="subprocess"))
        with pytest.raises(InterlockError, match="`inner` cannot run in a worker process"):
            gate.tool_node([inner])
        with pytest.raises(InterlockError, match="`inner` cannot run in a worker process"):
            gate.graph([inner])


class TestSize:
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("isolation", ["none", "subprocess"])
    @pytest.mark.parametrize("limit", ["max_rows: 2", "max_result_bytes: 20"])
    @pytest.mark.parametrize("many", [many_rows, many_in_artifact])
    def test_a_result_over_its_limit_reaches_nobody(
        self, open_gate: Any, shape: str, isolation: str, limit: str, many: Any
    ) -> None:
        """Neither content nor artifact of it is in the answer, and the breach is recorded."""
        gate = open_gate(policy(limit, isolation=isolation))

        answer = ask(gate, many, {"count": 30}, shape)

        assert outcome(answer) == "withheld"
        assert answer.artifact.keys() == {"interlock"}
        assert "zebra" not in str(answer)
        assert breaches(gate) == [limit.partition(":")[0]]

    @pytest.mark.parametrize("many", [many_rows, many_in_artifact])
    def test_a_result_at_its_limit_is_delivered(self, open_gate: Any, many: Any) -> None:
        """A limit that is just kept changes nothing."""
        answer = ask(open_gate(policy("max_rows: 2, max_result_bytes: 30")), many, {"count": 2})
        assert outcome(answer) == "released"


class TestNetwork:
    @pytest.mark.parametrize(("shape", "reaching"), REACHING)
    @pytest.mark.parametrize("isolation", ["none", "subprocess"])
    @pytest.mark.parametrize("swallow", [False, True])
    def test_a_host_not_on_the_list_is_refused(
        self, open_gate: Any, server: Any, shape: str, isolation: str, swallow: bool, reaching: Any
    ) -> None:
        """The tool cannot connect, failed whatever it made of that, and the breach is recorded."""
        port, heard = server
        limits = "network_allowlist: [api.example.org], enforcement: best_effort"
        gate = open_gate(policy(limits, isolation=isolation))

        answer = ask(gate, reaching, {"host": "127.0.0.1", "port": port, "swallow": swallow}, shape)

        assert outcome(answer) == "failed"
        assert "127.0.0.1" in answer.content
        assert breaches(gate) == ["network_allowlist"]
        assert heard == []

    @pytest.mark.parametrize(("shape", "reaching"), REACHING)
    @pytest.mark.parametrize("isolation", ["none", "subprocess"])
    def test_a_host_on_the_list_is_reached(
        self, open_gate: Any, server: Any, shape: str, isolation: str, reaching: Any
    ) -> None:
        """A name on the list, in any case of letters, may be resolved and reached."""
        port, _ = server
        limits = "network_allowlist: [localhost], enforcement: best_effort"
        gate = open_gate(policy(limits, isolation=isolation))

        answer = ask(gate, reaching, {"host": "LocalHost", "port": port}, shape)

        assert answer.content == "sent"
        assert breaches(gate) == []

    def test_what_was_not_resolved_is_no_host_on_the_list(
        self, open_gate: Any, server: Any
    ) -> None:
        """The loopback's number is refused where only its name is allowed."""
        port, heard = server
        gate = open_gate(policy("network_allowlist: [localhost]", isolation="subprocess"))

        assert outcome(ask(gate, reach, {"host": "127.0.0.1", "port": port})) == "failed"
        assert heard == []

    @pytest.mark.parametrize("isolation", ["none", "subprocess"])
    def test_threads_and_programs_are_held_too(
        self, open_gate: Any, server: Any, isolation: str
    ) -> None:
        """A thread that the tool starts has its hosts; another program is not started."""
        port, heard = server
        limits = "network_allowlist: [api.example.org], enforcement: best_effort"
        gate = open_gate(policy(limits, isolation=isolation))

        assert outcome(ask(gate, reach_in_thread, {"host": "127.0.0.1", "port": port})) == "failed"
        assert outcome(ask(gate, run_program, {}, "graph")) == "failed"
        assert breaches(gate) == ["network_allowlist", "network_allowlist"]
        assert heard == []

    @pytest.mark.parametrize(("isolation", "way"), STARTING)
    def test_no_way_of_python_starts_what_nobody_checks(
        self, open_gate: Any, server: Any, isolation: str, way: str
    ) -> None:
        """No new process and no interpreter runs under a list, however Python is asked for it."""
        port, heard = server
        limits = "network_allowlist: [api.example.org], enforcement: best_effort"
        gate = open_gate(policy(limits, isolation=isolation))

        answer = ask(gate, new_programs.start, {"way": way, "port": port}, "graph")

        assert heard == []
        assert outcome(answer) == "failed"
        assert breaches(gate) == ["network_allowlist"]

    def test_a_strict_list_without_a_worker_runs_nothing(self, open_gate: Any, server: Any) -> None:
        """A tool that no catalogue isolates does not run under a list that only a worker holds."""
        port, heard = server
        gate = open_gate(
            "version: v1\nrules: [{id: r, match: {tools: [reach]}, decision: allow,"
            " constraints: {network_allowlist: [localhost]}}]"
        )

        answer = ask(gate, reach, {"host": "localhost", "port": port})

        assert outcome(answer) == "failed"
        assert "did not run" in answer.content
        assert heard == []

    def test_the_host_itself_is_not_held(self, open_gate: Any, server: Any) -> None:
        """Beside a guarded tool, and after it, the process connects as it likes."""
        port, _ = server
        limits = "network_allowlist: [api.example.org], enforcement: best_effort"
        gate, inside, go_on = open_gate(policy(limits)), threading.Event(), threading.Event()

        @tool
        def wait() -> str:
            """Wait."""
            inside.set()
            go_on.wait(5)
            return "done"

        running = threading.Thread(target=lambda: ask(gate, wait, {}))
        running.start()
        assert inside.wait(5)
        with socket.create_connection(("127.0.0.1", port), timeout=2) as beside:
            beside.sendall(b"beside")
        go_on.set()
        running.join()
        with socket.create_connection(("127.0.0.1", port), timeout=2) as after:
            after.sendall(b"after")
        assert breaches(gate) == []
