"""Place: which evidence and which level a call belongs to."""

from collections.abc import Collection
from typing import Literal, NamedTuple

from interlock.autonomy.evidence import CallPlace


class AutonomyScope(NamedTuple):
    """Whose work is counted together."""

    by: Literal["tenant", "agent", "topic", "tool"]
    """All of a tenant's; one agent's; one agent's under one topic, or with one tool."""
    tenant: str
    agent: str = ""
    """The agent; empty for a tenant."""
    name: str = ""
    """The topic or tool; else empty."""


def scope_of(place: CallPlace, dimensions: Collection[str]) -> AutonomyScope:
    """Return a call's scope by `tenant`, `agent`, or an agent's `topic` or `tool`.

    Raises `ValueError` for both a topic and a tool: a tool has one topic.
    """
    match "topic" in dimensions, "tool" in dimensions:
        case True, True:
            raise ValueError("a scope is by topic or by tool, not both")
        case True, False:
            return AutonomyScope("topic", place.tenant, place.agent, place.topic)
        case False, True:
            return AutonomyScope("tool", place.tenant, place.agent, place.tool)
        case _:
            pass
    if "agent" in dimensions:
        return AutonomyScope("agent", place.tenant, place.agent)
    return AutonomyScope("tenant", place.tenant)
