"""Weigh: how unusual a call is for its agent, from 0 to 1, and what makes it so, in words.

Each feature answers with how probable something as unusual is for this agent, one-sided. Their
logarithms add up to the call's surprise, and the share of the agent's own past calls that were as
surprising maps it to the score: above 0.8 lies 5 % of what is usual. The score asks, it never
denies, and it never says that a call is fine.
Source: combining tail probabilities, R. A. Fisher, Statistical Methods for Research Workers (1932);
the share among past calls is a conformal p-value, V. Vovk et al., Algorithmic Learning (2005).
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from interlock.signals.counts import Counts
from interlock.signals.observation import Observation, Unmeasured
from interlock.signals.oddities import Oddity, oddities, surprise
from interlock.signals.profile import Profile, largest_in, surprise_class
from interlock.signals.reasons import reasons

AT_0_8: Final = 0.05
"""Share of the agent's usual calls that score above 0.8."""

FEWEST: Final = 20
"""Calls weighed before a twentieth of them can mean anything."""

_CURVE: Final = math.log(1 - 0.8) / math.log(AT_0_8)


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
    return weigh(profile, call.tool, oddities(profile, call, earlier), min_history)


def weigh(
    profile: Profile, tool: str, odd: Sequence[Oddity], min_history: int = 30
) -> Anomaly | Unmeasured:
    """Weigh what is odd about a call of a tool."""
    usual, known = profile.seen("surprise"), profile.calls
    if known < min_history:
        return Unmeasured("cold_start", f"{known:.0f} of {min_history} calls known of this agent")
    if usual.total < FEWEST:
        return Unmeasured("cold_start", f"{usual.total:.0f} of {FEWEST} calls weighed so far")
    nats = surprise(odd)
    share = as_surprising(usual, nats)
    return Anomaly(score_at(share), nats, share, usual.total, reasons(profile, tool, odd))


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
