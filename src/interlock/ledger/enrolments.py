"""Retell: who may answer, as entries tell, and whether each answer is by who it says.

Whoever has the entries alone can check it: public keys stand in the entries that added them, and
each signed answer holds all that its signature covers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Table, select

from interlock.canon import decode, digest
from interlock.clock import parse_stamp
from interlock.conduct.acting import act_ballot
from interlock.ledger import rows, tables
from interlock.names import person
from interlock.path.people import Credential, Delegation, People, Person, misplaced, registrars
from interlock.path.proof import PEOPLE, STRENGTH, Ballot
from interlock.path.record import Entry
from interlock.signing import holds

_ACT: Final = "interlock/people/v1"
_NAMED: Final = ("policy", "principal", "nonce")

PEOPLE_KINDS: Final = frozenset(
    {
        "person_added",
        "person_revoked",
        "credential_added",
        "credential_revoked",
        "delegated",
        "delegation_ended",
        "person_away",
        "person_back",
    }
)
"""Kinds of entries that tell of people."""

ABSENCES: Final = frozenset({"person_away", "person_back"})
"""Those of them that say nothing of who may answer, and are nobody else's business."""

RowsByKey: TypeAlias = dict[str, tuple[Any, ...]]
"""RowsByKey of a table by their key, without it."""


@dataclass(slots=True)
class Enrolments:
    """People, names, credentials and deputies as the entries tell of them."""

    people: RowsByKey = field(default_factory=dict[str, tuple[Any, ...]])
    """Roles, since when, until when away, until when."""
    identities: RowsByKey = field(default_factory=dict[str, tuple[Any, ...]])
    """Principal, since when."""
    credentials: RowsByKey = field(default_factory=dict[str, tuple[Any, ...]])
    """Principal, kind, public, since when, until when."""
    delegations: RowsByKey = field(default_factory=dict[str, tuple[Any, ...]])
    """Principal, deputy, since, until, revoked when."""
    nonces: dict[str, str] = field(default_factory=dict[str, str])
    """Which entry used a nonce; of erasures, what was asked for."""
    problems: list[str] = field(default_factory=list[str])
    is_founded: bool = False
    """Whether anybody was ever a registrar."""

    def hear(self, entry: Entry) -> None:
        """Take in the next entry about people."""
        self.witness(entry)
        said = (entry.actor, entry.kind, entry.body)
        wrong = misplaced(self.at(entry.at), *said, is_founded=self.is_founded)
        if wrong is not None:
            self.problems.append(f"{_told(entry)} is by nobody who may: {wrong}")
        self.learn(entry)

    def learn(self, entry: Entry) -> None:
        """Take it in without a look at who says so."""
        who, body = str(entry.body["principal"]), entry.body
        match entry.kind:
            case "person_added":
                self._enter(who, body, entry.at)
            case "person_revoked" if "roles" in body:
                self._enter(who, body, entry.at)
            case "person_revoked":
                self._leave(who, entry.at)
            case "person_away" | "person_back":
                roles, since, _, ended = self.people[who]
                self.people[who] = (roles, since, body.get("until"), ended)
            case "credential_added":
                self.credentials[body["id"]] = (who, body["kind"], body["public"], entry.at, None)
                if "roles" in body:
                    self._enter(who, body, entry.at)
            case "credential_revoked":
                _end(self.credentials, body["id"], entry.at)
            case "delegated":
                times = (body["since"], body["until"], None)
                self.delegations[body["id"]] = (who, body["deputy"], *times)
            case _:
                _end(self.delegations, body["id"], entry.at)
        self.is_founded = self.is_founded or bool(registrars(self.at(entry.at)))

    def at(self, at: str) -> People:
        """Return everyone as they are told of, for a time."""
        return People(
            parse_stamp(at),
            {who: _person(who, row) for who, row in self.people.items()},
            {name: row[0] for name, row in self.identities.items()},
            {
                name: Credential(name, row[0], row[1], row[2], row[4] is not None)
                for name, row in self.credentials.items()
            },
            tuple(_delegation(name, row) for name, row in sorted(self.delegations.items())),
        )

    def witness(self, entry: Entry) -> None:
        """Check by whom an entry of the ledger's own chain is, as of those before it."""
        if (wrong := self.misfit(entry, "local")) is not None:
            self.problems.append(wrong)
            return
        name = entry.body.get("proof", {}).get("credential")
        if name is not None and self.credentials[name][-1] is not None:
            self.problems.append(f"{_told(entry)} shows a credential that was not in force then")

    def _enter(self, who: str, body: Mapping[str, Any], at: str) -> None:
        _, since, away, _ = self.people.get(who, ("", at, None, None))
        self.people[who] = (rows.dump_texts(body["roles"]), since, away, None)
        for name in body.get("identities", ()):
            self.identities[name] = (who, at)

    def _leave(self, who: str, at: str) -> None:
        _end(self.people, who, at)
        for name, one in self.credentials.items():
            if one[0] == who:
                _end(self.credentials, name, at)
        for name, one in self.delegations.items():
            if who in one[:2]:
                _end(self.delegations, name, at)

    def misfit(self, entry: Entry, weakest: str) -> str | None:
        """Return why an answer is not by who it says, or is too weak; None when it is."""
        told = _told(entry)
        if STRENGTH.get(entry.auth, 0) < STRENGTH.get(weakest, 2):  # pyright: ignore[reportArgumentType, reportCallIssue] - from outside
            return f"{told} is {entry.auth}, and what it answers takes {weakest} at least"
        if entry.auth not in ("token", "signed"):
            return None
        proof: Mapping[str, str] = entry.body.get("proof", {})
        key = self.credentials.get(proof.get("credential", ""))
        kind = "key" if entry.auth == "signed" else "token"
        folded = person(entry.actor)
        behind = self.identities.get(folded, (folded,))[0]
        if key is None or key[:2] != (behind, kind):
            return f"{told} is {entry.auth} by a credential that no entry gave them"
        return self._unsigned(entry, proof, str(key[2]), told) if kind == "key" else None

    def _unsigned(
        self, entry: Entry, proof: Mapping[str, str], public: str, told: str
    ) -> str | None:
        if not holds(public, proof.get("signature", ""), ballot_of(entry).signed):
            return f"{told} has a signature that does not hold: it was forged or edited"
        asked: Mapping[str, Any] = entry.body.get("asked", {})
        known = {"call_id": entry.chain, "to": entry.state, **entry.body}
        several = entry.kind == "erased"  # one word may erase many calls
        strict = not several and entry.kind not in PEOPLE_KINDS
        if strict and any(known.get(name, asked[name]) != asked[name] for name in asked):
            return f"{told} says another thing than was signed: it was edited"
        nonce, use = proof.get("nonce", ""), str(asked) if several else entry.id
        if self.nonces.setdefault(nonce, use) != use:
            return f"{told} has the signature of entry `{self.nonces[nonce]}`: it was used twice"
        return None


def _person(who: str, row: tuple[Any, ...]) -> Person:
    roles: list[str] = decode(row[0].encode())
    return Person(who, frozenset(roles), row[-1] is not None)


def _delegation(name: str, row: tuple[Any, ...]) -> Delegation:
    ends = min(row[3], row[4] or row[3])
    return Delegation(name, row[0], row[1], parse_stamp(row[2]), parse_stamp(ends))


def _told(entry: Entry) -> str:
    return f"entry `{entry.id}`: `{entry.kind}` by `{entry.actor}`"


def ballot_of(entry: Entry) -> Ballot:
    """Return what the signature of an entry covers, from the entry alone."""
    body, proof = entry.body, entry.body["proof"]
    said = (proof.get("policy", ""), proof.get("principal", ""), proof.get("nonce", ""))
    if entry.kind in PEOPLE_KINDS:
        asked = digest(_ACT, dict(body["asked"]))
        return Ballot(PEOPLE, "", asked, entry.kind, *said, "")
    if "asked" in body:
        return act_ballot(entry.kind, body["asked"], dict(zip(_NAMED, said, strict=True)))
    word = body.get("how") or body.get("finding") or entry.kind
    call = body.get("call_id", entry.chain)  # of a word that changes no state of the call
    ref, answer = body.get("request_id", call), body.get("answer", word)
    content = proof.get("content", "")
    return Ballot(ref, call, body["digest"], answer, *said, body["reason"], content)


def _end(known: RowsByKey, name: str, at: str) -> None:
    """Say when one ended, once; the last of its members."""
    *rest, ended = known[name]
    known[name] = (*rest, ended or at)


_TABLES: Final[tuple[tuple[str, Table, tuple[str, ...], str], ...]] = (
    (
        "people",
        tables.people,
        ("principal", "roles", "added_at", "away_until", "revoked_at"),
        "person",
    ),
    ("identities", tables.identities, ("identity", "principal", "added_at"), "name"),
    (
        "credentials",
        tables.credentials,
        ("id", "principal", "kind", "public", "added_at", "revoked_at"),
        "credential",
    ),
    (
        "delegations",
        tables.delegations,
        ("id", "principal", "deputy", "since", "until", "revoked_at"),
        "delegation",
    ),
)


def misfits(
    answers: Sequence[Entry], asked: Mapping[str, Mapping[str, Any]], told: Enrolments | None
) -> Iterator[str]:
    """Name answers that are not by who they say, or weaker than their question takes."""
    told = told or Enrolments()
    for entry in answers:
        question = asked.get(str(entry.body.get("request_id")), {})
        weakest = question.get("terms", {}).get("auth", "local")
        approves = entry.body.get("answer") in ("approve", "respond", "break_glass")
        if (wrong := told.misfit(entry, weakest if approves else "local")) is not None:
            yield wrong


def people_differ(db: Connection, told: Enrolments | None) -> Iterator[str]:
    """Name who is not as the entries say, and who was enrolled by nobody who may."""
    told = told or Enrolments()
    yield from told.problems
    for name, table, columns, what in _TABLES:
        query = select(*(table.c[column] for column in columns))
        found = {row[0]: tuple(row[1:]) for row in db.execute(query)}
        said: RowsByKey = getattr(told, name)
        for key in sorted(found.keys() | said.keys()):
            if found.get(key) != said.get(key):
                yield f"the {what} `{key}` differs from its entries: it was edited"
