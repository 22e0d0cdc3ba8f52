"""Prove: that who answered is who they say, as strongly as it takes.

`local` and `inline` are names that somebody gave; a token shows who holds it; a signature is over
all that the answer says. It is checked when the answer comes, when the call runs, and by whoever
verifies the record with nothing but its entries.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.canon import digest, encode
from interlock.path.people import People
from interlock.signing import holds

Auth: TypeAlias = Literal["local", "inline", "token", "signed"]
"""How someone showed who they are: by a name, as the run's user, by a token, by a key."""

STRENGTH: Final[Mapping[Auth, int]] = MappingProxyType(
    {"local": 0, "inline": 0, "token": 1, "signed": 2}
)
"""How much each way shows, least first."""

CHALLENGE_S: Final = 300.0
"""How long a nonce may wait for the signature over it, seconds."""

PEOPLE: Final = "people"
"""What a nonce is issued for that signs a change of people; no policy has a say in one."""

DESK: Final = "desk"
"""What a nonce is issued for that signs an act which answers no question: no policy has a say."""

REASON_MAX: Final = 2000
"""Longest reason or message kept, in characters."""

_DOMAIN: Final = "interlock/vote/v1"
_HEX: Final = re.compile(r"[0-9a-f]+")


class Ballot(NamedTuple):
    """What a signature covers: one answer to one question, by one person, once."""

    request_id: str
    call_id: str
    digest: str
    """Of the call, as it was shown."""
    answer: str
    policy: str
    """Full digest of the policy in force when the answer was given."""
    principal: str
    nonce: str
    """Issued by the ledger for this question and this person."""
    reason: str
    content: str = ""
    """Of an edit or a response: a commitment to what it says, as `content_of` makes it."""

    @property
    def signed(self) -> bytes:
        """The bytes that are signed: the domain, a zero byte, and canonical JSON."""
        return _DOMAIN.encode() + b"\x00" + encode(self._asdict(), "ballot")


def content_of(tool: str | None, args: object, message: str, salt: str) -> str:
    """Commit to what an edit or a response says, under a salt that is kept nowhere."""
    said = {"args": args, "message": message, "salt": salt, "tool": tool or ""}
    return digest("interlock/vote-content/v1", said, "args")


def is_shown(
    people: People, by: str, auth: Auth, proof: Mapping[str, str] | None, ballot: Ballot
) -> bool:
    """Whether what somebody showed is theirs and in force, strong enough or not.

    A name that once got a credential is shown by one, whatever else would be enough.
    """
    shown = proof or {}
    match auth:
        case "local" | "inline":
            return not people.must_prove(by)
        case "token":
            return people.credential(by, shown.get("credential", ""), "token") is not None
        case "signed":
            key = people.credential(by, shown.get("credential", ""), "key")
            signature = shown.get("signature", "")
            return key is not None and holds(key.public, signature, ballot.signed)


def is_hex(text: Any, size_bytes: int) -> bool:  # noqa: ANN401 - from outside
    """Whether a value is so many bytes in lower-case hex."""
    return isinstance(text, str) and len(text) == 2 * size_bytes and bool(_HEX.fullmatch(text))
