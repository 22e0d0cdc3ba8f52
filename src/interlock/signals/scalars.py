"""Walk: the texts and numbers of JSON with their places, one after the other and to any depth."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeGuard, cast

MAX_PATH_CHARS: Final = 200
"""Characters of the longest member path that is written out; what lies deeper shares it."""
MAX_NUMBER_BITS: Final = 256
"""Bits of the largest whole number that is written out."""


class Scalar(NamedTuple):
    """A text, a number, or the name of a member."""

    path: str
    """Where it stands: `orders[2].id`; a name stands where its value does."""
    text: str
    name: bool = False
    """Whether it is the name of a member."""


def scalars(value: Any) -> Iterator[Scalar]:  # noqa: ANN401 - JSON
    """Yield what stands in JSON, in its order; null and booleans say nothing.

    Nothing is copied, so that a caller who stops early has not paid for the rest.
    """
    if not isinstance(value, Mapping | list | tuple):
        yield from _scalar("", value)
        return
    above: list[Iterator[tuple[str, object, str | None]]] = [
        _members("", cast("_Container", value))
    ]
    while above:
        for path, each, name in above[-1]:
            if name is not None:
                yield Scalar(path, name, name=True)
            if isinstance(each, Mapping | list | tuple):
                above.append(_members(path, cast("_Container", each)))
                break
            yield from _scalar(path, each)
        else:
            above.pop()


def parsed(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the object or array that a text is; None where it is neither."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_Container = Mapping[str, object] | list[object] | tuple[object, ...]


def _members(path: str, value: "_Container") -> Iterator[tuple[str, object, str | None]]:
    """Yield the members with their paths, and those of an object with their names."""
    short = len(path) < MAX_PATH_CHARS
    if isinstance(value, Mapping):
        start = f"{path}." if path else ""
        for name, each in value.items():
            written = str(name)
            yield f"{start}{written[:MAX_PATH_CHARS]}" if short else path, each, written
    else:
        for at, each in enumerate(value):
            yield f"{path}[{at}]" if short else path, each, None


def _scalar(path: str, value: object) -> Iterator[Scalar]:
    if isinstance(value, str):
        yield Scalar(path, value)
    elif isinstance(value, float) or (_is_whole(value) and value.bit_length() <= MAX_NUMBER_BITS):
        yield Scalar(path, repr(value))


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
