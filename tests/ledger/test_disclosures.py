"""Disclosures: what probes came to, of a route and of nobody."""

from pathlib import Path

from interlock.ledger.disclosures import disclosed, outcomes
from interlock.ledger.queries import find_call

from ..conduct.conftest import open_world  # isort: skip
from ..conduct.test_probing import ASKS, LOOKS, RATES, canary, look  # isort: skip


def test_a_canary_that_was_caught(tmp_path: Path, database: str) -> None:
    """It is told with what was changed, once it is answered; before, nothing is."""
    world = open_world(tmp_path, ASKS + RATES)
    call, posed = canary(world)
    ledger = world.gate.ledger
    assert disclosed(ledger, find_call(ledger, posed.id)) is None
    assert disclosed(ledger, find_call(ledger, call)) is None
    assert outcomes(ledger) == []
    world.gate.inbox.deny(posed.id, by="ana", reason="no")
    told = disclosed(ledger, find_call(ledger, posed.id))
    assert told is not None
    assert (told["of"], told["came_to"]) == (call, "caught")
    assert [one["path"] for one in told["changed"]] == ["amount"]
    assert [one.came_to for one in outcomes(ledger)] == ["caught"]
    assert outcomes(ledger, "another tenant") == []
    world.gate.close()


def test_a_second_look_has_both_answers(tmp_path: Path, database: str) -> None:
    """What the first said and whether the second agrees: the rows of an agreement."""
    world = open_world(tmp_path, ASKS + LOOKS)
    _, posed = look(world, "deny")
    world.gate.inbox.approve(posed.id, by="bea", reason="fine")
    (one,) = outcomes(world.gate.ledger)
    assert (one.kind, one.how, one.came_to) == ("second_look", "rejected", "disagreed")
    world.gate.close()
