"""Look back: what the ledger knows of earlier calls, for hosts that see no messages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from interlock.conduct.values import Turn
from interlock.path.hearing import Hearing
from interlock.path.record import State


class Tried(NamedTuple):
    """An earlier call of a thread."""

    digest: str
    tool: str
    state: State
    outcome: str | None
    canonical: bytes | None
    """Its arguments, as its digest was made of them; None for what is known, or was erased."""


class Past(Protocol):
    """Earlier calls, read outside of any transaction."""

    def released(self, turn: Turn) -> Hearing:
        """Return the results that were released in a turn's thread, oldest first, to a bound."""
        ...

    def approved(self, tenant: str, agent: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return tool and arguments of an agent's calls that a person approved and that ran.

        The newest, to a bound; none whose result was held or destroyed.
        """
        ...

    def tried(self, turn: Turn, since: datetime, knows: Callable[[str], bool]) -> Sequence[Tried]:
        """Return the last calls of a turn's thread since some time but its own, the newest last.

        Of those whose digest it `knows` the arguments are not read.
        """
        ...
