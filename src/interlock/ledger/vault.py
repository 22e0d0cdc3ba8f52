"""Seal: held results under AES-256-GCM, with a key that lies outside the database.

The key file is made on first use, mode 0600, in the state directory. Losing it loses what is held;
nothing else depends on it but the fingerprints that recognise repeated arguments.
"""

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from interlock.errors import LedgerError, LedgerReadOnly

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
"""Source: NIST SP 800-38D section 5.2.1.1."""


class Vault:
    """Seals and opens held results; reads its key when it is first needed."""

    def __init__(self, path: Path) -> None:
        """Use the key in a file, which is made when something is first sealed or recognised."""
        self._path = path

    @cached_property
    def _keys(self) -> tuple[AESGCM, bytes, bytes, bytes]:
        return _derived(_read_or_make(self._path))

    @property
    def folder(self) -> Path:
        """Where keys lie: the state directory."""
        return self._path.parent

    @property
    def fingerprint_key(self) -> bytes:
        """The key under which repeated arguments are recognised."""
        return self._keys[1]

    @property
    def sampling_key(self) -> bytes:
        """The key by which it is drawn what is sampled."""
        return self._keys[2]

    @property
    def observation_key(self) -> bytes:
        """The key under which signals know again what they saw."""
        return self._keys[3]

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Encrypt bytes that only open for the same `bound_to`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._keys[0].encrypt(nonce, plain, bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """Decrypt. Raises `LedgerError` for another key, another call, or changed bytes."""
        if not self._path.exists():
            raise LedgerError(
                f"{self._path}: no key here, so nothing held can be opened; "
                "use the state directory it was held with"
            )
        try:
            return self._keys[0].decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode()
            )
        except InvalidTag:
            raise LedgerError(
                f"the held result of `{bound_to}` does not open with this key; "
                "use the state directory it was held with"
            ) from None


def open_vault(path: Path) -> Vault:
    """Open the vault of a key file; a file that is there is checked at once.

    Raises `LedgerError` when the file is not 32 bytes, or open to other users.
    """
    vault = Vault(path)
    if path.exists():
        vault.fingerprint_key  # noqa: B018 - reads and checks the key
    return vault


def _read_or_make(path: Path) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    try:
        return _make(path)
    except OSError as error:
        raise LedgerReadOnly(
            f"{path}: {error.strerror}; the key of held results needs a place, "
            "set INTERLOCK_STATE_DIR"
        ) from error


def _derived(master: bytes) -> tuple[AESGCM, bytes, bytes, bytes]:
    """Derive keys for sealing, fingerprints, sampling and observations from `master` (32 bytes)."""
    sealing = AESGCM(_derive(master, b"interlock/seal/v1"))
    fingerprints = _derive(master, b"interlock/fingerprint/v1")
    sampling = _derive(master, b"interlock/sampling/v1")
    return sealing, fingerprints, sampling, _derive(master, b"interlock/observation/v1")


def _read(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise LedgerError(
            f"{path}: no vault key ({len(key)} bytes, expected {_KEY_BYTES}); restore it"
        )
    if path.stat().st_mode & 0o077:
        raise LedgerError(f"{path}: the vault key is open to other users; chmod 600 it")
    return key


def _make(path: Path) -> bytes:
    make_secret(path, secrets.token_bytes(_KEY_BYTES))
    return _read(path)


def make_secret(path: Path, secret: bytes) -> None:
    """Write a fresh key whole or not at all; a racing process keeps the first one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _derive(master: bytes, purpose: bytes) -> bytes:
    """Derive a key. Source: RFC 5869 (HKDF)."""
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(master)
