"""Await: a call whose policy wants it sealed first runs under a signed head, or not at all."""

from pathlib import Path
from typing import Any

import pytest

from interlock.app.policy import Policy
from interlock.errors import LedgerError

from ..databases import ask  # isort: skip
from .conftest import World, answer, open_world  # isort: skip

SEALED = "version: v1\nrules: [{match: {tools: [pay, wire]}, decision: allow}]\n"


def unsealed_at_effect(world: World, folder: Path, call: str) -> list[Any]:
    """Run a call; return how many entries of its decision were unsealed as its tool ran."""
    seen: list[Any] = []
    effect = world.effect

    def looking(tool: str, args: dict[str, Any]) -> Any:
        decided = "kind in ('proposed', 'decided', 'voted') and leaf_index is null"
        seen.append(ask(folder, f"select count(*) from entries where {decided}")[0][0])
        return effect(tool, args)

    world.effect = looking  # pyright: ignore[reportAttributeAccessIssue] - the tool of this test
    assert answer(world.go(call)).ending == "released"
    return seen


@pytest.mark.parametrize(
    ("after", "sealed"),
    [("sealed", True), ("{high: sealed}", True), ("{low: sealed}", False), ("commit", False)],
)
def test_the_decision_is_sealed_before_the_effect(
    tmp_path: Path, database: str, after: str, sealed: bool
) -> None:
    """A call of a risk that wants it runs when a signed head covers its decision."""
    policy = (
        SEALED + f"tools: {{pay: {{risk_tags: [financial]}}}}\naudit: {{execute_after: {after}}}"
    )
    world = open_world(tmp_path, policy)
    world.gate.ledger.wrote = lambda _: None
    (call,) = world.gate.conductor.propose(world.turn(("pay", {"amount": 1})), claim=True)

    assert (unsealed_at_effect(world, tmp_path, call) == [0]) is sealed
    assert world.gate.audit.verify().ok
    world.gate.close()


def test_where_nobody_can_seal_nothing_runs(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the record's key here, and nobody else sealing, the call waits, fails and stays."""
    world = open_world(tmp_path, SEALED + "audit: {execute_after: sealed}")
    world.gate.ledger.wrote = lambda _: None
    world.propose(("pay", {"amount": 1}))
    world.gate.audit.seal()
    (call,) = world.propose(("pay", {"amount": 2}))
    (tmp_path / "audit.key").rename(tmp_path / "away")
    with pytest.raises(LedgerError, match="nobody sealed it within 10 s; nothing ran"):
        world.go(call)
    assert (world.effects, world.state(call)) == ([], "decided")

    (tmp_path / "away").rename(tmp_path / "audit.key")
    assert answer(world.go(call)).ending == "released"
    world.gate.close()


def test_a_policy_that_wants_it_by_now(tmp_path: Path, database: str) -> None:
    """The guard asks the policy of now: what was decided before waits for its seal too."""
    world = open_world(tmp_path, SEALED)
    world.gate.ledger.wrote = lambda _: None
    (call,) = world.propose(("pay", {"amount": 1}))
    world.gate.reload(Policy.parse(SEALED + "audit: {execute_after: sealed}"))

    assert unsealed_at_effect(world, tmp_path, call) == [0]
    world.gate.close()
