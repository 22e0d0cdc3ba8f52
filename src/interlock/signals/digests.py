"""Digest: a value as a number that tells nothing of it to whoever lacks the key."""

import hashlib
from functools import lru_cache


def text_digest(key: bytes, text: str) -> int:
    """Digest a text; what is short and common once."""
    return _remembered(key, text) if len(text) <= 128 else digest(key, b"text", text.encode())


@lru_cache(maxsize=16_384)
def _remembered(key: bytes, text: str) -> int:
    return digest(key, b"text", text.encode())


def forget() -> None:
    """Drop the digests that the process remembers, and the short texts they are of."""
    _remembered.cache_clear()


def digest(key: bytes, purpose: bytes, content: bytes) -> int:
    """Return 48 bits, which JSON carries as a number.

    Source: BLAKE2, RFC 7693, keyed and personalised.
    """
    digest = hashlib.blake2b(content, digest_size=6, key=key, person=purpose).digest()
    return int.from_bytes(digest, "big")
