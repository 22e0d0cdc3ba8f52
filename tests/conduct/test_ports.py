"""Reach: one transaction decides by one policy, whatever is loaded meanwhile."""

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import cycle
from pathlib import Path

import pytest

from interlock.conduct.ports import Ports
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.load import parse

from .conftest import World, open_world  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

ALLOWS = parse("rules: [{match: {tools: [mail]}, decision: allow}]")
DENIES = parse("rules: [{match: {tools: [mail]}, decision: deny}]")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One world whose policy is another one each time that somebody looks."""
    made = open_world(tmp_path)
    swapping = cycle([ALLOWS, DENIES])
    made.gate.conductor.ports = replace(made.gate.conductor.ports, policy=lambda: next(swapping))
    yield made
    made.gate.close()


def looks(ports: Ports, times: int = 4) -> list[CompiledPolicy]:
    """Look at the policy several times."""
    return [ports.policy() for _ in range(times)]


def test_pinned_is_the_policy_of_now(world: World) -> None:
    """The source goes on swapping; who pinned keeps what was there."""
    ports = world.gate.conductor.ports
    first, second = ports.pinned(), ports.pinned()

    assert looks(first) == [ALLOWS] * 4
    assert looks(second) == [DENIES] * 4
    assert looks(ports) == [ALLOWS, DENIES] * 2


def test_what_is_pinned_stays(world: World) -> None:
    """Pinning again within the transaction changes nothing."""
    once = world.gate.conductor.ports.pinned()

    assert once.pinned().policy() is once.policy()


def test_only_the_policy_is_pinned(world: World) -> None:
    """Ledger, clock and all others are those of the gate."""
    ports = world.gate.conductor.ports
    pinned = ports.pinned()

    for field in fields(Ports):
        if field.name != "policy":
            assert getattr(pinned, field.name) is getattr(ports, field.name), field.name


def test_a_turn_is_decided_by_one_policy(world: World) -> None:
    """Six calls of one message have one policy, the next turn's may have another."""
    calls = [("mail", {"n": at}) for at in range(6)]

    def states() -> set[str]:
        return {world.state(call) for call in world.propose(*calls)}

    turns = [states() for _ in range(4)]

    assert {len(each) for each in turns} == {1}
    assert set[str]().union(*turns) == {"decided", "denied"}
