"""Name: which arguments a tool's JSON Schema does not, so that no value hides under a second name.

What is judged is what stands under the names that the model was shown. A tool may take others too,
such as pydantic's names of fields beside their aliases; a call that uses them is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from math import prod
from typing import Any, Final, TypeAlias, cast

Schema: TypeAlias = Mapping[str, Any]
Steps: TypeAlias = tuple[str | int, ...]

_MORE: Final = ("additionalProperties", "unevaluatedProperties", "patternProperties")
"""Keywords that speak of members beside the named. Source: JSON Schema 2020-12, core, 10.3, 11."""
_ALSO: Final = ("if", "then", "else")
_ANY: Final[Schema] = {}
_WAYS_MAX: Final = 64
"""Alternatives of one value told apart; beyond that a name of any of them is named."""
_PLAIN: Final = re.compile(r"[A-Za-z_][\w\-]{0,39}")
_KINDS: Final = {dict: "object", list: "array"}


def undeclared(schema: Schema, args: Mapping[str, Any]) -> list[str]:
    """Return the arguments that a tool's JSON Schema does not name, sorted.

    They may have no effect, or another than a reviewer thinks.
    """
    named = schema.get("properties")
    return sorted(args.keys() - named.keys()) if isinstance(named, Mapping) else []


def stranger(schema: Schema, args: Mapping[str, Any]) -> str | None:
    """Say which name in the arguments, at any depth, the schema does not; None for none.

    By the letter of JSON Schema silence takes names beside the named; in a tool's schema nobody
    means that. Where the schema speaks of more, or names nothing, any name is as good. Of
    alternatives one must name all; references are followed inside the schema only.
    """
    try:
        return _Walk(schema).strange((schema,), dict(args), ())
    except RecursionError:
        return "the arguments are nested too deeply"


@dataclass(frozen=True, slots=True)
class _Walk:
    """One look through arguments beside their schema."""

    root: Schema
    known: dict[tuple[int, ...], str | None] = field(default_factory=dict[Any, Any])
    """What came of a value under some schemas, so that alternatives inside each other cost once."""

    def strange(self, schemas: Sequence[Any], value: Any, steps: Steps) -> str | None:  # noqa: ANN401 - JSON
        if not schemas or type(value) not in _KINDS:
            return None
        key = (id(value), *map(id, schemas))
        if key not in self.known:
            self.known[key] = self._strange(schemas, value, steps)
        return self.known[key]

    def _strange(self, schemas: Sequence[Any], value: Any, steps: Steps) -> str | None:  # noqa: ANN401 - JSON
        first: str | None = None
        for parts in self._ways(schemas, ()):
            if not all(_admits(part, value) for part in parts):
                continue
            why = self._strange_in(parts, value, steps)
            if why is None:
                return None
            first = first or why
        return first

    def _strange_in(self, parts: Sequence[Schema], value: Any, steps: Steps) -> str | None:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            if (why := _unnamed(parts, members, steps)) is not None:
                return why
            inner = [(name, _of_member(parts, name), one) for name, one in members.items()]
        else:
            items = cast("list[Any]", value)
            inner = [(place, _of_item(parts, place), one) for place, one in enumerate(items)]
        whys = (self.strange(under, one, (*steps, step)) for step, under, one in inner)
        return next((why for why in whys if why is not None), None)

    def _ways(self, schemas: Sequence[Any], seen: tuple[str, ...]) -> list[tuple[Schema, ...]]:
        """Return each set of schemas that a value may be held to at once."""
        options = list(chain.from_iterable(self._options(one, seen) for one in schemas))
        if prod(map(len, options)) > _WAYS_MAX:
            return [tuple(chain.from_iterable(chain.from_iterable(options)))]
        return [tuple(chain.from_iterable(way)) for way in product(*options)]

    def _options(self, schema: object, seen: tuple[str, ...]) -> Iterator[list[tuple[Schema, ...]]]:
        known = cast("Schema", schema) if isinstance(schema, Mapping) else _ANY
        yield [(known,)]
        if isinstance(ref := known.get("$ref"), str) and ref not in seen:
            yield self._ways((self._found(ref),), (*seen, ref))
        for one in (*_listed(known, "allOf"), *(known[name] for name in _ALSO if name in known)):
            yield self._ways((one,), seen)
        for one in _mapping(known, "dependentSchemas").values():
            yield self._ways((one,), seen)
        for name in ("anyOf", "oneOf"):
            if each := _listed(known, name):
                yield list(chain.from_iterable(self._ways((one,), seen) for one in each))

    def _found(self, ref: str) -> object:
        """Follow a JSON Pointer into the schema. Source: RFC 6901, section 4."""
        at: Any = self.root
        for step in ref.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            at = cast("Schema", at).get(name) if isinstance(at, Mapping) else None
        return at if ref.startswith("#") else None


def _unnamed(parts: Sequence[Schema], members: Mapping[str, Any], steps: Steps) -> str | None:
    """Say which member none of the schemas names; None where one of them speaks of more."""
    spoken = [part[name] for part in parts for name in _MORE if name in part]
    named = {name: None for part in parts for name in _mapping(part, "properties")}
    says_all = any("properties" in part for part in parts) or False in spoken
    if not says_all or any(one is not False for one in spoken):
        return None
    added = sorted(members.keys() - named.keys())
    if not added:
        return None
    where = f"`{'.'.join(map(_shown, steps))}`" if steps else "it"
    takes = ", ".join(f"`{_shown(name)}`" for name in named) or "none"
    return f"{where} takes no `{_shown(added[0])}`; it takes {takes}"


def _admits(part: Schema, value: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether a value can be meant by a schema: its kind, and what an object must hold."""
    kinds = part.get("type")
    if kinds is not None and _KINDS[type(value)] not in _as_list(kinds):
        return False
    if not isinstance(value, dict):
        return True
    members = cast("dict[str, Any]", value)
    fixed = [(members[name], one) for name, one in _properties(part) if name in members]
    return all(_is_one_of(given, one) for given, one in fixed)


def _is_one_of(given: object, schema: Schema) -> bool:
    """Whether a value is one that the schema lists, as the mark of an alternative is."""
    listed = [schema["const"]] if "const" in schema else _listed(schema, "enum")
    return not listed or given in listed


def _of_member(parts: Sequence[Schema], name: str) -> list[Any]:
    under = [
        one for part in parts for key, one in _mapping(part, "properties").items() if key == name
    ]
    return under or [part[more] for part in parts for more in _MORE[:2] if _is_schema(part, more)]


def _of_item(parts: Sequence[Schema], place: int) -> list[Any]:
    """Return the schemas of an item, also as older drafts list them."""
    found: list[Any] = []
    for part in parts:
        first = _listed(part, "prefixItems") or _listed(part, "items")
        if place < len(first):
            found.append(first[place])
        else:
            found += [part[more] for more in ("items", "additionalItems") if _is_schema(part, more)]
    return found


def _properties(part: Schema) -> list[tuple[str, Schema]]:
    named = _mapping(part, "properties")
    return [(name, one) for name, one in named.items() if isinstance(one, Mapping)]


def _is_schema(part: Schema, name: str) -> bool:
    return isinstance(part.get(name), Mapping)


def _mapping(part: Schema, name: str) -> Mapping[str, Any]:
    found = part.get(name)
    return cast("Schema", found) if isinstance(found, Mapping) else _ANY


def _listed(part: Schema, name: str) -> list[Any]:
    found = part.get(name)
    return cast("list[Any]", found) if isinstance(found, list) else []


def _as_list(kinds: object) -> list[Any]:
    return cast("list[Any]", kinds) if isinstance(kinds, list) else [kinds]


def _shown(step: str | int) -> str:
    """Write a step; a name that is no plain word may be a value and is left out."""
    return str(step) if isinstance(step, int) or _PLAIN.fullmatch(step) else "…"
