"""Enrol: reviewers, as a `Gate` offers them, and what they show of themselves when they answer."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from interlock.clock import stamp
from interlock.conduct import Conductor
from interlock.conduct.acting import act_ballot
from interlock.conduct.people import Enrolment, EnrolmentKind, change_ballot, enrol
from interlock.conduct.proving import (
    SALT_BYTES,
    Challenge,
    Shown,
    Signature,
    Token,
    challenge,
)
from interlock.conduct.retrying import retried
from interlock.errors import DeskError, NotEligible
from interlock.ledger.people import added_by, everyone
from interlock.ledger.store import SqlLedger
from interlock.path.people import People, named
from interlock.path.proof import DESK, PEOPLE, Ballot
from interlock.settings import reviewer_name
from interlock.signing import PersonKey, new_token, token_mark

Credentials: TypeAlias = PersonKey | Token
"""What a reviewer has to show who they are; None stands for their name alone."""

Covers: TypeAlias = Callable[[Challenge, str], Ballot]
"""Says what a signature over a nonce covers; the second is the salt of what an answer says."""


class Desk:
    """Who answers, and how they show it."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Ask `ledger` for nonces."""
        self._ports = conductor.ports
        self._ledger = ledger

    def people(self) -> People:
        """Return everyone that the ledger knows, as of now."""
        with self._ledger.read() as db:
            return everyone(self._ledger, db)

    def who(self, by: str | None, held: Credentials | None) -> str:
        """Return who answers: as named, else whose key or token it is, else the reviewer here."""
        if by is None and held is not None:
            kind, public = _public(held)
            found = self.people().holder(kind, public)
            if found is None:
                raise NotEligible(f"this {kind} is nobody's here, or is in force no more")
            return found.principal
        return named(reviewer_name() if by is None else by)

    def show(self, by: str, held: Credentials | None, ref: str, covers: Covers) -> Shown | None:
        """Return what is shown with one answer about a request or call: a key signs it."""
        match held:
            case None | Token():
                return held
            case PersonKey():
                asked = retried(self._ports.clock, partial(challenge, self._ports, ref, by))
                salt = secrets.token_hex(SALT_BYTES)
                signature = held.sign(covers(asked, salt).signed)
                return Signature(signature, asked.nonce, asked.policy, salt)

    def say(
        self, by: str, held: Credentials | None, question: tuple[str, str, str, str], reason: str
    ) -> Shown | None:
        """Return what is shown with a word on a call; `question` is as `prove_word` takes it."""

        def covers(asked: Challenge, _: str) -> Ballot:
            return Ballot(*question, asked.policy, asked.principal, asked.nonce, reason)

        return self.show(by, held, question[0], covers)

    def act(
        self, by: str, held: Credentials | None, kind: str, asked: Mapping[str, Any]
    ) -> Shown | None:
        """Return what is shown with an act that answers no question; see `conduct.acting`."""

        def covers(given: Challenge, _: str) -> Ballot:
            return act_ballot(kind, asked, given._asdict())

        return self.show(by, held, DESK, covers)


def _words(said: Sequence[str]) -> list[str]:
    if isinstance(said, str):
        raise DeskError(f"roles and other names are lists; write [{said!r:.40}]")
    return [*said]


def _public(held: Credentials) -> Any:  # noqa: ANN401 - kind and public
    return ("token", token_mark(held.secret)) if isinstance(held, Token) else ("key", held.public)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One person, with what shows who they are and who stands in for them; no secrets."""

    principal: str
    roles: tuple[str, ...]
    identities: tuple[str, ...]
    is_revoked: bool
    credentials: tuple[dict[str, Any], ...]
    """Each with by whom it was `added_by`, as the record says."""
    delegations: tuple[dict[str, Any], ...]
    """To deputies; those in force."""
    away_until: str | None = None
    """The stamp until which they are away; None: they are here."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {name: getattr(self, name) for name in Reviewer.__slots__}


class Reviewers:
    """People who answer: enrolled, listed, revoked, stood in for.

    `by` and `held` say who makes a change. Once anybody here holds a key or a token, a change needs
    one. Every change raises `DeskError` and its kinds.
    """

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Enrol in `ledger`."""
        self._ports, self._ledger = conductor.ports, ledger
        self._desk = Desk(conductor, ledger)

    def add(
        self,
        name: str,
        *,
        roles: Sequence[str] = (),
        identities: Sequence[str] = (),
        by: str | None = None,
        held: Credentials | None = None,
    ) -> str:
        """Add a person, or roles and other names of one; return the principal."""
        asked = {"name": name, "roles": _words(roles), "identities": _words(identities)}
        return self._made("person_added", asked, by, held)["principal"]

    def revoke(
        self,
        name: str,
        *,
        reason: str,
        roles: Sequence[str] = (),
        last: bool = False,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> None:
        """Take roles from a person; without any named, all: they answer for nothing any more.

        Approvals of theirs that did not run yet count no more. Without `last`, the last who could
        change people stays.
        """
        asked = {"name": name, "roles": _words(roles), "reason": reason, **_last(last)}
        self._made("person_revoked", asked, by, held)

    def add_key(
        self, name: str, public: str, *, by: str | None = None, held: Credentials | None = None
    ) -> str:
        """Let a person sign by a key, of which `public` is 32 bytes in hex; return its id."""
        asked = {"name": name, "kind": "key", "public": public}
        return self._made("credential_added", asked, by, held)["id"]

    def new_token(
        self, name: str, *, by: str | None = None, held: Credentials | None = None
    ) -> tuple[str, Token]:
        """Make a token for a person; return its id and the token, of which a digest is kept."""
        token = Token(new_token())
        asked = {"name": name, "kind": "token", "public": token_mark(token.secret)}
        return self._made("credential_added", asked, by, held)["id"], token

    def revoke_credential(
        self,
        credential_id: str,
        *,
        reason: str,
        last: bool = False,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> None:
        """End a key or a token; approvals by it that did not run yet count no more.

        Without `last`, the last by which people could be changed stays.
        """
        asked = {"id": credential_id, "reason": reason, **_last(last)}
        self._made("credential_revoked", asked, by, held)

    def delegate(
        self,
        name: str,
        deputy: str,
        *,
        until: datetime,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> str:
        """Let a deputy answer where somebody is asked, until a time; return the delegation's id."""
        asked = {"name": name, "deputy": deputy, "until": _at(until), "reason": reason}
        return self._made("delegated", asked, by, held)["id"]

    def end_delegation(
        self,
        delegation_id: str,
        *,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> None:
        """End a delegation before its time."""
        self._made("delegation_ended", {"id": delegation_id, "reason": reason}, by, held)

    def away(
        self,
        name: str,
        *,
        until: datetime,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> None:
        """Say that somebody is away until a time: where the policy rebalances, others are asked.

        They may answer all the same, which ends nothing of their being away.
        """
        asked = {"name": name, "until": _at(until), "reason": reason}
        self._made("person_away", asked, by, held)

    def back(self, name: str, *, by: str | None = None, held: Credentials | None = None) -> None:
        """Say that somebody is here again, before the time that was said."""
        self._made("person_back", {"name": name}, by, held)

    def list(self) -> list[Reviewer]:
        """Return everyone, by name."""
        people = self._desk.people()
        with self._ledger.read() as db:
            adders = added_by(db)
        return [_reviewer(people, name, adders) for name in sorted(people.persons)]

    def _made(
        self,
        kind: EnrolmentKind,
        asked: Mapping[str, Any],
        by: str | None,
        held: Credentials | None,
    ) -> Mapping[str, Any]:
        who = self._desk.who(by, held)

        def covers(given: Challenge, _: str) -> Ballot:
            return change_ballot(kind, asked, given.principal, given._asdict())

        shown = self._desk.show(who, held, PEOPLE, covers)
        change = Enrolment(kind, asked, who, shown)
        return enrol(self._ports, change)


def _last(said: bool) -> dict[str, bool]:
    return {"last": True} if said else {}


def _at(until: datetime) -> str:
    if until.utcoffset() is None:
        raise DeskError(f"`until` is {until}, of no time zone; give one that has its own")
    return stamp(until)


def _reviewer(people: People, name: str, adders: Mapping[str, str]) -> Reviewer:
    one = people.persons[name]
    held = [each for each in people.credentials.values() if each.principal == name]
    given = (each for each in people.delegations if each.principal == name)
    return Reviewer(
        name,
        tuple(sorted(one.roles)),
        tuple(sorted(people.names(name) - {name})),
        one.is_revoked,
        tuple(
            {name: getattr(each, name) for name in ("id", "kind", "public", "is_revoked")}
            | {"added_by": adders.get(each.id, "")}
            for each in sorted(held)
        ),
        tuple(
            {"id": each.id, "deputy": each.deputy, "until": stamp(each.until)}
            for each in given
            if each.lasts(people.at)
        ),
        stamp(one.away_until) if one.away_until and people.is_away(name) else None,
    )
