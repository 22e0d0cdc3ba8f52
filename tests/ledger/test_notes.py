"""Sign: notes and keys are C2SP's, and a key that is none is an error."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import LedgerError, TamperError
from interlock.ledger.notes import AuditKey, Head, Signer, Verifier, open_note, read_key

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SIGNER = Signer("interlock/ledger_x", read_key(SEED))
HEAD = Head(SIGNER.name, 7, bytes(32))


def test_a_published_key_and_note() -> None:
    """The example of the specification verifies: key id, key line and signature."""
    key = Verifier.read("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = (
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
        "Zb6KE6RyyBwJnAM="
    )
    raw = base64.b64decode(signature)

    assert key.line.endswith("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert raw[:4] == key.id
    assert key.holds(raw[4:], text.encode())


def test_what_is_signed_is_read_back() -> None:
    """A note opens with its key, and with no other key, name or text."""
    note = SIGNER.note(HEAD.text)

    assert open_note(note, SIGNER.verifier) == HEAD
    assert Verifier.read(SIGNER.verifier.line) == SIGNER.verifier
    for other in (
        note.replace("\n7\n", "\n8\n"),
        note.replace("ledger_x", "ledger_y"),
        note.replace("\u2014", "-"),
        note.partition("\n\n")[0],
        SIGNER.note("interlock/ledger_x\n7\nno root\n"),
        SIGNER.note(Head("another", 7, bytes(32)).text),
    ):
        with pytest.raises(TamperError):
            open_note(other, SIGNER.verifier)


@given(st.text(max_size=60))
def test_a_line_that_is_no_key(line: str) -> None:
    """Whatever is given as a verifier key is read or refused as one error."""
    with pytest.raises(ValueError):  # noqa: PT011 - one kind for all
        Verifier.read(line)


def test_a_key_whose_id_does_not_fit() -> None:
    """A line whose name was changed is refused by its id."""
    with pytest.raises(ValueError, match="does not fit"):
        Verifier.read(SIGNER.verifier.line.replace("ledger_x", "ledger_y"))


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    """The first signature makes the key for its user alone; it stays."""
    key = AuditKey(tmp_path / "state" / "audit.key")

    assert key.verifier("interlock/x") is None
    made = key.signer("interlock/x").verifier
    assert key.verifier("interlock/x") == made
    assert (tmp_path / "state" / "audit.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "state" / "audit.key").chmod(0o644)
    with pytest.raises(LedgerError, match="open to other users"):
        key.signer("interlock/x")


def test_the_environment_names_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`INTERLOCK_KEY` is a file or 32 bytes in base64, and counts before the state directory."""
    key = AuditKey(tmp_path / "audit.key")
    key.signer("x")
    monkeypatch.setenv("INTERLOCK_KEY", SEED)
    given_seed = key.signer("x").verifier
    pem = tmp_path / "given.pem"
    pem.write_bytes(read_key(SEED).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem.chmod(0o600)
    monkeypatch.setenv("INTERLOCK_KEY", str(pem))

    assert key.signer("x").verifier == given_seed
    monkeypatch.delenv("INTERLOCK_KEY")
    assert key.signer("x").verifier != given_seed


def test_what_is_no_key(tmp_path: Path) -> None:
    """A missing file, another kind of key, and a short one are told, and never shown."""
    other = tmp_path / "other.pem"
    curve = generate_private_key(SECP256R1())
    other.write_bytes(curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    other.chmod(0o600)
    with pytest.raises(LedgerError, match="Ed25519"):
        read_key(str(other))
    with pytest.raises(LedgerError, match="no private key"):
        read_key(str(tmp_path / "missing.pem"))
    with pytest.raises(LedgerError) as caught:
        read_key("c2hvcnQgc2VjcmV0")
    assert "c2hvcnQ" not in str(caught.value)
