"""Measured: what was seen of a call before it was decided: signals, and why in words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from interlock.path.proposal import Signal

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class Measured(NamedTuple):
    """What was measured of one call."""

    signals: Mapping[str, Signal] = _NONE
    reasons: Mapping[str, tuple[str, ...]] = _NONE
    """Signal to what made it, for reviewers; values and excerpts in it are untrusted."""
    missing: Mapping[str, str] = _NONE
    """Signal to why it could not be measured; no host fills it in."""
    observation: str | None = None
    """What was seen of the call, to learn from once it has ended: a `Sighting` as text."""

    def beside(self, other: "Measured") -> "Measured":
        """Return both; of a signal that both have the other's."""
        if self is NOTHING or other is NOTHING:  # as most are, and each call is looked at often
            return other if self is NOTHING else self
        return Measured(
            {**self.signals, **other.signals},
            {**self.reasons, **other.reasons},
            {**self.missing, **other.missing},
            other.observation or self.observation,
        )

    def over(self, given: Mapping[str, Signal]) -> dict[str, Signal]:
        """Return the signals that a host gave and these, which count where both have one."""
        known = {**given, **self.signals}
        return {name: value for name, value in known.items() if name not in self.missing}

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Say for reviewers what made each signal, and why one is missing."""
        lost = {name: (f"could not be told: {why}",) for name, why in self.missing.items()}
        return {**self.reasons, **lost}


NOTHING: Final = Measured()
