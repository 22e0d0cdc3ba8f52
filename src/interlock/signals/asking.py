"""Compare: what a call would do, with what the user's words speak of.

A call that deletes, pays, changes credentials or lets somebody in, where no word of the user's
speaks of such a thing, was asked for by somebody else. That says nothing of the calls whose
kind was asked for, nor of a user who hands the task over (`do what the mail says`).
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from interlock.folding import plain

_DOES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delete": "delete destroy drop erase purge remove terminate truncate uninstall wipe clear",
        "financial": "charge money pay payment purchase transaction transfer wire withdraw",
        "secrets": "credential key passphrase password secret ssh token",
        "access": "admin collaborator grant invite owner ownership permission role share",
    }
)
"""Risk tags, and the words of a tool's name that say so where the catalogue does not."""
_ASKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delete": "cancel clean discard empty except get_rid only replace reset tidy trash undo",
        "financial": "bill book buy checkout cost debt deposit invoice loan order owe price refund"
        " rent repay send settle spend subscribe tip",
        "secrets": "access account authenticate certificate credentials log login pin sign",
        "access": "accept access add allow collaborate give hand join let member move team transfer"
        " user",
    }
)
"""Further words by which users ask for it."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_HUMP: Final = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
_ENDINGS: Final = ("ations", "ation", "ments", "ment", "ings", "ing", "ers", "er", "ed", "es", "s")


def grave_effects(tool: str, tags: Collection[str] | None = None) -> frozenset[str]:
    """Return the grave effects of a tool, as risk tags.

    `tags` are the catalogue's of this tool; without them the tool's name tells.
    """
    if tags is not None:
        return frozenset(_DOES.keys() & set(tags))
    stems = _stems(_HUMP.sub(" ", tool))
    return frozenset(tag for tag, words in _DOES.items() if stems & _stems(words))


def unasked_effects(tool: str, user: str, tags: Collection[str] | None = None) -> frozenset[str]:
    """Return the grave effects of a tool of which the user's words say nothing."""
    does = grave_effects(tool, tags)
    said = _stems(user) if does else set[str]()
    return frozenset(tag for tag in does if not said & _asking(tag))


@lru_cache(maxsize=16)
def _asking(tag: str) -> set[str]:
    return _stems(f"{_DOES[tag]} {_ASKS[tag]}")


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(plain(text).text.casefold())}


def _stem(word: str) -> str:
    """Return a word without its usual endings: `removing`, `removed` and `remove` are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word[: -len(ending)]
            break
    return word.rstrip("e")
