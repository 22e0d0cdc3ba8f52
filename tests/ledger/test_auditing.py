"""Look: who had a part in a call, and what ran under a policy that audits."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.autonomy.sampling import AUDIT, Chance, number
from interlock.ledger.auditing import RanCalls, answered_by, executed, parts_of

from ..conduct.conftest import POLICY, World, open_world  # isort: skip

AUDITED = POLICY + "audit: {sampling: {rate: 0.5}}\n"


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A world that audits."""
    assert database
    made = open_world(tmp_path, AUDITED)
    with made.gate:
        yield made


def test_everybody_who_did_anything_had_a_part(world: World) -> None:
    """Who edited, refused or approved any revision, and who could not: not who only looked on."""
    (call,) = world.propose(("refund.issue", {"amount": 80}))
    world.go(call)
    (case,) = world.gate.inbox.pending()
    world.gate.inbox.edit(case.id, args={"amount": 70}, by="eve", reason="less")
    (again,) = world.gate.inbox.pending()
    world.gate.inbox.approve(again.id, by="ana", reason="ok")
    world.go(again.call_id)
    with world.gate.ledger.read() as db:
        for name in (call, again.call_id):
            assert {"eve", "ana", "olga", "bot", "cust", "payments"} <= parts_of(db, name)
        assert "ana" not in answered_by(db, again.call_id, before=1)
        assert "ana" in answered_by(db, again.call_id)


def test_what_ran_in_a_time(world: World) -> None:
    """Oldest first, drawn or not, of a time and a tenant; nothing that did not run."""
    calls = world.propose(*(("orders.get", {"id": at}) for at in range(4)))
    for call in calls[:3]:
        world.go(call)
    world.propose(("refund.issue", {"amount": 5000}))

    found = executed(world.gate.ledger)
    key = world.gate.ledger.vault.sampling_key
    assert [one.call_id for one in found.drawn] == [
        call for call in calls[:3] if number(key, AUDIT, call) < 0.5
    ]
    assert len(found.drawn) + found.others[Chance("all", 0.5)] == 3
    none = RanCalls([], Counter())
    assert executed(world.gate.ledger, since="2099") == none
    assert executed(world.gate.ledger, until="2000") == none
    assert executed(world.gate.ledger, tenant="acme") == none
