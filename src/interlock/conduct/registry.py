"""Reach: the people of the ledger, inside one transaction, as a protocol."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from interlock.path.people import Credential, Delegation, People, Person
from interlock.path.review import ReviewRequest


class Registry(Protocol):
    """People, inside one transaction; who changes them notes it in the record."""

    def people(self) -> People:
        """Return everyone, as of now."""
        ...

    def is_founded(self) -> bool:
        """Return whether anybody was ever a registrar, as the entries tell."""
        ...

    def breakers(self, call_id: str) -> tuple[str, ...]:
        """Return who broke the glass for a call, the first first."""
        ...

    def agents(self) -> tuple[str, ...]:
        """Return the ids of all agents that ever proposed a call."""
        ...

    def open_requests(self) -> list[ReviewRequest]:
        """Return the questions about calls that are open, oldest first; no probe's."""
        ...

    def put_person(self, one: Person, identities: Iterable[str]) -> None:
        """Add a person, or what is new of one, and other names of theirs."""
        ...

    def approvals(self, people: People, who: str, since: datetime, limit: int) -> list[datetime]:
        """Return when somebody approved since a time, the newest first, at most `limit`."""
        ...

    def set_away(self, principal: str, until: datetime | None) -> None:
        """Say until when somebody is away; None: they are here."""
        ...

    def revoke_person(self, principal: str) -> None:
        """End somebody, their credentials, and every delegation from or to them."""
        ...

    def add_credential(self, one: Credential) -> None:
        """Add what somebody shows who they are by."""
        ...

    def revoke_credential(self, credential_id: str) -> None:
        """End a credential."""
        ...

    def add_delegation(self, one: Delegation) -> None:
        """Let somebody answer in somebody's place."""
        ...

    def end_delegation(self, delegation_id: str) -> None:
        """End a delegation before its time."""
        ...

    def issue(self, nonce: str, ref: str, principal: str, for_s: float) -> None:
        """Keep a nonce for one person's answer about one thing; forget those too old to be used."""
        ...

    def redeem(self, nonce: str, ref: str, principal: str, for_s: float) -> bool:
        """Use a nonce up; False where it is none of this person for this, too old, or was used."""
        ...
