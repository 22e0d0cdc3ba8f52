"""Weigh: more at risk takes more."""

from dataclasses import replace

import pytest

from interlock.conduct.values import Halt
from interlock.policy.decisions import Risk
from interlock.terminal.friction import Friction, friction

from .conftest import Seat  # isort: skip


@pytest.mark.parametrize(
    ("risk", "takes"),
    [
        ("low", Friction(confirms=False, reads=False, reasons=False, types=False)),
        ("medium", Friction(confirms=True, reads=False, reasons=False, types=False)),
        ("high", Friction(confirms=True, reads=True, reasons=True, types=False)),
        ("critical", Friction(confirms=True, reads=True, reasons=True, types=True)),
        ("unheard of", Friction(confirms=True, reads=True, reasons=True, types=True)),
    ],
)
def test_by_risk(seat: Seat, risk: Risk, takes: Friction) -> None:
    """Each risk takes what it takes; an unknown one the most."""
    seat.ask()
    (case,) = seat.gate.inbox.pending()

    assert friction(replace(case, risk=risk, reason_required=False)) == takes
    assert friction(replace(case, risk=risk, reason_required=True)).reasons
    halt = Halt("everything", "", "", "zoe", seat.clock.now(), "audit")
    assert friction(replace(case, risk=risk, halt=halt)).confirms
