"""Sign: what one person says, by a key that only they have; and know a token by its digest.

The private key stays with its owner: a PEM file under a passphrase, or the system's keyring. The
ledger keeps the public key, and of a token only the SHA-256.
Source: RFC 8032 (Ed25519), RFC 5958 (PKCS #8).
"""

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from interlock.errors import DeskError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TOKEN_BYTES: Final = 32
"""Randomness of a token."""
_PREFIX: Final = "ilk_"
"""How tokens begin, so that a scanner for secrets knows one."""


class PersonKey:
    """Somebody's private key; it is never shown."""

    __slots__ = ("_private", "public")

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        """Sign with a key."""
        self._private = private
        self.public = private.public_key().public_bytes_raw().hex()
        """The public key, 32 bytes in hex."""

    def __repr__(self) -> str:
        """Show which key it is, and nothing of it."""
        return f"PersonKey({self.public[:16]}…)"

    def sign(self, signed: bytes) -> str:
        """Return the signature over bytes, 64 bytes in hex."""
        return self._private.sign(signed).hex()

    def pem(self, passphrase: str) -> bytes:
        """Write the key under a passphrase. Raises `DeskError` for an empty one."""
        from cryptography.hazmat.primitives import serialization

        if not passphrase:
            raise DeskError("a key file needs a passphrase; an empty one protects nothing")
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )


def new_key() -> PersonKey:
    """Make a key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return PersonKey(Ed25519PrivateKey.generate())


def read_pem(pem: bytes, passphrase: str) -> PersonKey:
    """Read a key that is under a passphrase. Raises `DeskError`, which never shows either."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode())
    except TypeError:
        raise DeskError(
            "the key has no passphrase, so whoever reads its file signs as its owner; "
            "give it one with openssl pkey -aes256"
        ) from None
    except ValueError:
        raise DeskError("the key does not open: another passphrase, or no PEM key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise DeskError("not an Ed25519 key; make one with interlock reviewer key new")
    return PersonKey(key)


def holds(public: str, signature: str, signed: bytes) -> bool:
    """Whether a signature over bytes is by a public key, both in hex."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_public_key(text: str) -> bool:
    """Whether a text is a public key, 32 bytes in hex, and one that only its owner can sign for."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return False
    height = int.from_bytes(raw, "little") % 2**255 % _FIELD
    return len(raw) == 32 and raw.hex() == text and height not in _SMALL


_FIELD: Final = 2**255 - 19
_EIGHTH: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL: Final = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})
"""Heights of the points of small order, for which anybody signs. Source: RFC 7748 section 7."""


def new_token() -> str:
    """Make a token that nobody can guess: 256 bits."""
    return _PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def token_mark(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hex. It needs no salt, being random."""
    return hashlib.sha256(token.strip().encode()).hexdigest()
