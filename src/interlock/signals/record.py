"""Keep the record: how often an agent's calls of a tool were right, as its confidence.

Few calls prove little: an agent with a tool starts from what the agent did with all tools, and
that from what is said beforehand. With more calls its own record takes over.
Source: the posterior mean of a Beta distribution, with a prior of the level above.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

OWN: Final = 2.0
"""Calls of an agent with a tool after which its own record weighs as much as the level above."""

LONE: Final = 0.5
"""What is expected of an agent that nobody has seen."""


class Tally(NamedTuple):
    """How many calls were right, of how many."""

    right: float = 0.0
    of: float = 0.0

    def with_(self, *, right: bool) -> "Tally":
        """Count one more call."""
        return Tally(self.right + right, self.of + 1)

    def less(self) -> "Tally":
        """Count one of the right calls as wrong."""
        return Tally(max(0.0, self.right - 1), self.of)

    def towards(self, prior_0_1: float) -> float:
        """Return the share of right calls, drawn towards a prior that weighs `OWN` calls."""
        return (self.right + OWN * prior_0_1) / (self.of + OWN)


class TrackRecord:
    """What was decided about calls, by agent and tool. It is updated in place."""

    __slots__ = ("agents", "tools")

    def __init__(self) -> None:
        """Start with nothing decided."""
        self.agents: dict[str, Tally] = {}
        self.tools: dict[tuple[str, str], Tally] = {}

    def learn(self, agent: str, tool: str, *, right: bool) -> None:
        """Count a decided call: right where it ran unchanged and nobody found fault with it."""
        self.agents[agent] = self.agents.get(agent, Tally()).with_(right=right)
        self.tools[agent, tool] = self.tools.get((agent, tool), Tally()).with_(right=right)

    def correct(self, agent: str, tool: str) -> None:
        """Count a call that was learned as right as wrong."""
        self.agents[agent] = self.agents.get(agent, Tally()).less()
        self.tools[agent, tool] = self.tools.get((agent, tool), Tally()).less()

    def confidence(self, agent: str, tool: str) -> float | None:
        """Return how sure the record makes one of a call, 0..1; None for an agent never seen."""
        known = self.agents.get(agent)
        if known is None:
            return None
        return self.tools.get((agent, tool), Tally()).towards(known.towards(LONE))

    def words(self, agent: str, tool: str) -> str:
        """Say the record in words."""
        tally = self.tools.get((agent, tool), Tally())
        return f"{tally.right:.0f} of {tally.of:.0f} decided calls of `{tool}` were right"

    def forget(self, agent: str) -> None:
        """Start an agent anew, as when its model changes."""
        self.agents.pop(agent, None)
        self.tools = {pair: tally for pair, tally in self.tools.items() if pair[0] != agent}

    def to_json(self) -> dict[str, Any]:
        """Write everything as JSON."""
        pairs = [[*pair, *tally] for pair, tally in sorted(self.tools.items())]
        return {"v": 1, "calls": pairs}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        record = cls()
        for agent, tool, right, of in written["calls"]:
            record.tools[agent, tool] = Tally(right, of)
            before = record.agents.get(agent, Tally())
            record.agents[agent] = Tally(before.right + right, before.of + of)
        return record
