"""Report: an incident lowers at once, says so, and stays open until a person closes it."""

import json

from cli_kit import Desk, Shell, one_line


def test_opened_listed_closed(desk: Desk, shell: Shell) -> None:
    """The agent falls to 0; the list shows who said what; a second person ends it."""
    desk.propose("notes.read", {})
    shell("autonomy", "promote", "bot", "--to", "2", "--reason", "trained")
    opened = shell("incident", "open", "bot", "--reason", "paid a stranger", "--as", "dee").out
    ident = opened.split()[1]
    assert "bot: level 2 → 0" in opened
    (row,) = json.loads(shell("incident", "list", "--json").out)
    assert (row["incident"], row["opened_by"], row["cause"]) == (ident, "dee", "safety_incident")
    assert "paid a stranger" in shell("incident", "list").out

    assert "another person" in one_line(
        shell("incident", "close", ident, "--reason", "x", "--as", "bot")
    )
    assert shell("incident", "close", ident, "--reason", "payee fixed").out == f"closed {ident}\n"
    assert shell("incident", "list").out == "no incident is open\n"
    assert "rita" in shell("incident", "list", "--all").out


def test_what_nobody_knows_is_said(desk: Desk, shell: Shell) -> None:
    """An agent at the lowest level falls no further, and one that was never seen is named so."""
    desk.propose("notes.read", {})
    out = shell("incident", "open", "b0t", "--reason", "x").out

    assert "nothing fell" in out
    assert "is the name right?" in out
    assert "names no agent" in one_line(shell("incident", "open", " ", "--reason", "x"))
    assert "no incident" in one_line(shell("incident", "close", "incident_none", "--reason", "x"))
