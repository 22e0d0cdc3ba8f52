"""Refuse: a checkpoint serializer that builds nothing but what is on its list.

LangGraph's own builds any importable callable that a checkpoint names; in its strict mode it hands
out the named callable's argument instead, in silence. This one reads the bytes first without
building anything, and raises `SaverError` when they name a type that is not on the list. It refuses
to write such a value too, so that a thread fails where the value is made and not when it is read.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, Final, TypeVar, cast

import ormsgpack
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde import jsonplus
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Send

from interlock.errors import SaverError

TypeName = tuple[str, ...]
"""A type as (module, name), a method as (module, name, method)."""

SaverT = TypeVar("SaverT", bound=BaseCheckpointSaver[Any])

MAX_DEPTH: Final = 64
"""Objects inside objects; deeper bytes only serve to exhaust a stack."""

_STANDARD: Final[frozenset[TypeName]] = frozenset(
    {
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "datetime", "fromisoformat"),
        ("datetime", "time"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("zoneinfo", "ZoneInfo"),
        ("uuid", "UUID"),
        ("decimal", "Decimal"),
        ("builtins", "int"),
        ("builtins", "set"),
        ("builtins", "frozenset"),
        ("collections", "deque"),
    }
)

_MESSAGES: Final[frozenset[TypeName]] = frozenset(
    (f"langchain_core.messages.{module}", f"{kind}Message{chunk}")
    for module, kind in (
        ("human", "Human"),
        ("ai", "AI"),
        ("system", "System"),
        ("chat", "Chat"),
        ("tool", "Tool"),
        ("function", "Function"),
    )
    for chunk in ("", "Chunk")
) | {("langchain_core.messages.modifier", "RemoveMessage")}

_LANGGRAPH: Final[frozenset[TypeName]] = frozenset(
    ("langgraph.types", name)
    for name in ("Send", "TimeoutPolicy", "Interrupt", "Command", "Overwrite")
)

ALLOWED: Final = _STANDARD | _MESSAGES | _LANGGRAPH
"""What a checkpoint may hold beside JSON: inert values, LangChain's messages, LangGraph's own."""

_CONSTRUCTORS: Final = frozenset({0, 1, 2, 4, 5})
"""MessagePack extension codes that carry (module, name, arguments).

Source: `langgraph.checkpoint.serde.jsonplus`, `EXT_CONSTRUCTOR_*` and `EXT_PYDANTIC_*`.
"""
_INT: Final[TypeName] = ("builtins", "int")
_METHOD: Final = 3
_SNAPSHOT: Final = 7
"""A wrapped value without a type of its own."""


class StrictSerializer(JsonPlusSerializer):
    """LangGraph's serializer behind a list: what is not on it is neither read nor written."""

    def __init__(self, allow: Iterable[type | TypeName] = ()) -> None:
        """Carry the types in `allow` beside `ALLOWED`; they come from code, never from a file."""
        self.allowed: frozenset[TypeName] = ALLOWED | {_named(item) for item in allow}
        super().__init__(
            pickle_fallback=False,
            allowed_json_modules=None,
            allowed_msgpack_modules=tuple(self.allowed),
        )

    def with_msgpack_allowlist(
        self, extra_allowlist: Iterable[TypeName | type]
    ) -> "StrictSerializer":
        """Return a strict serializer with more types; `compile` calls this with a state's types."""
        return StrictSerializer([*self.allowed, *extra_allowlist])

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:  # noqa: ANN401 - LangGraph's signature
        """Write a value; integers beyond 64 bits too, which LangGraph's own refuses.

        Raises `SaverError` for a type that could not be read back.
        """
        try:
            kind, data = super().dumps_typed(obj)
        except ormsgpack.MsgpackEncodeError:
            kind, data = "msgpack", _packed(obj)
        if kind == "msgpack":
            self._check(data, "write", "keep it out of the state")
        return kind, data

    def loads_typed(self, data: tuple[str, bytes]) -> Any:  # noqa: ANN401 - LangGraph's signature
        """Read a value.

        Raises `SaverError` for a type that is not on the list, for pickles and for JSON objects
        that name a constructor; nothing of theirs is imported or built.
        """
        kind, raw = data
        if kind == "msgpack":
            self._check(raw, "read", "the checkpoint was not written by this graph")
        elif kind == "json":
            return _plain_json(raw)
        elif kind not in ("null", "bytes", "bytearray"):
            raise SaverError(f"refused to read a checkpoint value of kind `{kind[:40]}`")
        return super().loads_typed(data)

    def _check(self, data: bytes, doing: str, advice: str) -> None:
        names: set[TypeName] = set()
        try:
            _collect(data, names, 0)
        except (ormsgpack.MsgpackDecodeError, _Unreadable) as error:
            raise SaverError(f"refused to {doing} a checkpoint value: {error}") from None
        if unknown := sorted(names - self.allowed):
            shown = ", ".join(f"`{'.'.join(name)[:80]}`" for name in unknown[:3])
            raise SaverError(
                f"refused to {doing} {shown} in a checkpoint: not on the list of types; "
                f"{advice}, or name the type in `gate.saver(saver, allow=[…])`"
            )


def strict(saver: SaverT, allow: Iterable[type | TypeName] = ()) -> SaverT:
    """Give a saver the strict serializer, in place, and return it.

    An encrypting saver keeps its cipher.
    """
    serde, inner = cast("Any", saver.serde), StrictSerializer(allow)
    if isinstance(serde, EncryptedSerializer):
        saver.serde = EncryptedSerializer(serde.cipher, inner)
    else:
        saver.serde = inner
    return saver


def is_permissive(saver: object) -> bool:
    """Whether a saver would build what its database names, or nobody can tell."""
    serde = getattr(saver, "serde", None)
    if isinstance(serde, EncryptedSerializer):
        serde = serde.serde
    return not isinstance(serde, StrictSerializer)


def require_strict(saver: object) -> None:
    """Raise `SaverError` when a run's saver is permissive; None and booleans are no saver."""
    if saver is None or isinstance(saver, bool) or not is_permissive(saver):
        return
    raise SaverError(
        f"the checkpointer `{type(saver).__name__}` builds any object that its database names; "
        "compile the graph with `checkpointer=gate.saver(saver)`, "
        "or accept it with `allow_permissive_saver=True`"
    )


def _packed(value: object) -> bytes:
    """Write as LangGraph does, with each integer beyond 64 bits as its digits."""
    return ormsgpack.packb(
        value,
        default=_object,
        option=jsonplus._option | ormsgpack.OPT_PASSTHROUGH_BIG_INT,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - what else is written must read the same
    )


def _object(value: Any) -> ormsgpack.Ext | str:  # noqa: ANN401 - whatever MessagePack does not know
    """Write an integer, and what may hold one: messages, questions, messages to nodes."""
    named = (type(value).__module__, type(value).__name__)
    match value:
        case int():
            return ormsgpack.Ext(jsonplus.EXT_CONSTRUCTOR_SINGLE_ARG, _packed((*_INT, str(value))))
        case _ if hasattr(value, "model_dump"):
            parts = (*named, value.model_dump(), "model_validate_json")
            return ormsgpack.Ext(jsonplus.EXT_PYDANTIC_V2, _packed(parts))
        case Send():
            parts = (*named, (value.node, value.arg))
            return ormsgpack.Ext(jsonplus.EXT_CONSTRUCTOR_POS_ARGS, _packed(parts))
        case _ if is_dataclass(value):
            members = {one.name: getattr(value, one.name) for one in fields(value)}
            return ormsgpack.Ext(jsonplus.EXT_CONSTRUCTOR_KW_ARGS, _packed((*named, members)))
        case _:
            return jsonplus._msgpack_default(value)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as above


class _Unreadable(Exception):
    """The bytes are not what LangGraph writes."""


def _collect(data: bytes, names: set[TypeName], depth: int) -> Any:  # noqa: ANN401 - MessagePack
    """Decode without building anything, and gather the types that are named on the way."""
    if depth > MAX_DEPTH:
        raise _Unreadable(f"objects nested deeper than {MAX_DEPTH}")
    problems: list[_Unreadable] = []

    def hook(code: int, inner: bytes) -> None:
        try:
            _collect_object(code, inner, names, depth)
        except (ormsgpack.MsgpackDecodeError, _Unreadable) as error:
            problems.append(_Unreadable(str(error)))

    value = ormsgpack.unpackb(data, ext_hook=hook, option=ormsgpack.OPT_NON_STR_KEYS)
    if problems:
        raise problems[0]
    return value


def _collect_object(code: int, inner: bytes, names: set[TypeName], depth: int) -> None:
    """Take the name of one object; its parts are gathered by decoding it."""
    if code == _SNAPSHOT:
        _collect(inner, names, depth + 1)
        return
    if code not in _CONSTRUCTORS and code != _METHOD:
        raise _Unreadable(f"an object of unknown kind {code}")
    parts = _collect(inner, names, depth + 1)
    if not isinstance(parts, list) or len(cast("list[object]", parts)) < 3:
        raise _Unreadable("an object without a name")
    named = cast("list[object]", parts)
    name = [named[0], named[1], *(named[3:4] if code == _METHOD else [])]
    if not all(isinstance(part, str) for part in name):
        raise _Unreadable("an object whose name is no text")
    names.add(tuple(cast("list[str]", name)))


def _plain_json(raw: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read JSON of older checkpoints; an object with `lc` names a constructor and is refused."""

    def hook(members: dict[str, Any]) -> dict[str, Any]:
        if "lc" in members:
            raise SaverError("refused to read a checkpoint value: it names a constructor (`lc`)")
        return members

    try:
        return json.loads(raw, object_hook=hook)
    except (ValueError, RecursionError):
        raise SaverError("refused to read a checkpoint value: it is no JSON") from None


def _named(item: "type | TypeName | Collection[str]") -> TypeName:
    return (item.__module__, item.__name__) if isinstance(item, type) else tuple(item)
