"""Read: the one revision of its schema that a ledger states, or say that it states none.

A ledger whose tables are there and whose revision is not, or is another's, was edited or restored
in part: migrations from a guess would spoil what is left.
"""

from collections.abc import Sequence
from typing import Final

from interlock.errors import LedgerError

_MISFIT: Final = (
    "{}: its version is missing or does not fit its tables; keep it, and restore a copy"
)


def misfit(url: str) -> LedgerError:
    """Return what to raise where tables and revision do not fit each other."""
    return LedgerError(_MISFIT.format(url))


def stated(revisions: Sequence[object], url: str) -> str:
    """Return the only one of the revisions that a ledger states. Raises `LedgerError`."""
    if len(revisions) != 1 or not revisions[0]:
        raise misfit(url)
    return str(revisions[0])
