"""Watch: what happens is told as it happens."""

import json
import select
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from cli_kit import Desk

from interlock.cli.watch import Feed, event, follow, told
from interlock.errors import LedgerBusy

PROGRAM = [sys.executable, "-c", "from interlock.cli.app import main; main()", "watch"]


def entries(desk: Desk, agent: str | None = None, tool: str | None = None) -> list[dict[str, Any]]:
    """Return what a feed that begins now hears of three calls."""
    feed = Feed(desk.gate, agent, tool)
    desk.propose("notes.read", {"id": 1})
    request = desk.ask(80)
    desk.gate.inbox.deny(request, by="ana", reason="not this\x1b[2J one")
    desk.propose("refund.issue", {"amount": 2000})
    return feed.next()


def test_every_step_is_told(desk: Desk) -> None:
    """Proposals, decisions, questions, answers, runs and ends are one line each, in words."""
    said = "\n".join(told(line) for line in entries(desk))

    for part in (
        "bot  notes.read  proposed",
        "notes.read  decided allow (reads)",
        "notes.read  runs (1)",
        "notes.read  inspected ALLOW",
        "refund.issue  decided require_approval (big): Big refunds need a person",
        "refund.issue  asked req_",
        "refund.issue  voted deny by ana: not this",
        "refund.issue  denied",
    ):
        assert part in said
    assert "\x1b" not in said


def test_only_what_was_asked_for(desk: Desk) -> None:
    """Of an agent or of tools only; what concerns everybody is told to all."""
    assert entries(desk, agent="another") == []
    assert {line["tool"] for line in entries(desk, tool="notes.*")} == {"notes.read"}
    feed = Feed(desk.gate, "another", None)
    desk.gate.halt(everything=True, by="ana", reason="incident")
    (line,) = feed.next()
    assert event(line) == "halted everything by ana: incident"


def test_a_ledger_that_is_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the ledger is away nothing is lost: what happened meanwhile is told afterwards."""
    feed = Feed(desk.gate, None, None)
    tail, stop, heard = desk.gate.audit.tail(), threading.Event(), list[str]()
    lines, failures = tail.next, iter([LedgerBusy("locked"), LedgerBusy("locked")])

    def flaky() -> list[dict[str, Any]]:
        if (error := next(failures, None)) is not None:
            raise error
        stop.set()
        return lines()

    monkeypatch.setattr(tail, "next", flaky)
    monkeypatch.setattr(feed, "_tail", tail)
    desk.propose("notes.read", {"id": 1})
    assert (feed.next(), feed.away) == ([], "locked")
    follow(feed, stop, lambda line: heard.append(line["kind"]))

    assert (heard[0], feed.away) == ("proposed", "")


@pytest.mark.timeout(60)  # starts a process
def test_in_a_pipe(desk: Desk) -> None:
    """In a pipe each entry is a line of JSON, at once; it ends on SIGTERM with 0."""
    desk.propose("notes.read", {"id": 1})
    child = subprocess.Popen([*PROGRAM, "--json"], stdout=subprocess.PIPE, text=True, bufsize=1)
    assert child.stdout is not None
    line = ""
    for at in range(300):
        desk.propose("notes.read", {"id": at})
        if select.select([child.stdout], [], [], 0.1)[0]:
            line = child.stdout.readline()
            break
    child.send_signal(signal.SIGTERM)

    assert json.loads(line)["agent"] == "bot"
    assert child.wait(20) == 0
