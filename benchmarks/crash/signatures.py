"""Prove: that people's words are theirs, by the log alone.

`docs/record.md` says which bytes are signed and by which key. A credential counts from the entry
that adds it to the one that ends it, by their places in the log.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.crash.evidence import LEDGER, Entry, Evidence

PEOPLE: Final = frozenset(
    {
        *("person_added", "person_revoked", "person_away", "person_back"),
        *("credential_added", "credential_revoked", "delegated", "delegation_ended"),
    }
)
"""Kinds of entries that are about people."""

BREAK_GLASS: Final = "break-glass"
"""The role of who approves alone in an emergency."""

SHOWN: Final = ("token", "signed")
"""How somebody shows a credential."""


@dataclass
class People:
    """Who there is, as far as the log was read."""

    roles: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    names: dict[str, str] = field(default_factory=dict[str, str])
    held: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])
    """Credentials in force: principal, kind and public part, by id."""

    def hear(self, entry: Entry) -> None:
        """Take in an entry about people."""
        body, who = entry.body, str(entry.body["principal"])
        if "roles" in body:
            self.roles[who] = set(body["roles"])
            self.names |= dict.fromkeys(body.get("identities", ()), who)
        if entry.kind == "person_revoked" and "roles" not in body:
            self.roles.pop(who, None)
            self.held = {name: one for name, one in self.held.items() if one[0] != who}
        elif entry.kind == "credential_added":
            self.held[body["id"]] = (who, body["kind"], body["public"])
        elif entry.kind == "credential_revoked":
            self.held.pop(body["id"], None)

    def behind(self, name: str) -> str:
        """Return who has a name."""
        folded = unicodedata.normalize("NFKC", name).casefold().strip()
        folded = re.sub(r"^(local:\s*)+", "", folded)
        return self.names.get(folded, folded)


def unproved(evidence: Evidence) -> Iterator[str]:
    """Yield each word that is not proved to be of who it says."""
    people, used = People(), dict[str, str]()
    for entry in evidence.entries:
        if entry.auth in SHOWN and (wrong := _wrong(entry, people, used)):
            yield f"`{entry.id}`, `{entry.kind}` by `{entry.actor}`, {wrong}"
        if entry.kind == "voted" and entry.body.get("answer") == "break_glass":
            yield from _glass(entry, people)
        if entry.chain == LEDGER and entry.kind in PEOPLE:
            people.hear(entry)


def _glass(entry: Entry, people: People) -> Iterator[str]:
    who = people.behind(entry.actor)
    if entry.auth not in SHOWN or not str(entry.body.get("reason", "")).strip():
        yield f"`{entry.chain}`: `{entry.actor}` broke the glass and showed or said too little"
    if BREAK_GLASS not in people.roles.get(who, ()):
        yield f"`{entry.chain}`: `{entry.actor}` broke the glass without the role"


def _wrong(entry: Entry, people: People, used: dict[str, str]) -> str:
    """Say what is wrong with a word that shows a credential; empty where nothing is."""
    proof: dict[str, str] = entry.body.get("proof", {})
    held = people.held.get(proof.get("credential", ""))
    kind = "key" if entry.auth == "signed" else "token"
    if held is None or held[:2] != (people.behind(entry.actor), kind):
        return "shows a credential that is not theirs, or was not in force"
    if kind == "token":
        return ""
    if not _holds(held[2], proof.get("signature", ""), signed_by(entry)):
        return "has a signature that does not hold"
    use = str(entry.body["asked"]) if entry.kind == "erased" else entry.id
    return "" if used.setdefault(proof["nonce"], use) == use else "has a signature that was used"


def signed_by(entry: Entry) -> bytes:
    """Return the bytes that the signature of an entry is over."""
    body, proof = entry.body, entry.body["proof"]
    said: dict[str, Any] = {
        "request_id": body.get("request_id", body.get("call_id", entry.chain)),
        "call_id": body.get("call_id", entry.chain),
        "digest": body.get("digest", ""),
        "answer": body.get("answer") or body.get("how") or body.get("finding") or entry.kind,
        "policy": proof.get("policy", ""),
        "principal": proof.get("principal", ""),
        "nonce": proof.get("nonce", ""),
        "reason": body.get("reason", ""),
        "content": proof.get("content", ""),
    }
    if "asked" in body:
        ref = "people" if entry.kind in PEOPLE else "desk"
        domain = b"interlock/people/v1\0" if ref == "people" else b"interlock/act/v1\0"
        asked = hashlib.sha256(domain + rfc8785.dumps(body["asked"])).hexdigest()
        said |= {"request_id": ref, "call_id": "", "digest": asked, "answer": entry.kind}
        said |= {"reason": "", "content": ""}
    return b"interlock/vote/v1\0" + rfc8785.dumps(said)


def _holds(public: str, signature: str, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            bytes.fromhex(signature), signed
        )
    except (InvalidSignature, ValueError):
        return False
    return True
