"""Hand over: what expressions read of one call, and how much work they may do about it."""

from collections.abc import Mapping
from typing import Any, Final

MAX_STEPS_TOGETHER: Final = 800_000
"""Estimated steps, of up to 25 ns each, of all expressions and searches of one decision."""


TOO_MUCH_TOGETHER: Final = "all that this decision evaluates could take too long together"


class Work:
    """What the expressions of one decision may still do."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        """Begin."""
        self.left = MAX_STEPS_TOGETHER

    def spend(self, steps: int) -> bool:
        """Take steps from what is left; False when that was not enough, and from then on."""
        self.left -= steps
        return self.left >= 0

    @property
    def exceeded(self) -> bool:
        """Whether more was asked for than there was; then nothing can be evaluated any more."""
        return self.left < 0


class Variables:
    """What expressions read of one call: `args`, `agent`, `context` and the rest, by name."""

    __slots__ = ("prepared", "roots", "truths", "work")

    def __init__(self, roots: Mapping[str, Any], work: Work | None = None) -> None:
        """Hold the roots; nothing is converted before an expression is reached."""
        self.roots = roots
        self.work = work or Work()
        self.prepared: Any = None
        """What an expression made of the roots, kept for the next one."""
        self.truths: dict[int, bool | None] = {}
        """What expressions came to, by their identity, so that each is evaluated once."""
