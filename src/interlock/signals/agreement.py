"""Ask again: in how many other samples of the model's turn the same call stands.

Only calls with the same tool and the same arguments agree; the order of members does not matter.
Agreement below unanimity tells little: calibrate it before a rule speaks of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from interlock.canon import encode
from interlock.errors import CanonError
from interlock.intervals import Share, share

SampledCall = tuple[str, Mapping[str, Any]]
"""Tool and arguments."""


def agreement(call: SampledCall, samples: Sequence[Sequence[SampledCall]]) -> Share | None:
    """Return the share of other samples that hold the call; None where there is none to ask.

    A sample is one turn: all its calls. A sample that cannot be compared does not agree.
    """
    wanted = _form(call)
    if not samples or wanted is None:
        return None
    agree = sum(any(_form(each) == wanted for each in sample) for sample in samples)
    return share(agree, len(samples))


def words(agreed: Share) -> str:
    """Say it for a reviewer."""
    return f"{agreed.hits} of {agreed.of} other samples made the same call"


def _form(call: SampledCall) -> bytes | None:
    try:
        return encode(list(call))
    except CanonError:
        return None
