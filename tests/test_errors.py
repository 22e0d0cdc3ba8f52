"""Errors: one tree, drawn where it is defined."""

import inspect
import re
from typing import get_args

import pytest

from interlock import errors
from interlock.errors import Actor, InterlockError

CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, InterlockError)
]
DRAWN = re.findall(r"^([│├└─ ]*)(\w+)(?:  +(\w.*))?$", inspect.getdoc(errors) or "", re.MULTILINE)


def parents() -> dict[str, str]:
    """Read the drawn tree: each name with the name above it."""
    above: list[tuple[int, str]] = []
    found: dict[str, str] = {}
    for indent, name, _ in DRAWN:
        while above and above[-1][0] >= len(indent):
            above.pop()
        found[name] = above[-1][1] if above else "Exception"
        above.append((len(indent), name))
    return found


@pytest.mark.parametrize("each", CLASSES)
def test_the_tree_is_drawn_as_it_is(each: type[InterlockError]) -> None:
    """The docstring of `errors` draws every class under its parent."""
    assert parents()[each.__name__] == each.__mro__[1].__name__


def test_nothing_else_is_drawn() -> None:
    """The drawing names no class that is gone."""
    assert parents().keys() == {each.__name__ for each in CLASSES}


@pytest.mark.parametrize("each", CLASSES)
def test_each_says_who_acts_next(each: type[InterlockError]) -> None:
    """Every error names who has to do something about it, and what it means."""
    assert each.acts in get_args(Actor)
    assert each.__doc__
