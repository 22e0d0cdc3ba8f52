"""Recount: a finding that nobody could give is named, by the entries alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.conduct.auditing import FINDING, draw_of, finding_asked

from ..conduct.conftest import POLICY, World, open_world  # isort: skip

AUDITED = POLICY + "audit: {sampling: {rate: 1.0}}\n"


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A world whose calls are all drawn."""
    assert database
    made = open_world(tmp_path, AUDITED)
    with made.gate:
        yield made


def ran(world: World) -> str:
    """Have a call that `ana` approved, and that ran."""
    (call,) = world.propose(("refund.issue", {"amount": 80}))
    world.go(call)
    (case,) = world.gate.inbox.pending()
    world.gate.inbox.approve(case.id, by="ana", reason="ok")
    world.go(call)
    return call


def forge(world: World, ran_call: str, by: str = "ed", **other: Any) -> list[str]:
    """Write a finding past the rules, with some members other than they were; verify."""
    with world.gate.ledger.begin() as tx:
        call = tx.call(ran_call)
        number, draw = draw_of(tx, call)
        chance = {"stratum": draw.chance.stratum, "inclusion": draw.chance.inclusion_0_1}
        body = {**finding_asked(call, "fine", ""), **chance, "number": number, "drawn": draw.drawn}
        tx.note(FINDING, {**body, **other}, actor=by, auth="local")
    return [*world.gate.audit.verify().problems]


def test_a_right_one_is_right(world: World) -> None:
    """What the rules let somebody write verifies."""
    assert forge(world, ran(world)) == []


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"by": "ana"}, "`ana` had a part in it"),
        ({"by": "Olga"}, "`Olga` had a part in it"),
        ({"inclusion": 0.5}, "its chance was another"),
        ({"stratum": "read"}, "its chance was another"),
        ({"number": 1.5}, "its number is not what drew it"),
        ({"drawn": False}, "its number is not what drew it"),
        ({"call_id": "call_nobody"}, "it did not run"),
    ],
)
def test_one_that_nobody_could_give(world: World, other: dict[str, Any], why: str) -> None:
    """Who had a part, another chance or number, a call that never ran: each is named."""
    (problem,) = forge(world, ran(world), **other)

    assert why in problem
    assert "a finding of" in problem


def test_a_second_one_is_named(world: World) -> None:
    """A call is audited once."""
    call = ran(world)
    assert forge(world, call) == []

    (problem,) = forge(world, call, "eva")
    assert "it was audited before" in problem


def test_one_of_a_call_that_waits(world: World) -> None:
    """Nothing can be found of what did not run."""
    (call,) = world.propose(("refund.issue", {"amount": 80}))
    (problem,) = forge(world, call)

    assert "it did not run" in problem


def test_an_archived_call_keeps_its_finding(world: World, tmp_path: Path) -> None:
    """What was found is in the ledger's own chain; it verifies when the call's entries are gone."""
    call = ran(world)
    assert forge(world, call) == []
    world.clock.advance(86_400)
    world.gate.audit.archive("2099-01-01T00:00:00.000000Z", tmp_path / "old", by="dpo")

    assert world.gate.audit.verify().ok
    (one,) = world.gate.audit.samples.report().drawn
    assert (one.call_id, one.looked.verdict, one.is_gone) == (call, "fine", True)
