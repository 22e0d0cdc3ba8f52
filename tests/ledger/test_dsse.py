"""Envelope: what is signed is what is opened, and nothing else opens."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import TamperError
from interlock.ledger.dsse import PAYLOAD_TYPE, opened, pae, sealed
from interlock.ledger.notes import Signer

SIGNER = Signer("interlock/one", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = Signer("interlock/one", Ed25519PrivateKey.from_private_bytes(b"o" * 32))


def test_the_bytes_that_are_signed() -> None:
    """DSSE 1.0 gives this example itself (protocol.md, Test Vectors)."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.tuples(st.text(), st.binary()), st.tuples(st.text(), st.binary()))
def test_no_two_statements_have_the_same_bytes(
    one: tuple[str, bytes], other: tuple[str, bytes]
) -> None:
    """A part that looks like another's end makes no other statement."""
    assert (pae(*one) == pae(*other)) == (one == other)


def test_only_its_own_key_opens_it() -> None:
    """A key of the same name does not; nor does a second signature take from the first."""
    envelope = sealed({"a": "ü"}, SIGNER)
    both = {**envelope, "signatures": [*sealed({}, OTHER)["signatures"], *envelope["signatures"]]}

    assert opened(envelope, SIGNER.verifier) == opened(both, SIGNER.verifier) == {"a": "ü"}
    with pytest.raises(TamperError, match="no signature"):
        opened(envelope, OTHER.verifier)


CHANGES: list[tuple[str, Any]] = [
    ("payloadType", "text/plain"),
    ("payloadType", None),
    ("payload", base64.b64encode(b"{}").decode()),
    ("payload", "!"),
    ("payload", 1),
    ("signatures", []),
    ("signatures", [{}]),
    ("signatures", {"sig": "x"}),
]


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_whatever_is_changed_it_does_not_open(name: str, value: Any) -> None:
    """Type, payload and signatures are all needed, and in their form."""
    with pytest.raises(TamperError):
        opened({**sealed({"a": 1}, SIGNER), name: value}, SIGNER.verifier)


@pytest.mark.parametrize("envelope", [None, [], "x", {}, {"payload": ""}])
def test_no_envelope(envelope: object) -> None:
    """What has not the members of one is named so."""
    with pytest.raises(TamperError, match="no envelope"):
        opened(envelope, SIGNER.verifier)


def test_a_signed_text_that_is_no_json() -> None:
    """Even what the key signed is read with care."""
    payload = b"[" * 100_000
    sig = base64.b64encode(SIGNER.sign(pae(PAYLOAD_TYPE, payload))).decode()
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"sig": sig}],
    }
    with pytest.raises(TamperError, match="no JSON"):
        opened(envelope, SIGNER.verifier)
