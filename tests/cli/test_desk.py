"""Tend: what the commands about waiting say, and how they exit."""

import json

import pytest
from cli_kit import POLICY, Desk, Shell, one_line

from interlock.app.policy import Policy


def test_the_queue_is_shown_with_what_it_misses(desk: Desk, shell: Shell) -> None:
    """Exit 1 only where it was asked to check, and something is missed."""
    desk.gate.reload(
        Policy.parse(POLICY + "approval_queue_policy: {target_median_wait_sec: 0.001}\n")
    )
    desk.ask()
    shown = shell("desk")
    found = json.loads(shell("desk", "--json").out)

    assert (shown.code, shell("desk", "--check").code) == (0, 1)
    assert "target_median_wait_sec" in shown.out
    assert (found["queues"][0]["open"], found["queues"][0]["route"]) == (1, "")


def test_a_quiet_desk_says_so(desk: Desk, shell: Shell) -> None:
    """Nothing asked is nothing missed."""
    desk.propose("notes.read", {})
    ran = shell("desk", "--check")

    assert (ran.code, ran.out) == (0, "nothing waits, and nothing was asked within a day\n")


def test_every_section_that_has_something_to_say(desk: Desk, shell: Shell) -> None:
    """Who asks, what is answered, who answered; nothing of it makes a check fail by itself."""
    for amount in (80, 90, 99):
        desk.gate.inbox.approve(desk.ask(amount), by="ana", reason="ok")
    desk.propose("notes.read", {})
    shown, told = shell("desk"), json.loads(shell("desk", "--json").out)

    assert "75.0% of 4" in shown.out
    assert "100.0% of 3" in shown.out
    assert told["rules"][0] == {
        "rule": "big",
        "asks": {"hits": 3, "of": 4, "value": 0.75},
        "approved": {"hits": 3, "of": 3, "value": 1.0},
    }
    assert [one["name"] for one in told["reviewers"]] == ["ana"]
    assert shell("desk", "--check").code == 0


def test_a_flood_is_a_warning_with_what_helps(desk: Desk, shell: Shell) -> None:
    """It says whose, how many and what to do; `--check` exits 1."""
    limited = "approval_queue_policy: {max_open_requests_per_agent: 2}\n"
    desk.gate.reload(Policy.parse(POLICY + limited))
    for amount in (80, 90, 99):
        desk.propose("refund.issue", {"amount": amount})
    ran = shell("desk", "--check")

    assert ran.code == 1
    assert "nobody was asked about 1 of its calls" in ran.out
    assert "interlock audit log" in ran.out


def test_days_are_some(desk: Desk, shell: Shell) -> None:
    """Ten years are days; none is misuse."""
    desk.ask()

    assert json.loads(shell("desk", "--json", "--days", "3650").out)["agents"]
    assert shell("desk", "--days", "0").code == 2


def test_a_question_is_put_off_for_one_reviewer(desk: Desk, shell: Shell) -> None:
    """It is out of their inbox, in everybody else's, and in theirs with --all."""
    request = desk.ask()
    put = shell("snooze", request, "--for", "30m", "--reason", "asking", "--as", "ana")

    assert put.code == 0
    assert "its time goes on" in put.out
    assert request not in shell("inbox", "--as", "ana").out
    assert request in shell("inbox", "--as", "ana", "--all").out
    assert request in shell("inbox", "--as", "bo").out
    assert desk.state(request) == "pending"


@pytest.mark.parametrize("time", ["", "30", "-5m", "1w", "5 minutes", "٣m", "9999999s"])
def test_a_time_that_is_none(time: str, desk: Desk, shell: Shell) -> None:
    """What is no time is misuse, and nothing is put off."""
    request = desk.ask()
    ran = shell("snooze", request, "--for", time, "--reason", "r", "--as", "ana")

    assert ran.code == 2
    assert "--for" in one_line(ran)


def test_longer_than_a_day_is_refused(desk: Desk, shell: Shell) -> None:
    """A question is put off for a day at most, so that nobody forgets it."""
    ran = shell("snooze", desk.ask(), "--for", "2d", "--reason", "r", "--as", "ana")

    assert ran.code == 1
    assert "put off" in one_line(ran)


def test_a_reason_is_needed(desk: Desk, shell: Shell) -> None:
    """What takes a question out of a view says why."""
    assert shell("snooze", desk.ask(), "--for", "5m", "--reason", " ").code == 2
