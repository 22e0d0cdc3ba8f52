"""Compare: whether the user's words hold a value, exactly.

Only case and the scheme of an address make no difference. A look-alike, another border or another
separator is another value: `paypal.com` is not in `paypal.com.example.org`, nor in `my-paypal.com`.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from interlock.signals.identifiers import Identifier, IdentifierKind

MAX_CHARS: Final = 100_000
"""Characters that are read of what somebody wrote."""
MAX_PLACES: Final = 200
"""Places that are looked at for one value."""

_SCHEME: Final = re.compile(r"\b[a-z][a-z+.-]{1,15}://(?:www\.)?|\bwww\.")
_BEFORE: Final = re.compile(r"[\w@.+-]")
_AFTER: Final = re.compile(r"[\w@-]|\.\w")
_GROUPS: Final = re.compile(r"(?<=\w)[ \t\u00a0-]+(?=\w)")
_GROUPED: Final = frozenset[IdentifierKind]({"account", "number"})
_PARTS: Final = {"email": "@", "url": r"[/?#=&]", "path": r"[/\\]"}


def exact(text: str) -> str:
    """Write a text in one case and one encoding of its letters, without schemes of addresses."""
    return _SCHEME.sub("", unicodedata.normalize("NFC", text).casefold()).strip()


def without(text: str, values: Iterable[str]) -> str:
    """Return an exact text in which exact values are blotted out."""
    plain = exact(text[:MAX_CHARS])
    for value in values:
        plain = plain.replace(value, "\0") if value else plain
    return plain


def core(kind: IdentifierKind, text: str) -> str:
    """Write a value exactly, without what may end an address or a path."""
    match kind:
        case "url":
            return exact(text).rstrip("/.,")
        case "path":
            return exact(text).strip("/")
        case _:
            return exact(text)


class Wording:
    """What somebody wrote who may name values, up to a bound."""

    __slots__ = ("cut", "text")

    def __init__(self, texts: Iterable[str] = (), before: "Wording | None" = None) -> None:
        """Read `texts` after what was written `before`."""
        found, room = (
            [before.text] if before else [],
            MAX_CHARS - len(before.text if before else ""),
        )
        self.cut = before is not None and before.cut
        for text in texts:
            self.cut = self.cut or len(text) > room
            if room <= 0:
                break
            found.append(exact(text[:room]))
            room -= len(text) + 1
        self.text = "\n".join(found)

    def holds(self, kind: IdentifierKind, value: str) -> bool:
        """Say whether a value stands there; an account or number also where it is in groups."""
        plain = core(kind, value)
        if not plain:
            return False
        if _stands_in(self.text, plain):
            return True
        joined = _GROUPS.sub("", plain)
        if kind not in _GROUPED or not 8 < len(joined) <= 40:
            return False
        groups = re.compile(r"[ \t\u00a0-]?".join(map(re.escape, joined)))
        return any(_borders(self.text, *found.span()) for found in groups.finditer(self.text))


def host(url: str) -> str:
    """Return the exact host of an address, with its port and whatever stands before an `@`."""
    return re.split(r"[/?#\\]", exact(url), maxsplit=1)[0]


def parts(value: Identifier) -> list[str]:
    """Return what an address or a path is made of; nothing for other kinds."""
    pattern = _PARTS.get(value.kind)
    found = re.split(pattern, exact(value.text)) if pattern else []
    return [part for part in found if re.search(r"[^\W_]", part)]


def _stands_in(text: str, value: str) -> bool:
    at = text.find(value)
    for _ in range(MAX_PLACES):
        if at < 0:
            return False
        if _borders(text, at, at + len(value)):
            return True
        at = text.find(value, at + 1)
    return False


def _borders(text: str, start: int, end: int) -> bool:
    """Say whether nothing around a value makes it another."""
    before = start > 0 and _BEFORE.match(text, start - 1)
    return not before and not _AFTER.match(text, end)
