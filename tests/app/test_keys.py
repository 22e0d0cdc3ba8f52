"""Keys: where a reviewer's own secrets lie."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from interlock.app.keys import load_held, save_key, write_secret
from interlock.app.people import Token
from interlock.errors import DeskError, LedgerError
from interlock.signing import PersonKey, new_key, new_token

KEY = new_key()


def never() -> str:
    """Fail where a passphrase is asked for that opens nothing."""
    raise AssertionError("asked for a passphrase")


def test_a_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600, under a passphrase, and never over something that is there."""
    place = tmp_path / "ana.key"
    save_key(KEY, str(place), "word")

    assert place.stat().st_mode & 0o777 == 0o600
    held = load_held(str(place), lambda: "word")
    assert isinstance(held, PersonKey)
    assert held.public == KEY.public
    with pytest.raises(DeskError, match="already"):
        save_key(KEY, str(place), "word")
    with pytest.raises(DeskError, match="can be made"):
        save_key(KEY, str(tmp_path / "none" / "ana.key"), "word")


def test_a_token_asks_for_no_passphrase(tmp_path: Path) -> None:
    """What it is stands in the file, with or without a newline."""
    token = new_token()
    write_secret(tmp_path / "ana.token", token.encode() + b"\n")

    assert load_held(str(tmp_path / "ana.token"), never) == Token(token)


def test_a_link_to_another_file_is_not_written_through(tmp_path: Path) -> None:
    """A secret goes into a new file, never into one that a link names."""
    (tmp_path / "link").symlink_to(tmp_path / "target")

    with pytest.raises(DeskError, match="already"):
        write_secret(tmp_path / "link", b"secret")
    assert not (tmp_path / "target").exists()


def test_a_keyring_holds_a_key_under_its_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has a keyring it keeps what a file would; nothing is written over."""
    kept: dict[tuple[str, str], str] = {}
    ring = ModuleType("keyring")
    ring.__dict__["get_password"] = lambda service, name: kept.get((service, name))
    ring.__dict__["set_password"] = lambda service, name, text: kept.update({(service, name): text})
    monkeypatch.setitem(sys.modules, "keyring", ring)
    save_key(KEY, "keyring:ana", "word")

    held = load_held("keyring:ana", lambda: "word")
    assert isinstance(held, PersonKey)
    assert held.public == KEY.public
    assert "ENCRYPTED" in kept["interlock", "ana"]
    with pytest.raises(DeskError, match="already"):
        save_key(KEY, "keyring:ana", "word")
    with pytest.raises(DeskError, match="no key"):
        load_held("keyring:bob", never)


def test_a_keyring_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without a backend, or locked, is one line, both ways."""

    def fail(*_: str) -> None:
        raise RuntimeError("No recommended backend was available")

    ring = ModuleType("keyring")
    ring.__dict__.update(get_password=fail, set_password=fail)
    monkeypatch.setitem(sys.modules, "keyring", ring)

    with pytest.raises(LedgerError, match="does not answer"):
        load_held("keyring:ana", never)
    with pytest.raises(LedgerError, match="does not answer"):
        save_key(KEY, "keyring:ana", "word")


def test_without_a_keyring_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without one keeps keys in files."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(DeskError, match=r"interlock\[keyring\]"):
        load_held("keyring:ana", never)
