"""Weigh: how unusual a call is for its agent, from 0 to 1, and what makes it so, in words.

Each feature answers with how probable something as unusual is for this agent, one-sided. Their
logarithms add up to the call's surprise, and the share of the agent's own past calls that were as
surprising maps it to the score: above 0.8 lies 5 % of what is usual. The score asks, it never
denies, and it never says that a call is fine.
Source: combining tail probabilities, R. A. Fisher, Statistical Methods for Research Workers (1932);
the share among past calls is a conformal p-value, V. Vovk et al., Algorithmic Learning (2005).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from interlock.signals.counts import Counts
from interlock.signals.observation import Argument, Observation, Unmeasured, magnitude
from interlock.signals.profile import (
    MOST_NEW,
    Profile,
    Thread,
    before,
    company,
    hour,
    largest_in,
    news,
    surprise_class,
)

Feature = Literal[
    "tool", "transition", "company", "layout", "value", "number", "length", "form",
    "identifier", "agent_identifier", "words", "agent_words", "repeats", "burst", "hour",
    "unprompted",
]  # fmt: skip
"""What is looked at; `agent_…` is held against all tools of the agent, the rest against this."""

SHOWN: Final = 3
"""Reasons that a score names."""

TELLING: Final = 0.5
"""Surprise from which a feature is worth naming, nats."""

MILD_NATS: Final = 3.0
"""What the outer twentieth starts at: sizes, layouts and repeats vary, and count only beyond it."""

AT_0_8: Final = 0.05
"""Share of the agent's usual calls that score above 0.8."""

FEWEST: Final = 20
"""Calls weighed before a twentieth of them can mean anything."""

_CURVE: Final = math.log(1 - 0.8) / math.log(AT_0_8)


class Oddity(NamedTuple):
    """One feature of a call, with how unusual it is."""

    feature: Feature
    nats: float
    """Minus the logarithm of how probable it is."""
    of: str
    """The argument's path, or the tool before; empty where neither is meant."""
    amount: float
    """Its size class, for numbers and lengths; the hour; how many, for the rest."""


class Anomaly(NamedTuple):
    """How unusual a call is."""

    score_0_1: float
    nats: float
    """Its surprise, in nats; learn it with the call."""
    false_positive_share: float
    """Share of the agent's own past calls that were as surprising, 0..1: see `as_surprising`."""
    past_calls: float
    """How many past calls that is a share of, each weighing what its age leaves of it."""
    reasons: tuple[str, ...]
    """Up to three features that made it, the most telling first."""


def score(
    profile: Profile,
    call: Observation,
    earlier: Sequence[Observation] = (),
    min_history: int = 30,
) -> Anomaly | Unmeasured:
    """Weigh a call against its agent's profile. `earlier` are the calls of its thread before it."""
    usual, known = profile.seen("surprise"), profile.calls
    if known < min_history:
        return Unmeasured("cold_start", f"{known:.0f} of {min_history} calls known of this agent")
    if usual.total < FEWEST:
        return Unmeasured("cold_start", f"{usual.total:.0f} of {FEWEST} calls weighed so far")
    odd = oddities(profile, call, earlier)
    nats = surprise(odd)
    share = as_surprising(usual, nats)
    return Anomaly(score_at(share), nats, share, usual.total, _reasons(profile, call.tool, odd))


def surprise(oddities: Sequence[Oddity]) -> float:
    """Return a call's surprise in nats."""
    return sum([each.nats for each in oddities])


def as_surprising(usual: Counts[int], nats: float) -> float:
    """Return the share of past calls that were as surprising, this one counted in; in (0, 1].

    Beyond the most surprising of them the share shrinks as one over the distance: that orders
    what is off every scale, and claims little.
    """
    size = surprise_class(nats)
    as_much = sum([weight for each, weight in usual.weights.items() if each >= size])
    share = min(1.0, (as_much + 1.0) / (usual.total + 1.0))
    return share if as_much else share / (1 + max(0.0, nats - largest_in(max(usual.weights))))


def score_at(share: float) -> float:
    """Return the score of a share of past calls: 0 for all of them, 0.8 for `AT_0_8`."""
    return max(0.0, 1 - share**_CURVE)


def share_at(score_0_1: float) -> float:
    """Return the share of usual calls that score above a threshold: the way back of `score_at`."""
    return (1 - score_0_1) ** (1 / _CURVE)


def oddities(
    profile: Profile, call: Observation, earlier: Sequence[Observation] = ()
) -> list[Oddity]:
    """Look at every feature of a call; what is as usual as can be is left out."""
    thread = before(call, earlier)
    found = [*_order(profile, call, thread), *_arguments(profile, call), *_news(profile, call)]
    return [each for each in found if each.nats > 0]


def _order(profile: Profile, call: Observation, thread: Thread) -> Iterator[Oddity]:
    """Which tool, after which, and how quickly."""
    tool, seen = call.tool, profile.seen
    share = seen("tools").rarity(tool)
    yield Oddity("tool", -math.log(share), tool, seen("tools").weights.get(tool, 0.0))
    after = seen("after", thread.previous)
    yield Oddity("transition", -math.log(after.rarity(tool)), thread.previous, 0)
    strange = company(profile, tool, thread)
    yield Oddity("company", -math.log(seen("company").at_least(strange)), tool, 0)
    if thread.repeats:
        often = seen("repeats").at_least(min(thread.repeats, 3))
        yield Oddity("repeats", -math.log(often) - MILD_NATS, tool, thread.repeats)
    if call.at_s is not None:
        if thread.burst:
            often = seen("burst").at_least(thread.burst)
            yield Oddity("burst", -math.log(often), tool, thread.burst + 1)
        at = hour(call.at_s)
        yield Oddity("hour", -math.log(seen("hour").rarity(at)), "", at)


def _arguments(profile: Profile, call: Observation) -> Iterator[Oddity]:
    """Find the most unusual argument of each kind of unusual."""
    rarity = profile.seen("layout", call.tool).rarity(call.layout)
    yield Oddity("layout", -math.log(rarity) - MILD_NATS, call.tool, 0)
    worst: dict[Feature, Oddity] = {}
    for argument in call.arguments:
        for odd in _argument(profile, call.tool, argument):
            if odd.feature not in worst or odd.nats > worst[odd.feature].nats:
                worst[odd.feature] = odd
    yield from worst.values()


def _argument(profile: Profile, tool: str, argument: Argument) -> Iterator[Oddity]:
    path, seen = argument.path, profile.seen
    if argument.value not in seen("known values").weights:
        new = seen("value", tool, path)
        yield Oddity("value", -math.log(new.at_least(1)), path, new.total)
    if argument.form not in seen("known forms").weights:
        new = seen("form", tool, path)
        yield Oddity("form", -math.log(new.at_least(1)), path, new.total)
    if argument.size is not None:
        nats = beyond(seen("size", tool, path), argument.size)
        yield Oddity("number", nats, path, argument.size)
    if argument.length is not None:
        nats = beyond(seen("length", tool, path), argument.length)
        yield Oddity("length", nats, path, argument.length)


def beyond(sizes: Counts[int], size: int) -> float:
    """Return by how much a size is beyond the usual ones, in nats over `MILD_NATS`; 0 of nothing.

    Beyond the largest seen each doubling halves the probability.
    Source: Pareto's law with index 1, the heaviest tail that sizes of amounts and texts have.
    """
    weights = sizes.weights
    if not weights:
        return 0.0
    as_large = sum([weight for each, weight in weights.items() if each >= size])
    nats = math.log((sizes.total + 0.5) / (as_large + 0.5)) - MILD_NATS
    return nats if as_large else nats + (size - max(weights)) / 4 * math.log(2)


_NEWS: Final[dict[str, tuple[Feature, ...]]] = {
    "new identifiers": ("agent_identifier", "identifier"),
    "new words": ("agent_words", "words"),
    "unprompted": ("unprompted",),
}
"""Features of each kind of news: beside all tools of the agent, then beside this tool's."""


def _news(profile: Profile, call: Observation) -> Iterator[Oddity]:
    """Weigh what is new to the agent, by how often this tool and all tools bring new things."""
    for name, many in news(profile, call):
        if many:
            path = _unknown(profile, call) if name == "new identifiers" else ""
            sides = (profile.seen(name), profile.seen(name, call.tool))
            for feature, usual in zip(_NEWS[name], sides, strict=False):
                yield Oddity(feature, -math.log(usual.at_least(many)), path, many)


def _unknown(profile: Profile, call: Observation) -> str:
    known = profile.seen("known identifiers").weights
    return next((path for path, digest in call.identifiers if digest not in known), "")


def _reasons(profile: Profile, tool: str, odd: Sequence[Oddity]) -> tuple[str, ...]:
    """Say the most telling features in words, of those that mean the same the clearest."""
    clearest = dict[str, tuple[float, Oddity]]()
    for each in sorted(odd, key=lambda each: _CLEARNESS.get(each.feature, 0)):
        if each.nats >= TELLING:
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
}
"""Features of which a reviewer hears one."""

_CLEARNESS: Final[dict[Feature, int]] = {
    "value": 1,
    "agent_words": 2,
    "words": 3,
    "transition": 1,
    "company": 2,
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
}
