"""Read: nodes of a policy file as values of a known shape, or refuse them where they stand.

Each shape reads one kind of value and can say the same as JSON Schema. Sections are read with
these few shapes and not with a validation library, for importing one costs more than everything
else that a first decision needs.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from interlock.policy.match import split_comparison
from interlock.policy.refused import KEYS, VALUES, refusal
from interlock.policy.source import Member, Node, fault, plain
from interlock.policy.suggestion import did_you_mean, one_of, shown

WORD: Final = r"^[^*\s]+$"
"""A text without blanks and stars."""
Json = dict[str, Any]


class Shape(Protocol):
    """One kind of value."""

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return the value. Raises `PolicyError`; `name` is the key it stands at."""
        ...

    def schema(self) -> Json:
        """Return the JSON Schema of what `read` accepts."""
        ...


class Text(NamedTuple):
    """A text that is not empty."""

    pattern: str = r"[\s\S]"
    expected: str = "text"

    def read(self, node: Node, name: str) -> str:
        """Return the text."""
        if not isinstance(node.value, str) or not re.search(self.pattern, node.value):
            raise _wrong(node, name, self.expected)
        return node.value

    def schema(self) -> Json:
        """Return a string with its pattern."""
        return {"type": "string", "pattern": self.pattern}


class Number(NamedTuple):
    """A finite number within limits."""

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    above_low: bool = False
    """Whether `low` itself is too low."""

    def read(self, node: Node, name: str) -> float:
        """Return the number: an int when whole, else a float."""
        value = node.value
        kinds = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or abs(value) > 1e300:
            raise _wrong(node, name, self._expected())
        if not self.low <= value <= self.high or (self.above_low and value == self.low):
            raise _wrong(node, name, self._expected())
        return value if self.whole else float(value)

    def _expected(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        low = (
            ""
            if self.low == -math.inf
            else f" {'above' if self.above_low else 'from'} {self.low:g}"
        )
        high = "" if self.high == math.inf else f" up to {self.high:.12g}"
        return kind + low + high

    def schema(self) -> Json:
        """Return a number with its limits."""
        schema: Json = {"type": "integer" if self.whole else "number"}
        if self.low != -math.inf:
            schema["exclusiveMinimum" if self.above_low else "minimum"] = self.low
        if self.high != math.inf:
            schema["maximum"] = self.high
        return schema


class Flag(NamedTuple):
    """True or false."""

    expected: str = "`true` or `false`"

    def read(self, node: Node, name: str) -> bool:
        """Return the flag."""
        if not isinstance(node.value, bool):
            raise _wrong(node, name, self.expected)
        return node.value

    def schema(self) -> Json:
        """Return a boolean."""
        return {"type": "boolean"}


class OneOf(NamedTuple):
    """One of a few words; a word of the place's refused values is refused by name."""

    words: tuple[str, ...]
    place: str = ""

    def read(self, node: Node, name: str) -> str:
        """Return the word."""
        if isinstance(node.value, str) and node.value in VALUES.get(self.place, ()):
            raise fault(node.mark, refusal(node.value))
        if not isinstance(node.value, str) or node.value not in self.words:
            near = did_you_mean(str(node.value), self.words)
            raise _wrong(node, name, one_of(self.words) + near)
        return node.value

    def schema(self) -> Json:
        """Return the words."""
        return {"enum": list(self.words)}


class Items(NamedTuple):
    """A list."""

    item: Shape
    least: int = 0

    def read(self, node: Node, name: str) -> tuple[Any, ...]:
        """Return the items, in order."""
        if not isinstance(node.value, list):
            raise _wrong(node, name, "a list")
        if len(node.value) < self.least:
            raise _wrong(node, name, "a list with at least one entry")
        return tuple(self.item.read(each, name) for each in node.value)

    def schema(self) -> Json:
        """Return an array."""
        return {"type": "array", "items": self.item.schema(), "minItems": self.least}


class Named(NamedTuple):
    """A mapping whose keys are names of the author's."""

    item: Shape

    def read(self, node: Node, name: str) -> Mapping[str, Any]:
        """Return the members by name."""
        if not isinstance(node.value, dict):
            raise _wrong(node, name, "a mapping")
        for key, member in node.value.items():
            if not key:
                raise fault(member.key, f"`{name}` has an empty name; expected text")
        return {key: self.item.read(member.node, key) for key, member in node.value.items()}

    def schema(self) -> Json:
        """Return an object with any keys."""
        return {
            "type": "object",
            "propertyNames": {"minLength": 1},
            "additionalProperties": self.item.schema(),
        }


class Part(NamedTuple):
    """A section: known keys only, each with its shape, made into one value."""

    place: str
    """Where it stands, as the refused keys are listed."""
    model: Callable[..., Any]
    shapes: Mapping[str, Shape]
    comparisons: bool = False
    """Whether fact comparisons may stand beside the known keys."""

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401 - a section
        """Return the section with its defaults."""
        if not isinstance(node.value, dict):
            raise _wrong(node, name, "a mapping")
        given: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        for key, member in node.value.items():
            if key in self.shapes:
                given[key] = self._member(key, member)
            elif self.comparisons and split_comparison(key):
                facts[key] = plain(member.node)
            else:
                raise self._unknown(key, member)
        if facts:
            given["comparisons"] = facts
        for key in self._required() - given.keys():
            raise fault(node.mark, f"`{key}` is missing in `{name}`; add it")
        return self.model(**given)

    def _member(self, key: str, member: Member) -> Any:  # noqa: ANN401 - JSON
        if member.node.value is None and self._defaults().get(key, key) is None:
            return None
        return self.shapes[key].read(member.node, key)

    def _unknown(self, key: str, member: Member) -> Exception:
        refused = KEYS.get(self.place, frozenset())
        if key in refused:
            return fault(member.key, refusal(key))
        where = f" in `{self.place}`" if self.place else ""
        near = did_you_mean(key, {*self.shapes, *refused})
        return fault(member.key, f"unknown key `{key}`{where}{near}")

    def _defaults(self) -> Mapping[str, Any]:
        return getattr(self.model, "_field_defaults", {})

    def _required(self) -> set[str]:
        return set(self.shapes) - set(self._defaults())

    def schema(self) -> Json:
        """Return an object with these keys; descriptions are added by `schema.py`."""
        properties = {key: shape.schema() for key, shape in self.shapes.items()}
        schema: Json = {
            "title": getattr(self.model, "__name__", self.place),
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        if required := sorted(self._required()):
            schema["required"] = required
        return schema


def _wrong(node: Node, name: str, expected: str) -> Exception:
    said = "a mapping" if isinstance(node.value, dict) else shown(plain(node))
    return fault(node.mark, f"`{name}` is {said}; expected {expected}")
