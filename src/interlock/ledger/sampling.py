"""Draw: what is sampled, by a keyed hash, which nobody without the key can tell before.

The same id gives the same number in every process, whatever the clock and however often it is
asked: a call that is delivered again is not drawn again.
"""

import hmac
from typing import Final

_BITS: Final = 53
"""Of a double's mantissa, so that every number is exact."""


def draw(key: bytes, name: str, ref: str) -> float:
    """Return a number from 0 (included) to 1 (not) for one id, under what it is drawn for.

    `key` is `Vault.sampling_key`. Source: RFC 2104 (HMAC) with SHA-256; the first 53 bits count.
    """
    drawn = hmac.digest(key, f"{name}\x00{ref}".encode(), "sha256")
    return (int.from_bytes(drawn[:8], "big") >> (64 - _BITS)) / (1 << _BITS)
