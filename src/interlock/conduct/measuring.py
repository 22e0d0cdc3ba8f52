"""Measure: what Interlock itself sees of a call before it is decided: signals, and why in words.

Done before the transaction, which others wait for. What is measured here is Interlock's own: a host
that gives a signal of the same name is not heard, and what could not be measured is missing.
"""

from collections.abc import Sequence

from interlock.conduct.measured import Measured
from interlock.conduct.ports import Ports
from interlock.conduct.repeating import repeats
from interlock.conduct.tracing import Tracer
from interlock.conduct.values import Turn
from interlock.conduct.weighing import Weigher


class Measurer:
    """Measures turns; keeps in this process what would be costly to find anew."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._tracer = Tracer()
        self._weigher = Weigher()

    def measure(self, ports: Ports, turn: Turn) -> Sequence[Measured]:
        """Measure each call of a turn, in their order, within the budget; never raises."""
        looks = (self._weigher.weigh(ports, turn), self._tracer.trace(ports, turn))
        each = zip(*looks, repeats(ports, turn), strict=True)
        return [weighed.beside(traced).beside(counted) for weighed, traced, counted in each]
