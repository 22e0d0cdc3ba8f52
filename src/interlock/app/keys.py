"""Keep: a reviewer's own private key, in a file under a passphrase or in the system's keyring."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from interlock.app.people import Credentials, Token
from interlock.errors import DeskError, LedgerError
from interlock.signing import PersonKey, read_pem

KEYRING: Final = "keyring:"
"""How a key's place begins that is an entry of the system's keyring: `keyring:ana`."""

_SERVICE: Final = "interlock"
_KEY_BYTES: Final = 16384
"""Longest file that is read as a key."""


def save_key(key: PersonKey, place: str, passphrase: str) -> None:
    """Keep a new key, in a file that nobody else may read, or in the keyring.

    Raises `DeskError` where something is there already or no keyring is, `LedgerError` for one
    that does not answer.
    """
    pem = key.pem(passphrase)
    if place.startswith(KEYRING):
        if _ring("get_password", place) is not None:
            raise DeskError(f"{place}: holds a key already; give another name")
        _ring("set_password", place, pem.decode())
        return
    write_secret(Path(place), pem)


def write_secret(path: Path, secret: bytes) -> None:
    """Write a new file that nobody else may read. Raises `DeskError` where one is there already."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
    except FileExistsError:
        raise DeskError(f"{path}: is there already; give a new file") from None
    except OSError as error:
        raise DeskError(f"{path}: {error.strerror}; give a file that can be made") from error


def load_held(place: str, passphrase: Callable[[], str]) -> Credentials:
    """Read a key or a token; `passphrase` is asked only where there is a key to open.

    Raises `DeskError`, or `LedgerError` for a keyring that does not answer; neither shows what was
    read.
    """
    kept = _kept(place)
    if kept.startswith(b"ilk_"):
        return Token(kept.decode("utf-8", "replace").strip())
    if b"PRIVATE KEY" not in kept:
        raise DeskError(f"{place}: holds no key and no token; see interlock reviewer")
    return read_pem(kept, passphrase())


def _kept(place: str) -> bytes:
    if place.startswith(KEYRING):
        kept = _ring("get_password", place)
        if kept is None:
            raise DeskError(f"{place}: holds no key; make one with interlock reviewer key new")
        return str(kept).encode()
    path = Path(place)
    try:
        if not path.is_file():
            raise DeskError(f"{path}: no file; give the file of a key or a token")
        if path.stat().st_mode & 0o077:
            raise DeskError(f"{path}: is open to other users, so it shows nobody; chmod 600 it")
        with path.open("rb") as file:
            return file.read(_KEY_BYTES)
    except OSError as error:
        raise DeskError(f"{path}: {error.strerror}; give the file of a key or a token") from error


def _ring(do: str, place: str, *said: str) -> object:
    """Ask the keyring; whatever it raises, also for want of a backend, is told in one line."""
    ring, name = _keyring(), place.removeprefix(KEYRING)
    try:
        return getattr(ring, do)(_SERVICE, name, *said)
    except Exception as error:
        raise LedgerError(
            f"{place}: the keyring does not answer ({type(error).__name__}); keep the key in a file"
        ) from error


def _keyring() -> Any:  # noqa: ANN401 - a module that need not be there
    try:
        import keyring
    except ImportError:
        raise DeskError(
            "no keyring here; install interlock[keyring], or keep the key in a file"
        ) from None
    return keyring
