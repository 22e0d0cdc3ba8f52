"""Act: what a person does that answers no question, and what shows that it was they.

To lift a halt, set a level, let a held result out, put a question off, erase or archive: whoever
has a credential shows it, for their name alone is not theirs. Only to stop takes but a name.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from interlock.canon import digest
from interlock.conduct.ports import Transaction
from interlock.conduct.proving import Shown, prove
from interlock.path.proof import DESK, Ballot

UNVERIFIED: Final = "unverified"
"""How a halt is recorded by a name that has credentials, which nobody showed. Source: ADR 0025."""


class Act(NamedTuple):
    """How somebody showed who they are, and what the entry of what they did says of it."""

    auth: str
    said: Mapping[str, Any]


def act_ballot(kind: str, asked: Mapping[str, Any], proof: Mapping[str, str]) -> Ballot:
    """Return what a signature under an act covers: a digest of what is asked for, once."""
    said = digest("interlock/act/v1", dict(asked))
    return Ballot(DESK, "", said, kind, proof["policy"], proof["principal"], proof["nonce"], "")


def acted(
    tx: Transaction, by: str, shown: Shown | None, kind: str, asked: Mapping[str, Any]
) -> Act:
    """Check what somebody shows with an act; `asked` is what they ask for, as JSON.

    Raises `NotEligible` for what is not theirs, and for a bare name that has credentials.
    """

    def covered(proof: Mapping[str, str]) -> Ballot:
        return act_ballot(kind, asked, proof)

    auth, proof = prove(tx, "", tx.registry.people(), by, shown, covered)
    if shown is None or proof is None:
        return Act(auth, {})
    return Act(auth, {"asked": dict(asked), "proof": dict(proof)})


def stopped(
    tx: Transaction, by: str, shown: Shown | None, kind: str, asked: Mapping[str, Any]
) -> Act:
    """Check the same with what stops something, which a bare name may always do."""
    people = tx.registry.people()
    if shown is None and (people.must_prove(by) or people.is_revoked(by)):
        return Act(UNVERIFIED, {})
    return acted(tx, by, shown, kind, asked)
