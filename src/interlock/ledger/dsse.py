"""Envelope: a statement and the signature over it, as one file that others open.

Source: DSSE 1.0 (secure-systems-lab/dsse, envelope.md and protocol.md); in-toto Attestation
Framework, Statement v1.
"""

import base64
import binascii
import json
from typing import Any, Final, cast

from interlock.errors import TamperError
from interlock.ledger.notes import Signer, Verifier

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
"""Source: in-toto Attestation Framework, Envelope."""


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed. Source: DSSE 1.0, protocol.md, Signature Definition."""
    parts = (payload_type.encode(), payload)
    return b"DSSEv1 " + b" ".join(b"%d %s" % (len(part), part) for part in parts)


def sealed(statement: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """Return the envelope of a statement."""
    payload = json.dumps(statement, ensure_ascii=False).encode()
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {
                "keyid": key_id(signer.verifier),
                "sig": base64.b64encode(signer.sign(pae(PAYLOAD_TYPE, payload))).decode(),
            }
        ],
    }


def key_id(key: Verifier) -> str:
    """Return what a signature names a key by; it only helps to find the key."""
    return f"{key.name}+{key.id.hex()}"


def opened(envelope: object, key: Verifier) -> dict[str, Any]:
    """Return the statement of an envelope that `key` signed. Raises `TamperError`.

    Nothing of the payload is looked at before its signature holds.
    """
    try:
        parts = cast("dict[str, Any]", envelope)
        kind, payload = str(parts["payloadType"]), _raw(parts["payload"])
        signatures = [_raw(one["sig"]) for one in parts["signatures"]]
    except (KeyError, TypeError, ValueError) as error:
        raise TamperError("no envelope: not the members that DSSE 1.0 asks for") from error
    if kind != PAYLOAD_TYPE:
        raise TamperError(f"the envelope holds `{kind:.80}`, and not an in-toto statement")
    if not any(key.holds(one, pae(kind, payload)) for one in signatures):
        raise TamperError(
            f"the envelope has no signature of `{key_id(key)}` that holds: it was edited, or is "
            "another record's"
        )
    try:
        return cast("dict[str, Any]", json.loads(payload))
    except (ValueError, RecursionError) as error:
        raise TamperError("what the envelope holds is no JSON") from error


def _raw(text: object) -> bytes:
    """Read base64, of either alphabet, padded. Source: DSSE 1.0, envelope.md."""
    if not isinstance(text, str):
        raise TypeError("no text")
    try:
        return base64.b64decode(text.translate(_STANDARD), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


_STANDARD: Final = str.maketrans("-_", "+/")
