"""Compare: a fact with what a rule wants; across types it is None, never a guess."""

from operator import ge, gt, le, lt
from typing import Any, Final

from interlock.policy.expression.equality import Truth
from interlock.policy.facts import is_number
from interlock.policy.match import Comparison


def compare(value: Any, comparison: Comparison, wanted: Any) -> Truth:  # noqa: ANN401 - JSON
    """Compare a fact with what a rule wants; None when the two cannot be compared."""
    match comparison:
        case "is":
            return _equal(value, wanted)
        case "in":
            truths = [_equal(value, each) for each in wanted]
            return True if True in truths else None if None in truths else False
        case _:
            return bool(_ORDERS[comparison](value, wanted)) if is_number(value) else None


_ORDERS: Final = {"above": gt, "below": lt, "at_least": ge, "at_most": le}


def _equal(value: object, wanted: object) -> Truth:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted if isinstance(value, bool) and isinstance(wanted, bool) else None
    if isinstance(value, str) and isinstance(wanted, str):
        return value == wanted
    return value == wanted if is_number(value) and is_number(wanted) else None
