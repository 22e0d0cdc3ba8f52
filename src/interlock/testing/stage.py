"""Set: what a play needs of its surroundings, the gate, the graph and a clock that can leap."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from interlock.clock import SystemClock


class PlayedInbox(Protocol):
    """Where people's answers go: the gate's own."""

    def show(self, name: str) -> Any:  # noqa: ANN401 - a case of the gate
        """Return what a reviewer sees."""
        ...

    def approve(self, name: str, *, by: str | None = None, reason: str = "") -> object:
        """Let a call run."""
        ...

    def deny(self, name: str, *, by: str | None = None, reason: str = "") -> object:
        """Refuse a call."""
        ...

    def edit(
        self,
        name: str,
        *,
        args: Mapping[str, Any],
        tool: str | None = None,
        by: str | None = None,
        reason: str = "",
    ) -> object:
        """Propose other arguments."""
        ...

    def respond(self, name: str, *, message: str, by: str | None = None) -> object:
        """Answer in the tool's place."""
        ...

    def cancel(self, name: str, *, by: str | None = None, reason: str = "") -> object:
        """Withdraw a call."""
        ...


class PlayedGate(Protocol):
    """What a play needs of the gate."""

    @property
    def inbox(self) -> PlayedInbox:
        """The queue of calls that wait for a human."""
        ...


class Playable(Protocol):
    """What a play needs of a compiled graph."""

    def stream(self, input: Any, config: Any, **options: Any) -> Iterator[Any]:  # noqa: A002, ANN401 - langgraph's names
        """Run, yielding as it goes."""
        ...

    def astream(self, input: Any, config: Any, **options: Any) -> AsyncIterator[Any]:  # noqa: A002, ANN401 - langgraph's names
        """Run, yielding as it goes."""
        ...

    def get_state(self, config: Any) -> Any:  # noqa: ANN401 - langgraph's values
        """Return where a thread stands."""
        ...

    async def aget_state(self, config: Any) -> Any:  # noqa: ANN401 - langgraph's values
        """Return where a thread stands."""
        ...


class LeapClock(SystemClock):
    """The machine's clock, and a way to let hours pass at once."""

    def __init__(self) -> None:
        """Start at the machine's time."""
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the machine's time and what was leapt over."""
        return super().now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Leap ahead by `seconds`."""
        self._ahead += timedelta(seconds=seconds)
