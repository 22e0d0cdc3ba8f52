"""Ask again: in how many other samples of the model's turn the same call stands.

Only calls with the same tool and the same arguments agree; the order of members does not matter.
Agreement below unanimity tells little: calibrate it before a rule speaks of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from interlock.canon import encode
from interlock.errors import CanonError

SampledCall = tuple[str, Mapping[str, Any]]
"""Tool and arguments."""


class Agreement(NamedTuple):
    """How many other samples made the same call."""

    agreed: int
    of: int

    @property
    def confidence_0_1(self) -> float:
        """Their share."""
        return self.agreed / self.of

    def words(self) -> str:
        """Say it for a reviewer."""
        return f"{self.agreed} of {self.of} other samples made the same call"


def agreement(call: SampledCall, samples: Sequence[Sequence[SampledCall]]) -> Agreement | None:
    """Count the other samples that hold the call; None where there is none to ask.

    A sample is one turn: all its calls. A sample that cannot be compared does not agree.
    """
    wanted = _form(call)
    if not samples or wanted is None:
        return None
    agreed = sum(any(_form(each) == wanted for each in sample) for sample in samples)
    return Agreement(agreed, len(samples))


def _form(call: SampledCall) -> bytes | None:
    try:
        return encode(list(call))
    except CanonError:
        return None
