"""Write: arguments as a tool's own schema takes them, so that what is judged is what it gets.

pydantic takes the text "off" for false, "5" for 5 and, where a field says so, " Prod " for "prod".
Whoever judges, shows or approves a call must see the value that the tool will.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from types import NoneType
from typing import Any, Final, cast
from uuid import UUID

from pydantic import AliasChoices, AnyUrl, BaseModel, RootModel

_WRITTEN: Final = (AnyUrl, Decimal, IPv4Address, IPv6Address, PurePath, UUID)
"""Types that are JSON texts, as `str` writes them."""
_SCALARS: Final = (bool, int, float, str, NoneType)


def as_taken(raw: Any, made: Any) -> Any:  # noqa: ANN401 - JSON, and whatever a schema makes of it
    """Return a JSON value with what validation made of it in the places where it made another.

    A value of a type that JSON has not stays as it was given, unless its text is known.
    """
    match made:
        case Enum():
            return as_taken(raw, made.value)
        case RootModel():
            return as_taken(raw, cast("Any", made).root)
        case None | bool() | int() | float() | str():
            return raw if _same(raw, made) else _plain(made)
        case _ if isinstance(raw, Mapping):
            return _of_object(cast("Mapping[str, Any]", raw), made)
        case _ if isinstance(raw, list):
            return _of_array(cast("list[Any]", raw), made)
        case _:
            return _written(raw, made)


def _of_object(raw: Mapping[str, Any], made: Any) -> Any:  # noqa: ANN401 - of any type
    match made:
        case BaseModel():
            return _members(raw, made)
        case dict():
            return _mapping(raw, cast("Any", made))
        case _ if is_dataclass(made):
            known = {field.name: getattr(made, field.name) for field in fields(made)}
            return _with(raw, ((name, name, known[name]) for name in raw if name in known))
        case _:
            return raw


def _of_array(raw: list[Any], made: Any) -> Any:  # noqa: ANN401 - of any type
    match made:
        case list() | tuple():
            return _items(raw, cast("Any", made))
        case set() | frozenset():
            return _set(raw, cast("Any", made))
        case _:
            return raw


def _written(raw: Any, made: Any) -> Any:  # noqa: ANN401 - of any type
    match made:
        case date() | time():
            return made.isoformat()
        case Decimal() if not isinstance(raw, str):
            return raw
        case _:
            return str(made) if isinstance(made, _WRITTEN) else raw


def _same(raw: object, made: object) -> bool:
    if isinstance(raw, bool) or isinstance(made, bool) or raw is None or made is None:
        return raw is made
    numbers = isinstance(raw, int | float) and isinstance(made, int | float)
    return (numbers or (isinstance(raw, str) and isinstance(made, str))) and raw == made


def _plain(made: Any) -> Any:  # noqa: ANN401 - a scalar, or a subclass of one
    return next((kind(made) for kind in (bool, int, float, str) if isinstance(made, kind)), None)


def _with(raw: Mapping[str, Any], made: Iterable[tuple[str, str, Any]]) -> dict[str, Any]:
    """Put what was made of members in their places, each under the name that it is to have."""
    taken = dict(raw)
    for name, key, value in made:
        if key in taken and name != key:
            del taken[key]
        taken[name] = as_taken(raw[key], value)
    return taken


def _members(raw: Mapping[str, Any], made: BaseModel) -> dict[str, Any]:
    known: list[tuple[str, str, Any]] = []
    added: dict[str, Any] = {}
    model = type(made)
    for name in sorted(made.model_fields_set & model.model_fields.keys()):
        value = getattr(made, name)
        keys = _keys(model, name)
        given = [key for key in keys if key in raw]
        known += [(key, key, value) for key in given]
        if not given and isinstance(value, _SCALARS):
            added[keys[0]] = value
    known += [(key, key, value) for key, value in (made.model_extra or {}).items() if key in raw]
    return _with(raw, known) | added


def _keys(model: type[BaseModel], name: str) -> list[str]:
    """Return the names under which a field may be given, the one that is shown first."""
    alias = model.model_fields[name].validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return [*(one for one in choices if isinstance(one, str)), name]


def _mapping(raw: Mapping[str, Any], made: Mapping[Any, Any]) -> dict[str, Any]:
    """Match members by name; where keys were made something else, by place."""
    if made.keys() <= raw.keys():
        return _with(raw, ((key, key, value) for key, value in made.items()))
    if len(made) != len(raw):
        raise ValueError("keys that the tool takes for one")
    pairs = zip(raw, made.items(), strict=True)
    return _with(raw, [(_key(key, new), key, value) for key, (new, value) in pairs])


def _key(raw: str, made: object) -> str:
    taken = as_taken(raw, made)
    return taken if isinstance(taken, str) else str(taken).lower()


def _items(raw: list[Any], made: list[Any] | tuple[Any, ...]) -> list[Any]:
    if len(raw) != len(made):
        return [as_taken(each, each) for each in made]
    return [as_taken(one, other) for one, other in zip(raw, made, strict=True)]


def _set(raw: list[Any], made: set[Any] | frozenset[Any]) -> list[Any]:
    """Keep the order of what stays; of what changes there is none."""
    if not all(isinstance(each, _SCALARS) for each in made):
        return raw
    if all(any(_same(one, each) for each in made) for one in raw):
        return raw
    return sorted(made, key=lambda each: (type(each).__name__, repr(each)))
