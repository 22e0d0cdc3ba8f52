"""Reach: agents' levels, and what is known of their work, as protocols of the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from interlock.autonomy.career import CareerEntry
from interlock.autonomy.tally import AgentName, AgentWork, TallyFact


class LevelBook(Protocol):
    """Levels in one transaction."""

    def of(self, tenant: str, agent: str) -> int | None:
        """Return the level that is set for an agent, or None; the lower of its own and of all's."""
        ...

    def rows(self, agent: str) -> Mapping[str, int]:
        """Return the levels that are set for an agent, by tenant; empty: for all of them."""
        ...

    def put(self, name: AgentName, level: int, by: str, reason: str, at: str) -> None:
        """Set a level at a stamp; whoever calls it writes its entry."""
        ...

    def alone(self) -> None:
        """Let nobody else change a level until the transaction ends."""
        ...

    def stop(self) -> None:
        """Let nobody decide or claim a call until the transaction ends; before all other locks."""
        ...

    def told(self) -> Sequence[CareerEntry]:
        """Return every entry about levels, in order."""
        ...

    def work(self, name: AgentName) -> AgentWork | None:
        """Return what is known of an agent's work, as far as the log was read."""
        ...

    def keep(self, start: int, upto: int, works: Mapping[AgentName, AgentWork]) -> bool:
        """Keep what entries from `start` on told; False where somebody else read them."""
        ...


class TallyPage(NamedTuple):
    """What a part of the log tells."""

    facts: tuple[TallyFact, ...]
    upto: int
    """The first entry that was not read."""


class TallyMemory(Protocol):
    """The log, and what was folded from it."""

    def upto(self) -> int:
        """Return the first entry that was not read."""
        ...

    def page(self, start: int, most: int) -> TallyPage:
        """Read at most so many sealed entries, from one on."""
        ...

    def works(self, agents: Iterable[str]) -> dict[AgentName, AgentWork]:
        """Return what is known of the work of some agents, of every tenant."""
        ...

    def names(self) -> list[AgentName]:
        """Return of whom anything is known, in order."""
        ...
