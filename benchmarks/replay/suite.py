"""Suite: what the replay needs to know of somebody else's tasks.

`dojo` fills this in for AgentDojo; the tests fill it in for a suite of three calls.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

World = Any
"""An environment: whatever the suite's tools act on."""


class Step(NamedTuple):
    """One ground-truth call."""

    tool: str
    args: dict[str, Any]


class Tool(NamedTuple):
    """One tool as its author describes it."""

    name: str
    description: str
    schema: type[BaseModel]


class Known(NamedTuple):
    """What the user's own records say, read by the host and never from a message."""

    domain: str = ""
    """Mail domain of the user's organisation; empty when the world has none."""
    payees: frozenset[str] = frozenset()
    """Accounts that the user has paid before."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a user wants done, or what an attacker wants done."""

    id: str
    prompt: str
    says: str
    """The answer that the author's own solution gives."""
    steps: Callable[[World], tuple[Step, ...]]
    """The author's solution in a given world."""
    reached: Callable[[str, World, World, Sequence[Step]], bool]
    """The author's check: answer, world before, world after, calls that ran."""


class Suite(Protocol):
    """Tasks, tools and worlds of one author."""

    name: str
    users: Mapping[str, Task]
    injections: Mapping[str, Task]
    tools: Sequence[Tool]

    def world(self, user: Task, injection: Task | None) -> World:
        """Make a fresh world for a user task, with the attacker's text in it if there is one."""
        ...

    def act(self, world: World, step: Step) -> Any:  # noqa: ANN401 - JSON
        """Run one tool on a world and return JSON. Raises `ToolFailed`."""
        ...

    def copy(self, world: World) -> World:
        """Return a copy that later calls do not touch."""
        ...

    def known(self, world: World) -> Known:
        """Read the user's own records."""
        ...


class ToolFailed(Exception):
    """A tool that refused or broke, in its own words."""
