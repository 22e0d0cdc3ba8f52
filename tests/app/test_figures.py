"""Figure: all figures of one ledger, of one tenant or all, over the days that are asked for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from interlock.app.figures import probe_rows
from interlock.desk.measures import ProbeRow, Ratio
from interlock.ledger.disclosures import Disclosed

from ..conduct.conftest import World, open_world  # isort: skip

POLICY = """
tools: {pay: {risk_tags: [write]}, look: {effect: read, risk_tags: [read]}}
groups: {ops: [ana, bo]}
approval_queue_policy: {max_open_requests_per_reviewer: 3}
rules:
  - {id: pays, match: {tools: [pay]}, decision: require_approval, review: {route: ops}}
  - {id: looks, match: {tools: [look]}, decision: allow}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One world with two people, who take three questions each."""
    made = open_world(tmp_path, POLICY)
    yield made
    made.gate.close()


def propose(world: World, tool: str, tenant: str = "") -> str:
    turn = world.turn((tool, {"n": world.turns}))
    turn = replace(turn, context=replace(turn.context, tenant=tenant))
    (call,) = world.gate.conductor.propose(turn)
    return world.gate.inbox.show(call).id


def test_one_value_has_all_of_it(world: World) -> None:
    """What waits, who asks, what is answered, who has what; and it can be written as JSON."""
    first, _ = propose(world, "pay"), propose(world, "pay")
    propose(world, "look")
    world.gate.inbox.approve(first, by="ana", reason="ok")
    found = world.gate.figures()

    assert [(one.route, one.open, one.answered) for one in found.queues] == [("ops", 1, 1)]
    assert [(one.agent, one.asks) for one in found.agents] == [("bot", Ratio(2, 3))]
    assert [(one.rule, one.approved) for one in found.rules] == [("pays", Ratio(1, 1))]
    assert [(one.name, one.approved) for one in found.reviewers] == [("ana", Ratio(1, 1))]
    assert sorted((one.name, one.open, one.cap) for one in found.loads) == [
        ("ana", 1, 3),
        ("bo", 1, 3),
    ]
    assert (found.teams, found.warnings) == ([], [])
    assert json.loads(json.dumps(found.json()))["agents"][0]["asks"]["of"] == 3


def test_of_one_tenant(world: World) -> None:
    """Nobody is counted with another tenant's calls."""
    propose(world, "pay", "acme")
    propose(world, "pay")

    assert [one.tenant for one in world.gate.figures("acme").agents] == ["acme"]
    assert [one.open for one in world.gate.figures("acme").queues] == [1]


def test_over_the_days_that_are_asked_for(world: World) -> None:
    """What was before them counts no more, and what is open has its age all the same."""
    propose(world, "pay")
    world.clock.advance(2 * 3600)
    found = world.gate.figures(days=1 / 24)

    assert found.agents == []
    assert [(one.route, one.p95_used) for one in found.ages] == [("ops", 0.5)]


def test_a_probe_counts_where_its_answer_says_something() -> None:
    """Of canaries what was caught, of second looks both answers, what others ended by itself."""
    now, before = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    found = [
        Disclosed("canary", "ops", "amount", "caught", now),
        Disclosed("canary", "ops", "amount", "missed", now),
        Disclosed("canary", "ops", "amount", "unanswered", now),
        Disclosed("canary", "ops", "amount", "caught", before),
        Disclosed("second_look", "", "approved", "agreed", now),
        Disclosed("second_look", "", "approved", "disagreed", now),
        Disclosed("second_look", "", "rejected", "agreed", now),
        Disclosed("second_look", "", "rejected", "disagreed", now),
        Disclosed("second_look", "", "rejected", "uncounted", now),
    ]

    assert [*probe_rows(found, now)] == [
        ProbeRow("ops", "canary", caught=True),
        ProbeRow("ops", "canary", caught=False),
        ProbeRow("", "second_look", answers=(True, True)),
        ProbeRow("", "second_look", answers=(True, False)),
        ProbeRow("", "second_look", answers=(False, False)),
        ProbeRow("", "second_look", answers=(False, True)),
        ProbeRow("", "uncounted"),
    ]
