"""Grade: what a gate says of levels is what the record gives, without a policy and with one."""

from pathlib import Path

import pytest

from interlock.app.autonomy import AutonomyDesk
from interlock.app.gate import Gate
from interlock.errors import DeskError

from ..conduct.career import DAY_S, GRADED, Career  # isort: skip


def test_read_beside_other_work(tmp_path: Path) -> None:
    """What was sealed is folded by `recover`; where the policy wants none of it, nothing is."""
    career = Career(tmp_path)
    for _ in range(3):
        career.call()
    career.gate.ledger.seal_entries()
    career.gate.recover()
    career.clock.advance(8 * DAY_S)
    career.gate.recover()

    assert career.kinds == ["promotion_opened"]
    career.gate.close()
    plain = GRADED[: GRADED.index("promotion_criteria")]
    other = Career(tmp_path / "other", plain)
    other.call()
    other.gate.ledger.seal_entries()
    other.gate.recover()
    assert other.gate.autonomy.told() == []
    assert other.gate.autonomy.explain("bot").ready is None
    other.gate.close()


def test_nothing_stops_the_thread_that_seals(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a policy nothing is read; what cannot be read is logged, and never raised."""
    with Gate.open(ledger=tmp_path / "l.db", state=tmp_path) as gate:
        gate.autonomy.tally_due()
        assert caplog.text == ""
    career = Career(tmp_path)
    with career.gate.ledger.begin() as tx:
        tx.note("promoted", {"tenant": "", "agent": "bot"}, actor="interlock")
    career.gate.ledger.seal_entries()
    career.gate.autonomy.tally_due()

    assert "no evidence is read" in caplog.text
    career.gate.close()


def test_by_hand_only_down_where_there_are_criteria(tmp_path: Path) -> None:
    """I14: where a policy has criteria no person raises a level alone; without, up to the cap."""
    career = Career(tmp_path)
    with pytest.raises(DeskError, match="evidence and sign-off"):
        career.gate.autonomy.set("bot", 1, reason="I trust it", by="ana")
    career.risen(1)
    career.gate.autonomy.set("bot", 0, reason="odd", by="dee")
    assert career.level == 0
    career.gate.close()
    start, end = GRADED.index("promotion_criteria"), GRADED.index("demotion_triggers")
    plain = Career(tmp_path / "plain", GRADED[:start] + GRADED[end:])
    with pytest.raises(DeskError, match="level 2 is the highest"):
        plain.gate.autonomy.set("bot", 3, reason="I trust it", by="ana")
    plain.gate.autonomy.set("bot", 2, reason="I trust it", by="ana")
    assert plain.level == 2
    plain.gate.close()


def test_everybody_at_a_glance(tmp_path: Path) -> None:
    """Each agent is told of as JSON that says level, exposure and what is missing."""
    career = Career(tmp_path)
    desk: AutonomyDesk = career.gate.autonomy
    career.call()
    (found,) = desk.all()
    told = found.json()

    assert (told["agent"], told["level"], told["next_level"]) == ("bot", 0, 1)
    assert told["exposure"]["right"] == 1
    assert told["missing"][0] == "2 successful actions more"
    with pytest.raises(DeskError, match="nothing is known"):
        desk.explain("nobody")
    career.gate.close()
