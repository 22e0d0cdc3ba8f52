"""Fix: one exact byte form for each value, and digests over it.

`encode` writes RFC 8785 canonical JSON. What plain JSON cannot carry exactly is written as a
tagged object (`{"$int": "9007199254740993"}`) and comes back as it was; what cannot be carried
at all is refused with the argument's name. Two values that differ never share bytes, save that
JSON has one number type: `1.0` and `1` are the same number.
"""

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final, cast

import orjson
import rfc8785

from interlock.errors import CanonError

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""Largest integer every JSON reader carries. Source: RFC 8785 section 3.2.2.3, RFC 7493."""

MAX_DEPTH: Final = 200
"""Nesting allowed in a value; deeper input only serves to exhaust a stack."""

MAX_INTEGER_BITS: Final = 13_000
"""Largest integer carried; Python refuses to write one of over 4,300 digits."""

_TAG: Final = "$"

_FOLDED: Final = "[_fold=1]"
"""Ends a datetime that is the second of two with the same reading. Source: PEP 495."""


def type_name(value: object) -> str:
    """Name a value's type as Python does."""
    return type(value).__name__


def encode(value: object, where: str = "args", *, flat: bool = False) -> bytes:
    """Write `value` as canonical JSON bytes; `where` names it in errors.

    `flat` promises texts and small integers under ASCII names: quicker. Other JSON then has a form
    that may not be canonical, and never is another value's.
    Raises `CanonError` for NaN, infinities, lone surrogates, non-text keys, unknown types and
    nesting over `MAX_DEPTH`.
    Source: RFC 8785 (JSON Canonicalization Scheme).
    """
    if flat or _is_plain(value, 0):
        try:
            return orjson.dumps(value, option=_ITS_OWN | orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:
            pass  # a lone surrogate: the long way names its place
    return rfc8785.dumps(cast("Any", _tagged(value, where, 0)))


def to_json(value: object, where: str = "value") -> str:
    """Write a value as JSON text that `decode` reads back: quicker, and as it came.

    Members keep their order and `30.0` stays a float, where the canonical form has one of each.
    Raises `CanonError` as `encode` does.
    """
    return copied(value, where)[0]


def copied(value: object, where: str = "value") -> tuple[str, Any]:
    """Do as `to_json`, and return the value as it will be read back beside the text."""
    if (quick := _as_it_came(value)) is not None:
        return quick
    text = json.dumps(_tagged(value, where, 0), ensure_ascii=False, separators=(",", ":"))
    return text, decode(text.encode())


def decode(canonical: bytes) -> Any:  # noqa: ANN401 - JSON enters here
    """Read what `encode` wrote."""
    if _LONG_NUMBER in canonical.translate(_AS_0):
        value = json.loads(canonical, parse_int=_read_int)
    else:
        value = orjson.loads(canonical)
    return _untagged(value) if b'"$' in canonical else value


def digest(domain: str, value: object, where: str = "value") -> str:
    """Hash a value's canonical form under a domain, so that hashes of different things never meet.

    Returns 64 hex digits of SHA-256(`domain` 0x00 canonical bytes).
    """
    return digest_bytes(domain, encode(value, where))


def digest_bytes(domain: str, canonical: bytes) -> str:
    """Hash bytes that are canonical already, as `digest` does."""
    return hashlib.sha256(domain.encode() + b"\x00" + canonical).hexdigest()


def fingerprint(key: bytes, domain: str, canonical: bytes) -> str:
    """Return a keyed digest: equal for equal values, useless for guessing small ones."""
    return hmac.new(key, domain.encode() + b"\x00" + canonical, hashlib.sha256).hexdigest()


_ITS_OWN: Final = (
    orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)
"""What the writer would turn into JSON of its own making goes the long way."""

_AS_0, _LONG_NUMBER = bytes.maketrans(b"123456789", b"000000000"), b"0" * 16
"""Find a number that a reader might round, quicker than an expression; others are below 2^53."""


def _as_it_came(value: object) -> tuple[str, Any] | None:
    """Write JSON and read it back equal; None when that takes tags, or nobody can tell quickly."""
    try:
        text = orjson.dumps(value, option=_ITS_OWN)
        if text.count(b"[") + text.count(b"{") > MAX_DEPTH or b'"$' in text:
            return None
        copy = None if _LONG_NUMBER in text.translate(_AS_0) else orjson.loads(text)
    except (TypeError, ValueError):
        return None
    return (text.decode(), copy) if copy is not None and copy == value else None


def _is_plain(value: object, depth: int) -> bool:
    """Whether JSON carries a value exactly as it is, without a tag.

    No floats, whose canonical form only `rfc8785` knows, and ASCII keys only, which sort alike by
    code point and by UTF-16: on the rest `orjson` writes RFC 8785, as a property test holds.
    """
    kind = type(value)
    if kind is dict:
        members = cast("dict[object, object]", value)
        for key, item in members.items():  # texts without a call: this is on every call's way
            if depth >= MAX_DEPTH or type(key) is not str or not key.isascii() or key[:1] == _TAG:
                return False
            if type(item) is not str and not _is_plain(item, depth + 1):
                return False
        return True
    if kind is list:
        for item in cast("list[object]", value):  # as above
            if depth >= MAX_DEPTH or (type(item) is not str and not _is_plain(item, depth + 1)):
                return False
        return True
    return kind is str or _is_plain_scalar(value, kind)


def _is_plain_scalar(value: object, kind: type) -> bool:
    if kind is int:
        return -MAX_SAFE_INTEGER <= cast("int", value) <= MAX_SAFE_INTEGER
    return value is None or kind is bool


def _tagged(value: object, where: str, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise CanonError(f"`{_short(where)}` is nested deeper than {MAX_DEPTH} levels; flatten it")
    match value:
        case None | bool():
            return value
        case str():
            return _text(value, where)
        case int():
            return value if abs(value) <= MAX_SAFE_INTEGER else {"$int": _digits(value, where)}
        case float():
            return _number(value, where)
        case Mapping():
            return _mapping(cast("Mapping[object, object]", value), where, depth)
        case list():
            return _items(cast("list[object]", value), where, depth)
        case tuple():
            return {"$tuple": _items(list(cast("tuple[object, ...]", value)), where, depth)}
        case _:
            return _scalar(value, where)


def _items(items: list[object], where: str, depth: int) -> list[object]:
    return [_tagged(item, f"{where}[{at}]", depth + 1) for at, item in enumerate(items)]


def _mapping(value: Mapping[object, object], where: str, depth: int) -> dict[str, object]:
    out: dict[str, object] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise CanonError(f"`{_short(where)}` has a key of type {type_name(key)}; expected text")
        name = _text(key, where)
        inner = f"{where}.{key}"
        out[_TAG + name if name.startswith(_TAG) else name] = _tagged(item, inner, depth + 1)
    return out


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise CanonError(
            f"`{_short(where)}` holds a lone surrogate at character {error.start}; "
            "send valid Unicode"
        ) from None
    return str.__str__(value)


def _digits(value: int, where: str) -> str:
    if value.bit_length() > MAX_INTEGER_BITS:
        raise CanonError(f"`{_short(where)}` has over 4,000 digits; send a shorter number")
    return str(value)


def _number(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise CanonError(
            f"`{_short(where)}` is {value}, which is no JSON number; send a finite one"
        )
    return value


def _scalar(value: object, where: str) -> dict[str, str]:
    match value:
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime():
            return {"$datetime": write_moment(value)}
        case date():
            return {"$date": value.isoformat()}
        case Decimal() if value.is_finite():
            return {"$decimal": str(value)}
        case _:
            raise CanonError(
                f"`{_short(where)}` has type {type_name(value)}, which JSON cannot carry; "
                "send text, numbers, booleans, lists or objects"
            )


def write_moment(value: datetime) -> str:
    """Write a datetime with its zone, and with its fold: which of two equal readings it is.

    Source: RFC 9557, section 4.1. A zone of another kind than `zoneinfo`'s goes as its offset.
    """
    zone = getattr(value.tzinfo, "key", None)
    named = f"[{zone}]" if isinstance(zone, str) else ""
    return f"{value.isoformat()}{named}{_FOLDED if value.fold else ''}"


def read_moment(text: str) -> datetime:
    """Read a datetime. Raises `CanonError` where its zone is not known here, or is another one."""
    whole = text.removesuffix(_FOLDED)
    written, _, zone = whole.removesuffix("]").partition("[")
    moment = datetime.fromisoformat(written)
    if zone:
        local = moment.replace(tzinfo=_zone(zone))
        same = (local.replace(fold=fold) for fold in (0, 1))
        found = next((one for one in same if one.utcoffset() == moment.utcoffset()), None)
        if found is None:
            raise CanonError(f"`{text}`: zone `{zone}` has another offset here; update tzdata")
        moment = found
    return moment.replace(fold=int(whole != text))


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # only who needs a zone loads the database

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise CanonError(f"time zone `{_short(name)}` is not known here; install tzdata") from error


_READERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "$int": int,
    "$bytes": base64.b64decode,
    "$datetime": read_moment,
    "$date": date.fromisoformat,
    "$decimal": Decimal,
    "$tuple": lambda items: tuple(_untagged(item) for item in items),
}


def _untagged(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_untagged(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, Any]", value)
    if len(members) == 1:
        ((key, item),) = members.items()
        if key in _READERS:
            return _READERS[key](item)
    return {key.removeprefix(_TAG): _untagged(item) for key, item in members.items()}


def _read_int(text: str) -> int | float:
    """Read an integer; one beyond the safe range was a float that JCS wrote without a point."""
    number = int(text)
    return number if abs(number) <= MAX_SAFE_INTEGER else float(text)


def _short(where: str) -> str:
    return where if len(where) <= 80 else where[:40] + "…" + where[-39:]
