"""Edit: arguments as a text that a person can change, and back. Pure.

In the text, whatever `visible` would not show plainly is escaped, so that nothing unseen is sent on
by somebody who changed another part of it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from interlock.canon import MAX_SAFE_INTEGER, decode, encode
from interlock.desk.display import visible

_DIGITS_MAX: Final = 4000
"""Longest whole number that is read, digits; more is no number that a call can carry."""


def editable(args: Mapping[str, Any]) -> str:
    """Write arguments as JSON to be changed; what JSON lacks is tagged, as in the record."""
    plain = json.loads(encode(dict(args)), parse_int=_float_beyond)
    written = json.dumps(plain, indent=2, ensure_ascii=False)
    return "".join(map(_seen, written))


def edited(text: str) -> dict[str, Any]:
    """Read what `editable` wrote, changed. Raises `ValueError` with words for who typed it."""
    tagged = read_json_object(text, _tagged_whole)
    try:
        return cast("dict[str, Any]", decode(json.dumps(tagged).encode()))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"a value with `$` in front of its kind is none ({error})") from error


def read_json_object(text: str, whole: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """Read a JSON object of which all readers think the same. Raises `ValueError`."""
    hooks: dict[str, Any] = {"parse_constant": _no_number, "object_pairs_hook": _no_twice}
    try:
        value = json.loads(text, parse_int=whole or _whole, **hooks)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    return cast("dict[str, Any]", value)


def _seen(char: str) -> str:
    """Escape a character that would not be seen as what it is."""
    if char in ' \n"\\' or visible(f"x{char}x") == f"x{char}x":
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise ValueError(f"a number has {len(digits)} digits; write it as text")
    return int(digits)


def _float_beyond(digits: str) -> float:
    """Read a number of the canonical form, where a whole one beyond the safe range is a float."""
    number = int(digits)
    return number if abs(number) <= MAX_SAFE_INTEGER else float(digits)


def _tagged_whole(digits: str) -> int | dict[str, str]:
    """Keep a whole number whole that a reader of JSON might round."""
    number = _whole(digits)
    return number if abs(number) <= MAX_SAFE_INTEGER else {"$int": str(number)}


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice; readers disagree about which one counts."""
    seen = dict(pairs)
    if len(seen) != len(pairs):
        twice = next(key for at, (key, _) in enumerate(pairs) if key in dict(pairs[:at]))
        raise ValueError(f"key `{twice}` stands there twice")
    return seen
