"""Make: a few texts in which a regular expression is found, and some just beside."""

import re
from collections.abc import Iterable
from itertools import islice, product
from typing import Any, Final, cast

MOST: Final = 6
"""Texts that are made of one part of a pattern."""
_LONGEST: Final = 1_000
_CLASSES: Final = {"DIGIT": "0", "SPACE": " ", "WORD": "w", "NOT_DIGIT": "x", "NOT_SPACE": "x"}


def samples(pattern: str) -> list[str]:
    """Return texts for an RE2 pattern, each once; without its signs where Python reads it not.

    The first stands also within other text and in the other case.
    """
    try:
        made = _sequence(cast("Any", re)._parser.parse(pattern))  # noqa: SLF001 - what `re` reads
    except (re.error, OverflowError, RecursionError):
        made = [re.sub(r"\\|[\^$]", "", pattern)]
    first = made[0]
    return list(dict.fromkeys([*made, f"x{first}", f"{first}x", first.swapcase()]))


def _sequence(parts: Iterable[Any]) -> list[str]:
    """Join the texts of parts, the first of each first, every single one of each somewhere."""
    made = [""]
    for kind, said in parts:
        own = _part(str(kind), said)
        joined = [f"{made[0]}{text}" for text in own] + [f"{text}{own[0]}" for text in made[1:]]
        joined += [f"{one}{two}" for one, two in islice(product(made[1:], own[1:]), MOST)]
        made = [text[:_LONGEST] for text in dict.fromkeys(joined)][:MOST]
    return made


def _part(kind: str, said: Any) -> list[str]:  # noqa: ANN401 - what the parser says
    match kind:
        case "LITERAL":
            return [chr(said)]
        case "NOT_LITERAL":
            return [_beside([chr(said)])]
        case "ANY":
            return ["x", "0", " "]
        case "IN":
            return _one_of(said)
        case "BRANCH":
            return [text for branch in said[1] for text in _sequence(branch)[:2]][:MOST] or [""]
        case "SUBPATTERN":
            return _sequence(said[3])
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(*said)
        case _:  # places, such as the start
            return [""]


def _repeated(least: int, most: int, part: Any) -> list[str]:  # noqa: ANN401 - as above
    once = _sequence(part)
    times = sorted({least, min(most, max(least, 1)), min(most, least + 1)})
    made = [(text * count)[:_LONGEST] for count in times for text in once if count <= _LONGEST]
    return list(dict.fromkeys(made))[:MOST] or [""]


def _one_of(said: Any) -> list[str]:  # noqa: ANN401 - as above
    named = [(str(kind), one) for kind, one in said]
    texts: list[str] = []
    for kind, one in named:
        if kind == "LITERAL":
            texts.append(chr(one))
        elif kind == "RANGE":
            texts += [chr(one[0]), chr(one[1])]
        elif kind == "CATEGORY":
            texts.append(_CLASSES.get(str(one).removeprefix("CATEGORY_"), "-"))
    if named and named[0][0] == "NEGATE":
        return [_beside(texts)]
    return texts[:MOST] or [""]


def _beside(texts: list[str]) -> str:
    return next((text for text in "x0 -Z" if text not in texts), "\u00e9")
