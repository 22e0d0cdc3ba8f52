"""Intent: what another process can read in the ledger at the moment of the effect."""

from pathlib import Path
from typing import Any

import pytest

from interlock.conduct import Ready, perform
from interlock.path.execution import Done
from interlock.tools.run import run

from .conftest import World, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("claim", [True, False], ids=["claimed as proposed", "claimed later"])
@pytest.mark.parametrize("amount", [20, 200], ids=["allowed", "asked"])
def test_the_intent_is_durable_before_the_effect(
    world: World, tmp_path: Path, amount: int, claim: bool
) -> None:
    """I1: when a tool runs, a committed entry says so, with the call's digest and its fence."""
    turn = world.turn(("refund.issue", {"amount": amount}))
    (call,) = world.gate.conductor.propose(turn, claim=claim)
    if amount == 200:
        request = waiting(world.go(call)).request
        world.gate.inbox.approve(request.id, by="ana", reason="seen")
    seen: list[Any] = []

    def look(ready: Ready) -> Any:
        def effect(*_: object) -> Done:
            other = open_world(tmp_path)
            seen.extend(other.gate.audit.log(call=call))
            other.gate.close()
            return Done("ok")

        intended = ready.warrant.digest, ready.warrant.fence
        outcome = run(ready, effect)
        (claimed,) = [entry["body"] for entry in seen if entry["kind"] == "claimed"]
        assert (claimed["digest"], claimed["fence"]) == intended
        return outcome

    perform(world.gate.conductor, call, look)
    assert seen
