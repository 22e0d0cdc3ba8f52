"""Explain: what made a score, in words that a reviewer can check, without any value."""

from collections.abc import Sequence
from typing import Final

from interlock.signals.counts import Counts
from interlock.signals.observation import magnitude
from interlock.signals.oddities import Feature, Oddity
from interlock.signals.profile import MOST_NEW, Profile

SHOWN: Final = 3
"""Reasons that a score names."""

TELLING: Final = 0.5
"""Surprise from which a feature is worth naming, nats."""


def reasons(profile: Profile, tool: str, odd: Sequence[Oddity]) -> tuple[str, ...]:
    """Say the most telling features in words, of those that mean the same the clearest."""
    clearest = dict[str, tuple[float, Oddity]]()
    worth_naming = [each for each in odd if each.nats >= TELLING]
    for each in sorted(worth_naming, key=lambda each: _CLEARNESS.get(each.feature, 0)):
        kind = _KINDS.get(each.feature, each.feature)
        most, first = clearest.get(kind, (0.0, each))
        clearest[kind] = (max(most, each.nats), first)
    telling = sorted(clearest.values(), key=lambda found: -found[0])
    return tuple(_words(profile, tool, each) for _, each in telling[:SHOWN])


_KINDS: Final[dict[Feature, str]] = {
    "identifier": "new",
    "agent_identifier": "new",
    "value": "new",
    "words": "new",
    "agent_words": "new",
    "tool": "order",
    "transition": "order",
    "company": "order",
    "unprompted": "user",
    "unsaid": "user",
    "agent_unsaid": "user",
}
"""Features of which a reviewer hears one."""

_CLEARNESS: Final[dict[Feature, int]] = {
    "value": 1,
    "agent_words": 2,
    "words": 3,
    "transition": 1,
    "company": 2,
    "agent_unsaid": 1,
    "unsaid": 2,
}
"""Which of them is named first: what can be looked up, 0, before what can only be felt."""


def _words(profile: Profile, tool: str, odd: Oddity) -> str:
    match odd.feature:
        case "number":
            times = _times_median(profile.seen("size", tool, odd.of), odd)
            return f"`{odd.of}` is {times} this agent's median"
        case "length":
            times = _times_median(profile.seen("length", tool, odd.of), odd)
            return f"`{odd.of}` is {times} its median length"
        case "tool" if odd.amount:
            return f"`{tool}` is {odd.amount:.0f} of this agent's {profile.calls:.0f} calls"
        case _:
            capped = odd.feature == "unprompted" and odd.amount >= MOST_NEW
            many = f"{odd.amount:.0f}{' or more' * capped}"
            return _WORDS[odd.feature].format(of=odd.of, tool=tool, many=many)


def _times_median(sizes: Counts[int], odd: Oddity) -> str:
    median = magnitude(sizes.median() or 0)
    times = magnitude(odd.amount) / max(median, 0.5)
    return f"{times:.2g} times" if times < 10 else f"{times:.0f} times"


_WORDS: Final[dict[Feature, str]] = {
    "tool": "`{tool}` never used by this agent",
    "transition": "`{tool}` unusual after `{of}`",
    "company": "`{tool}` unusual beside what this thread called before",
    "layout": "these arguments of `{tool}` seldom given together",
    "value": "`{of}` never had this value",
    "form": "`{of}` never written in this form",
    "identifier": "`{of}` names what this agent never named before",
    "agent_identifier": "`{of}` names what this agent never named before",
    "words": "words this agent never used with `{tool}`",
    "agent_words": "words this agent never used before",
    "repeats": "the same call came {many} times before in this thread",
    "burst": "{many} calls within a minute",
    "hour": "at {many} h UTC, when this agent seldom calls",
    "unprompted": "names {many} things that the user did not name",
    "unsaid": "words that the user did not say",
    "agent_unsaid": "words that the user did not say",
}
