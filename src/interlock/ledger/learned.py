"""Keep: what signals learned, and the ended calls that they learn from.

Everything here is derived from calls and entries: nothing is proved by it, `verify` does not look
at it, and it can be made again from what is left. Whoever could write here could only change what
people are asked about, never what may run.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from interlock.canon import decode
from interlock.clock import parse_stamp, stamp
from interlock.conduct.auditing import FINDING
from interlock.conduct.learning import LearnedName, Lesson, Page, model_name
from interlock.conduct.retrying import retried
from interlock.errors import CanonError
from interlock.ledger import tables
from interlock.ledger.prepared import Prepared
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.rows import Row
from interlock.ledger.statements import IN_THREAD, NEWEST, upsert
from interlock.ledger.store import SqlLedger
from interlock.path.proposal import Agent, CallKey
from interlock.path.record import TRANSITIONS
from interlock.signals.observation import Observation, observe
from interlock.signals.sighting import Sighting

_CALLS, _ENTRIES, _LEARNED = tables.calls.c, tables.entries.c, tables.learned.c
_ARGUMENTS, _VOTES, _PROBES = tables.arguments.c, tables.votes.c, tables.probes.c

_ENDS: Final = tuple(state for state, after in TRANSITIONS.items() if not after)
_POSITION: Final = LearnedName("", "", "position")
_NAME: Final = (_LEARNED.tenant, _LEARNED.agent, _LEARNED.kind, _LEARNED.model)

_PASSED: Final = frozenset({"released", "redacted"})
_REFUSED: Final = frozenset({"rejected", "vetoed", "destroyed"})
"""Ends by which a person, or what they held, said that a call was wrong."""


_DISPROVED: Final = frozenset({"disagreed", "found"})
"""Faults by which it turned out that a call was wrong, whatever it ended as."""

_RECENT: Final = Prepared(
    select(_CALLS.key, _CALLS.observation)
    .where(IN_THREAD, _CALLS.observation.is_not(None), _CALLS.state != "superseded")
    .order_by(*NEWEST)
    .limit(bindparam("most", type_=Integer))
)


class LearnedRows:
    """What is learned, in a ledger; each method reads one snapshot or commits at once."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Keep it in `ledger`."""
        self._ledger = ledger

    @property
    def key(self) -> bytes:
        """The key under which things are known again; it lies in the state directory."""
        return self._ledger.vault.observation_key

    def upto(self) -> int:
        """Return the first leaf that was not learned from."""
        query = select(_LEARNED.upto).where(tuple_(*_NAME) == _POSITION)
        with self._ledger.read() as db:
            return int(db.execute(query).scalar() or 0)

    def page(self, start: int, most: int, *, look: bool = False) -> Page:
        """Read at most so many leaves, from one on; what was archived or erased teaches nothing."""
        part = _ENTRIES.leaf_index.between(start, start + most - 1)
        ended = select(_ENTRIES.chain, _ENTRIES.kind).where(part, _ENTRIES.state.in_(_ENDS))
        with self._ledger.read() as db:
            sealed = int(db.execute(select(func.max(tables.checkpoints.c.size))).scalar() or 0)
            rows = db.execute(ended.order_by(_ENTRIES.leaf_index)).all()
            ends = {row.chain: row.kind for row in rows}
            found = _found_at_fault(db, _ENTRIES.leaf_index >= start if look else part)
            lessons = [*self._lessons(db, ends, found & ends.keys(), look=look)]
            if not look:  # else what was found later is heeded with the call itself
                lessons += self._corrections(db, found - ends.keys(), start)
        return Page(tuple(lessons), max(start, min(sealed, start + most)))

    def recall(self, names: Iterable[LearnedName]) -> dict[LearnedName, str]:
        """Return what is kept under names."""
        query = select(*_NAME, _LEARNED.body).where(tuple_(*_NAME).in_([*names]))
        with self._ledger.read() as db:
            return {LearnedName(*row[:4]): row.body for row in db.execute(query)}

    def names(self) -> list[LearnedName]:
        """Return of whom anything was learned, in order."""
        query = select(*_NAME).where(_LEARNED.kind != _POSITION.kind).order_by(*_NAME)
        with self._ledger.read() as db:
            return [LearnedName(*row) for row in db.execute(query)]

    def recent(
        self, tenant: str, host: str, thread: str, most: int
    ) -> list[tuple[tuple[str, str], Observation]]:
        """Return the last calls of a thread that were observed, oldest first, each with its turn.

        A turn is named by its checkpoint namespace and the id of its message.
        """
        given = {"tenant": tenant, "host": host, "thread_id": thread, "most": most}
        with self._ledger.read() as db:
            found = [*reversed(_RECENT.rows(db, given))]
        seen = [(CallKey(*decode(row["key"].encode())), row["observation"]) for row in found]
        sightings = [(key, Sighting.from_text(text)) for key, text in seen]
        return [((key.checkpoint_ns, key.turn_id), one.call) for key, one in sightings if one]

    def changed(self, since: int) -> list[tuple[LearnedName, int]]:
        """Return what was learned from leaves from one on, and up to where."""
        query = select(*_NAME, _LEARNED.upto).where(_LEARNED.upto > since)
        with self._ledger.read() as db:
            found = [(LearnedName(*row[:4]), row.upto) for row in db.execute(query)]
        return [each for each in found if each[0] != _POSITION]

    def keep(
        self, start: int, upto: int, learned: Mapping[LearnedName, str], *, anew: bool = False
    ) -> bool:
        """Keep what the leaves from `start` on taught; False where somebody else did.

        The position moves by compare-and-set in the same transaction: nothing is learned twice.
        """
        return retried(self._ledger.clock, lambda: self._keep(start, upto, learned, anew=anew))

    def _keep(
        self, start: int, upto: int, learned: Mapping[LearnedName, str], *, anew: bool
    ) -> bool:
        with self._ledger.begin() as tx:
            db, at = tx.connection, stamp(tx.now())
            place = {**_POSITION._asdict(), "upto": 0, "body": "", "at": at}
            db.execute(upsert(db, tables.learned).values(place).on_conflict_do_nothing())
            mine = (tuple_(*_NAME) == _POSITION) & (_LEARNED.upto == start)
            moved = update(tables.learned).where(mine).values(upto=upto, at=at)
            if db.execute(moved).rowcount != 1:
                return False
            if anew:
                db.execute(delete(tables.learned).where(_LEARNED.kind != _POSITION.kind))
            for name, body in learned.items():
                said = {"upto": upto, "body": body, "at": at}
                put = upsert(db, tables.learned).values(**name._asdict(), **said)
                db.execute(put.on_conflict_do_update(index_elements=[*_NAME], set_=said))
        return True

    def _corrections(self, db: Connection, calls: Collection[str], start: int) -> list[Lesson]:
        """Return what calls taught that ended before a leaf, to be taken back."""
        ended = _ENTRIES.chain.in_(calls) & _ENTRIES.state.in_(_ENDS)
        query = select(_ENTRIES.chain, _ENTRIES.kind).where(ended, _ENTRIES.leaf_index < start)
        ends = {row.chain: row.kind for row in db.execute(query)} if calls else {}
        return [each._replace(corrects=True) for each in self._lessons(db, ends, (), look=False)]

    def _lessons(
        self, db: Connection, ends: Mapping[str, str], at_fault: Collection[str], *, look: bool
    ) -> Iterable[Lesson]:
        faults = {**_faults(db, ends), **dict.fromkeys(at_fault, "found")}
        query = (
            select(tables.calls, _ARGUMENTS.canonical)
            .join(tables.arguments, _ARGUMENTS.call_id == _CALLS.id)
            .where(_CALLS.id.in_(ends), _ARGUMENTS.nonce != "")
        )
        found = {row["id"]: row for row in db.execute(query).mappings()}
        key = self.key if look else None
        return [
            lesson
            for name in ends
            if name in found
            and (lesson := _lesson(found[name], ends[name], faults.get(name, ""), key)) is not None
        ]


def _found_at_fault(db: Connection, where: ColumnElement[bool]) -> set[str]:
    """Return the calls with which audits found fault, by some entries."""
    found = select(_ENTRIES.body).where(_ENTRIES.chain == LEDGER_CHAIN, _ENTRIES.kind == FINDING)
    said = [decode(text.encode()) for text in db.execute(found.where(where)).scalars()]
    return {str(each["call_id"]) for each in said if each["verdict"] != "fine"}


def _faults(db: Connection, calls: Collection[str]) -> dict[str, str]:
    """Return calls about which more is known than their end, and what."""
    asked, requests = [*calls], tables.requests.c
    held = select(_ENTRIES.chain).where(_ENTRIES.chain.in_(asked), _ENTRIES.state == "quarantined")
    doubted = select(_PROBES.of).where(_PROBES.of.in_(asked), _PROBES.came_to == "disagreed")
    broken = (
        select(requests.call_id)
        .join(tables.votes, _VOTES.request_id == requests.id)
        .where(requests.call_id.in_(asked), _VOTES.answer == "break_glass")
    )
    found = dict.fromkeys(db.execute(held).scalars(), "quarantined")
    found |= dict.fromkeys(db.execute(doubted).scalars(), "disagreed")
    return found | dict.fromkeys(db.execute(broken).scalars(), "broken")


def _lesson(row: Row, end: str, fault: str, key: bytes | None) -> Lesson | None:
    """Read what a call teaches; None of a row that cannot be read, which `verify` names."""
    try:
        agent = Agent(*decode(row["context"].encode())["agent"])
        judged: dict[str, Any] = decode(row["judgement"].encode()) if row["judgement"] else {}
        return Lesson(
            tenant=row["tenant"],
            agent=row["agent"],
            model=model_name(agent),
            thread=row["thread_id"],
            tool=row["tool"],
            tool_class=judged.get("effect", ""),
            sighting=_sighting(row, key),
            usual=_ran(row) and not fault and row["editors"] == "[]",
            right=_right(row, end, fault),
        )
    except (ValueError, LookupError, TypeError, AttributeError, CanonError):
        return None


def _sighting(row: Row, key: bytes | None) -> Sighting | None:
    if row["observation"]:
        return Sighting.from_text(row["observation"])
    if key is None:
        return None
    at_s = parse_stamp(row["created_at"]).timestamp()
    seen = observe(row["tool"], decode(bytes(row["canonical"])), key, at_s=at_s)
    claimed, _ = decode(row["claim"].encode())
    said = {} if claimed is None else {"declared": float(claimed)}
    return Sighting(seen, said=said) if isinstance(seen, Observation) else None


def _ran(row: Row) -> bool:
    return row["outcome"] == "done" and row["state"] in _PASSED


def _right(row: Row, end: str, fault: str) -> bool | None:
    """Say whether an agent's proposal was right, as far as its end tells."""
    if fault == "broken" or row["editors"] != "[]":
        return None
    edited = row["state"] == "superseded" and end != "constrained"
    if edited or row["outcome"] == "failed" or row["state"] in _REFUSED or fault in _DISPROVED:
        return False
    held = fault == "quarantined" and row["state"] != "released"
    return True if _ran(row) and not held else None
