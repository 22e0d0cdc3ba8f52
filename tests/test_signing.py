"""Signing: what one person says, by a key that only they have."""

import pytest

from interlock.errors import DeskError
from interlock.signing import (
    PersonKey,
    holds,
    is_public_key,
    new_key,
    new_token,
    read_pem,
    token_mark,
)

KEY = new_key()


def test_a_signature_is_one_persons_over_these_bytes() -> None:
    """Another key, other bytes, another signature, or none: nothing of it holds."""
    signature = KEY.sign(b"yes")

    assert holds(KEY.public, signature, b"yes")
    assert not holds(KEY.public, signature, b"no")
    assert not holds(new_key().public, signature, b"yes")
    for wrong in ("", "zz", signature[:-2], signature[:-2] + "00", "0" * 128):
        assert not holds(KEY.public, wrong, b"yes") or wrong == signature
    assert not holds("", signature, b"yes")


def test_a_key_file_opens_with_its_passphrase_only() -> None:
    """What lies on disk signs nothing without what its owner knows; neither is ever shown."""
    pem = KEY.pem("correct horse")

    assert b"ENCRYPTED" in pem
    assert read_pem(pem, "correct horse").public == KEY.public
    for wrong in ("", "Correct horse"):
        with pytest.raises(DeskError) as refused:
            read_pem(pem, wrong)
        assert "horse" not in str(refused.value)
    with pytest.raises(DeskError, match="passphrase"):
        KEY.pem("")


def test_a_key_without_a_passphrase_is_refused() -> None:
    """A plain key file signs for whoever reads it."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    shape = (form.Encoding.PEM, form.PrivateFormat.PKCS8)
    plain = Ed25519PrivateKey.generate().private_bytes(*shape, form.NoEncryption())
    other = generate_private_key(65537, 2048).private_bytes(
        *shape, form.BestAvailableEncryption(b"x")
    )

    with pytest.raises(DeskError, match="no passphrase"):
        read_pem(plain, "x")
    with pytest.raises(DeskError, match="Ed25519"):
        read_pem(other, "x")
    with pytest.raises(DeskError, match="does not open"):
        read_pem(b"no key", "x")


def test_a_key_does_not_show_itself() -> None:
    """A private key in a log line or a traceback is its beginning in public."""
    assert repr(KEY) == f"PersonKey({KEY.public[:16]}…)"
    assert isinstance(KEY, PersonKey)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zz" * 32,
        "00" * 31,
        "00" * 32,
        "00" * 31 + "80",
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        pytest.param(KEY.public.upper(), id="upper"),
    ],
)
def test_a_key_for_which_anybody_signs_is_none(text: str) -> None:
    """Points of small order take forged signatures; what is no key in hex takes nothing."""
    assert not is_public_key(text)
    assert is_public_key(KEY.public)


def test_a_token_is_long_random_and_kept_as_a_digest() -> None:
    """256 bits; what is kept does not give it back, and space around it is no part of it."""
    token = new_token()

    assert len(token) == len("ilk_") + 43
    assert token != new_token()
    assert token_mark(f" {token}\n") == token_mark(token)
    assert token not in token_mark(token)
