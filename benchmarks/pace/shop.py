"""Sell: the tool that benchmarks call, its policy, and an inspection that looks at nothing.

Imports nothing of ours at its top: peers take the same calls in environments of their own.
"""

from typing import Any, Final

POLICY: Final = """
version: v1
tools:
  order.note: {topic: shop.order.note, risk_tags: [write]}
  order.refund: {risk_tags: [write, financial], facts: {amount: args.amount}}
rules:
  - {id: notes, match: {tools: [order.note]}, decision: allow}
  - {id: refunds, match: {risk_tags: [financial], amount_above: 20}, decision: require_approval}
  - {id: stuck, match: {retry_count_above: 3}, decision: require_approval}
  - {id: unsure, match: {confidence_below: 0.5, tools: [order.refund]}, decision: require_approval}
"""


def order_note(number: int | str) -> dict[str, Any]:
    """Note something on an order and return the order: about 1 kB of JSON."""
    line = {"sku": "A-1203", "title": "Kettle, 1.7 litres, steel", "quantity": 2, "price": 39.9}
    return {
        "order": number,
        "state": "shipped",
        "customer": {"id": 4711, "name": "Kim Example", "city": "Rotterdam"},
        "lines": [{**line, "line": at} for at in range(9)],
        "note": "The customer asked for delivery to the neighbour.",
    }


class Blind:
    """A detector for everything that looks at nothing: the path without detectors."""

    def __init__(self) -> None:
        """Take over every kind that there is."""
        from interlock.detect import detectors

        self.kinds = frozenset[str]().union(*(detector.kinds for detector in detectors()))

    def detect(self, texts: object, wanted: object) -> list[Any]:
        """Find nothing."""
        del texts, wanted
        return []
