"""Repeat: what a turn's calls try again among those of its thread, where a rule looks at that.

Calls are compared as the signals see them, across tools and agents; what this process saw of one
is kept by its digest, without its arguments. A call that is too large to be looked at is counted
by the ledger alone: the same arguments, or a failure of the same tool before it.
"""

import secrets
from collections import OrderedDict
from collections.abc import Collection, Sequence
from datetime import timedelta
from threading import Lock
from typing import Final

from interlock.canon import decode
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.past import Past, Tried
from interlock.conduct.ports import Ports
from interlock.conduct.values import Turn
from interlock.errors import InterlockError
from interlock.path.proposal import RESERVED_ARGUMENT
from interlock.signals.observation import Observation, Unmeasured, observe
from interlock.signals.retries import Attempt, AttemptEnding, retries

REPEATED: Final = frozenset({"retry_count", "error_streak", "retry_rounds"})
"""Signals that are counted here."""

_KEPT: Final = 4096
"""Calls of which a process remembers what it saw."""
_HELD: Final = frozenset({"held", "pending"})
_REFUSED: Final = frozenset(
    {"denied", "halted", "rejected", "responded", "expired", "cancelled", "vetoed"}
)


def repeats(ports: Ports, turn: Turn) -> Sequence[Measured]:
    """Count what each call of a turn tries again, siblings before it among that; never raises."""
    policy = ports.policy()
    asked = REPEATED & policy.heeded
    if not asked:
        return [NOTHING] * len(turn.intents)
    try:
        earlier = _earlier(ports.past, ports, turn, policy.retry_window_s)
    except InterlockError as error:
        return [_missing(asked, f"the ledger did not answer ({error})")] * len(turn.intents)
    found: list[Measured] = []
    for intent in turn.intents:
        args = {name: intent.args[name] for name in intent.args if name != RESERVED_ARGUMENT}
        call = observe(intent.tool, args, _KEY)
        if isinstance(call, Unmeasured):
            found.append(_missing(asked, call.words))
            continue
        found.append(_counted(asked, call, earlier))
        earlier = [*earlier, Attempt(call, "under_way")]
    return found


def _missing(asked: Collection[str], why: str) -> Measured:
    return Measured(missing=dict.fromkeys(frozenset(asked) - {"retry_count"}, why))


def _counted(asked: Collection[str], call: Observation, earlier: Sequence[Attempt]) -> Measured:
    found = retries(call, earlier)
    counts = {
        "retry_count": found.retry_count,
        "error_streak": found.error_streak,
        "retry_rounds": found.rounds,
    }
    words = {"retry_count": found.words()} if found.words() else {}
    return Measured({name: counts[name] for name in asked}, words)


def _earlier(past: Past | None, ports: Ports, turn: Turn, window_s: float) -> list[Attempt]:
    """Return the calls before the turn; of a turn that is delivered again those, too."""
    since = ports.clock.now() - timedelta(seconds=window_s)
    tried = past.tried(turn, since) if past else ()
    return [
        Attempt(seen, _ending(each))
        for each in tried
        if each.turn_id != turn.turn_id and isinstance(seen := _seen(each), Observation)
    ]


def _ending(tried: Tried) -> AttemptEnding:
    match tried.outcome:
        case "done" | "failed":
            return tried.outcome
        case _ if tried.state in _HELD:
            return "held"
        case _:
            return "refused" if tried.state in _REFUSED else "under_way"


_KEY: Final = secrets.token_bytes(32)
"""What is seen here is compared in this process alone."""
_remembered: Final = OrderedDict[str, Observation | Unmeasured]()
_lock: Final = Lock()


def _seen(tried: Tried) -> Observation | Unmeasured:
    """Look at an earlier call, once in this process."""
    with _lock:
        known = _remembered.get(tried.digest)
    if known is None:
        known = observe(tried.tool, decode(tried.canonical), _KEY)
        with _lock:
            _remembered[tried.digest] = known
            while len(_remembered) > _KEPT:
                _remembered.popitem(last=False)
    return known
