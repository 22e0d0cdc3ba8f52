"""Weigh: how much an approval takes, by what is at risk.

Pure. The ledger holds reasons and signatures; this is what a hand on the keyboard must do besides.
"""

from typing import Final, NamedTuple

from interlock.app.cases import Case


class Friction(NamedTuple):
    """What an approval takes besides its key."""

    confirms: bool
    """Another key, after saying what is approved."""
    reads: bool
    """All of the case was on the screen, to its end."""
    reasons: bool
    """A reason, typed."""


_LOW: Final = Friction(confirms=False, reads=False, reasons=False)
_MEDIUM: Final = Friction(confirms=True, reads=False, reasons=False)
_HIGH: Final = Friction(confirms=True, reads=True, reasons=True)


def friction(case: Case) -> Friction:
    """Return what an approval of a call takes; a reason wherever the ledger wants one.

    What is halted says so first, and so takes another key.
    """
    match case.risk:
        case "low":
            found = _LOW
        case "medium":
            found = _MEDIUM
        case _:
            found = _HIGH
    confirms = found.confirms or case.halt is not None
    return found._replace(confirms=confirms, reasons=found.reasons or case.reason_required)
