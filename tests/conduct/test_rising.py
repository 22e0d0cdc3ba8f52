"""Rise: only with evidence and sign-off, one level at a time, never above the cap."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .career import DAY_S, GRADED, Career  # isort: skip


@pytest.fixture
def career(tmp_path: Path, database: str) -> Iterator[Career]:
    """One agent's career, in each database."""
    made = Career(tmp_path)
    yield made
    made.gate.close()


class TestLife:
    def test_up_and_down_and_back(self, career: Career) -> None:
        """I14: evidence, question, sign-off, level; a violation, a fall, an incident; and back."""
        assert career.call().record["level"] == 0
        career.risen()
        assert career.level == 1
        assert career.call().record["decision"] == "allow"

        assert career.call(amount=5000).ending == "denied"
        assert career.level == 0
        (incident,) = career.gate.autonomy.incidents()
        for _ in range(3):
            career.call()
        career.clock.advance(8 * DAY_S)
        assert career.gate.autonomy.requests() == []  # as long as the incident is open
        career.gate.autonomy.close_incident(incident.id, by="ana", reason="payee list fixed")
        career.risen()

        assert career.level == 1
        assert career.kinds == [
            *("promotion_opened", "promotion_answered", "promoted"),
            *("incident_opened", "demoted", "incident_closed"),
            *("promotion_opened", "promotion_answered", "promoted"),
        ]
        assert career.gate.audit.verify().ok

    def test_one_at_a_time_and_never_above_the_cap(self, career: Career) -> None:
        """Evidence of one level is not that of the next, and at the file's cap nobody is asked."""
        career.risen()
        career.gate.autonomy.catch_up()
        career.clock.advance(30 * DAY_S)
        assert career.gate.autonomy.requests() == []
        career.risen(2)
        for _ in range(3):
            career.call()
        career.clock.advance(30 * DAY_S)

        assert career.gate.autonomy.requests() == []
        assert career.gate.autonomy.explain("bot").ready.missing == (  # type: ignore[union-attr]
            "level 2 is the highest here",
        )

    def test_a_tags_cap_holds_where_the_call_is_decided(self, career: Career) -> None:
        """At level 2 a call that deletes is decided at level 1, as its tag says."""
        career.risen(2)
        (call,) = career.world.propose(("wipe", {}))

        shown = career.gate.inbox.show(call)
        assert (shown.state, shown.level) == ("pending", 1)


class TestEvidence:
    def test_a_clock_that_steps_back_shortens_nothing(self, career: Career) -> None:
        """The review period runs from the latest time that was seen, whatever a clock does."""
        for _ in range(3):
            career.call()
        career.gate.autonomy.catch_up()
        career.clock.advance(-30 * DAY_S)
        assert career.gate.autonomy.requests() == []
        career.clock.advance(30 * DAY_S + 6.9 * DAY_S)
        assert career.gate.autonomy.requests() == []
        career.clock.advance(0.2 * DAY_S)

        assert len(career.gate.autonomy.requests()) == 1

    def test_errors_and_other_models_stop_it(self, career: Career) -> None:
        """What a person refused counts against it: the rate is too high, and nobody is asked."""
        for _ in range(3):
            career.call()
        career.call(verdict="deny")
        career.clock.advance(8 * DAY_S)

        assert career.gate.autonomy.requests() == []
        missing = career.gate.autonomy.explain("bot").ready.missing  # type: ignore[union-attr]
        assert "1 error in 4 actions" in missing[0]

    def test_a_no_begins_the_evidence_anew(self, career: Career) -> None:
        """After a denial the same evidence asks nobody again; new evidence does."""
        asked = career.ready()
        ended = career.gate.autonomy.sign(asked.id, "deny", by="ana", reason="not yet").ended
        assert ended is not None
        assert ended.body["how"] == "denied"
        career.clock.advance(8 * DAY_S)
        assert career.gate.autonomy.requests() == []

        assert career.ready().id != asked.id
        assert career.level == 0

    def test_nobody_answers(self, career: Career) -> None:
        """A question that nobody answers for thirty days is over, and the level where it was."""
        asked = career.ready()
        career.clock.advance(31 * DAY_S)
        career.gate.autonomy.catch_up()

        told = career.gate.autonomy.history("bot")
        assert (told[-1].kind, told[-1].body["how"]) == ("promotion_ended", "expired")
        assert told[-1].body["promotion"] == asked.id
        assert career.level == 0


@pytest.mark.parametrize(
    ("criteria", "looked_at", "asks"),
    [
        ("evidence: e_process", 36, False),
        ("evidence: e_process", 39, True),
        ("requires_human_sign_off: false", 3, True),
    ],
)
def test_other_criteria(tmp_path: Path, criteria: str, looked_at: int, asks: bool) -> None:
    """`e_process` wants what rules the limit out, 38 at 10 %; without sign-off it just rises."""
    policy = GRADED.replace("review_period_days: 7", f"review_period_days: 7, {criteria}")
    career = Career(tmp_path, policy)
    for _ in range(looked_at):
        career.call()
    career.gate.autonomy.catch_up()
    career.clock.advance(8 * DAY_S)
    asked = career.gate.autonomy.requests()

    assert (bool(asked) or career.level == 1) is asks
    assert career.gate.audit.verify().ok
    career.gate.close()


def test_where_the_policy_starts_agents_elsewhere(tmp_path: Path) -> None:
    """Work at a level that the policy no longer starts from is no evidence for the next one."""
    lower, higher = Career(tmp_path), GRADED.replace("initial_level: 0", "initial_level: 1")
    for _ in range(3):
        lower.call()
    lower.gate.autonomy.catch_up()
    lower.gate.close()
    career = Career(tmp_path, higher, lower.clock)
    career.clock.advance(8 * DAY_S)
    career.gate.autonomy.catch_up()

    assert career.kinds == ["level_begun"]
    assert career.gate.autonomy.explain("bot").evidence.level == 1
    assert career.gate.autonomy.requests() == []
    career.gate.close()
