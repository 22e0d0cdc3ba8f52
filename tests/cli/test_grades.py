"""Draw: what a level rests on, in lines that say what is missing."""

import json
from collections.abc import Iterator

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.cli.grades import bar

GRADED = """
version: v1
tools: {pay: {risk_tags: [write]}}
rules: [{match: {tools: ["*"]}, decision: allow}]
groups: {board: [ana, bea], ops: [dee]}
routing: {autonomy_actions: board, default: ops}
autonomy_levels:
  level_0: {rules: [{match: {topics: ["*"]}, decision: require_approval}]}
  level_1: {rules: [{match: {topics: ["*"]}, decision: allow}]}
promotion_criteria: {min_successful_actions: 2, max_error_rate: 0.5, review_period_days: 0.0000001, evidence: EVIDENCE}
demotion_triggers: [safety_incident]
"""  # noqa: E501 - a policy's lines


def worked(evidence: str) -> Iterator[Desk]:
    """Let an agent do good work that dee approves."""
    with Gate.open(Policy.parse(GRADED.replace("EVIDENCE", evidence))) as gate:
        desk = Desk(gate)
        for _ in range(3):
            call = desk.propose("pay", {})
            desk.gate.inbox.approve(call, by="dee", reason="ok")
            desk.go(call)
        yield desk


@pytest.fixture
def graded() -> Iterator[Desk]:
    """An agent of which people are asked whether it may rise."""
    yield from worked("counts")


def test_from_evidence_to_a_level(graded: Desk, shell: Shell) -> None:
    """Explained, listed, refused to who may not, signed off, and told in its history."""
    explained = shell("autonomy", "explain", "bot").out
    assert "level 0, supervised" in explained
    assert "3, of which 3 were looked at" in explained
    assert "the criteria for the next level are met" in explained
    listed = shell("autonomy", "requests").out
    assert "level 0 → 1" in listed
    assert "3 of 3 went well" in listed
    assert "1 of ana, bea" in listed
    (asked,) = json.loads(shell("autonomy", "requests", "--json").out)
    assert (asked["from"], asked["to"], asked["state"]) == (0, 1, "open")
    assert "1 promotion to sign off" in shell("inbox").out

    sign = ("autonomy", "promote", "bot", "--reason", "fine work")
    assert "not in `board`" in one_line(shell(*sign))
    assert "one at a time" in one_line(shell(*sign, "--to", "3", "--as", "ana"))
    assert shell(*sign, "--as", "ana").out == "bot: level 0 → 1\n"
    told = shell("autonomy", "history", "bot").out
    kinds = [line.split()[2] for line in told.splitlines()[1:]]
    assert kinds == ["promotion_opened", "promotion_answered", "promoted"]
    assert "no promotion waits" in shell("autonomy", "requests").out
    assert "evidence and sign-off" in one_line(shell(*sign, "--to", "2"))


def test_a_no(graded: Desk, shell: Shell) -> None:
    """Who declines keeps the level as it is; what is not asked cannot be declined."""
    no = ("autonomy", "decline", "bot", "--reason", "pays friends", "--as", "bea")
    shell("autonomy", "requests")
    assert "stays at level 0; denied by bea" in shell(*no).out
    assert "no promotion of `bot` waits" in one_line(shell(*no))


def test_what_is_missing_and_what_if(shell: Shell) -> None:
    """Under `e_process` the weight is drawn against what is needed; other levels can be tried."""
    for _ in worked("e_process"):
        explained = shell("autonomy", "explain", "bot").out
        assert "more judged action" in explained
        assert "of 3.00" in explained
        tried = shell("autonomy", "what-if", "bot", "--level", "1").out
        assert "3 calls that people were asked about would have run unasked" in tried
        told = json.loads(shell("autonomy", "what-if", "bot", "--level", "1", "--json").out)
        assert told["changed"] == [{"was": "require_approval", "now": "allow", "calls": 3}]
        assert json.loads(shell("autonomy", "explain", "bot", "--json").out)["log_weight"] > 0
        assert "nothing is known" in one_line(shell("autonomy", "explain", "cat"))
        assert "nothing is recorded" in shell("autonomy", "history", "cat").out


@pytest.mark.parametrize(("share", "full"), [(-1, 0), (0.5, 10), (7, 20), (float("nan"), 0)])
def test_a_bar_is_never_longer_than_its_cells(share: float, full: int) -> None:
    """Less than nothing is empty, more than all is full."""
    assert bar(share) == "█" * full + "·" * (20 - full)
