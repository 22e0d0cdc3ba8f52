"""Seat: whether different people fill every place that an approval needs.

One person fills one place, even where they could fill several. Source: maximum bipartite matching
by augmenting paths (Kuhn 1955; Cormen et al., Introduction to Algorithms, 25.1).
"""

from collections.abc import Collection, Sequence
from typing import TypeAlias

Seats: TypeAlias = Sequence[Collection[str] | None]
"""Who may fill each place; None: anyone."""


def unfilled(places: Seats, people: Collection[str]) -> tuple[int, ...]:
    """Return the places that stay empty when as many as possible are filled, each by another."""
    seated: dict[str, int] = {}
    order = sorted(people)
    return tuple(
        at for at in range(len(places)) if not _seat(at, places, order, seated, set[str]())
    )


def _seat(
    at: int, places: Seats, people: Sequence[str], seated: dict[str, int], tried: set[str]
) -> bool:
    """Fill one place, by moving others where that frees somebody for it."""
    allowed = places[at]
    for who in people:
        if who in tried or (allowed is not None and who not in allowed):
            continue
        tried.add(who)
        if who not in seated or _seat(seated[who], places, people, seated, tried):
            seated[who] = at
            return True
    return False
