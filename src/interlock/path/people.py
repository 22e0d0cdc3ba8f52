"""Know: who answers, behind all of their names, and how they show who they are.

A registry of people: each has one principal, other names, roles, credentials, and deputies for a
time. Where it is empty, a name is its own principal. Pure; whoever is asked about is told as of
`People.at`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.errors import NotEligible
from interlock.folding import mixed_word
from interlock.names import drawn, is_unseen, person

CredentialKind: TypeAlias = Literal["key", "token"]

BREAK_GLASS: Final = "break-glass"
"""Role of those who alone may approve in an emergency. Source: Q12 of `docs/guarantees.md`."""

REGISTRAR: Final = "registrar"
"""Role of those who change people, once anybody got a credential: who got the first has it."""


class Person(NamedTuple):
    """One human who may answer."""

    principal: str
    roles: frozenset[str] = frozenset()
    is_revoked: bool = False
    away_until: datetime | None = None
    """Until when they said that they are away; then, and before, they may answer all the same."""


class Credential(NamedTuple):
    """What somebody shows who they are by."""

    id: str
    principal: str
    kind: CredentialKind
    public: str
    """An Ed25519 public key or the SHA-256 of a token, 32 bytes in hex."""
    is_revoked: bool = False


class Delegation(NamedTuple):
    """Who may answer in whose place, and how long."""

    id: str
    principal: str
    deputy: str
    since: datetime
    until: datetime
    """When it ends, or ended by being revoked."""

    def lasts(self, at: datetime) -> bool:
        """Whether it is in force at a time."""
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class People:
    """Everyone that the ledger knows, as of one moment."""

    at: datetime
    persons: Mapping[str, Person] = field(default_factory=dict[str, Person])
    """By principal."""
    identities: Mapping[str, str] = field(default_factory=dict[str, str])
    """Principals by their other names, as `person` folds them."""
    credentials: Mapping[str, Credential] = field(default_factory=dict[str, Credential])
    """By id."""
    delegations: tuple[Delegation, ...] = ()

    def behind(self, name: str) -> str:
        """Return the principal behind a name; the name itself, folded, where nobody is known."""
        folded = person(name)
        return self.identities.get(folded, folded)

    def names(self, name: str) -> frozenset[str]:
        """Return every name of the human behind one of them, folded."""
        who = self.behind(name)
        others = (each for each, principal in self.identities.items() if principal == who)
        return frozenset({who, person(name), *others})

    def is_revoked(self, name: str) -> bool:
        """Whether someone was known and is no more: they count for nothing."""
        known = self.persons.get(self.behind(name))
        return known is not None and known.is_revoked

    def is_away(self, name: str) -> bool:
        """Whether someone is away: others are asked to look first. They may answer all the same."""
        known = self.persons.get(self.behind(name))
        return known is not None and known.away_until is not None and self.at < known.away_until

    def with_role(self, role: str) -> tuple[str, ...]:
        """Return the principals that have a role, sorted."""
        return tuple(sorted(one.principal for one in self.persons.values() if _has(one, role)))

    def has_role(self, name: str, role: str) -> bool:
        """Whether someone has a role themselves; standing in for somebody gives none."""
        known = self.persons.get(self.behind(name))
        return known is not None and _has(known, role)

    def is_apart(self, name: str, others: Iterable[str]) -> bool:
        """Whether someone is none of these humans, behind all names of the one and the others.

        INVARIANT I7: nobody comes back under another of their names, nor under one that looks like
        one of them.
        """
        barred = {each for other in others for each in (other, *self.names(other))}
        return all(is_apart(each, barred) for each in (name, *self.names(name)))

    def seats(self, name: str, eligible: Iterable[str] | None, at: datetime) -> tuple[str, ...]:
        """Return the principals in whose place someone may answer, sorted; empty: of nobody.

        Themselves alone when they are eligible, or everyone is (`None`); else those who made them
        their deputy and are eligible. A deputy's deputy is nobody's: it is not transitive. `at` is
        when they answered: a delegation holds then and now.
        """
        who = self.behind(name)
        if self.is_revoked(who):
            return ()
        if eligible is None:
            return (who,)
        asked = {self.behind(each) for each in eligible}
        if who in asked:
            return (who,)
        served = {
            each.principal
            for each in self.delegations
            if each.deputy == who and each.lasts(at) and each.lasts(self.at)
        }
        return tuple(sorted(one for one in served & asked if not self.is_revoked(one)))

    def must_prove(self, name: str) -> bool:
        """Whether a name alone does not stand for somebody: they once got a credential."""
        who = self.behind(name)
        return any(each.principal == who for each in self.credentials.values())

    def is_in_force(self, one: Credential) -> bool:
        """Whether a credential shows somebody who is here."""
        return not (one.is_revoked or self.is_revoked(one.principal))

    def held_by(self, name: str) -> tuple[Credential, ...]:
        """Return somebody's credentials that are in force."""
        who = self.behind(name)
        mine = (one for one in self.credentials.values() if one.principal == who)
        return tuple(one for one in mine if self.is_in_force(one))

    def holder(self, kind: CredentialKind, public: str) -> Credential | None:
        """Return the credential in force that a public key or a token's digest belongs to."""
        same = (
            one for one in self.credentials.values() if (one.kind, one.public) == (kind, public)
        )
        return next((one for one in same if self.is_in_force(one)), None)

    def credential(self, name: str, credential_id: str, kind: CredentialKind) -> Credential | None:
        """Return a credential of somebody that is in force."""
        mine = (one for one in self.held_by(name) if one.kind == kind)
        return next((one for one in mine if one.id == credential_id), None)


def _has(one: Person, role: str) -> bool:
    return role in one.roles and not one.is_revoked


_OF_ONES_OWN: Final = frozenset(
    {
        *("credential_added", "credential_revoked", "delegated", "delegation_ended"),
        *("person_away", "person_back"),
    }
)
"""What who holds a credential may change of themselves. Roles and names are not among it."""


def misplaced(
    people: People, by: str, kind: str, done: Mapping[str, Any], *, is_founded: bool = True
) -> str | None:
    """Say why somebody may not make a change of people; None where they may.

    Until anybody got a credential, anyone may. From then on who shows one changes what is their
    own, and a registrar the rest: nobody becomes, or speaks for, somebody of whom there is a name
    alone. `done` is what the change's entry says. Where nobody was a registrar yet, as in a ledger
    whose credentials are older than that, whoever shows one might do it. Source: ADR 0026.
    """
    if not people.credentials:
        return None
    if "credential" not in done.get("proof", {}):
        return (
            "people here hold keys or tokens, or did, so one of them must show theirs to change "
            "who may answer; add --as NAME with --key or --token-file"
        )
    actor, whom = people.behind(by), str(done["principal"])
    if actor == whom and kind in _OF_ONES_OWN:
        return None
    if is_founded and actor not in registrars(people):
        return f"`{actor}` is no `{REGISTRAR}`, and changes only credentials and absences of theirs"
    if kind in ("credential_added", "delegated") and people.held_by(whom):
        return f"`{whom}` holds a credential, so they themselves must do this"
    if kind == "delegated" and done["deputy"] == actor:
        return f"the place of `{whom}` is nobody's to take for themselves; name another deputy"
    if actor == whom and BREAK_GLASS in {*done.get("roles", ())} - people.persons[whom].roles:
        return f"`{BREAK_GLASS}` lets one act alone: nobody gives it to themselves"
    return None


def premature(people: People, by: str, kind: str, done: Mapping[str, Any]) -> str | None:
    """Say why a change waits until there is a registrar, who was never one; None where it may be.

    Whoever holds a credential changes what is their own, and the first of them who gives themselves
    the role founds the rest.
    """
    actor, whom = people.behind(by), str(done["principal"])
    founds = kind == "person_added" and REGISTRAR in done["roles"]
    if not people.credentials or (actor == whom and (founds or kind in _OF_ONES_OWN)):
        return None
    return (
        f"credentials here are older than the role `{REGISTRAR}`, and nobody has it: somebody with "
        f"a credential first takes it: interlock reviewer add NAME --role {REGISTRAR} --as NAME"
    )


def two_keys(people: People) -> frozenset[str]:
    """Return who changes people and may break the glass, too: one person holds both keys."""
    return frozenset({*people.with_role(REGISTRAR)} & {*people.with_role(BREAK_GLASS)})


def registrars(people: People) -> frozenset[str]:
    """Return who can change people: who has the role and a credential that is in force."""
    held = {one.principal for one in people.credentials.values() if people.is_in_force(one)}
    return frozenset(held & {*people.with_role(REGISTRAR)})


_OURS: Final = ("policy:", "interlock")
"""How names begin that only the gate itself acts under."""


def named(name: object) -> str:
    """Return the name that someone decides under, without the space around it.

    Raises `NotEligible` for one that is no text, names nobody, is the gate's own, or holds what
    nobody sees or letters of several scripts in a word: in the record it would stand for another.
    """
    if not isinstance(name, str):
        raise NotEligible(f"a reviewer's name is text, not {type(name).__name__}")
    unseen = next((char for char in name.strip() if is_unseen(char)), None)
    if unseen is not None:
        raise NotEligible(
            f"the reviewer's name holds U+{ord(unseen):04X}, which nobody sees; write it without"
        )
    if (word := mixed_word(name)) is not None:
        raise NotEligible(
            f"the reviewer's name mixes scripts in one word, {word!a}; write it in one script"
        )
    who = person(name)
    if not who:
        raise NotEligible("nobody is named as the reviewer; give a name")
    if who.startswith(_OURS):
        raise NotEligible(
            f"`{name}` is no reviewer: names that begin with `policy:` or `interlock` are the "
            "gate's own; give another name"
        )
    return name.strip()


def is_apart(name: str, people: Iterable[str]) -> bool:
    """Whether someone is none of these people, nor could be taken for one of them.

    INVARIANT I7: who is left out does not come back under a name that looks the same.
    """
    who, drawn_as = person(name), drawn(name)
    return all(who != person(each) and drawn_as != drawn(each) for each in people)
