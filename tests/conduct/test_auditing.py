"""Audit: one auditor a call, one finding, whoever dies or is faster."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from interlock.conduct.auditing import FINDING, LEASE_S, TAKEN, Looked, told
from interlock.errors import AlreadyDecided, NotEligible

from .conftest import POLICY, World, open_world  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

AUDITED = (
    POLICY
    + """
groups: {ops: [ed, eva]}
audit: {mandatory: [{match: {risk_tags: [write]}}], routing: {default: ops}}
"""
)


def ran(world: World) -> str:
    """Have a call that ran and is drawn."""
    (call,) = world.propose(("refund.issue", {"amount": 5}))
    world.go(call)
    return call


def kinds(world: World) -> list[str]:
    """Return the kinds of entries about audits."""
    return [one["kind"] for one in world.gate.audit.log() if one["kind"] in (TAKEN, FINDING)]


def test_an_auditor_who_dies_leaves_the_call_to_the_next(tmp_path: Path) -> None:
    """Between taking and finding nothing is lost: another process gives it away after its time."""
    first = open_world(tmp_path, AUDITED)
    call = ran(first)
    assert first.gate.audit.samples.next(by="ed") is not None
    first.gate.close()

    second = open_world(tmp_path, AUDITED, first.clock)
    with second.gate as gate:
        assert gate.audit.samples.next(by="eva") is None
        first.clock.advance(LEASE_S)
        taken = gate.audit.samples.next(by="eva")
        assert taken is not None
        assert taken.call_id == call
        gate.audit.samples.find(call, "fine", by="eva")
        assert kinds(second) == [TAKEN, TAKEN, FINDING]
        assert gate.audit.verify().ok


@pytest.mark.timeout(30)  # eight writers on a server
def test_of_many_findings_at_once_one_stands(tmp_path: Path) -> None:
    """However many processes say what they found, the record has one finding."""
    worlds = [open_world(tmp_path, AUDITED) for _ in range(4)]
    call = ran(worlds[0])

    def find(at: int) -> bool:
        try:
            worlds[at % 4].gate.audit.samples.find(call, "error", reason="x", by="ed")
        except AlreadyDecided:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(find, range(8))]

    assert found.count(True) == 1
    assert kinds(worlds[0]) == [FINDING]
    for world in worlds:
        world.gate.close()


@pytest.mark.timeout(30)  # as above
def test_of_many_auditors_at_once_each_has_their_own(tmp_path: Path) -> None:
    """Two who ask at the same moment are never given the same call."""
    worlds = [open_world(tmp_path, AUDITED) for _ in range(2)]
    calls = {ran(worlds[0]), ran(worlds[0])}

    def take(at: int) -> str:
        taken = worlds[at].gate.audit.samples.next(by=("ed", "eva")[at])
        return taken.call_id if taken else ""

    with ThreadPoolExecutor(2) as pool:
        assert {*pool.map(take, range(2))} == calls
    for world in worlds:
        world.gate.close()


def test_a_deputy_stands_in(tmp_path: Path) -> None:
    """Whoever stands in for an auditor is asked in their place, as long as that lasts."""
    world = open_world(tmp_path, AUDITED)
    with world.gate as gate:
        call = ran(world)
        for name in ("ed", "sam"):
            gate.reviewers.add(name)
        with pytest.raises(NotEligible, match="audited by ops"):
            gate.audit.samples.find(call, "fine", by="sam")
        until = world.clock.now() + timedelta(hours=1)
        gate.reviewers.delegate("ed", "sam", until=until, reason="leave")
        gate.audit.samples.find(call, "fine", by="sam")


def test_of_what_a_later_policy_audits_the_earlier_decision_says_nothing(tmp_path: Path) -> None:
    """A policy that comes after a call ran chooses nothing of before: its chance stays none."""
    before = open_world(tmp_path)
    call = ran(before)
    before.gate.close()
    after = open_world(tmp_path, AUDITED, before.clock)
    with after.gate as gate:
        assert not gate.audit.samples.report().drawn
        assert gate.audit.samples.next(by="ed") is None
        gate.audit.samples.find(call, "harm", reason="a customer called", by="ed")
        assert gate.audit.verify().ok


def test_what_is_known_follows_from_entries() -> None:
    """The last taking counts, and a finding ends it."""
    until = "2026-11-02T10:00:00.000000Z"
    taken = told(Looked(), TAKEN, {"call_id": "c", "until": until}, "ed")
    found = told(taken, FINDING, {"call_id": "c", "verdict": "harm"}, "ed")

    assert (taken.by, taken.verdict) == ("ed", None)
    assert taken.until is not None
    assert (found.verdict, found.until) == ("harm", None)
