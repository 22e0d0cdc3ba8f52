"""Play: the demo as a newcomer, a pipe and a test see it."""

import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Shell, one_line

from interlock.cli.demo import SUMMED, Aside, fresh_folder, playable
from interlock.cli.follow import agent_home, program
from interlock.cli.hosts import load_file
from interlock.cli.playbill import tell
from interlock.errors import InterlockError
from interlock.testing.report import Event
from interlock.testing.scenario import load_all

KEYS = [*SUMMED, "audit_verified"]
PROGRAM = Path(sys.executable).with_name("interlock")


def summary(shell: Shell, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run the demo with --json; return its code and its summary."""
    ran = shell("demo", "--json", "--dir", str(folder), *words)
    assert ran.err == "" or "requests wait for a person; next: " in one_line_of(ran.err)
    return ran.code, json.loads(ran.out)


def one_line_of(text: str) -> str:
    """Return a text that is one line."""
    assert text.count("\n") == 1
    return text


def tamper(folder: Path) -> None:
    """Change what an entry says of a decision."""
    with sqlite3.connect(folder / "ledger.db") as db:
        for (name,) in db.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            db.execute(f"drop trigger {name}")
        done = db.execute(
            "update entries set body = replace(body, 'deny', 'allow') where kind = 'decided'"
        )
        assert done.rowcount > 0


@pytest.mark.slow
@pytest.mark.timeout(180)  # plays all scenarios
class TestDemo:
    def test_the_scenarios_reviewers_answer(self, shell: Shell, tmp_path: Path) -> None:
        """`--yes` plays every scenario as it expects, and says so in one line of JSON."""
        code, told = summary(shell, tmp_path, "--yes")
        scenarios = load_all(
            Path(__file__).parents[2] / "agents" / "customer_support" / "scenarios"
        )
        expected = {
            name: sum(getattr(scenario.expect, name) for scenario in scenarios) for name in SUMMED
        }

        assert code == 0
        assert list(told) == KEYS
        assert told == {**expected, "audit_verified": True}
        assert told["in_doubt"] == 0

    def test_tampering_is_seen(self, shell: Shell, tmp_path: Path) -> None:
        """An entry changed by hand turns `audit_verified` false, here and in a later demo."""
        summary(shell, tmp_path, "--yes")
        tamper(tmp_path)
        verified = shell("audit", "verify", "--json", "--ledger", str(tmp_path / "ledger.db"))
        code, told = summary(shell, tmp_path, "--yes")

        assert verified.code == 1
        assert json.loads(verified.out)["audit_verified"] is False
        assert code == 1
        assert told["audit_verified"] is False
        assert list(told) == KEYS
        told_in_words = shell("demo", "--yes", "--dir", str(tmp_path))
        assert told_in_words.code == 1
        assert "it was edited" in told_in_words.out

    def test_in_words(self, shell: Shell, tmp_path: Path) -> None:
        """Every scenario, what went as expected, the tables, the audit and the ledger's place."""
        out = shell("demo", "--yes", "--dir", str(tmp_path)).out

        assert "17/17" in out
        assert "not as expected" not in out
        assert "31 calls, 19 allowed, 12 asked, 1 denied (an edit is decided again)" in out
        assert re.search(r"^execute +\d+ +[\d.]+ +[\d.]+$", out, re.MULTILINE)
        assert re.search(r"^audit +verified, \d+ entries$", out, re.MULTILINE)
        assert f"sqlite:///{tmp_path}/ledger.db" in out
        assert "536-22-8726" not in out

    def test_without_a_terminal_threads_wait(self, shell: Shell, tmp_path: Path) -> None:
        """Nobody is there: nothing that asks runs, and the printed commands work as they stand."""
        out = shell("demo", "--dir", str(tmp_path)).out
        show, approve, resume = (
            next(line.strip() for line in out.splitlines() if f"interlock {word} req_" in line)
            for word in ("show", "approve", "resume")
        )
        path = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}

        def typed(line: str) -> str:
            done = subprocess.run(
                line, shell=True, cwd=tmp_path, env=path, capture_output=True, text=True, check=True
            )
            return done.stdout

        assert "11 requests wait for a person" in out
        assert "waits for a human" in typed(show)
        assert "may run" in typed(approve)
        assert "finished" in typed(resume)
        assert "ran, result delivered" in typed(show)
        waiting = json.loads(shell("inbox", "--json", "--ledger", str(tmp_path / "ledger.db")).out)
        assert len(waiting) == 10

    def test_what_waits_is_not_let_expire(self, shell: Shell, tmp_path: Path) -> None:
        """Another demo in the same folder lets no time pass over requests that wait."""
        summary(shell, tmp_path)
        _, told = summary(shell, tmp_path, "--yes")
        waiting = json.loads(shell("inbox", "--json", "--ledger", str(tmp_path / "ledger.db")).out)

        assert told["expired"] == 0
        assert len(waiting) == 11

    def test_at_a_terminal_you_are_asked(self, tmp_path: Path) -> None:
        """A person approves the first request and skips the rest."""
        ours, theirs = pty.openpty()
        words = [PROGRAM, "demo", "--dir", tmp_path / "d"]
        asked = subprocess.Popen(
            words, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "120"}
        )
        os.close(theirs)
        os.write(ours, b"a\nlooked at it\n" + b"s\n" * 30)
        shown = b""
        while chunk := read(ours):
            shown += chunk
        os.close(ours)
        told = shown.decode()

        assert asked.wait(60) == 0
        assert "[a]pprove, [d]eny, [e]dit, [r]espond, [s]kip, [q]uit" in told
        assert "approves: looked at it" in told
        assert "1 approved" in told
        assert "10 requests wait for a person" in told

    @pytest.mark.parametrize(("keys", "code"), [(b"q\n", 0), (b"\x03", 130)])
    def test_who_leaves_is_told_where_it_lies(self, keys: bytes, code: int, tmp_path: Path) -> None:
        """`q` and Ctrl-C at a question end the demo; ledger and next commands are said."""
        child, ours = pty.fork()
        if child == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a parallel test run ignores it
            os.execve(
                PROGRAM, [str(PROGRAM), "demo", "--dir", str(tmp_path / "d")], dict(os.environ)
            )
        shown = b""
        while b"[q]uit: " not in shown:
            shown += read(ours)
        # A Ctrl-C between prompt and read(2) is seen only with the next key.
        asleep(child)
        os.write(ours, keys)
        while chunk := read(ours):
            shown += chunk
        _, status = os.waitpid(child, 0)
        os.close(ours)
        after = shown.decode().split("[q]uit: ", 1)[1].replace("\r\n", "")

        assert os.waitstatus_to_exitcode(status) == code
        assert f"sqlite:///{tmp_path / 'd'}/ledger.db" in after
        assert "1 request waits for a person" in after
        assert "Traceback" not in after

    def test_a_model_that_cannot_be_had(self, shell: Shell, tmp_path: Path) -> None:
        """One line says what is missing; nothing was played."""
        ran = shell("demo", "--model", "nobody:nothing", "--dir", str(tmp_path))

        assert ran.code == 1
        assert "nobody:nothing" in one_line(ran)


def test_a_folder_that_cannot_be_had(shell: Shell, tmp_path: Path) -> None:
    """A file in the folder's place is named, with what to do."""
    (tmp_path / "file").write_text("mine")
    ran = shell("demo", "--yes", "--dir", str(tmp_path / "file"))

    assert ran.code == 3
    assert "--dir" in one_line(ran)
    assert (tmp_path / "file").read_text() == "mine"


def asleep(process: int) -> None:
    """Wait until a process's main thread waits for something. Source: proc(5)."""
    for _ in range(500):
        if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "S":
            return
        time.sleep(0.01)
    raise AssertionError(process)


def read(handle: int) -> bytes:
    """Read what a terminal shows; nothing once its program has ended."""
    try:
        return os.read(handle, 65536)
    except OSError:
        return b""


def test_what_waits_is_in_the_sum(shell: Shell, tmp_path: Path) -> None:
    """Regression: allowed calls beside one that waits were in no message, and were not counted."""
    _, told = summary(shell, tmp_path)

    refused = 1  # its arguments do not fit the tool, and nobody decides about it
    assert told["calls"] == told["allowed"] + told["asked"] + told["denied"] + refused


def test_scenarios_that_let_time_pass_are_left_out() -> None:
    """Only where requests wait, and only those."""
    scenarios = load_all(Path(__file__).parents[2] / "agents" / "customer_support" / "scenarios")

    assert playable(scenarios, untouched=True) == list(scenarios)
    left_out = {s.name for s in scenarios} - {s.name for s in playable(scenarios, untouched=False)}
    assert left_out == {"too_late"}


def test_each_demo_has_its_own_folder() -> None:
    """Two demos do not meet unless --dir says so."""
    assert fresh_folder() != fresh_folder()
    assert fresh_folder().parent.name == "demo"


def test_commands_are_printed_as_they_were_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came by `uv run` is told to go on by it."""
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH", raising=False)
    assert program() == "interlock"
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    assert program() == "uv run interlock"


def event(kind: Any, words: str, **detail: Any) -> Event:
    """Make one event of a call of `refund.issue`."""
    return Event(kind, "c1", "refund.issue", words, detail)


def test_the_script_goes_on_as_if(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a person answers otherwise than the script expects, the call's end says so; once."""
    scenarios = load_all(Path(__file__).parents[2] / "agents" / "customer_support" / "scenarios")
    expected = next(s for s in scenarios if [step.answer for step in s.human] == ["approve"])
    aside = Aside(expected)
    for told in (
        event("answered", "deny", by="rita", reason="no"),
        event("ended", "rejected"),
        event("answered", "deny", by="rita", reason="no"),
        event("ended", "rejected"),
    ):
        aside.tell(told)
    out = capsys.readouterr().out

    assert out.count("the script goes on as if the answer had been: approved") == 1
    assert out.count("the script goes on as if nobody had been asked this") == 1


def test_a_script_that_was_followed_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """An answer as expected needs no remark."""
    scenarios = load_all(Path(__file__).parents[2] / "agents" / "customer_support" / "scenarios")
    aside = Aside(next(s for s in scenarios if [step.answer for step in s.human] == ["approve"]))
    aside.tell(event("answered", "approve", by="rita", reason="ok"))
    aside.tell(event("ended", "released"))

    assert "the script goes on" not in capsys.readouterr().out


def test_a_call_in_doubt_is_told_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """A play's line of a call that may have run says so, and why."""
    tell(event("ended", "in_doubt", rules=["big"], reason="its worker stopped; it may have run"))

    assert "in_doubt (big): its worker stopped; it may have run" in capsys.readouterr().out


@pytest.mark.parametrize("left", [(), ("shop.db",), ("threads.db",)])
def test_no_application_where_no_demo_was(
    left: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`apps()` makes no new shop in a wrong folder; it names the file that is missing."""
    for name in left:
        (tmp_path / name).touch()
    monkeypatch.setenv("INTERLOCK_DEMO_DIR", str(tmp_path))
    with pytest.raises(InterlockError, match=r"no `\w+\.db` in .*; set INTERLOCK_DEMO_DIR"):
        load_file(agent_home() / "agent.py").apps()

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(left)
