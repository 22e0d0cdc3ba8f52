"""Ask what if: another level decides as it would have, and changes nothing."""

from pathlib import Path

import pytest

from interlock.errors import DeskError

from ..conduct.career import DAY_S, Career  # isort: skip


def test_last_weeks_calls_at_another_level(tmp_path: Path) -> None:
    """Calls that people were asked about would run at level 1; what is denied stays denied."""
    career = Career(tmp_path)
    career.call()
    career.clock.advance(10 * DAY_S)
    career.call()
    career.call("launch")
    career.call(amount=5000)
    found = career.gate.autonomy.what_if("bot", 1)

    assert found.calls == 3
    assert found.passing == 1
    assert dict(found.changed)["require_approval", "allow"] == 1
    assert dict(found.changed)["deny", "deny"] == 2
    assert career.gate.autonomy.what_if("bot", 1, days=30).calls == 4
    assert career.gate.autonomy.what_if("bot", 1, tenant="acme").calls == 0
    assert career.level == 0
    with pytest.raises(DeskError, match="level 4"):
        career.gate.autonomy.what_if("bot", 4)
    career.gate.close()
