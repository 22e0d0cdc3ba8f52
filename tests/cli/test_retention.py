"""Keep for a time: erase and archive from the command line."""

import json
from pathlib import Path

from cli_kit import Desk, Shell, one_line


def test_a_call_is_erased(desk: Desk, shell: Shell) -> None:
    """Who, why and which call; one that has not ended, or no reason, is refused in one line."""
    done, waiting = desk.propose("notes.read", {}), desk.ask()
    assert "reason" in one_line(shell("audit", "erase", done))
    assert "has not ended" in one_line(shell("audit", "erase", waiting, "--reason", "r12"))
    assert "give a call" in one_line(shell("audit", "erase"))
    ran = shell("audit", "erase", done, "--reason", "r12", "--json")

    assert json.loads(ran.out) == {"calls": [done], "left": [], "is_gone": True}
    assert shell("audit", "verify").code == 0


def test_a_principals_calls_are_erased(desk: Desk, shell: Shell) -> None:
    """All that have ended go; those that have not are named and left."""
    desk.propose("notes.read", {})
    desk.ask()
    ran = shell("audit", "erase", "--principal", "cust", "--reason", "r12")

    assert "erased: 1 call" in ran.out
    assert "left: call_" in ran.out


def test_a_period_is_archived(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """A dry run says what would go; the archive says what went, and the record verifies."""
    desk.propose("notes.read", {})
    desk.ask()
    dry = shell("audit", "archive", "--before", "2999-01-01", "--dry-run")
    assert "1 call" in dry.out
    assert "would go" in dry.out
    assert "--dry-run" in one_line(shell("audit", "archive", "--before", "2999-01-01"))
    out = tmp_path / "out"
    went = shell("audit", "archive", "--before", "2999-01-01", "--to", str(out), "--json")

    assert (json.loads(went.out)["calls"], json.loads(went.out)["kept"]) == (1, 1)
    assert (out / "checkpoint").exists()
    assert "archived and not here" in shell("audit", "verify").out


def test_the_record_leaves_the_house(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """Export, proof and anchor print what an outsider needs; verify takes key and anchors."""
    call = desk.propose("notes.read", {})
    anchors = str(tmp_path / "anchors.jsonl")
    assert "one place" in one_line(shell("audit", "anchor"))
    key = json.loads(shell("audit", "anchor", "--file", anchors, "--json").out)["key"]
    assert "self-attested" in shell("audit", "verify").out
    assert "anchored: 1 anchor" in shell("audit", "verify", "--anchor", anchors, "--key", key).out
    assert json.loads(shell("audit", "proof", call).out)["key"] == key
    assert "root" in shell("audit", "export", str(tmp_path / "out")).out
    other = shell("audit", "verify", "--key", key.replace("ledger_", "other_"))
    assert other.code == 1
