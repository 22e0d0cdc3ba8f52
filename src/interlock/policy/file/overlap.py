"""Meet: whether two globs may hold one and the same name.

Never says no wrongly; says yes wrongly only where stars stand inside segments on both sides.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from interlock.policy.globs import EVERYTHING, compiled, is_glob

_Parts: TypeAlias = tuple[str, ...]


@lru_cache(maxsize=4096)
def may_meet(one: str, other: str) -> bool:
    """Say whether a name may be held by both patterns; each may also be a plain name."""
    if not is_glob(other):
        return compiled(one).match(other)
    if not is_glob(one):
        return compiled(other).match(one)
    a, b = _parts(one), _parts(other)
    seen, todo = {(0, 0)}, [(0, 0)]
    while todo:
        at = todo.pop()
        if at == (len(a), len(b)):
            return True
        new = set(_steps(a, b, *at)) - seen
        seen |= new
        todo += new
    return False


def _parts(pattern: str) -> _Parts:
    """Split into segments; a final `*` is one segment and any number more."""
    if pattern in EVERYTHING:
        return ("**",)
    parts = tuple(pattern.split("."))
    return (*parts, "**") if parts[-1] == "*" else parts


def _steps(a: _Parts, b: _Parts, i: int, j: int) -> Iterator[tuple[int, int]]:
    """Follow both patterns by one segment, or by none."""
    in_a, in_b = i < len(a), j < len(b)
    runs_a, runs_b = in_a and a[i] == "**", in_b and b[j] == "**"
    if runs_a or (runs_b and in_a):
        yield i + 1, j
    if runs_b or (runs_a and in_b):
        yield i, j + 1
    if in_a and in_b and not runs_a and not runs_b and _segments_meet(a[i], b[j]):
        yield i + 1, j + 1


def _segments_meet(one: str, other: str) -> bool:
    if "*" not in one or "*" not in other:
        return may_meet(one, other)
    (head, *_, tail), (other_head, *_, other_tail) = one.split("*"), other.split("*")
    return _alike(head, other_head) and _alike(tail[::-1], other_tail[::-1])


def _alike(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
