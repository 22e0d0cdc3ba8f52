"""Settle: calls in doubt, from the command line."""

import json
import sqlite3

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.app.doubts import Doubts
from interlock.cli.options import ledger_file
from interlock.conduct import Intent, Ready, Turn
from interlock.conduct.settling import settle
from interlock.path.execution import Done, InDoubt
from interlock.path.proposal import Agent, Context


@pytest.fixture
def doubted(desk: Desk) -> str:
    """A refund that may have run; return its call's id."""
    intent = Intent("refund.issue", {"amount": 5}, "c0")
    turn = Turn(Context(Agent("bot")), "shop", "t1", "", "doubted", (intent,))
    (call,) = desk.gate.conductor.propose(turn)
    ready = desk.gate.conductor.advance(call)
    assert isinstance(ready, Ready)
    desk.gate.conductor.settle(ready.warrant, InDoubt("timed out \x1b[31m"))
    return call


def test_nothing_is_in_doubt(desk: Desk, shell: Shell) -> None:
    """Where nothing is in doubt, the list is empty and says so."""
    desk.propose("refund.issue", {"amount": 5})

    assert shell("doubt", "list").out == "nothing is in doubt\n"
    assert json.loads(shell("doubt", "list", "--json").out) == []


def test_the_list_says_what_to_check(shell: Shell, doubted: str) -> None:
    """Call, tool, arguments and why, without what would take effect in a terminal."""
    row = shell("doubt", "list").out.splitlines()[1]
    (told,) = json.loads(shell("doubt", "list", "--json").out)

    assert row.startswith(doubted)
    assert "timed out" in row
    assert "amount=5" in row
    assert "\x1b" not in row
    assert (told["call_id"], told["fence"]) == (doubted, 1)
    assert shell("doubt", "list", "--tenant", "other").out == "nothing is in doubt\n"


@pytest.mark.parametrize(
    ("flag", "state"),
    [
        ("--done", "released"),
        ("--failed", "released"),
        ("--compensate", "compensated"),
        ("--retry", "retried"),
    ],
)
def test_a_person_settles_it(desk: Desk, shell: Shell, doubted: str, flag: str, state: str) -> None:
    """One flag says how it ended; who said so and why is in the record."""
    ran = shell("doubt", "settle", doubted, flag, "--reason", "looked it up")

    assert ran.code == 0
    assert desk.state(doubted) == state
    settled = next(line for line in desk.gate.audit.log() if line["kind"] == "settled")
    assert (settled["actor"], settled["body"]["reason"]) == ("rita", "looked it up")
    assert one_line(shell("doubt", "settle", doubted, flag, "--reason", "again"))


@pytest.mark.parametrize("flag", ["--done", "--failed", "--compensate", "--retry"])
@pytest.mark.parametrize("who", ["boss", "cust", "olga"])
def test_who_asked_or_owns_it_does_not_settle_it(
    desk: Desk, shell: Shell, flag: str, who: str
) -> None:
    """I7: agent, requester and owner are refused, with words, whatever they say of it."""
    intent = Intent("refund.issue", {"amount": 5}, "c0")
    context = Context(Agent("boss", owner="olga"), principal="cust")
    (call,) = desk.gate.conductor.propose(Turn(context, "shop", "t1", "", "mine", (intent,)))
    ready = desk.gate.conductor.advance(call)
    assert isinstance(ready, Ready)
    desk.gate.conductor.settle(ready.warrant, InDoubt("timed out \x1b[31m"))
    ran = shell("doubt", "settle", call, flag, "--reason", "trust me", "--as", who)

    assert ran.code == 1
    assert "may not settle its doubt" in one_line(ran)
    assert desk.state(call) == "in_doubt"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--reason", "x"), 2, "--done, --failed, --retry and --compensate"),
        (("--done", "--retry", "--reason", "x"), 2, "--done, --failed, --retry and --compensate"),
        (("--done",), 2, "--reason"),
        (("--done", "--reason", " "), 1, "--reason"),
    ],
)
def test_a_slip_settles_nothing(
    desk: Desk, shell: Shell, doubted: str, words: tuple[str, ...], code: int, says: str
) -> None:
    """Without one end and a reason nothing is settled."""
    ran = shell("doubt", "settle", doubted, *words)

    assert ran.code == code
    assert says in one_line(ran)
    assert desk.state(doubted) == "in_doubt"


def test_who_settles_is_shown_what_came_too_late(desk: Desk, shell: Shell) -> None:
    """A run that reports after the word of a person is told wherever its call is shown."""
    (call,) = desk.gate.conductor.propose(
        Turn(
            Context(Agent("bot")),
            "shop",
            "t",
            "",
            "m",
            (Intent("refund.issue", {"amount": 5}, "c"),),
        )
    )
    conductor = desk.gate.conductor
    first = conductor.advance(call)
    assert isinstance(first, Ready)
    conductor.settle(first.warrant, InDoubt("timed out \x1b[31m"))
    shell("doubt", "settle", call, "--retry", "--reason", "nothing in the books")
    second = conductor.advance(call)
    assert isinstance(second, Ready)
    settle(conductor.ports, first.warrant, Done("paid"))
    conductor.settle(second.warrant, InDoubt("timed out again"))

    assert "run 1 later reported done" in shell("doubt", "list").out
    assert "run 1 later reported done" in shell("show", call).out
    assert json.loads(shell("show", call, "--json").out)["later"] == ["run 1 later reported done"]


def test_show_names_the_next_command(shell: Shell, doubted: str) -> None:
    """Who looks at a call in doubt is told how to settle it."""
    assert f"doubt settle {doubted} --done" in shell("show", doubted).out


def test_nobody_recovered_it_yet(desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a lost process ran is settled by who looks; who may not write is told how many wait."""
    turn = Turn(
        Context(Agent("bot")), "shop", "t1", "", "m", (Intent("refund.issue", {"amount": 5}, "c"),)
    )
    (call,) = desk.gate.conductor.propose(turn)
    assert isinstance(desk.gate.conductor.advance(call), Ready)
    file = ledger_file(desk.gate.ledger.url)
    assert file is not None
    with sqlite3.connect(file) as db:
        db.execute("update calls set lease_until = '2026-01-01T00:00:00.000000Z'")
    db.close()

    with monkeypatch.context() as shelved:
        shelved.setattr(Doubts, "_try_to_recover", lambda _: None)
        waits = shell("doubt", "list")
        told = shell("inbox")
    assert waits.out == "nothing is known to be in doubt\n"
    assert "1 call of lost processes may have run" in waits.err
    assert "1 call of lost processes may have run" in told.err
    assert shell("doubt", "list").out.splitlines()[1].startswith(call)
