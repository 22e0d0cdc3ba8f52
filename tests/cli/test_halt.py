"""Stop: the kill switch from the command line."""

import json

import pytest
from cli_kit import Desk, Shell, one_line

WHY = ("--reason", "pays the wrong people")


def test_an_agent_is_switched_off_and_on(desk: Desk, shell: Shell) -> None:
    """`halt` says what is off, `halts` who did and why, and `unhalt` lifts it, with a reason."""
    desk.propose("notes.read", {})

    ran = shell("halt", "--agent", "bot", *WHY)
    assert (ran.code, ran.out) == (0, "halted: agent `bot`; nothing of it runs from now on\n")
    (row,) = json.loads(shell("halts", "--json").out)
    assert (row["kind"], row["ref"], row["by"], row["reason"]) == ("agent", "bot", "rita", WHY[1])
    assert "agent `bot`" in shell("halts").out
    assert "--reason" in one_line(shell("unhalt", "--agent", "bot"))
    shell("halt", "--all", *WHY)

    ran = shell("unhalt", "--agent", "bot", "--reason", "fixed")
    assert ran.out.splitlines()[0] == "no longer halted: agent `bot`"
    assert "still halted: everything, by rita" in ran.out
    assert shell("unhalt", "--all", "--reason", "fixed").code == 0
    assert shell("halts").out == "nothing is halted\n"


@pytest.mark.parametrize("words", [(), ("--agent", "bot", "--all"), ("--tool", " ")])
def test_a_halt_of_nothing(desk: Desk, shell: Shell, words: tuple[str, ...]) -> None:
    """A halt that names nothing, or two things, says so and switches nothing off."""
    desk.propose("notes.read", {})
    ran = shell("halt", *words, *WHY)

    assert (ran.code, json.loads(shell("halts", "--json").out)) == (1, [])
    assert "name" in one_line(ran)


def test_a_name_that_nobody_has(desk: Desk, shell: Shell) -> None:
    """A halt of an agent that made no call here is in force; the name may be wrong."""
    desk.propose("notes.read", {})
    ran = shell("halt", "--agent", "bott", *WHY)

    assert ran.code == 0
    assert "is the name right?" in ran.out
    assert len(json.loads(shell("halts", "--json").out)) == 1


def test_a_name_is_shown_without_effect(desk: Desk, shell: Shell) -> None:
    """Control characters in what is halted take no effect in a terminal."""
    desk.propose("notes.read", {})
    ran = shell("halt", "--agent", "x\x1b[2J", *WHY)

    assert "\x1b" not in ran.out + shell("halts").out


def test_what_is_not_halted(desk: Desk, shell: Shell) -> None:
    """Lifting what is not halted says no, in one line."""
    desk.propose("notes.read", {})
    ran = shell("unhalt", "--agent", "bot", "--reason", "fixed")

    assert ran.code == 1
    assert "agent `bot` is not halted" in one_line(ran)


def test_who_approves_under_a_halt_is_told(desk: Desk, shell: Shell) -> None:
    """By whom and since when, that it does not run, and how it would; as JSON, too."""
    request, seen = desk.ask(80), desk.ask(90)
    shell("halt", "--tool", "refund.*", *WHY)
    approved = shell("approve", request, "--reason", "ok", "--as", "ana").out
    shown, listed = shell("show", seen).out, shell("inbox").out
    told = json.loads(shell("show", request, "--json").out)["halt"]

    for said in ("may run;", "RUNS"):
        assert said not in approved.replace("lifted before that, it may run", "")
    for page in (approved, shown):
        assert "tool `refund.*` is halted since 2" in page
        assert "by rita: pays the wrong people" in page
        assert "interlock unhalt --tool 'refund.*' --reason" in page
    assert "interlock resume" in approved
    assert "its next step ends it" in shown
    assert "is halted" in listed
    assert (told["kind"], told["ref"], told["by"]) == ("tool", "refund.*", "rita")
    shell("unhalt", "--tool", "refund.*", "--reason", "fixed")
    assert "halted" not in shell("show", request).out
