"""Resume: decided threads go on in workers' processes, each in one at a time, each effect once."""

import os
import selectors
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.app.threads import PAUSES_S, Application
from interlock.cli import worker as command
from interlock.cli.app import run
from interlock.cli.crew import Crew
from interlock.errors import PolicyError
from interlock.graph.resume import paused
from interlock.graph.resume import resume as ring

from ..databases import by_hand, ledger_of  # isort: skip
from . import crew_app  # isort: skip

PAST = "2020-01-01T00:00:00.000000Z"
APP = f"{Path(crew_app.__file__)}:apps"
STARTS = pytest.mark.timeout(90)  # starts processes that build graphs
WORDS = ("-c", "from interlock.cli.app import main; main()", "worker", "--interval", "0.2")


class Shop:
    """An application whose own process is gone, and workers that resume its threads."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.ledger = folder, ledger_of(folder)
        for name, value in {"CREW_FOLDER": folder, "INTERLOCK_LEDGER": self.ledger}.items():
            monkeypatch.setenv(name, str(value))
        self.gate = Gate.open(Policy.parse(crew_app.POLICY), ledger=self.ledger)
        self.graph = crew_app.apps()["shop"]
        self.workers: list[subprocess.Popen[str]] = []

    def start(self, *names: str) -> list[str]:
        """Begin threads that wait for a person; return their requests."""
        for name in names:
            self.graph.invoke(crew_app.turn(name), self.config(name))
        return [case.id for case in self.gate.inbox.pending()]

    def approve(self, *names: str) -> None:
        """Begin threads, and approve what they ask for."""
        for request in self.start(*names):
            self.gate.inbox.approve(request, by="ana", reason="ok")

    def work(self, *words: str, app: str = APP, **env: str) -> subprocess.Popen[str]:
        """Start a worker."""
        worker = subprocess.Popen(
            [sys.executable, *WORDS, app, *words],
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.workers.append(worker)
        return worker

    def once(self, **env: str) -> tuple[int, str]:
        """Have a worker do what there is to do; return its exit code and what it said."""
        worker = self.work("--once", **env)
        out, _ = worker.communicate(timeout=60)
        return worker.returncode, out

    def lapse(self) -> None:
        """Let all leases be over."""
        by_hand(self.folder, f"update resumptions set due_at = '{PAST}'")
        by_hand(
            self.folder, f"update calls set lease_until = '{PAST}' where lease_until is not null"
        )

    def lines(self, journal: str) -> list[str]:
        """Return what was noted."""
        path = self.folder / journal
        return path.read_text().split() if path.exists() else []

    def stands(self, name: str) -> tuple[Any, str]:
        """Return what a thread does next, and the last that was said in it."""
        state = self.graph.get_state(self.config(name))
        return state.next, str(state.values["messages"][-1].content)

    @staticmethod
    def config(name: str) -> Any:
        """Return a thread's configuration."""
        return {"configurable": {"thread_id": name}}


@pytest.fixture
def shop(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """One application, on both databases."""
    one = Shop(tmp_path, monkeypatch)
    yield one
    for worker in one.workers:
        worker.kill()
        worker.communicate()
    one.gate.close()


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """One application, on SQLite."""
    one = Shop(tmp_path, monkeypatch)
    yield one
    for worker in one.workers:
        worker.kill()
        worker.communicate()
    one.gate.close()


def until(workers: list[subprocess.Popen[str]], count: int) -> list[str]:
    """Read what workers say until there are so many lines, past what Python reads ahead."""
    said: dict[int, bytes] = {}
    with selectors.DefaultSelector() as ears:
        for worker in workers:
            assert worker.stdout is not None
            ears.register(worker.stdout, selectors.EVENT_READ)
        while sum(each.count(b"\n") for each in said.values()) < count:
            heard = ears.select(timeout=60)
            assert heard, said
            for key, _ in heard:
                told = os.read(key.fd, 65_536)
                assert told, said
                said[key.fd] = said.get(key.fd, b"") + told
    return [line for each in said.values() for line in each.decode().splitlines(keepends=True)]


@STARTS
@pytest.mark.slow
def test_two_workers_resume_fifty_threads_once(shop: Shop) -> None:
    """Each thread is resumed by one of them, each effect happens once, and both end with 0."""
    names = [f"t{at}" for at in range(50)]
    shop.approve(*names)
    both = [shop.work(), shop.work()]
    said = until(both, 50)

    assert Counter(line.split()[-2] for line in said) == Counter(f"shop/{name}" for name in names)
    assert Counter(shop.lines("effects")) == Counter(names)
    assert Counter(shop.lines("said")) == Counter(names)
    for worker in both:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    assert shop.gate.threads.woken() == []


@STARTS
@pytest.mark.slow
def test_an_answer_is_heard(shop: Shop) -> None:
    """A worker that waits resumes a thread when somebody answers, a denial as well."""
    first, second = shop.start("t1", "t2")
    worker = shop.work("--interval", "60")
    assert worker.stderr is not None
    shop.gate.inbox.approve(first, by="ana", reason="ok")
    shop.gate.inbox.deny(second, by="ana", reason="no")
    said = until([worker], 2)

    assert sorted(line.split()[-2] for line in said) == ["shop/t1", "shop/t2"]
    assert shop.lines("effects") == ["t1"]
    assert [shop.stands(name) for name in ("t1", "t2")] == [((), "done")] * 2


@STARTS
@pytest.mark.slow
@pytest.mark.parametrize("point", ["claimed", "effect_done", "settled"])
def test_killed_in_the_middle(shop: Shop, point: str) -> None:
    """What a killed worker had is taken over when its leases are over; no effect happens twice.

    Where nobody knows, the agent is told so; a person has it repeated, and a worker delivers it.
    """
    shop.approve("t1", "t2")
    assert shop.once(INTERLOCK_CRASH_AT=point)[0] == -signal.SIGKILL
    shop.lapse()
    code, _ = shop.once()

    assert code == 0
    assert [shop.stands(name) for name in ("t1", "t2")] == [((), "done")] * 2
    ran = Counter(shop.lines("effects"))
    assert max(ran.values()) == 1
    doubts = shop.gate.doubts.list()
    assert len(doubts) == (0 if point == "settled" else 1)
    for doubt in doubts:
        did = doubt.thread_id in ran
        how = "done" if did else "retried"
        shop.gate.doubts.settle(doubt.call_id, how, reason="looked", by="ana")
        assert "delivered" in shop.once()[1]
    assert Counter(shop.lines("effects")) == Counter(["t1", "t2"])
    assert shop.gate.doubts.list() == []


@STARTS
@pytest.mark.slow
@pytest.mark.parametrize("ends", [True, False])
def test_told_to_stop(plain: Shop, ends: bool) -> None:
    """It ends what it has in hand, or gives it back after its grace; either way it exits with 0."""
    bar = plain.folder / "bar"
    os.mkfifo(bar)
    plain.approve("t1")
    worker = plain.work("--grace", "30" if ends else "0")
    with bar.open("w") as opened:  # waits until the tool is at it
        worker.send_signal(signal.SIGTERM)
        if not ends:
            assert worker.wait(20) == 0
        opened.write("")
    _, err = worker.communicate(timeout=20)

    assert worker.returncode == 0
    assert (
        "given back while it was going on: shop/t1; a tool that had begun may" in err
    ) is not ends
    assert plain.lines("effects") == (["t1"] if ends else [])
    given_back = plain.gate.threads.woken()
    assert given_back == ([] if ends else [("shop", "t1")])
    bar.unlink()
    if not ends:
        plain.lapse()
        assert plain.once()[0] == 0
        assert (plain.stands("t1"), len(plain.gate.doubts.list())) == (((), "done"), 1)
    assert len(plain.lines("begun")) == 1


@STARTS
@pytest.mark.slow
def test_awaited_graphs(plain: Shop) -> None:
    """The graphs of an `async def` factory are awaited, several at a time."""
    names = [f"t{at}" for at in range(5)]
    plain.approve(*names)
    worker = plain.work("--once", app=APP.replace(":apps", ":awaited"))
    out, err = worker.communicate(timeout=60)

    assert (worker.returncode, out.count("finished")) == (0, 5), out + err
    assert sorted(plain.lines("effects")) == names


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code and what it said."""
    code = run([*words])
    return code, *capsys.readouterr()


def test_an_application_over_another_ledger_is_refused(
    plain: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is asked there again: both ledgers are named, and the right one goes on after."""
    plain.approve("t1")
    wrong = APP.replace(":apps", ":elsewhere")
    for words in (("worker", wrong, "--once"), ("resume", "--app", wrong)):
        code, _, err = ran(capsys, *words)
        assert code == 3
        assert f"opens ledger {plain.folder / 'other.db'}, and " in err
        assert f"looked for in {plain.folder / 'ledger.db'}; name the same one" in err
    assert ran(capsys, "worker", APP, "--once")[0] == 0
    assert (plain.lines("effects"), plain.stands("t1")) == (["t1"], ((), "done"))


@pytest.mark.parametrize("how", ["worker", "resume"])
def test_a_thread_that_asked_in_another_ledger_asks_again_here(
    plain: Shop, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told of, never silent, and the answer that it has here brings it on."""
    plain.approve("t1")
    (before,) = paused(plain.graph, plain.config("t1"))
    code, out, _ = ran(capsys, "worker", APP.replace(":apps", ":astray"), "--once")
    (after,) = paused(plain.graph, plain.config("t1"))

    assert (code, plain.lines("effects")) == (1, [])
    assert after.requests != before.requests
    assert f"astray  it waits for {after.requests[0]}, which {plain.folder / 'ledger.db'}" in out
    assert "; again in 1 s" in out
    if how == "worker":
        plain.lapse()
        assert ran(capsys, "worker", APP, "--once")[0] == 0
    else:
        assert ran(capsys, "resume", before.requests[0], "--app", APP)[0] == 0
    assert (plain.lines("effects"), plain.stands("t1")) == (["t1"], ((), "done"))


def test_a_thread_of_another_ledger_alone_is_left_alone(plain: Shop) -> None:
    """Where this ledger has no call of it, nobody rings; it is named."""
    plain.start("t1")
    (question,) = paused(plain.graph, plain.config("t1"))
    with Gate.open(Policy.parse(crew_app.POLICY), str(plain.folder / "other.db")) as other:
        held = other.threads.call_up("shop", "t1")
        assert held is not None
        went = other.threads.resume(held, Application(plain.graph))
        assert other.audit.calls() == []

    assert (went.outcome, question.requests[0] in went.about) == ("astray", True)
    assert paused(plain.graph, plain.config("t1")) == [question]


def test_once_says_what_did_not_go_on(plain: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """As `resume`: 1 where a thread failed, 3 where its application is not here, else 0."""
    plain.approve("t1")
    assert ran(capsys, "worker", "--once")[0] == 3
    (plain.folder / "broken").touch()
    assert ran(capsys, "worker", APP, "--once")[0] == 1
    (plain.folder / "broken").unlink()
    plain.lapse()
    assert ran(capsys, "worker", APP, "--once")[0] == 0


def test_it_logs_without_a_terminal(plain: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Start and end stand on stderr, with ledger and applications; `--quiet` leaves them out."""
    plain.approve("t1")
    _, _, err = ran(capsys, "worker", APP, "--once")
    first, last = err.splitlines()

    assert (
        f"worker {os.getpid()}: timers of {plain.folder / 'ledger.db'}, threads of `shop`" in first
    )
    assert last.endswith("stopped; 0 fired, 1 resumed, 0 given back")
    assert ran(capsys, "worker", APP, "--once", "--quiet") == (0, "", "")


def resume(shop: Shop, name: str) -> Any:
    """Resume a thread in this process, as a worker does."""
    held = shop.gate.threads.call_up("shop", name)
    assert held is not None
    return held, shop.gate.threads.resume(held, Application(shop.graph))


def test_a_resume_that_fails_goes_on_where_it_stands(plain: Shop) -> None:
    """It is put off for longer each time, never in a hot loop; then the model goes on, once."""
    plain.approve("t1")
    (plain.folder / "broken").touch()
    pauses: list[float | None] = []
    for _ in range(len(PAUSES_S) + 1):
        held, went = resume(plain, "t1")
        assert (went.outcome, plain.gate.threads.woken()) == ("failed", [])
        pauses.append(plain.gate.threads.pause_s(held, went))
    assert pauses == [*PAUSES_S, PAUSES_S[-1]]
    (plain.folder / "broken").unlink()
    _, went = resume(plain, "t1")

    assert (went.outcome, plain.lines("effects"), plain.lines("said")) == (
        "finished",
        ["t1"],
        ["t1"],
    )
    assert plain.stands("t1") == ((), "done")


def test_a_thread_that_its_application_runs_is_left_alone(plain: Shop) -> None:
    """One that stands in the middle of a run that no worker began is not run a second time."""
    plain.approve("t1")
    (plain.folder / "broken").touch()
    (question,) = paused(plain.graph, plain.config("t1"))
    with pytest.raises(RuntimeError):
        ring(plain.graph, plain.config("t1"), question.requests[0])
    (plain.folder / "broken").unlink()
    _, went = resume(plain, "t1")

    assert (went.outcome, plain.lines("said")) == ("idle", [])
    assert plain.stands("t1")[0] == ("model",)


def test_a_breakpoint_of_the_application_is_not_passed(plain: Shop) -> None:
    """Where an application stops by its own will, a worker that takes over stops too."""
    plain.approve("t1")
    (plain.folder / "broken").touch()
    assert resume(plain, "t1")[1].outcome == "failed"
    (plain.folder / "broken").unlink()
    plain.graph.interrupt_before_nodes = ["model"]

    assert resume(plain, "t1")[1].outcome == "idle"
    assert plain.lines("said") == []


def test_what_looks_at_results_is_loaded_before_anything_is_resumed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer's thread waits for no library; a ledger without a policy stops nothing."""
    done: list[str] = []

    def warm(_: Gate) -> None:
        done.append("warm")
        raise PolicyError("no policy was ever used")

    monkeypatch.setattr(Gate, "warm", warm)
    monkeypatch.setattr(Crew, "start", lambda _: done.append("start"))
    monkeypatch.setattr(Crew, "stop", lambda *_: [])
    monkeypatch.setattr(command, "keep_firing", lambda *_: 0)

    command.worker([APP], ledger=shop.ledger)
    assert done == ["warm", "start"]
