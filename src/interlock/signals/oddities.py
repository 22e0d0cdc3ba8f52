"""Look: at each feature of a call, and how probable it is for the agent that it is as unusual.

Probabilities are one-sided: a smaller amount, a shorter text and a familiar value are no surprise.
What the host does not know, the time or the user's words, adds nothing to either side.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from interlock.signals.counts import Counts
from interlock.signals.observation import Argument, Observation
from interlock.signals.profile import Profile, Thread, before, company, hour, news

Feature = Literal[
    "tool", "transition", "company", "layout", "value", "number", "length", "form",
    "identifier", "agent_identifier", "words", "agent_words", "repeats", "burst", "hour",
    "unprompted", "unsaid", "agent_unsaid",
]  # fmt: skip
"""What is looked at; `agent_…` is held against all tools of the agent, the rest against this."""

MILD_NATS: Final = 3.0
"""What the outer twentieth starts at: sizes, layouts and repeats vary, and count only beyond it."""


class Oddity(NamedTuple):
    """One feature of a call, with how unusual it is."""

    feature: Feature
    nats: float
    """Minus the logarithm of how probable it is."""
    of: str
    """The argument's path, or the tool before; empty where neither is meant."""
    amount: float
    """Its size class, for numbers and lengths; the hour; how many, for the rest."""


def oddities(
    profile: Profile, call: Observation, earlier: Sequence[Observation] = ()
) -> list[Oddity]:
    """Look at every feature of a call; what is as usual as can be is left out."""
    return oddities_after(profile, call, before(call, earlier))


def oddities_after(profile: Profile, call: Observation, thread: Thread) -> list[Oddity]:
    """Look at every feature of a call, after what stood before it in its thread."""
    found = [*_order(profile, call, thread), *_arguments(profile, call), *_news(profile, call)]
    return [each for each in found if each.nats > 0]


def surprise(oddities: Sequence[Oddity]) -> float:
    """Return a call's surprise in nats."""
    return sum([each.nats for each in oddities])


def _order(profile: Profile, call: Observation, thread: Thread) -> Iterator[Oddity]:
    """Which tool, after which, and how quickly."""
    tool, seen = call.tool, profile.seen
    share = seen("tools").rarity(tool)
    yield Oddity("tool", -math.log(share), tool, seen("tools").weights.get(tool, 0.0))
    after = seen("after", thread.previous)
    yield Oddity("transition", -math.log(after.rarity(tool)), thread.previous, 0)
    strange = company(profile, tool, thread, share)
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
    "unsaid words": ("agent_unsaid", "unsaid"),
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
