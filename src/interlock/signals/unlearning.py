"""Unlearn: a call that was taken for usual, and that somebody found at fault later.

What it named and wrote is as new again as before it, its tool, sizes and lengths count once less.
What it was compared with then cannot be known any more: how new its parts were at the time, and in
which company it came, stays and fades. Learning anew leaves nothing of it.
"""

from typing import Final

from interlock.signals.observation import Observation
from interlock.signals.profile import Profile, named

_DAY_S: Final = 86_400


def unlearn(profile: Profile, call: Observation) -> None:
    """Take a call out of a profile that learned it, by what its age leaves of its weight."""
    weight = _weight(profile, call)
    profile.seen("tools").take(call.tool, weight)
    profile.seen("layout", call.tool).take(call.layout, weight)
    for each in call.arguments:
        profile.seen("known values").take(each.value, weight)
        profile.seen("known forms").take(each.form, weight)
        profile.seen("size", call.tool, each.path).take(each.size, weight)
        profile.seen("length", call.tool, each.path).take(each.length, weight)
    for digest in named(call):
        profile.seen("known identifiers").take(digest, weight)
    for digest in call.words:
        profile.seen("known words").take(digest, weight)


def _weight(profile: Profile, call: Observation) -> float:
    if profile.day is None or call.at_s is None:
        return 1.0
    days = max(0, profile.day - int(call.at_s // _DAY_S))
    return float(0.5 ** (days / profile.half_life_days))
