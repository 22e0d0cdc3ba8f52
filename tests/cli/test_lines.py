"""Fold: one agent's repetitions are one line, and no answer spreads but a denial that says so."""

import json

import pytest
from cli_kit import POLICY, Desk, Shell, one_line

from interlock import Gate, Policy


def test_what_is_the_same_is_one_line(desk: Desk, shell: Shell) -> None:
    """The line says how many it stands for; the JSON names each."""
    first, other, second = desk.ask(80), desk.ask(90), desk.ask(80)
    shown, told = shell("inbox"), json.loads(shell("inbox", "--json").out)

    assert (first in shown.out, other in shown.out, second in shown.out) == (True, True, False)
    assert "x 2" in shown.out
    assert {one["id"]: one["duplicate_of"] for one in told} == {first: "", other: "", second: first}


def test_a_page_holds_so_many_lines(desk: Desk, shell: Shell) -> None:
    """A flood of one question does not push others off the first page."""
    first, *_ = [desk.ask(80) for _ in range(5)]
    last = desk.ask(90)
    page = shell("inbox", "--limit", "2")
    rest = shell("inbox", "--limit", "1")

    assert (first in page.out, last in page.out) == (True, True)
    assert (first in rest.out, last in rest.out) == (True, False)
    assert "behind these" in rest.out
    assert last in shell("inbox", "--after", first).out


class TestDenied:
    def test_together_each_by_an_answer_of_its_own(self, desk: Desk, shell: Shell) -> None:
        """All of them end, nothing else does, and the record has a vote for each."""
        same, other = [desk.ask(80) for _ in range(3)], desk.ask(90)
        ran = shell("deny", same[1], "--duplicates", "--reason", "a loop", "--as", "ana")
        votes = [entry for entry in desk.gate.audit.log() if entry["kind"] == "voted"]

        assert ran.code == 0
        assert "2 questions of the same agent" in ran.out
        assert [desk.state(name) for name in (*same, other)] == ["rejected"] * 3 + ["pending"]
        assert {entry["body"]["request_id"] for entry in votes} == {*same}

    def test_alone_without_the_word(self, desk: Desk, shell: Shell) -> None:
        """A denial is of one question unless its giver says otherwise."""
        first, second = desk.ask(80), desk.ask(80)
        shell("deny", first, "--reason", "no", "--as", "ana")

        assert [desk.state(name) for name in (first, second)] == ["rejected", "pending"]

    def test_what_is_answered_takes_nothing_along(self, desk: Desk, shell: Shell) -> None:
        """Where the first answer comes too late, nothing else is answered."""
        first, second = desk.ask(80), desk.ask(80)
        desk.gate.inbox.approve(first, by="ana", reason="ok")
        ran = shell("deny", first, "--duplicates", "--reason", "r", "--as", "bo")

        assert first in one_line(ran)
        assert desk.state(second) == "pending"


@pytest.mark.parametrize("verb", ["approve", "cancel", "respond", "edit"])
def test_only_denials_can_spread(verb: str, desk: Desk, shell: Shell) -> None:
    """No other answer knows the option."""
    assert shell(verb, desk.ask(80), "--duplicates").code == 2


def test_the_queue_says_who_is_asked_to_look(shell: Shell) -> None:
    """Where the policy shares out, `with` names them, and --mine lists what is theirs alone."""
    shared = "\ngroups: {ops: [ana]}\napproval_queue_policy: {max_open_requests_per_reviewer: 2}\n"
    with Gate.open(Policy.parse(POLICY + shared)) as gate:
        gate.reviewers.add("ana")
        desk = Desk(gate)
        requests = [desk.ask(80 + at) for at in range(3)]
    mine = json.loads(shell("inbox", "--mine", "--as", "Ana", "--json").out)
    every = json.loads(shell("inbox", "--json").out)

    assert [case["id"] for case in mine] == requests[:2]
    assert [case["assigned_to"] for case in every] == [["ana"], ["ana"], []]
    assert "with" in shell("inbox").out.splitlines()[0]
    assert requests[2] not in shell("inbox", "--mine", "--as", "ana").out
    assert (
        "nothing waits that you are asked to look at" in shell("inbox", "--mine", "--as", "zoe").out
    )
    assert shell("inbox", "--mine", "--after", requests[0]).code == 2


def test_who_has_nothing_is_shown_what_others_have(shell: Shell) -> None:
    """With a line that says so; as JSON `assigned_to` does."""
    shared = "\napproval_queue_policy: {max_open_requests_per_reviewer: 2}\n"
    with Gate.open(Policy.parse(POLICY + shared)) as gate:
        for name in ("ana", "bo"):
            gate.reviewers.add(name)
        request = Desk(gate).ask(80)
        (asked,) = gate.queue.assigned()[request]
    free = {"ana": "bo", "bo": "ana"}[asked]
    told = "nothing of your own waits; these are others'"
    (case,) = json.loads(shell("inbox", "--mine", "--as", free, "--json").out)

    assert (case["id"], case["assigned_to"]) == (request, [asked])
    assert shell("inbox", "--mine", "--as", free).out.startswith(told)
    assert told not in shell("inbox", "--mine", "--as", asked).out
    assert told not in shell("inbox", "--as", free).out
