"""Measure: whether a result keeps to the size that policy allows, artifact included."""

from typing import Any, Final, NamedTuple, cast

from interlock.canon import encode
from interlock.path.blocks import embedded
from interlock.path.execution import Breach
from interlock.policy.constraints import Constraints

OVER: Final = (
    "The tool ran, and its result is larger than policy allows ({why}); it was withheld. "
    "Do not repeat the call unchanged; ask for less."
)
"""What the model is told of a result over a limit."""


class Excess(NamedTuple):
    """A limit that a result passes, and the words for it."""

    breach: Breach
    why: str


def excess(content: Any, artifact: Any, limits: Constraints) -> Excess | None:  # noqa: ANN401 - JSON
    """Return the limit on its size that a result passes; None when it keeps to all."""
    if limits.max_rows is not None:
        rows = max(longest(content), longest(artifact))
        if rows > limits.max_rows:
            return Excess("max_rows", f"{rows} entries; at most {limits.max_rows} are allowed")
    if limits.max_result_bytes is not None:
        parts = [part for part in (content, artifact) if part is not None]
        size = sum(len(encode(part, "response")) for part in parts)
        if size > limits.max_result_bytes:
            most = limits.max_result_bytes
            return Excess("max_result_bytes", f"{size} bytes; at most {most} are allowed")
    return None


def longest(value: Any) -> int:  # noqa: ANN401 - JSON
    """Count the entries of the longest list, or the objects in one object, of a value.

    JSON that is a text is looked into; CSV, and JSON with anything around it, is not.
    """
    match value:
        case str():
            return _longest_in_text(value)
        case dict():
            members = cast("dict[str, Any]", value).values()
            rows = sum(isinstance(member, dict) for member in members)
            return max(rows, max(map(longest, members), default=0))
        case list() | tuple():
            items = cast("list[Any]", value)
            return max(len(items), max(map(longest, items), default=0))
        case _:
            return 0


def _longest_in_text(text: str) -> int:
    try:
        inner = embedded(text)
    except ValueError:  # JSON that two readers may read differently: by its commas, at most
        return text.count(",") + 1
    return 0 if inner is None else longest(inner)
