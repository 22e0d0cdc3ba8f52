"""Keep time: what falls due is fired by a process that does nothing else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.cli.worker import stopped_by_signals, summed, tick
from interlock.conduct.timers import Fired
from interlock.conduct.values import Timer
from interlock.errors import LedgerBusy, LedgerReadOnly

SHORT = """
tools: {pay: {risk_tags: [write]}}
rules:
  - {match: {tools: [pay]}, decision: require_approval, review: {approval_ttl_sec: 1}}
"""
PROPOSE = f'''
from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.conduct import Intent, Turn
from interlock.path.proposal import Agent, Context

with Gate.open(Policy.parse("""{SHORT}""")) as gate:
    turn = Turn(Context(Agent("bot")), "shop", "t", "", "m", (Intent("pay", {{}}, "c"),))
    print(gate.conductor.propose(turn)[0])
'''


def test_once_fires_what_is_due_and_ends(desk: Desk, shell: Shell) -> None:
    """With nothing due, `--once` says nothing; it fires what is due, each once."""
    request = desk.ask()
    assert shell("worker", "--once").out == ""
    with desk.gate.ledger.engine.begin() as db:
        past = "2020-01-01T00:00:00.000000Z"
        db.exec_driver_sql(f"update requests set expires_at = '{past}'")
        db.exec_driver_sql(f"update timers set due_at = '{past}'")

    ran = shell("worker", "--once")
    fired, told = ran.out.splitlines()
    assert (ran.code, fired.split()[-2:]) == (3, [request, "expired"])
    assert told.startswith("1 thread of `shop` can go on, and no application")
    assert shell("worker", "--once").out == f"{told}\n"


def test_no_ledger_is_no_work(shell: Shell, tmp_path: Path) -> None:
    """A wrong name makes no ledger of its own."""
    ran = shell("worker", "--once", "--ledger", str(tmp_path / "none.db"))

    assert ran.code == 3
    assert "no ledger" in one_line(ran)


@pytest.mark.timeout(60)  # starts two processes
def test_it_fires_and_ends_cleanly(tmp_path: Path) -> None:
    """However seldom it looks, it expires a request in time; it ends on SIGTERM with 0."""
    env = {**os.environ, "INTERLOCK_LEDGER": str(tmp_path / "ledger.db")}
    made = subprocess.run(
        [sys.executable, "-c", PROPOSE], env=env, capture_output=True, text=True, check=True
    )
    words = ["-c", "from interlock.cli.app import main; main()", "worker", "--interval", "60"]
    worker = subprocess.Popen(
        [sys.executable, *words], env=env, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert worker.stdout is not None
    line = worker.stdout.readline()
    worker.send_signal(signal.SIGTERM)

    assert made.stdout.startswith("call_")
    assert line.split()[-1] == "expired"
    assert worker.wait(20) == 0
    assert worker.stdout.read().count("1 thread of `shop` can go on") == 1


class Away:
    """A gate whose ledger is away; asked more often than once a tick, it says so."""

    def __init__(self, error: Exception) -> None:
        self.errors = [error]
        self.conductor = self.ports = self.ledger = self
        self.lease_s = 30.0

    def due(self, *_: object) -> list[Timer]:
        raise self.errors.pop()


def test_a_ledger_that_is_away_for_a_while_is_asked_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A locked ledger ends no worker; one that may not be written does."""
    assert tick(Away(LedgerBusy("locked"))) == 0  # type: ignore[arg-type] - all that it asks
    assert capsys.readouterr().out == "busy: locked\n"
    with pytest.raises(LedgerReadOnly):
        tick(Away(LedgerReadOnly("read-only")))  # type: ignore[arg-type] - as above


def test_signals_are_given_back() -> None:
    """Within the block SIGTERM stops the work; after it, it is as before."""
    before = signal.getsignal(signal.SIGTERM)
    with stopped_by_signals() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)

    assert signal.getsignal(signal.SIGTERM) is before


def test_the_sum_is_one_line() -> None:
    """What was fired is told by kind and number."""
    fired = [Fired("expiry", f"req_{at}", "expired") for at in range(2)]

    assert summed([*fired, Fired("lease", "call_1", "in_doubt")]) == "2 expired, 1 in doubt"
