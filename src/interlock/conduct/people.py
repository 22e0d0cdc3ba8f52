"""Enrol: people, their names, roles, credentials and deputies; each change with its entry.

Until anybody gets a credential, whoever has the ledger enrols. Who gets the first is a `registrar`
by it, and from then on only registrars enrol others: it stays so when the last of them is gone.
Nobody adds to the credentials of somebody who has one, and nobody takes another's place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from interlock.canon import digest
from interlock.clock import new_id, parse_stamp, stamp
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown, prove
from interlock.conduct.regrouping import tell_open
from interlock.conduct.retrying import retried
from interlock.errors import DeskError, NotEligible, UnknownId
from interlock.names import person
from interlock.path.people import (
    BREAK_GLASS,
    REGISTRAR,
    Credential,
    Delegation,
    People,
    Person,
    is_apart,
    misplaced,
    named,
    premature,
    registrars,
    two_keys,
)
from interlock.path.proof import PEOPLE, Ballot
from interlock.signing import is_public_key

DELEGATION_MAX_S: Final = 90 * 86400
"""Longest time for which somebody may stand in for somebody, seconds."""

AWAY_MAX_S: Final = 366 * 86400
"""Longest time for which somebody is said to be away, seconds; then it is said again."""

EnrolmentKind: TypeAlias = Literal[
    "person_added",
    "person_revoked",
    "credential_added",
    "credential_revoked",
    "delegated",
    "delegation_ended",
    "person_away",
    "person_back",
]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One change of people: what is asked for, by whom, and what they show of themselves."""

    kind: EnrolmentKind
    asked: Mapping[str, Any]
    by: str
    shown: Shown | None = field(default=None, repr=False)


def change_ballot(
    kind: str, asked: Mapping[str, Any], principal: str, proof: Mapping[str, str]
) -> Ballot:
    """Return what a signature of a change covers: a digest of what is asked for."""
    said = digest("interlock/people/v1", dict(asked))
    return Ballot(PEOPLE, "", said, kind, proof["policy"], principal, proof["nonce"], "")


def enrol(ports: Ports, change: Enrolment) -> Mapping[str, Any]:
    """Make a change, write its entry, and put what is open to who is asked by now.

    Returns what the entry says. Raises `NotEligible`, `UnknownId`, `DeskError`.
    """
    body, before, after = retried(ports.clock, partial(_changed, ports, change))
    tell_open(ports, before, after)
    return body


def _changed(ports: Ports, change: Enrolment) -> tuple[Mapping[str, Any], People, People]:
    """Make a change and write its entry, alone; return what that says, and who was and is here."""
    by = named(change.by)
    with ports.ledger.begin() as tx:
        tx.lock(PEOPLE)
        people = tx.registry.people()
        principal = people.behind(by)

        def covered(proof: Mapping[str, str]) -> Ballot:
            return change_ballot(change.kind, change.asked, principal, proof)

        shown = prove(tx, "", people, by, change.shown, covered)
        done = _WORK[change.kind](tx, people, change.asked)
        proof = {"proof": dict(shown.proof)} if shown.proof else {}
        body = {**done, "asked": dict(change.asked), **proof}
        _require_right(tx, people, (by, change.kind, body))
        after = tx.registry.people()
        _require_successor(people, after, last=bool(change.asked.get("last")))
        _require_apart(people, after)
        tx.note(change.kind, body, by, shown.auth)
    return body, people, after


def _require_right(tx: Transaction, people: People, said: tuple[str, str, dict[str, Any]]) -> None:
    """Refuse what somebody may not change, or nobody before there is a registrar; `NotEligible`."""
    is_founded = bool(registrars(people)) or tx.registry.is_founded()
    wrong = misplaced(people, *said, is_founded=is_founded)
    if wrong is None and not is_founded:
        wrong = premature(people, *said)
    if wrong is not None:
        raise NotEligible(wrong)


def _require_successor(before: People, after: People, *, last: bool) -> None:
    """Refuse what leaves nobody who could change people, unless that is said; `DeskError`."""
    if registrars(before) and not registrars(after) and not last:
        raise DeskError(
            "nobody could change people any more after this: give somebody else with a key or a "
            f"token the role `{REGISTRAR}` first, or say --last"
        )


def _require_apart(before: People, after: People) -> None:
    """Refuse what gives one person both keys; who has them from before stays. `DeskError`."""
    for who in sorted(two_keys(after) - two_keys(before)):
        raise DeskError(
            f"`{who}` would hold both `{REGISTRAR}` and `{BREAK_GLASS}`: who says who answers acts "
            "alone for nobody. Who gets the first credential is a registrar; give it, or one of "
            "the roles, to another person"
        )


def _add_person(tx: Transaction, people: People, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add a person, or roles and other names of one who is here or was."""
    who = people.behind(named(asked["name"]))
    before = people.persons.get(who, Person(who))
    fresh = list(dict.fromkeys(person(named(each)) for each in asked["identities"]))
    fresh = [each for each in fresh if people.behind(each) != who]
    for each in (asked["name"], who, *asked["identities"], *fresh):
        _require_free(people, each, who)
    roles = frozenset(map(_role, asked["roles"]))
    roles |= frozenset() if before.is_revoked else before.roles
    tx.registry.put_person(Person(who, roles), fresh)
    return {"principal": who, "roles": sorted(roles), "identities": fresh}


def _require_free(people: People, name: str, who: str) -> None:
    """Refuse a name that is, or looks like, somebody else's."""
    others = {each for each in people.persons if each != who}
    others |= {each for each, principal in people.identities.items() if principal != who}
    if not is_apart(name, others):
        raise DeskError(f"`{name}` is, or looks like, a name of somebody else here; give another")


def _role(text: str) -> str:
    role = text.strip() if isinstance(text, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance] - from outside
    if not role or not role.isprintable():
        raise DeskError(f"a role is a word, as policies name it, not {text!r:.40}")
    ours = role.casefold().replace("_", "-")
    if ours in (BREAK_GLASS, REGISTRAR) and role != ours:
        raise DeskError(f"the role is written `{ours}`, not {text!r:.40}")
    return role


def _revoke_person(tx: Transaction, people: People, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take roles from a person; without any named, all that they have and are."""
    one = _known(people, asked["name"])
    lost = frozenset(asked["roles"])
    if not lost:
        tx.registry.revoke_person(one.principal)
        return {"principal": one.principal}
    if absent := sorted(lost - one.roles):
        raise UnknownId(f"`{one.principal}` has no role `{absent[0]}`; nothing changed")
    tx.registry.put_person(one._replace(roles=one.roles - lost), ())
    return {"principal": one.principal, "roles": sorted(one.roles - lost)}


def _add_credential(tx: Transaction, people: People, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    one = _known(people, asked["name"])
    kind, public = asked["kind"], asked["public"]
    if kind == "key" and not is_public_key(public):
        raise DeskError("no Ed25519 public key: 32 bytes in hex, of a key made by its owner")
    if any(each.public == public for each in people.credentials.values()):
        raise DeskError("this key or token is, or was, somebody's here already; make a new one")
    made = Credential(new_id("cred"), one.principal, kind, public)
    tx.registry.add_credential(made)
    done = {"principal": one.principal, "id": made.id, "kind": kind, "public": public}
    return done if people.credentials else {**done, "roles": _founded(tx, people, one)}


def _founded(tx: Transaction, people: People, one: Person) -> list[str]:
    """Make who gets the first credential a registrar, who alone can enrol others from here."""
    if (meant := people.with_role(REGISTRAR)) and one.principal not in meant:
        raise DeskError(
            f"`{meant[0]}` has the role `{REGISTRAR}`, so the first credential is theirs; who gets "
            "it changes people from then on"
        )
    roles = one.roles | {REGISTRAR}
    tx.registry.put_person(one._replace(roles=roles), ())
    return sorted(roles)


def _revoke_credential(
    tx: Transaction, people: People, asked: Mapping[str, Any]
) -> Mapping[str, Any]:
    one = people.credentials.get(asked["id"])
    if one is None or one.is_revoked:
        raise UnknownId(f"no credential `{asked['id']}` in force; see interlock reviewer list")
    tx.registry.revoke_credential(one.id)
    return {"principal": one.principal, "id": one.id}


def _delegate(tx: Transaction, people: People, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    one, deputy = _known(people, asked["name"]), _known(people, asked["deputy"])
    until, longest = parse_stamp(asked["until"]), timedelta(seconds=DELEGATION_MAX_S)
    if one.principal == deputy.principal:
        raise DeskError("nobody is their own deputy; name another person")
    if not tx.now() < until <= tx.now() + longest:
        raise DeskError(f"a delegation ends in the future, within {longest.days} days")
    if not asked["reason"].strip():
        raise DeskError("a delegation needs a reason; add --reason")
    made = Delegation(new_id("dele"), one.principal, deputy.principal, tx.now(), until)
    tx.registry.add_delegation(made)
    return {
        "principal": one.principal,
        "id": made.id,
        "deputy": deputy.principal,
        "since": stamp(made.since),
        "until": stamp(made.until),
    }


def _end_delegation(tx: Transaction, people: People, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    found = next((one for one in people.delegations if one.id == asked["id"]), None)
    if found is None or not found.lasts(tx.now()):
        raise UnknownId(f"no delegation `{asked['id']}` in force; see interlock reviewer list")
    tx.registry.end_delegation(found.id)
    return {"principal": found.principal, "id": found.id, "deputy": found.deputy}


def _send_away(tx: Transaction, people: People, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask others first, until a time; nothing changes of what they may answer."""
    one = _known(people, asked["name"])
    until, longest = parse_stamp(asked["until"]), timedelta(seconds=AWAY_MAX_S)
    if not tx.now() < until <= tx.now() + longest:
        raise DeskError(f"somebody is away until a time to come, within {longest.days} days")
    if not asked["reason"].strip():
        raise DeskError("being away needs a reason; add --reason")
    tx.registry.set_away(one.principal, until)
    return {"principal": one.principal, "until": stamp(until)}


def _call_back(tx: Transaction, people: People, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    one = _known(people, asked["name"])
    if not people.is_away(one.principal):
        raise UnknownId(f"`{one.principal}` is not away; nothing changed")
    tx.registry.set_away(one.principal, None)
    return {"principal": one.principal}


def _known(people: People, name: str) -> Person:
    one = people.persons.get(people.behind(named(name)))
    if one is None or one.is_revoked:
        raise UnknownId(f"nobody `{name}` here; add them with interlock reviewer add")
    return one


_Work: TypeAlias = Callable[[Transaction, People, Mapping[str, Any]], Mapping[str, Any]]

_WORK: Final[Mapping[EnrolmentKind, _Work]] = MappingProxyType(
    {
        "person_added": _add_person,
        "person_revoked": _revoke_person,
        "credential_added": _add_credential,
        "credential_revoked": _revoke_credential,
        "delegated": _delegate,
        "delegation_ended": _end_delegation,
        "person_away": _send_away,
        "person_back": _call_back,
    }
)
