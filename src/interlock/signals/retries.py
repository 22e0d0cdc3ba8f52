"""Tell retries: whether a call tries again what was tried before, and how long nothing has worked.

A pure function over the calls that came before, in a thread or over a window. Whoever rewords a
call that people held or refused tries it again, also by another tool.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from interlock.signals.observation import Observation

AttemptEnding = Literal["done", "failed", "held", "refused", "under_way"]
"""How an earlier call ended, so far."""

RECENT_ATTEMPTS: Final = 64
"""Earlier calls that are looked at."""

ALIKE: Final = 0.5
"""Share of words, names and values that two calls have in common when one rewords the other."""

LONGEST_LOOP: Final = 6
"""Calls in one round of a loop, at most."""


class Attempt(NamedTuple):
    """An earlier call and how it ended."""

    call: Observation
    ending: AttemptEnding


class Retries(NamedTuple):
    """What a call tries again; every count is 0 where it tries nothing again."""

    retry_count: int
    """Earlier calls that this one tries again, each counted once, for whichever reason."""
    same: int
    """Earlier calls with the same tool and arguments."""
    after_error: int
    """Failed calls of the same tool that differ from this one by little."""
    reworded: int
    """Held or refused calls that this one says in other words, or by another tool."""
    rounds: int
    """Rounds of a loop over several calls that end in this one; 0 where there is no second."""
    error_streak: int
    """Failed calls directly before this one."""

    def words(self) -> tuple[str, ...]:
        """Say it for a reviewer, one sentence for each count."""
        counts = zip(self, _WORDS, strict=True)
        return tuple(form.format(count) for count, form in counts if form and count)


_WORDS: Final = (
    "",
    "came {} times before with the same arguments",
    "tries again, little changed, what failed {} times",
    "says in other words what was held or refused {} times",
    "closes round {} of a loop over several calls",
    "the {} calls before it failed",
)


def retries(
    call: Observation, earlier: Sequence[Attempt], window_s: float | None = None
) -> Retries:
    """Count what a call tries again among earlier ones, the newest last.

    `window_s` leaves out calls that are older; those without a time stay.
    """
    recent = [each for each in earlier[-RECENT_ATTEMPTS:] if _within(each.call, call, window_s)]
    same = [each for each in recent if each.call.same == call.same]
    others = [each for each in recent if each.call.same != call.same]
    again = [each for each in others if each.ending == "failed" and differs_little(each.call, call)]
    reworded = [
        each for each in others if each.ending in {"held", "refused"} and rewords(each.call, call)
    ]
    return Retries(
        retry_count=len(same) + len(again) + len(reworded),
        same=len(same),
        after_error=len(again),
        reworded=len(reworded),
        rounds=_rounds([*[each.call for each in recent], call]),
        error_streak=_streak(recent),
    )


def differs_little(one: Observation, other: Observation) -> bool:
    """Tell whether two calls of one tool differ in one argument, or in less than half of them."""
    if one.tool != other.tool:
        return False
    mine, theirs = _values(one), _values(other)
    changed = {path for path, _ in mine ^ theirs}
    return len(changed) <= 1 or len(mine & theirs) >= ALIKE * max(len(mine), len(theirs))


def rewords(one: Observation, other: Observation) -> bool:
    """Tell whether two calls, of whatever tools, share half of the words of the shorter one."""
    if differs_little(one, other):
        return True
    mine, theirs = _spoken(one), _spoken(other)
    return len(mine & theirs) >= max(_FEW, ALIKE * min(len(mine), len(theirs)))


_FEW: Final = 2
"""Words and names in common below which two calls share nothing to speak of."""


def _spoken(call: Observation) -> frozenset[int]:
    return call.words | {digest for _, digest in call.identifiers}


def _values(call: Observation) -> set[tuple[str, int]]:
    return {(argument.path, argument.value) for argument in call.arguments}


def _within(earlier: Observation, call: Observation, window_s: float | None) -> bool:
    if window_s is None or earlier.at_s is None or call.at_s is None:
        return True
    return call.at_s - earlier.at_s <= window_s


def _streak(recent: Sequence[Attempt]) -> int:
    ended = (at for at, each in enumerate(reversed(recent)) if each.ending != "failed")
    return next(ended, len(recent))


def _rounds(calls: Sequence[Observation]) -> int:
    """Return the most rounds that the newest calls make of any loop of two calls or more."""
    return max((_rounds_of(calls, length) for length in range(2, LONGEST_LOOP + 1)), default=0)


def _rounds_of(calls: Sequence[Observation], length: int) -> int:
    """Count how often the last `length` calls come in a row, little changed; 0 for once."""
    last = calls[-length:]
    if len({call.tool for call in last}) < 2:
        return 0
    rounds = 1
    while (start := len(calls) - (rounds + 1) * length) >= 0:
        before = calls[start : start + length]
        if not all(map(differs_little, before, last)):
            break
        rounds += 1
    return rounds if rounds > 1 else 0
