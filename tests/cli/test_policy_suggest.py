"""Suggest, as typed: the change of the file, what it would have let pass, and as JSON."""

import json
from pathlib import Path

import pytest
from cli_kit import POLICY, Desk, Shell

from interlock.conduct import Intent, Turn
from interlock.path.proposal import Agent, Context


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """A policy that allows what its thresholds do not ask about."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY + "  - {id: pays, match: {tools: [refund.issue]}, decision: allow}\n")
    return path


def ask(desk: Desk, amounts: list[int]) -> None:
    """Propose a turn with a refund of each amount."""
    intents = tuple(
        Intent("refund.issue", {"amount": each}, f"c{at}") for at, each in enumerate(amounts)
    )
    turn = Turn(Context(Agent("bot"), principal="cust"), "shop", "t1", "", "m", intents)
    desk.gate.conductor.propose(turn)


@pytest.mark.timeout(30)  # SciPy is loaded
def test_a_threshold(desk: Desk, shell: Shell, policy: Path) -> None:
    """The change is printed as it would stand in the file, with what it would have let run."""
    ask(desk, [at % 50 for at in range(200)])
    ran = shell("policy", "suggest", str(policy))
    told = json.loads(shell("policy", "suggest", str(policy), "--json").out)
    moved = next(each for each in told["suggestions"] if each["kind"] == "threshold")

    assert ran.code == 0
    assert "`amount_usd_above: 50` asks about 0.0% of 200 calls" in ran.out
    assert f"amount_usd_above: {moved['entry']['match']['amount_usd_above']}" in ran.out
    assert f"would have let {moved['passes']} calls run without asking" in ran.out
    assert (told["calls"], moved["share"]["hits"]) == (200, 0)


def test_too_few_calls_speak_for_nothing(desk: Desk, shell: Shell, policy: Path) -> None:
    """Of twenty calls nothing follows."""
    ask(desk, [*range(20)])

    assert shell("policy", "suggest", str(policy)).out == "0 suggestions from 20 calls\n"


def test_a_policy_that_does_not_load(shell: Shell, tmp_path: Path) -> None:
    """A broken policy is named by its place, and nothing is read."""
    path = tmp_path / "bad.yaml"
    path.write_text("rules: 3\n")
    ran = shell("policy", "suggest", str(path))

    assert ran.code == 1
    assert f"{path}:1:8" in ran.err
