"""Measure: what Interlock itself sees of a call before it is decided: signals, and why in words.

Done before the transaction, which others wait for. What is measured here is Interlock's own: a host
that gives a signal of the same name is not heard, and what could not be measured is missing.
"""

from collections.abc import Sequence
from typing import Final

from interlock.conduct.experience import WEIGHED
from interlock.conduct.grading import Graders, unless_failed
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.observing import observed
from interlock.conduct.ports import Ports
from interlock.conduct.repeating import REPEATED, repeats
from interlock.conduct.tracing import Tracer
from interlock.conduct.values import Turn
from interlock.conduct.weighing import Weigher
from interlock.policy.match import PROVENANCE

LOOKED_AT: Final = WEIGHED | REPEATED | PROVENANCE
"""Signals that are measured here, where a rule looks at one of them."""


class Measurer:
    """Measures turns; keeps in this process what would be costly to find anew."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.graders = Graders()
        self._tracer = Tracer()
        self._weigher = Weigher()

    def measure(self, ports: Ports, turn: Turn) -> Sequence[Measured]:
        """Measure each call of a turn, in their order, within the budget; never raises."""
        policy = ports.policy()
        if LOOKED_AT.isdisjoint(policy.heeded):
            return [NOTHING] * len(turn.intents)
        seen = observed(ports, turn)
        turn, failed = self.graders.ask(policy, turn)
        graded = zip(self._weigher.weigh(ports, turn, seen), failed, strict=True)
        weighed = [unless_failed(*one, policy.confidence_sources) for one in graded]
        looks = zip(
            weighed, self._tracer.trace(ports, turn), repeats(ports, turn, seen), strict=True
        )
        return [one.beside(traced).beside(counted) for one, traced, counted in looks]
