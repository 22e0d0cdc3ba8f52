"""Remember: what the signals saw of a call when it was proposed, as it is kept beside the call.

It holds no argument: digests under the installation's key, size classes, and what each source said
of it. Whoever learns from the call once it has ended needs nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self, cast

from interlock.signals.observation import Argument, Observation
from interlock.signals.profile import Thread

VERSION: Final = 1
"""Of the written form; nothing is read of another version's."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One call as it was seen before it was decided."""

    call: Observation
    thread: Thread | None = None
    """The calls before it in its thread; None where nobody looked."""
    nats: float | None = None
    """Its surprise for the agent's profile of then; None where that was not asked, or knew too few
    calls for it to say anything: it is weighed when it is learned."""
    said: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """What each source of confidence said of it, 0..1, before its word was weighed."""

    def to_text(self) -> str:
        """Write everything as one line of JSON."""
        call, thread = self.call, self.thread
        parts = {
            "v": VERSION,
            "call": [*call[:3], [*call.arguments], [*call.identifiers], [*call.words], *call[6:]],
            "thread": thread and [thread.previous, sorted(thread.tools), *thread[2:]],
            "nats": self.nats,
            "said": dict(self.said),
        }
        return _ENCODER.encode(parts)

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Read what `to_text` wrote; None for another version's, and what it did not write."""
        try:
            parts = json.loads(text)
            if parts["v"] != VERSION:
                return None
            return cls(_call(parts["call"]), _thread(parts["thread"]), parts["nats"], parts["said"])
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return None


def _call(parts: list[Any]) -> Observation:
    tool, same, layout, arguments, identifiers, words, *rest = parts
    return Observation(
        tool,
        same,
        layout,
        tuple([Argument(*each) for each in arguments]),
        tuple([(path, digest) for path, digest in identifiers]),
        frozenset(cast("list[int]", words)),
        *rest,
    )


def _thread(parts: list[Any] | None) -> Thread | None:
    if parts is None:
        return None
    previous, tools, *rest = parts
    return Thread(previous, frozenset(cast("list[str]", tools)), *rest)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
