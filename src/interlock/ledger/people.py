"""Register: people, their names, credentials and deputies, and the nonces that they sign.

Every change but that of a nonce has its entry in the same transaction; `interlock.conduct.people`
writes it. A nonce changes nothing until it is part of an answer, whose entry holds it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from interlock.clock import stamp
from interlock.ledger import rows, tables
from interlock.ledger.approvals import approvals
from interlock.ledger.enrolments import PEOPLE_KINDS, Enrolments
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.snapshots import Snapshots
from interlock.ledger.statements import upsert
from interlock.path.people import Credential, Delegation, People, Person
from interlock.path.review import ReviewRequest

_EVERYONE = select(tables.people)
_NAMES = select(tables.identities)
_CREDENTIALS = select(tables.credentials)
_DELEGATIONS = select(tables.delegations).order_by(tables.delegations.c.id)


def everyone(ledger: Snapshots, db: Connection) -> People:
    """Return everyone that a ledger knows, as of now."""
    return ledger.once("people", lambda: SqlRegistry(db, ledger.time(db)).people())


def added_by(db: Connection) -> dict[str, str]:
    """Return by whom each credential was added, by its id, as the entries tell."""
    entries = tables.entries.c
    mine = (entries.chain == LEDGER_CHAIN) & (entries.kind == "credential_added")
    found = db.execute(select(entries.actor, entries.body).where(mine)).mappings()
    return {str(rows.read_body(row)["id"]): str(row["actor"]) for row in found}


class SqlRegistry:
    """The people of a ledger, inside one transaction at one time."""

    def __init__(self, db: Connection, at: datetime) -> None:
        """Read and write over an open connection."""
        self._db = db
        self._at = at

    def people(self) -> People:
        """Return everyone, as of now; one look where nobody was added."""
        found = self._db.execute(_EVERYONE).mappings().all()
        if not found:
            return People(self._at)
        persons = [rows.read_person(row) for row in found]
        names = self._db.execute(_NAMES).mappings()
        credentials = self._db.execute(_CREDENTIALS).mappings()
        delegations = self._db.execute(_DELEGATIONS).mappings()
        return People(
            self._at,
            {one.principal: one for one in persons},
            {row["identity"]: row["principal"] for row in names},
            {row["id"]: rows.read_credential(row) for row in credentials},
            tuple(rows.read_delegation(row) for row in delegations),
        )

    def is_founded(self) -> bool:
        """Return whether anybody was ever a registrar, as the entries tell."""
        told, entries = Enrolments(), tables.entries
        mine = (entries.c.chain == LEDGER_CHAIN) & entries.c.kind.in_(PEOPLE_KINDS)
        query = select(entries).where(mine).order_by(entries.c.position)
        for row in self._db.execute(query).mappings():
            told.learn(rows.read_entry(row))
        return told.is_founded

    def breakers(self, call_id: str) -> tuple[str, ...]:
        """Return who broke the glass for a call, whichever question of it they answered."""
        votes, asked = tables.votes.c, tables.requests.c
        query = select(votes.by).join(tables.requests, asked.id == votes.request_id)
        mine = query.where(asked.call_id == call_id, votes.answer == "break_glass")
        return tuple(self._db.execute(mine.order_by(votes.seq)).scalars())

    def agents(self) -> tuple[str, ...]:
        """Return the ids of all agents that ever proposed a call."""
        return tuple(self._db.execute(select(tables.calls.c.agent).distinct()).scalars())

    def open_requests(self) -> list[ReviewRequest]:
        """Return the questions about calls that are open, oldest first; no probe's."""
        asked, calls = tables.requests.c, tables.calls.c
        mine = select(tables.requests).join(tables.calls, calls.id == asked.call_id)
        still = mine.where(asked.state == "open", calls.state == "pending")
        found = self._db.execute(still.order_by(asked.created_at, asked.id)).mappings()
        return [rows.read_request(row) for row in found]

    def put_person(self, one: Person, identities: Iterable[str]) -> None:
        """Add a person, or what is new of one, and other names of theirs."""
        row = {"roles": rows.dump_texts(sorted(one.roles)), "revoked_at": None}
        table = tables.people
        statement = upsert(self._db, table).values(
            principal=one.principal, added_at=stamp(self._at), **row
        )
        self._db.execute(statement.on_conflict_do_update(index_elements=["principal"], set_=row))
        for name in identities:
            said = {"identity": name, "principal": one.principal, "added_at": stamp(self._at)}
            self._db.execute(insert(tables.identities), said)

    def approvals(self, people: People, who: str, since: datetime, limit: int) -> list[datetime]:
        """Return when somebody approved since a time, the newest first, at most `limit`."""
        return approvals(self._db, people, who, since, limit)

    def set_away(self, principal: str, until: datetime | None) -> None:
        """Say until when somebody is away; None: they are here."""
        mine = update(tables.people).where(tables.people.c.principal == principal)
        self._db.execute(mine.values(away_until=stamp(until) if until else None))

    def revoke_person(self, principal: str) -> None:
        """End somebody, their credentials, and every delegation from or to them."""
        people, given = tables.people.c, tables.delegations.c
        self._end(tables.people, people.principal == principal)
        self._end(tables.credentials, tables.credentials.c.principal == principal)
        self._end(tables.delegations, (given.principal == principal) | (given.deputy == principal))

    def add_credential(self, one: Credential) -> None:
        """Add what somebody shows who they are by."""
        names = ("id", "principal", "kind", "public")
        row = {name: getattr(one, name) for name in names}
        self._db.execute(insert(tables.credentials), {**row, "added_at": stamp(self._at)})

    def revoke_credential(self, credential_id: str) -> None:
        """End a credential."""
        self._end(tables.credentials, tables.credentials.c.id == credential_id)

    def add_delegation(self, one: Delegation) -> None:
        """Let somebody answer in somebody's place."""
        times = {"since": stamp(one.since), "until": stamp(one.until)}
        names = {name: getattr(one, name) for name in ("id", "principal", "deputy")}
        self._db.execute(insert(tables.delegations), {**names, **times})

    def end_delegation(self, delegation_id: str) -> None:
        """End a delegation before its time."""
        self._end(tables.delegations, tables.delegations.c.id == delegation_id)

    def issue(self, nonce: str, ref: str, principal: str, for_s: float) -> None:
        """Keep a nonce for one person's answer about one thing; forget those too old to be used."""
        old = stamp(self._at - timedelta(seconds=for_s))
        self._db.execute(delete(tables.challenges).where(tables.challenges.c.issued_at < old))
        row = {"nonce": nonce, "request_id": ref, "principal": principal}
        self._db.execute(insert(tables.challenges), {**row, "issued_at": stamp(self._at)})

    def redeem(self, nonce: str, ref: str, principal: str, for_s: float) -> bool:
        """Use a nonce up; False where it is none of this person for this, too old, or was used."""
        known = tables.challenges.c
        mine = (known.nonce == nonce) & (known.request_id == ref) & (known.principal == principal)
        fresh = known.issued_at > stamp(self._at - timedelta(seconds=for_s))
        fresh &= known.issued_at <= stamp(self._at)  # a clock that stepped back makes none younger
        unused = update(tables.challenges).where(mine, fresh, known.used_at.is_(None))
        return self._db.execute(unused.values(used_at=stamp(self._at))).rowcount == 1

    def _end(self, table: Table, which: ColumnElement[bool]) -> None:
        still = update(table).where(which, table.c.revoked_at.is_(None))
        self._db.execute(still.values(revoked_at=stamp(self._at)))
