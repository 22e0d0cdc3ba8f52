"""Draw: which executed calls a person looks at afterwards, and whatever else is sampled.

By a keyed hash of the call's id: nobody without the key can tell before, whoever has it can draw
again, and the same call is never drawn otherwise. With the draw goes the chance that the call had,
without which nothing can be estimated. What one chance takes every higher one takes, so that a
raised rate adds calls and drops none.
Sources: RFC 2104 (HMAC), here with SHA-256; permanent random numbers, E. Ohlsson, Coordination of
Samples using Permanent Random Numbers (1995).
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from interlock.canon import fingerprint
from interlock.policy.operations import Sampling

MANDATORY: Final = "mandatory"
"""Stratum of the calls that are always looked at."""


class Chance(NamedTuple):
    """How likely a call is looked at, and among which calls."""

    stratum: str
    """Calls of the same chance for the same reason."""
    inclusion_0_1: float
    """Chance of being drawn; 1 where it is certain."""


class Draw(NamedTuple):
    """What became of one call; what an auditor needs to draw again is here, but for the key."""

    chance: Chance
    drawn: bool


def chance_of(
    sampling: Sampling | None, risk_tags: Collection[str] | None, *, mandatory: bool
) -> Chance:
    """Return a call's chance; `mandatory` is whether the policy says it is always looked at.

    By weight the largest of the call's tags counts; unknown tags may be any, so the largest of all
    does, and is never below the plain rate. `every_nth` is the plain rate by chance: whoever counts
    along would foresee a turn. Source: ADR 0028.
    """
    if mandatory:
        return Chance(MANDATORY, 1.0)
    if sampling is None:
        return Chance("none", 0.0)
    match sampling.strategy:
        case "uniform" | "every_nth":
            return Chance("all", min(1.0, sampling.rate))
        case "stratified":
            tag, weight = _heaviest(sampling, risk_tags)
            return Chance(tag, min(1.0, sampling.rate * weight))


def _heaviest(sampling: Sampling, risk_tags: Collection[str] | None) -> tuple[str, float]:
    """Return the tag whose weight counts, and that; of two the first in the alphabet."""
    weights = sampling.weights.risk_tags
    if risk_tags is None:
        return "unknown", max([1.0, *weights.values()])
    known = ((weights[tag], tag) for tag in sorted(risk_tags) if tag in weights)
    weight, tag = max(known, default=(1.0, "other"), key=lambda each: each[0])
    return tag, weight


AUDIT: Final = "interlock.audit.sample"
"""What a call's number is drawn for, where it is drawn for an audit."""


def drawn(number_0_1: float, chance: Chance) -> Draw:
    """Draw one call by its own number, which no agent chose and none can know."""
    return Draw(chance, number_0_1 < chance.inclusion_0_1)


def number(key: bytes, name: str, ref: str) -> float:
    """Return an id's own number, 0 (included) to 1 (not), for what it is drawn for.

    The first 53 bits of a keyed hash: the same in every process and however often it is asked. No
    agent can read `key` (`Vault.sampling_key`).
    """
    first = int(fingerprint(key, name, ref.encode())[:16], 16)
    return (first >> 11) / (1 << 53)
