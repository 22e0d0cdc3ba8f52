"""Read: the one revision of its schema that a ledger states, or say that it states none.

A ledger whose tables are there and whose revision is not, or is another's, was edited or restored
in part: migrations from a guess would spoil what is left.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from interlock.errors import LedgerError

_MISFIT: Final = (
    "{}: its version is missing or does not fit its tables; keep it, and restore a copy"
)
_SAID: Final = ("already exists", "duplicate column", "no such", "does not exist")
"""What databases say of a migration that finds other tables than it starts from."""


def stated(revisions: Sequence[object], url: str) -> str:
    """Return the only one of the revisions that a ledger states. Raises `LedgerError`."""
    if len(revisions) != 1 or not revisions[0]:
        raise LedgerError(_MISFIT.format(url))
    return str(revisions[0])


@contextmanager
def fitting(url: str) -> Generator[None]:
    """Migrate inside; tables that do not fit the revision are a `LedgerError`."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        raise LedgerError(_MISFIT.format(url)) from error
    except DBAPIError as error:
        if any(words in str(error.orig) for words in _SAID):
            raise LedgerError(_MISFIT.format(url)) from error
        raise
