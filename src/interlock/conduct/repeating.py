"""Repeat: what a turn's calls try again among those of its thread, where a rule looks at that.

Calls are compared as the signals see them, across tools and agents; what this process saw of one
is kept by its digest, without its arguments. A call that is too large to be looked at is counted
by the ledger alone: the same arguments, or a failure of the same tool before it.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from datetime import timedelta
from threading import Lock
from typing import Final

from interlock.canon import decode
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.observing import Seen, key_of
from interlock.conduct.past import Tried
from interlock.conduct.ports import Ports
from interlock.conduct.values import Turn
from interlock.errors import InterlockError
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


def repeats(ports: Ports, turn: Turn, seen: Sequence[Seen]) -> Sequence[Measured]:
    """Count what each call of a turn tries again, siblings before it among that; never raises."""
    policy = ports.policy()
    asked = REPEATED & policy.heeded
    if not asked:
        return [NOTHING] * len(turn.intents)
    try:
        earlier = _earlier(ports, turn, policy.retry_window_s)
    except InterlockError as error:
        return [_missing(asked, f"the ledger did not answer ({error})")] * len(turn.intents)
    found: list[Measured] = []
    for call, _ in seen:
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


def _earlier(ports: Ports, turn: Turn, window_s: float) -> list[Attempt]:
    """Return the calls before the turn that can be looked at."""
    if (past := ports.past) is None:
        return []
    recall, since = _Recall(key_of(ports)), ports.clock.now() - timedelta(seconds=window_s)
    tried = past.tried(turn, since, recall.knows)
    looked = ((each, recall.look(each)) for each in tried)
    return [Attempt(call, _ending(each)) for each, call in looked if isinstance(call, Observation)]


def _ending(tried: Tried) -> AttemptEnding:
    match tried.outcome:
        case "done" | "failed":
            return tried.outcome
        case _ if tried.state in _HELD:
            return "held"
        case _:
            return "refused" if tried.state in _REFUSED else "under_way"


_remembered: Final = OrderedDict[tuple[bytes, str], Observation | Unmeasured]()
_lock: Final = Lock()


class _Recall:
    """Recalls earlier calls, each looked at once in this process, by its digest."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._found = dict[str, Observation | Unmeasured]()

    def knows(self, digest: str) -> bool:
        """Tell whether a call was looked at; what is known once stays so here."""
        with _lock:
            known = _remembered.get((self._key, digest))
        if known is not None:
            self._found[digest] = known
        return known is not None

    def look(self, tried: Tried) -> Observation | Unmeasured | None:
        """Return an earlier call as the signals see it; None for what was erased."""
        if tried.canonical is None or tried.digest in self._found:
            return self._found.get(tried.digest)
        seen = self._found[tried.digest] = observe(tried.tool, decode(tried.canonical), self._key)
        with _lock:
            _remembered[self._key, tried.digest] = seen
            while len(_remembered) > _KEPT:
                _remembered.popitem(last=False)
        return seen
