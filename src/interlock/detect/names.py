"""Read: the words in a member's name."""

import re
from functools import lru_cache
from typing import Final

from interlock.folding import plain

_WORD: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|\d+")


@lru_cache(maxsize=4096)
def words(name: str) -> str:
    """Write a member's name as lower-case words: `customerSSN` and `customer_ssn` alike."""
    return " ".join(_WORD.findall(plain(name).text)).lower()
