"""Check a case with the code of others; imports nothing of ours.

Run by a test in an environment of its own: `python outsider_case.py CASE VKEY`. The envelope and
its signature are checked by securesystemslib, the head, the proofs and each entry's hash as
`outsider.py` does, answers by cryptography.
"""

import base64
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from outsider import Keys, entry_hash, head_of, included

dsse: Any = import_module("securesystemslib.dsse")
signer: Any = import_module("securesystemslib.signer")


def statement_of(text: dict[str, Any], line: str) -> dict[str, Any]:
    """Return the statement of an envelope that the key signed; raises otherwise."""
    name, key_id, encoded = line.strip().split("+", 2)
    public = {"public": base64.b64decode(encoded)[1:].hex()}
    key = signer.SSlibKey(f"{name}+{key_id}", "ed25519", "ed25519", public)
    envelope = dsse.Envelope.from_dict(text)
    envelope.verify([key], 1)
    assert envelope.payload_type == "application/vnd.in-toto+json"
    return json.loads(envelope.payload)


def main(text: dict[str, Any], line: str) -> None:
    statement = statement_of(text, line)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    case = statement["predicate"]
    head = head_of(case["checkpoint"], Keys(line))
    for chain in case["revisions"]:
        before = "0" * 64
        for one in chain:
            assert one["entry"]["previous"] == before
            before = one["entry"]["hash"]
    proofs = [one for chain in (case["ledger"], *case["revisions"]) for one in chain]
    for one in proofs:
        entry = one["entry"]
        assert entry_hash(entry) == entry["hash"]
        included(entry["hash"], entry["index"], one["proof"], head.log_size, head.log_hash)
    keys = {
        one["entry"]["body"]["public"]
        for one in case["ledger"]
        if one["entry"]["kind"] == "credential_added"
    }
    told = case["revisions"][-1][0]["entry"]
    (subject,) = statement["subject"]
    assert subject == {"name": told["chain"], "digest": {"sha256": told["body"]["digest"]}}
    signed = [vote for vote in case["votes"] if vote["auth"] == "signed"]
    for vote in signed:
        said = vote["signature"]
        assert said["public"] in keys
        ballot = base64.b64decode(said["signed"])
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["public"]))
        public.verify(bytes.fromhex(said["signature"]), ballot)
        meant = json.loads(ballot.partition(b"\0")[2])
        assert (meant["call_id"], meant["answer"]) == (vote["call"], vote["answer"])
    sys.stdout.write(f"accepted {len(proofs)} proofs and {len(signed)} signatures\n")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
