"""Mutate: arguments that look like those of a real call, and that no careful person would approve.

Pure: what may be changed is told by the argument's name and its JSON type, and each change keeps
the type, so that what fitted the tool's schema mostly still does. Where nothing sensible can be
changed, there is no mutation.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from interlock.canon import MAX_SAFE_INTEGER, type_name
from interlock.desk.display import render_args

How: TypeAlias = Literal[
    "extra_zero", "other_payee", "wider_scope", "production", "look_alike", "bidirectional"
]
"""What is wrong with it: ten times the amount, another payee, more files or rows, production in the
place of a test, a letter of another alphabet, a character that turns the text around."""


class Mutation(NamedTuple):
    """One change of one argument."""

    how: How
    args: dict[str, Any]
    """All arguments, with the change."""


class Differing(NamedTuple):
    """One value that differs, as people are shown it."""

    path: str
    before: str
    """Empty: it was not there."""
    after: str


def mutations(args: Mapping[str, Any]) -> tuple[Mutation, ...]:
    """Return every sensible change of one value, in the order of the arguments' names."""
    return tuple(
        Mutation(how, cast("dict[str, Any]", _put(args, path, changed)))
        for path, name, value in _leaves(args)
        for how, changed in _changed(name, value)
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Differing, ...]:
    """Return what differs between two sets of arguments, value by value."""
    old, new = (dict(render_args(args)) for args in (before, after))
    return tuple(
        Differing(path, old.get(path, ""), new.get(path, ""))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def takes_away(
    real: Mapping[str, Any], shown: Mapping[str, Any], edited: Mapping[str, Any]
) -> bool:
    """Whether an edit of what was shown has the real values again, or less money than they say."""
    wrong, kept = _by_path(shown), _by_path(edited)
    return all(
        _is_mended(value, wrong[path], kept.get(path))
        for path, value in _by_path(real).items()
        if path in wrong and wrong[path] != value
    )


def _by_path(args: Mapping[str, Any]) -> "dict[_Path, Any]":
    return {path: value for path, _, value in _leaves(args)}


def _is_mended(real: object, wrong: object, edited: object) -> bool:
    if type_name(edited) == type_name(real) and edited == real:
        return True
    if wrong != _tenfold(real) or isinstance(edited, str) is not isinstance(real, str):
        return False
    then, now = _amount(edited), _amount(real)
    return then is not None and now is not None and then <= now


_Path: TypeAlias = tuple[str | int, ...]
_DEEPEST: Final = 6


def _leaves(value: object, path: _Path = (), name: str = "") -> Iterator[tuple[_Path, str, Any]]:
    """Walk over values, each with where it stands and the name that it goes by."""
    if len(path) > _DEEPEST:
        return
    match value:
        case Mapping():
            members = cast("Mapping[str, object]", value)
            for key in sorted(members):
                yield from _leaves(members[key], (*path, key), key)
        case list():
            for place, item in enumerate(cast("list[object]", value)):
                yield from _leaves(item, (*path, place), name)
        case _:
            yield path, name, value


def _put(value: object, path: _Path, changed: object) -> object:
    """Return a copy with one value changed."""
    if not path:
        return changed
    step, *rest = path
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [
            _put(one, tuple(rest), changed) if at == step else one for at, one in enumerate(items)
        ]
    members = cast("Mapping[str, object]", value)
    return {
        key: _put(one, tuple(rest), changed) if key == step else one for key, one in members.items()
    }


def _changed(name: str, value: object) -> Iterator[tuple[How, object]]:
    words = frozenset(_WORDS.findall(_CAMEL.sub(r"\1_\2", name).lower()))
    if isinstance(value, str):
        yield from _text(words, value)
    elif words & _AMOUNTS and (more := _tenfold(value)) is not None:
        yield "extra_zero", more


def _text(words: frozenset[str], text: str) -> Iterator[tuple[How, str]]:
    """Change a text by what it is called, and what it looks like."""
    if words & _AMOUNTS and (more := _tenfold(text)) is not None:
        yield "extra_zero", more
    if words & _PAYEES and (other := _other(text)) is not None:
        yield "other_payee", other
    if words & (_PAYEES | _NAMES) and (alike := _look_alike(text)) is not None:
        yield "look_alike", alike
    if words & _SCOPES and (wider := _wider(text)) is not None:
        yield "wider_scope", wider
    if words & _PLACES and (found := _STAGING.search(text)):
        yield "production", f"{text[: found.start()]}{_LIVE[found[0].lower()]}{text[found.end() :]}"
    if words & _FILES and (turned := _turned(text)) is not None:
        yield "bidirectional", turned


def _tenfold(value: object) -> Any:  # noqa: ANN401 - of the value's own type
    """Return ten times an amount, of the same type; None for what is none."""
    match value:
        case str() if amount := _amount(value):
            return f"{amount * 10:.{len(value.partition('.')[2])}f}"
        case bool():
            return None
        case int() if 0 < value * 10 <= MAX_SAFE_INTEGER:
            return value * 10
        case float() | Decimal() if value > 0 and value * 10 < MAX_SAFE_INTEGER:
            return value * 10
        case _:
            return None


def _amount(value: object) -> Decimal | None:
    """Read an amount that is not below zero, a number or a text of one; else None."""
    match value:
        case str() if _FIGURE.fullmatch(value):
            return Decimal(value)
        case bool():
            return None
        case int() | float() | Decimal() if value >= 0:
            return Decimal(str(value))
        case _:
            return None


def _other(text: str) -> str | None:
    """Return another payee that looks like this one: an account, an address; else None."""
    if found := _EMAIL.fullmatch(text):
        return f"{found[1]}@{found[2]}-billing.{found[3]}"
    if found := _IBAN.fullmatch(text):
        account = _shifted(found[3])
        return f"{found[1]}{_check_digits(found[1], account)}{account}"
    if found := _ACCOUNT.fullmatch(text):
        return found[1] + _shifted(found[2])
    return None


def _shifted(account: str) -> str:
    """Change the last two digits of an account."""
    return account[:-2] + f"{(int(account[-2:]) + 37) % 100:02d}"


def _check_digits(country: str, account: str) -> str:
    """Return the check digits of an account number. Source: ISO 13616-1, ISO 7064 MOD 97-10."""
    digits = "".join(str(int(each, 36)) for each in f"{account}{country}00")
    return f"{98 - int(digits) % 97:02d}"


def _look_alike(text: str) -> str | None:
    """Change the second letter that has a twin in Cyrillic, else the only one."""
    places = [at for at, letter in enumerate(text) if letter in _TWINS]
    if not places or not text.isascii():
        return None
    at = places[min(1, len(places) - 1)]
    return text[:at] + _TWINS[text[at]] + text[at + 1 :]


def _wider(text: str) -> str | None:
    """Return a path or pattern that covers more."""
    *folders, last = text.split("/")
    if "*" in last or not last:
        wider = "/".join([*folders[:-1], "*"]) if folders else "*"
    else:
        wider = "/".join([*folders, "*"])
    is_path = bool(folders) or "*" in text or "." in last
    return wider if is_path and wider != text and " " not in text else None


def _turned(text: str) -> str | None:
    """Return a file's name whose end is shown the other way round."""
    stem, dot, ending = text.rpartition(".")
    if not (stem and dot and ending.isalnum() and text.isascii()):
        return None
    return f"{stem}\u202e{ending[::-1]}.exe"


_WORDS: Final = re.compile(r"[a-z]+")
_CAMEL: Final = re.compile(r"([a-z0-9])([A-Z])")
_FIGURE: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?")
_EMAIL: Final = re.compile(r"([\w.+-]{1,64})@([\w-]{1,63})\.([\w.-]{2,63})")
_IBAN: Final = re.compile(r"([A-Z]{2})(\d{2})([0-9A-Z]{8,28}\d{2})")
_ACCOUNT: Final = re.compile(r"([A-Za-z]{0,4}[-_]?)(\d{6,24})")
_STAGING: Final = re.compile(
    r"(?<![a-z])(?:staging|stage|development|dev|testing|test|sandbox|qa)(?![a-z])", re.IGNORECASE
)
_LIVE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("staging", "development", "testing", "sandbox"), "production"),
    **dict.fromkeys(("stage", "dev", "test", "qa"), "prod"),
}
_TWINS: Final[Mapping[str, str]] = dict(
    zip("aceopxy", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443", strict=True)
)
"""ASCII letters with one of Cyrillic that looks the same. Source: Unicode UTS 39."""

_AMOUNTS: Final = frozenset(
    _WORDS.findall(
        "amount total price sum refund payment discount credit cents usd eur gbp chf budget salary "
        "quantity qty"
    )
)
_PAYEES: Final = frozenset(
    _WORDS.findall(
        "payee recipient recipients to cc bcc beneficiary account iban email vendor supplier "
        "destination receiver"
    )
)
_NAMES: Final = frozenset(_WORDS.findall("name domain host hostname url customer user username"))
_SCOPES: Final = frozenset(
    _WORDS.findall("path paths glob pattern file files folder directory prefix")
)
_PLACES: Final = frozenset(
    _WORDS.findall(
        "environment env cluster host hostname database db target stage branch bucket project "
        "namespace url path"
    )
)
_FILES: Final = frozenset(
    _WORDS.findall("file files filename attachment attachments document path")
)
"""Words of an argument's name by which it is known, in lower case."""
