"""Show: text and arguments so that what differs looks different.

`visible` is injective over all Unicode text: it can be read back, character for character. What
prints nothing, moves other text or stands on its neighbour becomes a badge (`⟨U+202E⟩`); what could
be taken for something else keeps its glyph inside one (`⟨– U+2013⟩`). Nothing in the result has an
effect in a terminal or reorders a line; faces that render Markdown or HTML must still escape those
(`fenced` does it for Markdown).

Plain are printable ASCII, Latin letters with diacritics, Greek, Cyrillic, kana, Han and Hangul,
unless a letter could be mistaken: a Greek or Cyrillic word is marked when it is mixed with other
letters or digits, or made of look-alikes only. Any other script is legible but marked, letter by
letter.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

from interlock.canon import MAX_SAFE_INTEGER, type_name, write_moment

_ASCII: Final = r"0-9A-Za-z|"
_LATIN: Final = (
    "\u00c0-\u00c5\u00c7-\u00cf\u00d1-\u00d6\u00d8-\u00e5\u00e7-\u00f6\u00f8-\u0113\u0116-\u0119"
    "\u011a-\u0130\u0134-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u014f\u0151\u0154-\u0161\u0164-\u017e"
    "\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9"
)
_GREEK: Final = "\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce"
_CYRILLIC: Final = "\u0400-\u040c\u040e-\u045c\u045e\u045f\u0490\u0491"
_EAST: Final = "\u3005\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
_SIGNS: Final = frozenset("€£¥§°±÷¿¡«»©®。、「」")

_LOOKALIKES: Final = frozenset(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧΓΛΠΦαβγεηικνορστυφχπωАВЕЅІЈКМНОРСТУХЗЬГЛПФЄабгекорстухѕіјєпфьћ"
)
"""Greek and Cyrillic letters that resemble one of ASCII, Latin or each other.

Source: Unicode UTS 39, `confusables.txt`, restricted to the letters shown plain here.
"""

_MARKED: Final = frozenset(
    "ノカタトニハヘベペエリロ丿丶亻倂值啟塡壿嬀帲戶晚肦胐胊脁脧膧杮樧潙硏絕腁蔿虁詽讏豣趆跺躛輧郞鎭隸鹃黑士囗"
)
"""Kana and Han that resemble another of them. Source: as above."""

_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc\U0001d159\U00013441\U00013442")
"""Letters and symbols that print nothing, or a placeholder."""

_PRINTING: Final = frozenset(
    ("Ll", "Lm", "Lo", "Lt", "Lu", "Nd", "Nl", "No", "Pc", "Pd", "Po", "Sc", "Sk", "Sm", "So")
)
"""Categories that have a glyph of their own; brackets and quotes are left out, being ours."""

_PLAIN: Final = re.compile(r"[!-\[\]-~]+(?: [!-\[\]-~]+)*")
_WORD: Final = re.compile(f"([{_ASCII}{_LATIN}{_GREEK}{_CYRILLIC}{_EAST}]+)")
_OTHER_ALPHABET: Final = re.compile(f"[{_GREEK}{_CYRILLIC}]")
_ONE_ALPHABET: Final = re.compile(f"[{_GREEK}]+|[{_CYRILLIC}]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES: Final[Mapping[str, str]] = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPACE: Final = "␠"
"""Stands for a space that a screen could swallow: first, last, or after another."""


class Leaf(NamedTuple):
    """One value inside arguments, ready to be shown on one line."""

    path: str
    """`items[0].name`; keys that are no plain names in quotes, tuple places as `(0)`."""
    text: str
    """Texts in double quotes, everything else without."""


def visible(text: str) -> str:
    """Write any text so that it can be read back exactly and looks like nothing else."""
    if _PLAIN.fullmatch(text):
        return text
    last = len(text) - 1
    out: list[str] = []
    at = 0
    for is_word, run in zip(_alternate(), _WORD.split(text), strict=False):
        if is_word:
            out.append(_word(run))
        else:
            out += [
                _character(c, text[at + i - 1 : at + i], at + i in (0, last))
                for i, c in enumerate(run)
            ]
        at += len(run)
    return "".join(out)


def render_args(args: Mapping[str, Any], limit: int | None = None) -> list[Leaf]:
    """List every value of the arguments, one line each, sorted by key.

    Arguments render alike only when their canonical forms are the same. `limit` cuts texts longer
    than so many characters, and says by how many.
    """
    return list(_leaves("", args, limit))


def listing(args: Mapping[str, Any], limit: int | None = None) -> str:
    """Write the arguments as lines of `path: value`."""
    return "\n".join(f"{path or 'arguments'}: {text}" for path, text in render_args(args, limit))


def fenced(shown: str) -> str:
    """Wrap shown text for a Markdown reader, in a fence that the text cannot close."""
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def _alternate() -> Iterator[bool]:
    while True:
        yield False
        yield True


def _word(run: str) -> str:
    """Mark the letters of a word that could be mistaken for others."""
    mistakable = bool(_OTHER_ALPHABET.search(run)) and (
        _ONE_ALPHABET.fullmatch(run) is None or all(_base(c) in _LOOKALIKES for c in run)
    )
    return "".join(
        _badge(c) if c in _MARKED or (mistakable and _OTHER_ALPHABET.match(c)) else c for c in run
    )


def _base(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0]


def _character(c: str, before: str, at_edge: bool) -> str:
    """Write one character that belongs to no word."""
    if c == " ":
        return _SPACE if at_edge or before == " " else c
    if "!" <= c <= "~":
        return _ESCAPES.get(c, c)
    return _ESCAPES.get(c) or (c if c in _SIGNS else _badge(c))


def _badge(c: str) -> str:
    code = f"U+{ord(c):04X}"
    has_glyph = unicodedata.category(c) in _PRINTING and c not in _BLANK
    return f"⟨{c} {code}⟩" if has_glyph else f"⟨{code}⟩"


def _leaves(path: str, value: object, limit: int | None) -> Iterator[Leaf]:
    match value:
        case Mapping() if value:
            members = cast("Mapping[str, object]", value)
            for key in sorted(members):
                yield from _leaves(path + _step(key, first=not path), members[key], limit)
        case list() if value:
            for place, item in enumerate(cast("list[object]", value)):
                yield from _leaves(f"{path}[{place}]", item, limit)
        case tuple() if value:
            for place, item in enumerate(cast("tuple[object, ...]", value)):
                yield from _leaves(f"{path}({place})", item, limit)
        case _:
            yield Leaf(path, _leaf(value, limit))


def _step(key: str, *, first: bool) -> str:
    if _NAME.fullmatch(key):
        return key if first else f".{key}"
    return f"[{_quoted(key)}]"


def _leaf(value: object, limit: int | None) -> str:
    match value:
        case str():
            return _cut(value, limit)
        case bytes():
            return f"bytes {_cut(value.hex(), limit)}"
        case None | bool() | int() | float():
            return _atom(value)
        case Mapping() | list() | tuple():
            return {"list": "[]", "tuple": "()"}.get(type_name(cast("object", value)), "{}")
        case datetime():
            return f"datetime {write_moment(value)}"
        case Decimal() | date():
            return f"{type_name(value).lower()} {value}"
        case _:
            return f"uninspectable {visible(type_name(value))}"


def _atom(value: float | None) -> str:
    """Write a number, a boolean or null as JSON has it; JSON does not tell `1.0` from `1`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
        return str(int(value))
    return str(value)


def _cut(text: str, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return _quoted(text)
    return f"{_quoted(text[:limit])} +{len(text) - limit} chars"


def _quoted(text: str) -> str:
    return '"' + visible(text).replace('"', '\\"') + '"'
