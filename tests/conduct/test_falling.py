"""Fall: at once, without anybody's leave, and never for what an agent did not do."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from interlock.errors import DeskError, NotEligible, UnknownId
from interlock.ledger import tables

from .career import GRADED, Career  # isort: skip
from .conftest import waiting  # isort: skip


@pytest.fixture
def career(tmp_path: Path, database: str) -> Iterator[Career]:
    """One agent's career, in each database."""
    made = Career(tmp_path)
    yield made
    made.gate.close()


class TestViolation:
    def test_at_once(self, career: Career) -> None:
        """I14: the denial, the incident and the lower level stand in one transaction."""
        career.risen(2)
        denied = career.call(amount=5000)

        assert (denied.ending, career.level) == ("denied", 1)
        (incident,) = career.gate.autonomy.incidents()
        assert incident.opened.body["call_id"] == denied.record["call_id"]
        told = [each for each in career.gate.audit.log() if each["at"] == incident.opened.at]
        kinds = [each["kind"] for each in told]
        assert {"incident_opened", "demoted", "denied"} <= {*kinds}

    def test_only_what_surely_is_one(self, career: Career) -> None:
        """A denial for want of a value lowers nobody, and below the lowest level nothing is."""
        career.risen(1)
        assert career.call("launch").ending == "denied"
        assert career.level == 1
        for _ in range(3):
            career.call(amount=5000)

        assert career.level == 0
        assert len(career.gate.autonomy.incidents()) == 1

    def test_a_policy_without_triggers(self, tmp_path: Path) -> None:
        """What the policy does not name lowers no level."""
        start, end = GRADED.index("demotion_triggers"), GRADED.index("demote_to")
        career = Career(tmp_path, GRADED[:start] + GRADED[end:])
        career.risen(1)
        career.call(amount=5000)

        assert career.level == 1
        career.gate.close()


class TestIncident:
    @pytest.mark.parametrize(
        ("severity", "policy_says", "to"),
        [("low", 0, 0), ("low", "previous", 1), ("high", "previous", 0), ("critical", 1, 0)],
    )
    def test_by_severity(
        self, tmp_path: Path, severity: str, policy_says: str | int, to: int
    ) -> None:
        """The lower of what the policy says for an incident, and of what its severity does."""
        policy = GRADED.replace("safety_incident: 0", f"safety_incident: {policy_says}")
        career = Career(tmp_path, policy)
        career.risen(2)
        done = career.gate.autonomy.open_incident(
            "bot",
            reason="paid a stranger",
            severity=severity,  # type: ignore[arg-type] - one of four
            by="dee",
        )

        assert done.levels == {"": (2, to)}
        assert career.level == to
        career.gate.close()

    def test_what_was_allowed_is_asked_about_at_its_claim(self, career: Career) -> None:
        """I14: a call decided at the old level, not claimed yet, is guarded at that of now."""
        career.risen(1)
        (call,) = career.world.propose(("pay", {"amount": 5}))
        assert career.world.state(call) == "decided"
        career.gate.autonomy.open_incident("bot", reason="paid a stranger", by="dee")
        before = len(career.world.effects)
        question = waiting(career.world.go(call))

        assert len(career.world.effects) == before
        assert career.world.state(call) == "pending"
        assert question.request.terms.route == "ops"

    def test_every_tenant_falls(self, career: Career) -> None:
        """An incident without a tenant lowers the agent's level of each; with one only its own."""
        for tenant in ("acme", "globex"):
            with career.gate.ledger.begin() as tx:
                tx.levels.put((tenant, "bot"), 2, "test", "x", "2026-01-01T00:00:00.000000Z")
        only = career.gate.autonomy.open_incident("bot", reason="x", tenant="acme", by="dee")
        every = career.gate.autonomy.open_incident("bot", reason="x", by="dee")

        assert only.levels == {"acme": (2, 0)}
        assert every.levels == {"globex": (2, 0)}

    def test_who_closes_it(self, career: Career) -> None:
        """A person apart from the agent, once, with a reason; until then it does not rise."""
        incident = career.gate.autonomy.open_incident("bot", reason="x", by="dee").incident
        career.call()
        career.gate.autonomy.catch_up()
        close = career.gate.autonomy.close_incident

        for by in ("bot", "olga"):
            with pytest.raises(NotEligible):
                close(incident, by=by, reason="nothing happened")
        with pytest.raises(DeskError, match="--reason"):
            close(incident, by="ana", reason="")
        close(incident, by="ana", reason="fixed")
        with pytest.raises(DeskError, match="closed by ana"):
            close(incident, by="bea", reason="fixed")
        with pytest.raises(UnknownId):
            close("incident_none", by="ana", reason="fixed")
        assert career.gate.autonomy.incidents() == []
        assert career.gate.audit.verify().ok


@pytest.mark.timeout(60)  # threads that claim while one opens an incident
def test_nothing_is_claimed_at_the_old_level_afterwards(tmp_path: Path, database: str) -> None:
    """I14: in the order of the record, no claim after the fall rests on the level before it."""
    career = Career(tmp_path)
    career.risen(1)
    others = [Career(tmp_path, clock=career.clock) for _ in range(3)]
    begun = threading.Barrier(4)

    def work(other: Career, name: int) -> None:
        for at in range(12):
            if at == 2:
                begun.wait()
            turn = other.world.turn(("pay", {"amount": 5}), name=f"w{name}-{at}")
            other.gate.conductor.propose(turn, claim=True)

    threads = [
        threading.Thread(target=work, args=(other, name)) for name, other in enumerate(others)
    ]
    for thread in threads:
        thread.start()
    begun.wait()
    career.gate.autonomy.open_incident("bot", reason="paid a stranger", by="dee")
    for thread in threads:
        thread.join()
    career.gate.ledger.seal_entries()
    with career.gate.ledger.read() as db:
        entries = tables.entries.c
        query = select(entries.kind, entries.chain, entries.body).order_by(entries.leaf_index)
        told = [(row.kind, row.chain, json.loads(row.body)) for row in db.execute(query)]
    fell = next(at for at, (kind, _, _) in enumerate(told) if kind == "demoted")
    levels = {chain: body["level"] for kind, chain, body in told if kind == "decided"}
    claimed = [chain for kind, chain, _ in told[fell:] if kind == "claimed"]

    assert [chain for chain in claimed if levels[chain] > 0] == []
    assert {*levels.values()} == {0, 1}
    assert career.gate.audit.verify().ok
    for one in (career, *others):
        one.gate.close()
