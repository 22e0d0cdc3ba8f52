"""Look back: what the ledger knows of earlier calls, for hosts that see no messages."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from interlock.conduct.values import Turn
from interlock.path.hearing import Heard


class Past(Protocol):
    """Earlier calls, read outside of any transaction."""

    def released(self, turn: Turn) -> Heard:
        """Return the results that were released in a turn's thread, oldest first, to a bound."""
        ...

    def approved(self, tenant: str, agent: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Return tool and arguments of an agent's calls that a person approved and that ran.

        The newest, to a bound; none whose result was held or destroyed.
        """
        ...
