"""Hear: what a model was given before a turn, as its host saw it, in no framework's form."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias


class UserText(NamedTuple):
    """What the user wrote."""

    text: str


class ToolResult(NamedTuple):
    """What a tool returned and the model was given."""

    id: str
    """Tells it from the thread's other results."""
    tool: str
    """Empty where the host cannot tell; then nobody vouches for it."""
    args: Mapping[str, Any]
    text: str
    """A text, or JSON as text."""


Hearing: TypeAlias = tuple[UserText | ToolResult, ...]
"""In the order in which the model was given it."""
