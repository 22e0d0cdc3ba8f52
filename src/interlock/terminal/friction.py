"""Weigh: how much an approval takes, by what is at risk.

Pure. The ledger holds reasons and signatures; this is what a hand on the keyboard must do besides.
"""

from typing import Final, NamedTuple

from interlock.app.cases import Case
from interlock.desk.display import visible


class Friction(NamedTuple):
    """What an approval takes besides its key."""

    confirms: bool
    """Another key, after saying what is approved."""
    reads: bool
    """All of the case was on the screen, to its end."""
    reasons: bool
    """A reason, typed; where the case is read, one that says something (`says_why`)."""
    types: bool
    """The tool's name, typed. Source: `critical` of `docs/policy.md`."""


_LOW: Final = Friction(confirms=False, reads=False, reasons=False, types=False)
_MEDIUM: Final = _LOW._replace(confirms=True)
_HIGH: Final = _MEDIUM._replace(reads=True, reasons=True)
_CRITICAL: Final = _HIGH._replace(types=True)

REASON_BYTES: Final = 6
"""The least that is a reason where the risk is high, bytes of UTF-8: two signs of Han, one word."""

_DIFFERENT: Final = 3
"""How many different characters it has at least: `xxxxxx` is none."""


def says_why(reason: str) -> bool:
    """Whether a reason says something; whether it is a good one others judge, who read it."""
    said = reason.strip()
    return len(said.encode(errors="replace")) >= REASON_BYTES and len({*said}) >= _DIFFERENT


def typed_names(case: Case) -> tuple[str, ...]:
    """Return what is typed to approve a case of critical risk: its tool's name, also as shown."""
    return (visible(case.tool), case.tool)


def friction(case: Case) -> Friction:
    """Return what an approval of a call takes; a reason wherever the ledger wants one.

    What is halted says so first, and so takes another key.
    """
    match case.risk:
        case "low":
            found = _LOW
        case "medium":
            found = _MEDIUM
        case "high":
            found = _HIGH
        case _:
            found = _CRITICAL
    confirms = found.confirms or case.halt is not None
    return found._replace(confirms=confirms, reasons=found.reasons or case.reason_required)
