"""Set: levels from the command line."""

import json

from cli_kit import Desk, Shell, one_line


def test_nobody_was_set(desk: Desk, shell: Shell) -> None:
    """Without levels the policy's initial level holds."""
    assert "initial level" in shell("autonomy", "show").out


def test_levels_move_with_a_reason(desk: Desk, shell: Shell) -> None:
    """One step up, down to a named level; who and why is kept."""
    desk.propose("notes.read", {})

    assert "--reason" in one_line(shell("autonomy", "promote", "bot"))
    assert shell("autonomy", "promote", "bot", "--reason", "fine work").out == "bot: level 0 → 1\n"
    assert shell("autonomy", "promote", "bot", "--to", "3", "--reason", "more").code == 0
    assert shell("autonomy", "demote", "bot", "--to", "0", "--reason", "oops").code == 0
    (row,) = json.loads(shell("autonomy", "show", "--json").out)
    assert (row["agent"], row["level"], row["by"], row["reason"]) == ("bot", 0, "rita", "oops")
    assert "oops" in shell("autonomy", "show").out


def test_a_step_that_is_none(desk: Desk, shell: Shell) -> None:
    """Promoting downwards, past the top or below the bottom is refused."""
    desk.propose("notes.read", {})
    shell("autonomy", "promote", "bot", "--to", "2", "--reason", "x")

    assert "level 2" in one_line(shell("autonomy", "promote", "bot", "--to", "1", "--reason", "x"))
    assert "level 2" in one_line(shell("autonomy", "demote", "bot", "--to", "2", "--reason", "x"))
    assert shell("autonomy", "promote", "bot", "--to", "9", "--reason", "x").code == 2
    shell("autonomy", "promote", "bot", "--to", "3", "--reason", "x")
    assert one_line(shell("autonomy", "promote", "bot", "--reason", "x"))
    assert json.loads(shell("autonomy", "show", "--json").out)[0]["level"] == 3


def test_each_tenant_has_levels_of_its_own(desk: Desk, shell: Shell) -> None:
    """A level set for one tenant's agent is neither read nor moved for another's of that name."""
    desk.propose("notes.read", {})
    shell("autonomy", "promote", "bot", "--to", "2", "--reason", "x", "--tenant", "acme")

    ran = shell("autonomy", "promote", "bot", "--reason", "x")
    assert ran.out == "bot: level 0 → 1\n"
    assert shell("autonomy", "demote", "bot", "--reason", "x", "--tenant", "acme").code == 0
    listed = json.loads(shell("autonomy", "show", "--json").out)
    assert [(row["tenant"], row["level"]) for row in listed] == [("", 1), ("acme", 1)]
    assert "acme" in shell("autonomy", "show").out
    (one,) = json.loads(shell("autonomy", "show", "--tenant", "acme", "--json").out)
    assert one["tenant"] == "acme"
    assert "no level was ever set" in shell("autonomy", "show", "--tenant", "nobody").out


def test_nobody_is_no_agent(desk: Desk, shell: Shell) -> None:
    """An empty name gets no level."""
    desk.propose("notes.read", {})

    assert "names no agent" in one_line(shell("autonomy", "promote", " ", "--reason", "x"))
    assert json.loads(shell("autonomy", "show", "--json").out) == []
