"""Name: the one human behind the ways in which their name is written, and what it looks like.

Case, width, hyphens of all kinds and what nobody sees make no other human. Pure; it knows no
registry: whoever has two names is known by `interlock.path.people`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from interlock.folding import skeleton

_KNOWN: Final = 4096
"""Names of which it is kept how they are folded: the same few are asked about again and again."""

_HYPHENS: Final = frozenset("\u02d7\u06d4\u2043\u2212\u2796\u2cba")
"""Characters that look like a hyphen and are no dash to Unicode. Source: UTS 39, confusables."""

_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and signs that show nothing. Source: Unicode, Default_Ignorable_Code_Point."""


@lru_cache(_KNOWN)
def person(name: str) -> str:
    """Return the human behind a name: the login `local:Ana` and the reviewer `ana` are one."""
    return re.sub(r"^(local:\s*)+", "", spoken(name))


@lru_cache(_KNOWN)
def spoken(name: str) -> str:
    """Return what is left of any name when it is read out: empty where nothing of it is seen.

    Source: Unicode NFKC (UAX 15) and case folding.
    """
    plain = "".join(_seen(char) for char in unicodedata.normalize("NFKC", name))
    folded = unicodedata.normalize("NFKC", plain.casefold())
    return " ".join(folded.split())


def is_clean(name: str) -> bool:
    """Whether a name is seen as it is written: neither white space around it nor what hides."""
    return bool(spoken(name)) and name == name.strip() and not any(map(is_unseen, name))


@lru_cache(_KNOWN)
def drawn(name: str) -> str:
    """Return what a name looks like; the capital I that is drawn like an l is still one here."""
    seen = "".join(_seen(char) for char in unicodedata.normalize("NFKC", name))
    return skeleton(re.sub(r"^(local:\s*)+", "", " ".join(seen.split()), flags=re.IGNORECASE))


def _seen(char: str) -> str:
    if char in _HYPHENS or unicodedata.category(char) == "Pd":
        return "-"
    return "" if is_unseen(char) else char


def is_unseen(char: str) -> bool:
    """Whether a character shows nothing, or only moves what is shown; a plain space is seen."""
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return not char.isprintable() or char in _BLANKS or is_selector
