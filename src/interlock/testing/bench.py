"""Prepare: the tools, the policy and the shape of a host under test."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeAlias

Calls: TypeAlias = Sequence[Mapping[str, Any]]
"""Calls as LangChain writes them: `name`, `args`, `id`, `type`."""
Endings: TypeAlias = Mapping[str, str]
"""How each call ended, by its id: an `Ending`, or `waiting` while it has no answer."""

POLICY: Final = """
version: v1
default: deny
tools:
  look: {effect: read}
  write: {effect: non_idempotent}
  slow: {effect: non_idempotent}
  pay: {effect: non_idempotent, risk_tags: [write]}
rules:
  - {id: free, match: {tools: [look, write, slow]}, decision: allow}
  - {id: asked, match: {tools: [pay]}, decision: require_approval, review: {approval_ttl_sec: 3600}}
"""
"""The policy that a host under test must be given."""

LEASE_S: Final = 1.0
"""The lease that a host under test must be given, so that a crash is noticed soon, in seconds."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a host is built from."""

    folder: Path
    """Where its ledger and checkpoints belong; a host built anew there goes on with them."""

    @property
    def tools(self) -> list[Callable[..., Any]]:
        """Make the tools; each notes its effect in a file."""
        note = self._note

        def look(x: int = 0) -> str:
            """Read something."""
            return note("look", x)

        def write(x: int = 0) -> str:
            """Write something."""
            return note("write", x)

        def pay(x: int = 0) -> str:
            """Pay something."""
            return note("pay", x)

        def wipe(x: int = 0) -> str:
            """Wipe something; no policy allows it."""
            return note("wipe", x)

        async def slow(x: int = 0) -> str:
            """Begin, and never end."""
            note("slow", x)
            await asyncio.Event().wait()
            return "ended"

        return [look, write, pay, wipe, slow]

    @property
    def effects(self) -> list[str]:
        """What the tools did, in order: `write 1`."""
        path = self.folder / "effects"
        return path.read_text().splitlines() if path.exists() else []

    def _note(self, name: str, x: int) -> str:
        with (self.folder / "effects").open("a") as file:
            file.write(f"{name} {x}\n")
        return f"{name} {x}"


class Host(Protocol):
    """What the kit needs of a host under test."""

    def deliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        """Deliver all calls of one message of a thread."""
        ...

    async def adeliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        """Do so, awaiting the tools; a cancellation must reach the running tool."""
        ...

    def answer(self, thread: str, call_id: str, verdict: Literal["approve", "deny"]) -> None:
        """Answer the open request of a call, as a person who may."""
        ...

    def expire(self) -> None:
        """Let more than an hour pass."""
        ...

    def go_on(self, thread: str) -> Endings:
        """Continue a thread as far as it goes, as after a person's answer."""
        ...


MakeHost: TypeAlias = Callable[[Bench], Host]


def call(name: str, x: int = 0, id: str = "c0") -> dict[str, Any]:  # noqa: A002 - LangChain's name
    """Make one call."""
    return {"name": name, "args": {"x": x}, "id": id, "type": "tool_call"}
