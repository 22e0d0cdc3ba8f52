"""Prove: take what somebody shows of themselves, and keep of it what others can check.

A signature is over a nonce that the ledger issued for this person and this question; it is used up
in the transaction in which the answer counts, so that no answer is given twice.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, TypeAlias

from interlock.conduct.ports import Ports, Transaction
from interlock.errors import NotEligible
from interlock.path.people import People
from interlock.path.proof import (
    CHALLENGE_S,
    DESK,
    PEOPLE,
    REASON_MAX,
    Auth,
    Ballot,
    content_of,
    is_hex,
)
from interlock.path.review import ReviewRequest, Vote
from interlock.signing import holds, token_mark

NONCE_BYTES: Final = 32
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Token:
    """A token, as its holder has it."""

    secret: str = field(repr=False)


class Signature(NamedTuple):
    """A signature over a ballot, and what of the ballot only its signer knows."""

    signature: str
    """64 bytes in hex."""
    nonce: str
    """As it was issued."""
    policy: str
    """Full digest of the policy that the signer answers under."""
    salt: str = ""
    """For an edit or a response: 16 bytes in hex, which hide what the ballot commits to."""


Shown: TypeAlias = Token | Signature
"""What somebody shows of themselves; None stands for a name alone."""


class Challenge(NamedTuple):
    """What a signature must hold."""

    nonce: str
    policy: str
    """Full digest of the policy in force."""
    principal: str


class Proven(NamedTuple):
    """Who somebody showed to be, and what of it is kept."""

    auth: Auth
    proof: Mapping[str, str] | None


def challenge(ports: Ports, ref: str, by: str) -> Challenge:
    """Issue a nonce for one person's answer about one request or call."""
    nonce = secrets.token_hex(NONCE_BYTES)
    with ports.ledger.begin() as tx:
        principal = tx.registry.people().behind(by)
        tx.registry.issue(nonce, ref, principal, CHALLENGE_S)
    return Challenge(nonce, _in_force(ports, ref), principal)


def _in_force(ports: Ports, ref: str) -> str:
    """Return the full digest of the policy that an answer is given under; of none, of an act."""
    return "" if ref in (PEOPLE, DESK) else ports.policy().digest


def proven_vote(
    tx: Transaction,
    ports: Ports,
    people: People,
    given: Vote,
    shown: Shown | None,
    request: ReviewRequest,
) -> Vote:
    """Return an answer with what its giver showed, and in whose place they answer.

    Whatever it says of that itself is not believed. Raises `NotEligible`.
    """
    salt = shown.salt if isinstance(shown, Signature) else ""
    if given.answer in _SAYING and isinstance(shown, Signature) and not is_hex(salt, SALT_BYTES):
        raise NotEligible("a signature under an edit or a response needs a salt: 16 bytes in hex")

    def covered(proof: Mapping[str, str]) -> Ballot:
        asked = Challenge(proof["nonce"], proof["policy"], proof["principal"])
        return vote_ballot(given, request.call_id, asked, salt)

    weak: Auth = "inline" if given.auth == "inline" else "local"
    in_force = ports.policy().digest
    auth, proof = prove(tx, in_force, people, given.by, shown, covered, weak)
    served = people.seats(given.by, request.terms.asked(request.level), given.at)
    stands_in = bool(served) and served != (people.behind(given.by),)
    if stands_in and given.answer != "break_glass":  # which takes a role of one's own
        proof = {**(proof or {}), "in_place_of": " or ".join(served)}
    return replace(given, auth=auth, proof=proof)


def vote_ballot(given: Vote, call_id: str, asked: Challenge, salt: str) -> Ballot:
    """Return what a signature of an answer covers; `salt` hides what an edit or a response says."""
    says = given.answer in _SAYING
    return Ballot(
        given.request_id,
        call_id,
        given.digest,
        given.answer,
        asked.policy,
        asked.principal,
        asked.nonce,
        given.reason[:REASON_MAX],
        content_of(given.tool, given.args, given.message, salt) if says else "",
    )


_SAYING: Final = ("edit", "respond")
"""Answers that say more than yes or no."""


def prove(
    tx: Transaction,
    in_force: str,
    people: People,
    by: str,
    shown: Shown | None,
    covers: Callable[[Mapping[str, str]], Ballot],
    weak: Auth = "local",
) -> Proven:
    """Check what somebody shows; `covers` says what a signature with such a proof covers.

    `in_force` is the full digest of the policy that it must be given under; empty: of none.

    Raises `NotEligible` for a token or a signature that is another's, for another question, was
    used before, waited too long or is of another policy than that in force, and for a bare name
    that has credentials. `weak` is what a bare name counts as.
    """
    principal = people.behind(by)
    known = {"principal": principal} if principal in people.persons else {}
    match shown:
        case None:
            _require_unproven(people, by)
            return Proven(weak, known or None)
        case Token(secret):
            held = people.holder("token", token_mark(secret))
            if held is None or held.principal != principal or people.is_revoked(by):
                raise NotEligible(f"the token is not one of `{by}`, or is in force no more")
            return Proven("token", {**known, "credential": held.id})
        case Signature():
            return Proven("signed", _signed(tx, in_force, people, by, shown, covers))


def _require_unproven(people: People, by: str) -> None:
    if people.is_revoked(by):
        raise NotEligible(f"`{by}` was revoked and answers for nothing; another person must")
    if people.must_prove(by):
        raise NotEligible(
            f"`{by}` has a key or a token, so the name alone is not theirs; "
            "add --key or --token-file"
        )


def _signed(
    tx: Transaction,
    in_force: str,
    people: People,
    by: str,
    shown: Signature,
    covers: Callable[[Mapping[str, str]], Ballot],
) -> Mapping[str, str]:
    principal = people.behind(by)
    if not (is_hex(shown.signature, 64) and is_hex(shown.nonce, NONCE_BYTES)):
        raise NotEligible("the signature is none: 64 bytes in hex, over a nonce of 32")
    said = {"principal": principal, "nonce": shown.nonce, "policy": shown.policy}
    covered = covers(said)
    if shown.policy != in_force:
        raise NotEligible("the policy changed since this was signed; look again, and sign anew")
    said |= {"content": covered.content} if covered.content else {}
    keys = [one for one in people.held_by(by) if one.kind == "key"]
    signer = next((k for k in keys if holds(k.public, shown.signature, covered.signed)), None)
    if signer is None or people.is_revoked(by):
        raise NotEligible(
            f"the signature is not by a key of `{by}` that is in force, or not of this answer or "
            "change"
        )
    if not tx.registry.redeem(shown.nonce, covered.request_id, principal, CHALLENGE_S):
        raise NotEligible(
            f"the signature was used before, is of another question, or older than "
            f"{CHALLENGE_S:g} s; sign anew"
        )
    return {**said, "credential": signer.id, "signature": shown.signature}


def prove_word(
    tx: Transaction,
    ports: Ports,
    people: People,
    by: str,
    shown: Shown | None,
    question: tuple[str, str, str, str],
    reason: str,
) -> tuple[Auth, dict[str, dict[str, str]]]:
    """Check what somebody shows with a word on a call: request or call, call, digest, the word.

    Returns how they showed it, and what an entry says of it. Raises `NotEligible`.
    """

    def covered(proof: Mapping[str, str]) -> Ballot:
        said = (proof["policy"], proof["principal"], proof["nonce"])
        return Ballot(*question, *said, reason)

    auth, proof = prove(tx, ports.policy().digest, people, by, shown, covered)
    return auth, {"proof": dict(proof)} if proof else {}
