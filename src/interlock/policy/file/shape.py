"""Read: nodes of a policy file as values of a known shape, or refuse them where they stand.

Each shape reads one kind of value and can say the same as JSON Schema. Sections are read with
these few shapes and not with a validation library, for importing one costs more than everything
else that a first decision needs.
"""

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from interlock.policy.file.source import Member, Node, fault, plain
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
        if not isinstance(node.value, str) or not self.holds(node.value):
            raise wrong(node, name, self.expected)
        return node.value

    def holds(self, text: str) -> bool:
        """Say whether a text is such a one."""
        return re.search(self.pattern, text) is not None

    def check_name(self, key: str, member: Member, name: str) -> None:
        """Refuse a key that is not such a text; `name` is the key its mapping stands at."""
        if not key:
            raise fault(member.key, f"`{name}` has an empty name; expected text")
        if not self.holds(key):
            raise fault(member.key, f"`{name}` names {shown(key)}; expected {self.expected}")

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
            raise wrong(node, name, self._expected())
        if not self.low <= value <= self.high or (self.above_low and value == self.low):
            raise wrong(node, name, self._expected())
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
            raise wrong(node, name, self.expected)
        return node.value

    def schema(self) -> Json:
        """Return a boolean."""
        return {"type": "boolean"}


class OneOf(NamedTuple):
    """One of a few words."""

    words: tuple[str, ...]
    advice: Mapping[str, str] = MappingProxyType({})
    """What to do instead, by the wrong word that somebody may well write."""

    def read(self, node: Node, name: str) -> str:
        """Return the word."""
        value = node.value
        if not isinstance(value, str) or value not in self.words:
            near = did_you_mean(str(value), self.words)
            raise wrong(node, name, one_of(self.words) + self.advice.get(str(value), near))
        return value

    def schema(self) -> Json:
        """Return the words."""
        return {"enum": list(self.words)}


class Anything(NamedTuple):
    """Any value: text, number, flag, null, list or mapping."""

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return the value; lists stay lists."""
        match node.value:
            case list() as items:
                return [self.read(item, name) for item in items]
            case dict() as members:
                return {key: self.read(member.node, key) for key, member in members.items()}
            case scalar:
                return scalar

    def schema(self) -> Json:
        """Return a schema that accepts everything."""
        return {}


def is_text(value: Any) -> bool:  # noqa: ANN401 - what a node holds
    """Say whether a text is written."""
    return isinstance(value, str)


def is_number(value: Any) -> bool:  # noqa: ANN401 - as above
    """Say whether a number is written."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_list(value: Any) -> bool:  # noqa: ANN401 - as above
    """Say whether a list is written."""
    return isinstance(value, list)


def is_flag(value: Any) -> bool:  # noqa: ANN401 - as above
    """Say whether a boolean is written."""
    return isinstance(value, bool)


def is_mapping(value: Any) -> bool:  # noqa: ANN401 - as above
    """Say whether a mapping is written."""
    return isinstance(value, dict)


class Either(NamedTuple):
    """The first of several shapes that the kind of value fits."""

    choices: tuple[tuple[Callable[[Any], bool], Shape], ...]
    expected: str

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return what the value's own shape returns."""
        for fits, shape in self.choices:
            if fits(node.value):
                return shape.read(node, name)
        raise wrong(node, name, self.expected)

    def schema(self) -> Json:
        """Return the alternatives."""
        return {"anyOf": [shape.schema() for _, shape in self.choices]}


class Items(NamedTuple):
    """A list."""

    item: Shape
    least: int = 0
    distinct: str = ""
    """What an item is called, where none may stand there twice."""

    def read(self, node: Node, name: str) -> tuple[Any, ...]:
        """Return the items, in order."""
        if not isinstance(node.value, list):
            raise wrong(node, name, "a list")
        if len(node.value) < self.least:
            raise wrong(node, name, "a list with at least one entry")
        items = tuple(self.item.read(each, name) for each in node.value)
        seen: set[Any] = set()
        for item, each in zip(items if self.distinct else (), node.value, strict=False):
            if item in seen:
                raise fault(each.mark, f"duplicate {self.distinct} {shown(item)}; remove one")
            seen.add(item)
        return items

    def schema(self) -> Json:
        """Return an array."""
        schema: Json = {"type": "array", "items": self.item.schema(), "minItems": self.least}
        return {**schema, "uniqueItems": True} if self.distinct else schema


class Converted(NamedTuple):
    """A shape whose value is turned into another."""

    shape: Shape
    convert: Callable[[Any], Any]

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401 - any value
        """Return what the value is turned into."""
        return self.convert(self.shape.read(node, name))

    def schema(self) -> Json:
        """Return the schema of what is written."""
        return self.shape.schema()


class Named(NamedTuple):
    """A mapping whose keys are names of the author's."""

    item: Shape
    key: Text = Text()

    def read(self, node: Node, name: str) -> Mapping[str, Any]:
        """Return the members by name."""
        if not isinstance(node.value, dict):
            raise wrong(node, name, "a mapping")
        for key, member in node.value.items():
            self.key.check_name(key, member, name)
        return {key: self.item.read(member.node, key) for key, member in node.value.items()}

    def schema(self) -> Json:
        """Return an object whose keys are such names."""
        return {
            "type": "object",
            "propertyNames": {"pattern": self.key.pattern},
            "additionalProperties": self.item.schema(),
        }


def wrong(node: Node, name: str, expected: str) -> Exception:
    """Say that the value at `name` is not what is expected there."""
    said = "a mapping" if isinstance(node.value, dict) else shown(plain(node))
    return fault(node.mark, f"`{name}` is {said}; expected {expected}")
