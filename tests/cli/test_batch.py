"""Batch: like questions answered together, from the command line."""

import json

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.app.gate import Gate
from interlock.app.policy import Policy

POLICY = """
version: v1
tools: {refund.issue: {risk_tags: [write]}, wire: {risk_tags: [financial]}}
risk: [{level: medium}, {level: high, match: {tools: [wire]}}]
rules:
  - {id: big, match: {tools: [refund.issue]}, decision: require_approval, review: {batch: {max: 3}}}
  - {id: wires, match: {tools: [wire]}, decision: require_approval, review: {batch: {max: 2}}}
"""


@pytest.fixture
def desk() -> Desk:
    """An agent's gate whose policy lets like refunds be answered together."""
    with Gate.open(Policy.parse(POLICY)) as gate:
        yield Desk(gate)


@pytest.fixture
def asked(desk: Desk) -> list[str]:
    """Three refunds, the last of a strange account; their requests' ids."""
    return [desk.ask(80, to=to) for to in ("ana", "ana", "\x1b[31meve")]


def name(shell: Shell) -> str:
    """Return the one batch that is offered."""
    (found,) = json.loads(shell("batch", "list", "--json").out)
    return found["name"]


def test_nothing_is_alike(desk: Desk, shell: Shell) -> None:
    """Where nothing is, the list says so, and is an empty one."""
    desk.ask(80)

    assert shell("batch").out == "nothing waits that one look could answer\n"
    assert json.loads(shell("batch", "list", "--json").out) == []
    assert json.loads(shell("batch", "--json").out) == []
    assert "stands behind `list`" in one_line(shell("batch", "--json", "list"))


def test_the_list_and_the_batch_say_what_varies(shell: Shell, asked: list[str]) -> None:
    """How many of which tool and rule, and of each call what is not as the others'."""
    (head, row) = shell("batch").out.splitlines()
    told = shell("batch", "show", name(shell)).out

    assert head.startswith("batch ")
    assert [*row.split()][1:6] == ["refund.issue", "medium", "bot", "big", "3"]
    assert "args.to" in row
    for at, request in enumerate(asked, 1):
        assert f"{at} of 3  {request}" in told
    assert '"ana"  |  "ana"  |  "⟨U+001B⟩[31meve"' in told
    assert "⟨U+001B⟩[31meve" in told
    assert told.count("args.amount") == 1
    assert f"interlock batch approve {name(shell)}" in told
    assert "\x1b" not in told


def test_all_are_approved_and_each_has_its_vote(desk: Desk, shell: Shell, asked: list[str]) -> None:
    """By the reviewer here, each with the reason."""
    ran = shell("batch", "approve", name(shell), "--reason", "checked")

    assert (ran.code, ran.out) == (0, "approved: 3 of 3 calls\n")
    for request in asked:
        (vote,) = desk.gate.inbox.show(request).votes
        assert (vote["by"], vote["answer"], vote["reason"]) == ("rita", "approve", "checked")


def test_all_are_denied(desk: Desk, shell: Shell, asked: list[str]) -> None:
    """Nothing runs."""
    assert shell("batch", "deny", name(shell), "--reason", "no").code == 0
    assert {desk.state(each) for each in asked} == {"rejected"}


def test_a_batch_that_changed_is_not_answered(desk: Desk, shell: Shell, asked: list[str]) -> None:
    """Exit 1, words that say why, and nothing is approved."""
    old = name(shell)
    desk.gate.inbox.deny(asked[0], by="ana", reason="no")
    ran = shell("batch", "approve", old)

    assert ran.code == 1
    assert "look again with interlock batch" in one_line(ran)
    assert [desk.state(each) for each in asked] == ["rejected", "pending", "pending"]


def test_what_does_not_count_is_named(desk: Desk, shell: Shell) -> None:
    """High risk without a reason: none counts, each says why, exit 1."""
    asked = [desk.propose("wire", {"n": at}) for at in range(2)]
    ran = shell("batch", "approve", name(shell))

    assert ran.code == 1
    assert ran.out.startswith("approved: 0 of 2 calls\n")
    assert ran.out.count("did not count: a high-risk approval needs a reason") == 2
    assert {desk.state(each) for each in asked} == {"pending"}
