"""Seal: only the right key opens, and only for the right call."""

from pathlib import Path

import pytest

from interlock.errors import LedgerError
from interlock.ledger.vault import open_vault


def test_a_held_result_opens_with_its_key_only(tmp_path: Path) -> None:
    """Another key, another call, or one flipped bit: the held bytes do not open."""
    vault = open_vault(tmp_path / "a.key")
    sealed = vault.seal(b"secret", "call_1")

    assert open_vault(tmp_path / "a.key").open(sealed, "call_1") == b"secret"
    flipped = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for box, bytes_, name in (
        (open_vault(tmp_path / "b.key"), sealed, "call_1"),
        (vault, sealed, "call_2"),
        (vault, flipped, "call_1"),
    ):
        with pytest.raises(LedgerError):
            box.open(bytes_, name)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The vault's key is private, and whole."""
    open_vault(tmp_path / "a.key").seal(b"x", "call_1")
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "a.key").chmod(0o644)
    with pytest.raises(LedgerError, match="chmod 600"):
        open_vault(tmp_path / "a.key")
    (tmp_path / "b.key").write_bytes(b"short")
    with pytest.raises(LedgerError, match="restore it"):
        open_vault(tmp_path / "b.key")


def test_looking_makes_no_key(tmp_path: Path) -> None:
    """Opening without a key says so and leaves none behind, which would hide that it is lost."""
    sealed = open_vault(tmp_path / "a.key").seal(b"secret", "call_1")

    with pytest.raises(LedgerError, match="no key here"):
        open_vault(tmp_path / "gone.key").open(sealed, "call_1")
    assert not (tmp_path / "gone.key").exists()
