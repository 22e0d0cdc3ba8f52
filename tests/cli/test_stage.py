"""Set up: the demo's agent, and its watch."""

from pathlib import Path

import pytest
from cli_kit import Desk

from interlock.cli.follow import agent_home
from interlock.cli.stage import STEPS, Stopwatch, TimedConductor, ledger_url, set_up
from interlock.conduct import Answered, Intent, Ready, Turn, aperform, apropose
from interlock.errors import InterlockError
from interlock.path.execution import Outcome
from interlock.path.proposal import Agent, Context


def test_the_agent_is_found() -> None:
    """The folder holds the agent, and its policy lies where the agent looks for it."""
    home = agent_home()

    assert (home / "agent.py").is_file()
    assert (home.parents[1] / "policies" / home.name / "policy.yaml").is_file()


def test_every_step_is_timed(desk: Desk) -> None:
    """Each run step adds one reading; a call that asks spends nothing on execution."""
    watch = Stopwatch()
    desk.gate.conductor = TimedConductor(desk.gate.conductor, watch)
    desk.propose("notes.read", {})
    assert {step: len(spent) for step, spent in watch.spent_ms.items()} == dict.fromkeys(STEPS, 1)
    desk.propose("refund.issue", {"amount": 80})

    assert [(step, count) for step, count, _, _ in watch.summary()] == [
        (STEPS[0], 2),
        (STEPS[1], 2),
        (STEPS[2], 1),
        (STEPS[3], 1),
    ]
    assert all(0 <= middle <= longest for _, _, middle, longest in watch.summary())


@pytest.mark.parametrize("claim", [True, False])
async def test_an_awaited_run_is_timed_as_well(desk: Desk, claim: bool) -> None:
    """The edge that waits on an event loop spends its time in the same steps."""
    watch = Stopwatch()
    conductor = TimedConductor(desk.gate.conductor, watch)
    context = Context(Agent("bot"), principal="cust")
    turn = Turn(context, desk.host, "t1", "", "m1", (Intent("notes.read", {}, "c0"),))

    async def run(ready: Ready) -> Outcome:
        return desk.run(ready)

    (call_id,) = await apropose(conductor, turn, claim=claim)
    answered = await aperform(conductor, call_id, run)

    assert isinstance(answered, Answered)
    assert {step: len(spent) for step, spent in watch.spent_ms.items()} == dict.fromkeys(STEPS, 1)


def test_a_stage_keeps_the_ledger_and_renews_the_shop(tmp_path: Path) -> None:
    """Set up twice: the same ledger file, a fresh shop."""
    first = set_up(tmp_path, None)
    first.shop.path.write_bytes(b"")
    first.gate.close()
    second = set_up(tmp_path, None)

    assert second.ledger == ledger_url(tmp_path) == first.ledger
    assert second.shop.rows("SELECT count(*) AS n FROM orders")[0]["n"] > 0
    second.gate.close()


def test_a_model_that_cannot_be_had(tmp_path: Path) -> None:
    """A wrong name is one error of ours, with what is missing."""
    with pytest.raises(InterlockError, match="nobody:nothing"):
        set_up(tmp_path, "nobody:nothing")
