"""Account: the record from the command line."""

import json
import sqlite3
from pathlib import Path

import pytest
from cli_kit import POLICY, Desk, Shell, one_line

from interlock import Gate, Policy
from interlock.cli.options import ledger_file


def kinds(ran: object) -> list[str]:
    """Return what happened, from a log in JSON."""
    return [entry["kind"] for entry in json.loads(getattr(ran, "out"))]  # noqa: B009 - a `Ran`


def test_the_log_tells_what_happened(desk: Desk, shell: Shell) -> None:
    """Each entry has its id, time, state and actor; the table has a line for each."""
    request = desk.ask()
    shell("approve", request, "--as", "sam")
    ran = shell("audit", "log", "--json")

    assert kinds(ran) == ["proposed", "decided", "asked", "voted"]
    told = shell("audit", "log").out
    assert told.count("\n") == 1 + 4
    assert "sam" in told
    assert "+00:00" in told


def test_the_log_is_filtered(desk: Desk, shell: Shell) -> None:
    """Each filter keeps what fits it, and nothing else."""
    request = desk.ask()
    other = desk.propose("notes.read", {})
    shell("approve", request, "--as", "sam")

    assert kinds(shell("audit", "log", "--reviewer", "sam", "--json")) == ["voted"]
    assert "asked" not in kinds(shell("audit", "log", "--tool", "notes.read", "--json"))
    assert kinds(shell("audit", "log", "--agent", "nobody", "--json")) == []
    assert kinds(shell("audit", "log", "--until", "2001-01-01", "--json")) == []
    assert (
        kinds(shell("audit", "log", "--since", "2001-01-01T00:00+02:00", "--json"))[0] == "proposed"
    )
    by_call = json.loads(shell("audit", "log", "--call", other[:14], "--json").out)
    assert {entry["chain"] for entry in by_call} == {other}
    assert "asked" in kinds(shell("audit", "log", "--decision", "require_approval", "--json"))


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_time_that_is_none(option: str, desk: Desk, shell: Shell) -> None:
    """What is no time is misuse, with the form that is."""
    ran = shell("audit", "log", option, "yesterdayish")

    assert ran.code == 2
    assert "2026-11-01" in one_line(ran)


def test_a_whole_record_verifies(desk: Desk, shell: Shell) -> None:
    """Exit 0 and the number of entries."""
    desk.ask()
    ran = shell("audit", "verify", "--json")

    assert ran.code == 0
    told = json.loads(ran.out)
    assert (told["audit_verified"], told["entries"], told["problems"]) == (True, 3, [])
    assert told["attested"] == "self-attested"
    assert shell("audit", "verify").out.startswith("verified: 3 entries")


def edited(desk: Desk, statement: str) -> None:
    """Change the ledger by hand."""
    file = ledger_file(desk.gate.ledger.url)
    assert file is not None
    with sqlite3.connect(file) as db:
        for (name,) in db.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            db.execute(f"drop trigger {name}")
        db.execute(statement)


def test_a_log_that_was_edited_can_still_be_read(desk: Desk, shell: Shell) -> None:
    """A time that is none any more is printed as it stands; the other entries as ever."""
    desk.ask()
    edited(desk, "update entries set at = 'yesterday' where seq = 2")
    ran = shell("audit", "log")

    assert ran.code == 0
    assert "yesterday" in ran.out
    assert ran.out.count("+00:00") == 2


@pytest.mark.parametrize("words", [("inbox",), ("show", "call_"), ("approve", "call_")])
def test_a_row_that_cannot_be_read(words: tuple[str, ...], desk: Desk, shell: Shell) -> None:
    """A call edited by hand is said to be unreadable; nothing is decided."""
    desk.ask()
    edited(desk, "update calls set judgement = '{}'")
    ran = shell(*words)

    assert ran.code == 1
    assert "interlock audit verify" in one_line(ran)


@pytest.mark.parametrize(
    "tampering",
    [
        "update entries set body = replace(body, 'require_approval', 'allow')",
        "delete from entries where seq = 2",
        "update entries set seq = 99 where seq = 2",
        "update calls set state = 'approved'",
        "update arguments set canonical = cast('{\"amount\":1}' as blob)",
    ],
)
def test_tampering_is_named(tampering: str, desk: Desk, shell: Shell) -> None:
    """Exit 1, each thing that does not fit, and what to do."""
    desk.ask()
    edited(desk, tampering)
    ran = shell("audit", "verify")

    assert ran.code == 1
    assert "`call_" in ran.out or "`entry_" in ran.out
    assert "does not verify" in one_line(ran)
    assert json.loads(shell("audit", "verify", "--json").out)["audit_verified"] is False


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_decision_that_is_none(words: tuple[str, ...], desk: Desk, shell: Shell) -> None:
    """A decision or state that does not exist is misuse, and those that exist are named."""
    desk.ask()
    ran = shell("audit", "log", "--decision", "nonsense", *words)

    assert ran.code == 2
    assert "'require_approval'" in one_line(ran)
    assert "'quarantined'" in ran.err
    assert ran.out == ""


def test_nothing_that_fits(desk: Desk, shell: Shell) -> None:
    """A log without a line says so, and that names are not patterns."""
    desk.ask()
    ran = shell("audit", "log", "--agent", "bo*")

    assert ran.code == 0
    assert ran.out == "no entry fits; names are matched whole\n"


def test_a_proof_from_an_export(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """It is printed with its limits: of a call that goes on, more may have been cut off."""
    done = desk.propose("notes.read", {})
    waiting = desk.propose("refund.issue", {"amount": 80})
    out = tmp_path / "out"
    assert shell("audit", "export", str(out)).code == 0
    whole, open_one = (
        shell("audit", "proof", name, "--from", str(out)) for name in (done, waiting)
    )

    assert (whole.code, whole.err, json.loads(whole.out)["ended"]) == (0, "", True)
    assert (open_one.code, json.loads(open_one.out)["ended"]) == (0, False)
    assert "cut off behind it is not proved" in open_one.err
    entries = out / "entries.jsonl"
    entries.write_text("".join(entries.read_text().splitlines(keepends=True)[1:]))
    edited = shell("audit", "proof", done, "--from", str(out))
    assert (edited.code, edited.out) == (1, "")
    assert "entries.jsonl:1: " in one_line(edited)


def test_verify_tells_what_it_sealed(desk: Desk, shell: Shell) -> None:
    """Its numbers are those of the record as it stands afterwards."""
    desk.gate.ledger.wrote = lambda _: None
    desk.propose("notes.read", {})
    told = json.loads(shell("audit", "verify", "--json").out)

    assert told["sealed"] == told["entries"] > 0
    assert told["checkpoints"] == 1
    assert told["key"].startswith("interlock/")


def test_probes_are_told_once_they_are_disclosed(shell: Shell) -> None:
    """Who reads the log may be who is asked; `--all` is for those who are not."""
    drawn = "\nfatigue_controls: {canary_rate: 1.0}\n"
    with Gate.open(Policy.parse(POLICY + drawn)) as gate:
        Desk(gate).ask(80)
    plain, every = (
        {entry["kind"] for entry in json.loads(shell("audit", "log", *more, "--json").out)}
        for more in ((), ("--all",))
    )

    assert every - plain == {"drawn"}  # and `posed`, once its time has come
