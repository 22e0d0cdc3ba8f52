"""Regroup: what is open is put to who is in its groups, some in one transaction."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.conduct import people, regrouping
from interlock.conduct.people import Enrolment, EnrolmentKind, enrol
from interlock.errors import DeskError, NotEligible

from .conftest import World, open_world  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
tools: {pay: {risk_tags: [write]}, mail: {risk_tags: [write]}}
groups: {finance: [ana, bo]}
rules:
  - {id: pays, match: {tools: [pay]}, decision: require_approval,
     review: {route: dpo, quorum: unanimous}}
  - {id: mails, match: {tools: [mail]}, decision: require_approval,
     review: {route: finance, quorum: 2}}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Kim and lou have the role; the record is right in the end."""
    made = open_world(tmp_path, POLICY)
    for name in ("kim", "lou"):
        change(made, "person_added", name=name, roles=["dpo"], identities=[])
    yield made
    assert made.gate.audit.verify().problems == ()
    made.gate.close()


def change(world: World, kind: EnrolmentKind, /, **asked: Any) -> None:
    """Change people by the one way there is."""
    enrol(world.gate.conductor.ports, Enrolment(kind, asked, "root"))


def ask(world: World, count: int, tool: str = "pay") -> list[str]:
    """Have so many questions of a turn."""
    return world.propose(*((tool, {"n": at}) for at in range(count)))


def told(world: World, kind: str = "regrouped") -> Counter[str]:
    """Return how often something is said of each call."""
    entries = (each for each in world.gate.audit.log() if each["kind"] == kind)
    return Counter(str(each["body"].get("call_id", each["chain"])) for each in entries)


def test_whoever_changes_people_tells_what_is_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question once, however many go into one transaction, and none that is over."""
    monkeypatch.setattr(regrouping, "AT_ONCE", 3)
    calls = ask(world, 8)
    world.gate.inbox.deny(calls[-1], by="kim", reason="no")
    change(world, "person_revoked", name="lou", roles=["dpo"])

    assert told(world) == dict.fromkeys(calls[:-1], 1)
    one = ({"group": "dpo", "more": 1},)
    assert [case.missing for case in world.gate.inbox.pending()] == [one] * 7


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("person_added", {"name": "zoe", "roles": ["other"], "identities": []}),
        ("person_added", {"name": "kim", "roles": ["dpo"], "identities": ["kim@corp"]}),
        ("person_away", {"name": "kim", "until": "2026-01-02T00:00:00.000000Z", "reason": "ill"}),
        ("credential_added", {"name": "kim", "kind": "token", "public": "ab" * 32}),
    ],
)
def test_what_moves_nobody_writes_nothing(
    world: World, kind: EnrolmentKind, asked: dict[str, Any]
) -> None:
    """Questions stay as they are where the same people are asked."""
    ask(world, 2)
    change(world, kind, **asked)

    assert told(world) == {}


def test_one_that_cannot_be_told_keeps_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The change stands, the log names the one, and its next vote finds out."""
    calls, put = ask(world, 5), regrouping.put_anew
    asked = {case.call_id: case.id for case in world.gate.inbox.pending()}

    def refused(tx: Any, policy: Any, request: Any, terms: Any) -> Any:
        if request.call_id == calls[2]:
            raise DeskError("no")
        return put(tx, policy, request, terms)

    monkeypatch.setattr(regrouping, "put_anew", refused)
    change(world, "person_revoked", name="lou", roles=["dpo"])

    assert {*told(world)} == {*calls} - {calls[2]}
    assert f"request {asked[calls[2]]}: who is asked by now could not be told" in caplog.text
    assert world.gate.inbox.approve(calls[2], by="kim", reason="ok").state == "approved"


def test_killed_before_it_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Q4: the change is there, and whoever votes next is held to it."""
    (call,) = ask(world, 1)
    monkeypatch.setattr(people, "tell_open", lambda *_: None)
    change(world, "person_revoked", name="lou", roles=["dpo"])
    assert told(world) == {}

    with pytest.raises(NotEligible):
        world.gate.inbox.approve(call, by="lou", reason="ok")
    assert world.gate.inbox.approve(call, by="kim", reason="ok").state == "approved"
    assert told(world) == {call: 1}


def test_an_alarm_for_each_that_too_few_may_approve(world: World) -> None:
    """Q9: of a declared group too, whose names stay; and no second alarm for the same."""
    calls = ask(world, 3, "mail")
    change(world, "person_added", name="bo", roles=[], identities=[])
    change(world, "person_revoked", name="bo", roles=[])
    assert (told(world), told(world, "understaffed")) == ({}, dict.fromkeys(calls, 1))

    change(world, "person_revoked", name="lou", roles=["dpo"])
    assert told(world, "understaffed") == dict.fromkeys(calls, 1)


@pytest.mark.timeout(60)  # four threads, each with a ledger of its own
def test_beside_those_who_vote_and_change_people(world: World, tmp_path: Path) -> None:
    """Nobody waits for ever, and nobody approves who has the role no more."""
    calls, problems = ask(world, 12), list[BaseException]()

    def vote(name: str) -> None:
        with open_world(tmp_path, POLICY, world.clock).gate as gate:
            for call in calls:
                try:
                    gate.inbox.approve(call, by=name, reason="ok")
                except NotEligible:
                    pass
                except Exception as error:  # noqa: BLE001 - told to the test
                    problems.append(error)

    def staff(name: str) -> None:
        with open_world(tmp_path, POLICY, world.clock).gate as gate:
            gate.reviewers.add(name, roles=["dpo"])
            gate.reviewers.revoke(name, roles=["dpo"], reason="moved")

    work = [(vote, "kim"), (vote, "lou"), (staff, "max"), (staff, "ned")]
    threads = [threading.Thread(target=do, args=(name,)) for do, name in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)

    assert not any(thread.is_alive() for thread in threads)
    assert problems == []
