"""Observe: each call of a turn as the signals see it, once for all of them.

Where the host sees what the user said, also how much of the call the user did not say.
"""

import secrets
from collections.abc import Sequence
from functools import lru_cache
from time import perf_counter
from typing import Final, NamedTuple

from interlock.conduct.ports import Ports
from interlock.conduct.values import Intent, Turn
from interlock.errors import CanonError
from interlock.path.hearing import Hearing, UserText
from interlock.path.proposal import Claim, split_claim
from interlock.signals.observation import (
    BOUNDS,
    Observation,
    Unmeasured,
    UserWords,
    observe,
    said_in,
)

BUDGET_S: Final = 0.05
"""How long the calls of one turn may take to be looked at, after the first of them, which has
bounds of its own; the rest is not looked at."""

_TEXTS: Final = 32
"""Messages of the user that are read, the newest."""

_NO_TIME: Final = Unmeasured("too_large", "its turn took too long to look at: not looked at")
_UNREADABLE: Final = Unmeasured("unreadable", "the arguments cannot be read: not looked at")
_OWN: Final = secrets.token_bytes(32)


class Seen(NamedTuple):
    """A call without its arguments."""

    call: Observation | Unmeasured
    claim: Claim = Claim()
    """What its agent says of it."""


def key_of(ports: Ports) -> bytes:
    """Return the key under which things are known again: this process's where nothing is kept."""
    return ports.experience.key if ports.experience else _OWN


def observed(ports: Ports, turn: Turn) -> Sequence[Seen]:
    """Look at each call of a turn, in their order, within the budget; never raises."""
    key, at_s = key_of(ports), ports.clock.now().timestamp()
    ends_at, found = perf_counter() + BUDGET_S, list[Seen]()
    said = _said(turn.heard)
    for intent in turn.intents:
        late = bool(found) and perf_counter() >= ends_at
        found.append(Seen(_NO_TIME) if late else _seen(intent, key, at_s, said))
    return found


def _said(heard: Hearing | None) -> UserWords | None:
    """Return what the user said, the newest first; None where the host does not see it."""
    if heard is None:
        return None
    texts = [each.text for each in reversed(heard) if isinstance(each, UserText)]
    return _words_of(tuple(text[: BOUNDS.characters] for text in texts[:_TEXTS]))


@lru_cache(maxsize=64)
def _words_of(texts: tuple[str, ...]) -> UserWords:
    """Read the same messages once, though each turn of their thread brings them along."""
    return said_in(texts)


def _seen(intent: Intent, key: bytes, at_s: float, said: UserWords | None) -> Seen:
    try:
        plain, claim = split_claim(intent.args)
        return Seen(observe(intent.tool, plain, key, at_s=at_s, said=said), claim)
    except (CanonError, RecursionError, ValueError, TypeError):
        return Seen(_UNREADABLE)
