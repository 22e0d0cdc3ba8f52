"""Sign: heads of the record, in a form that others verify.

Signed notes with Ed25519, verifier keys as one line, and checkpoints as their text. The private key
is `INTERLOCK_KEY`, or the file `audit.key` in the state directory, which is made on first use.
Source: C2SP signed-note, C2SP tlog-checkpoint.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from interlock.errors import LedgerError, TamperError
from interlock.ledger.vault import make_secret

_ED25519: Final = b"\x01"
"""Signature type. Source: C2SP signed-note, section Signatures."""
_ID_BYTES: Final = 4
_DASH: Final = "\u2014"


class Verifier(NamedTuple):
    """A name and the key that its signatures verify with."""

    name: str
    public: bytes
    """32 bytes."""

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        stated = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(stated).digest()[:_ID_BYTES]

    @property
    def line(self) -> str:
        """The key as one line: name, id and key."""
        return f"{self.name}+{self.id.hex()}+{_b64(_ED25519 + self.public)}"

    @classmethod
    def read(cls, line: str) -> Self:
        """Read a key's line. Raises `ValueError`."""
        name, stated, key = line.strip().split("+", 2)
        raw = _unb64(key)
        if raw[:1] != _ED25519 or len(raw) != 33 or not name or " " in name:
            raise ValueError("no Ed25519 verifier key")
        found = cls(name, raw[1:])
        if found.id.hex() != stated:
            raise ValueError("the key's id does not fit its name and key")
        return found

    def holds(self, signature: bytes, signed: bytes) -> bool:
        """Whether a signature over `signed` is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer(NamedTuple):
    """A private key that signs under a name."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The key that others verify with."""
        return Verifier(self.name, _public(self.private))

    def sign(self, signed: bytes) -> bytes:
        """Return the bare signature over bytes."""
        return self.private.sign(signed)

    def note(self, text: str) -> str:
        """Sign a text that ends with a newline."""
        line = _b64(self.verifier.id + self.sign(text.encode()))
        return f"{text}\n{_DASH} {self.name} {line}\n"


class Head(NamedTuple):
    """The record up to one entry: how many leaves, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a checkpoint's text. Raises `ValueError`."""
        origin, size, root, *_ = text.split("\n")
        if not origin or str(int(size)) != size or len(hashed := _unb64(root)) != 32:
            raise ValueError("no checkpoint")
        return cls(origin, int(size), hashed)


def open_note(note: str, key: Verifier) -> Head:
    """Return what a note says when `key` signed it. Raises `TamperError`."""
    try:
        text, _, lines = note.rpartition("\n\n")
        text += "\n"
        signatures = [_signature(line, key) for line in lines.splitlines()]
        if any(found and key.holds(found, text.encode()) for found in signatures):
            head = Head.read(text)
            if head.origin == key.name:
                return head
    except ValueError:
        pass
    raise TamperError(f"no checkpoint that `{key.name}+{key.id.hex()}` signed")


def _signature(line: str, key: Verifier) -> bytes | None:
    dash, name, encoded = line.split(" ")
    raw = _unb64(encoded)
    mine = dash == _DASH and name == key.name and raw[:_ID_BYTES] == key.id
    return raw[_ID_BYTES:] if mine else None


class AuditKey:
    """The private key of the record; read, or made, when something is first signed."""

    def __init__(self, path: Path) -> None:
        """Use `INTERLOCK_KEY`, else the file at `path`."""
        self._path = path

    def signer(self, origin: str) -> Signer:
        """Return the key, made now where there is none, to sign under a ledger's name.

        Raises `LedgerError`.
        """
        found = self._found()
        return Signer(origin, found or self._made())

    def verifier(self, origin: str) -> Verifier | None:
        """Return the key to verify with, if there is one here. Raises `LedgerError`."""
        found = self._found()
        return Verifier(origin, _public(found)) if found else None

    def _found(self) -> Ed25519PrivateKey | None:
        if given := os.environ.get("INTERLOCK_KEY"):
            return read_key(given)
        return read_key(str(self._path)) if self._path.exists() else None

    def _made(self) -> Ed25519PrivateKey:
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        make_secret(self._path, pem)
        return read_key(str(self._path))


def read_key(given: str) -> Ed25519PrivateKey:
    """Read a private key: the path of a PKCS8 PEM file, or 32 bytes in base64.

    Raises `LedgerError`, which never shows the key.
    """
    try:
        return Ed25519PrivateKey.from_private_bytes(_unb64(given))
    except ValueError:
        pass
    path = Path(given)
    where = f"{path}: " if path.suffix else "INTERLOCK_KEY: "
    try:
        if path.stat().st_mode & 0o077:
            raise LedgerError(f"{where}the audit key is open to other users; chmod 600 it")
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise LedgerError(
            f"{where}no private key; give the path of a PKCS8 PEM file, or 32 bytes in base64"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"{where}not an Ed25519 key; make one with openssl genpkey")
    return key


def _public(key: Ed25519PrivateKey) -> bytes:
    raw: Callable[..., bytes] = key.public_key().public_bytes
    return raw(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
