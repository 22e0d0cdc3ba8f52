"""Read: a section of a policy file, whose keys are known, as one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from interlock.policy.file.refused import belongs
from interlock.policy.file.shape import Json, Shape, Text, wrong
from interlock.policy.file.source import Member, Node, fault
from interlock.policy.suggestion import did_you_mean

PLACE: Final = "$comment"
"""Where the schema of a section says its place, for `schema.py`."""


class Beside(NamedTuple):
    """Keys of the author's that stand beside the known ones of a section."""

    field: str
    """Field of the section that holds them."""
    item: Shape
    name: Callable[[str], str | None]
    """What a key names; None for an unknown key."""
    patterns: Mapping[str, Json]
    """JSON Schema by the pattern of the key; empty where any key may stand."""
    key: Text = Text()
    """What such a key is."""


class Apart(NamedTuple):
    """Two keys of a section that do not go together."""

    key: str
    beside: str
    why: str
    """What is wrong, and what to do."""
    values: tuple[str, ...] = ()
    """Values of `beside` that `key` does not go with; none given: any."""

    def check(self, given: Mapping[str, Any], keys: Mapping[str, Member]) -> None:
        """Refuse the key where both are given. Raises `PolicyError` at it."""
        other = given.get(self.beside)
        if given.get(self.key) is None or other is None:
            return
        if not self.values or other in self.values:
            raise fault(keys[self.key].key, self.why)

    def schema(self, beside: str = "", values: tuple[str, ...] = ()) -> Json:
        """Return a schema that refuses both; where given, with other words for `beside`."""
        name, words = beside or self.beside, values or self.values
        wrong = {"enum": list(words)} if words else {"not": {"type": "null"}}
        return {"not": {"required": sorted((self.key, name)), "properties": {name: wrong}}}


@dataclass(frozen=True, slots=True)
class Part:
    """A section: known keys only, each with its shape, made into one value."""

    place: str
    """Where it stands, as the refused keys are listed."""
    model: Callable[..., Any]
    shapes: Mapping[str, Shape]
    beside: Beside | None = None
    """Further keys, which the author names."""
    apart: tuple[Apart, ...] = ()
    """Keys that do not go together."""
    nullable: frozenset[str] = field(init=False)
    """Keys that may be written as null, which means absent."""
    required: frozenset[str] = field(init=False)
    """Keys that must be there."""

    def __post_init__(self) -> None:
        """Find out which keys may be absent."""
        defaults: Mapping[str, Any] = getattr(self.model, "_field_defaults", {})
        nullable = (key for key in self.shapes if defaults.get(key, key) is None)
        object.__setattr__(self, "nullable", frozenset(nullable))
        object.__setattr__(self, "required", frozenset(self.shapes) - frozenset(defaults))

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401 - a section
        """Return the section with its defaults."""
        if not isinstance(node.value, dict):
            raise wrong(node, name, "a mapping")
        given: dict[str, Any] = {}
        further: dict[str, Any] = {}
        for key, member in node.value.items():
            if key in self.shapes:
                absent = member.node.value is None and key in self.nullable
                given[key] = None if absent else self.shapes[key].read(member.node, key)
            elif self.beside and (named := self.beside.name(key)):
                self.beside.key.check_name(key, member, name)
                further[named] = self.beside.item.read(member.node, key)
            else:
                raise self._unknown(key, member)
        for each in self.apart:
            each.check(given, node.value)
        if further and self.beside:
            given[self.beside.field] = further
        for key in sorted(self.required - given.keys()):
            raise fault(node.mark, f"`{key}` is missing in `{name}`; add it")
        return self.model(**given)

    def _unknown(self, key: str, member: Member) -> Exception:
        where = f" in `{self.place}`" if self.place else ""
        near = did_you_mean(key, self.shapes) or belongs(key)
        return fault(member.key, f"unknown key `{key}`{where}{near}")

    def schema(self) -> Json:
        """Return an object with these keys; descriptions are added by `schema.py`."""
        properties = {key: shape.schema() for key, shape in self.shapes.items()}
        schema: Json = {
            PLACE: self.place,
            "title": getattr(self.model, "__name__", self.place),
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        if self.beside and self.beside.patterns:
            schema["patternProperties"] = dict(self.beside.patterns)
        elif self.beside:
            schema["additionalProperties"] = self.beside.item.schema()
            schema["propertyNames"] = {"pattern": self.beside.key.pattern}
        if self.required:
            schema["required"] = sorted(self.required)
        if self.apart:
            schema["allOf"] = [each.schema() for each in self.apart]
        return schema
