"""Read: what sealed entries tell of agents' work, and keep what was folded from it.

Facts are made of entries alone, in the order of their leaves, so that whoever has the log makes the
same ones. What was archived tells nothing any more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from interlock.autonomy.career import LEVEL_BEGUN, PROMOTION_ENDED, SETS
from interlock.autonomy.evidence import (
    Acted,
    ActionOutcome,
    CallPlace,
    Correction,
    Found,
    Versions,
)
from interlock.autonomy.tally import AgentName, AgentWork, LevelEntered, TallyFact
from interlock.canon import decode
from interlock.clock import parse_stamp
from interlock.conduct.auditing import FINDING
from interlock.conduct.levels import TallyPage
from interlock.ledger import tables
from interlock.ledger.levels import POSITION
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.rows import Row
from interlock.ledger.store import SqlLedger

_ENTRIES, _EVIDENCE = tables.entries.c, tables.evidence.c


_VERDICTS: Final[Mapping[str, Correction]] = {
    "fine": "right",
    "error": "audit_error",
    "harm": "audit_harm",
}
_ENDS: Final = (
    *("released", "redacted", "withheld", "destroyed"),
    *("rejected", "vetoed", "superseded"),
)
"""States in which a call ended in a way that tells of its agent."""

_LEVELS: Final = (*sorted(SETS), LEVEL_BEGUN, PROMOTION_ENDED)
_ANEW: Final = frozenset({"denied", "expired"})
"""Ends of a question after which exposure begins anew."""

_MADE_OF: Final = (
    *("proposed", "decided", "asked", "claimed", "voted"),
    *("done", "failed", "settled", "quarantined"),
)
"""Kinds of entries of a call that a fact is made of, besides its last."""


class TallyRows:
    """The log and what was folded from it; each method reads one snapshot."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Read `ledger`."""
        self._ledger = ledger

    def upto(self) -> int:
        """Return the first leaf that was not read."""
        query = select(_EVIDENCE.upto).where(
            _EVIDENCE.tenant == POSITION[0], _EVIDENCE.agent == POSITION[1]
        )
        with self._ledger.read() as db:
            return int(db.execute(query).scalar() or 0)

    def page(self, start: int, most: int) -> TallyPage:
        """Read at most so many leaves, from one on."""
        with self._ledger.read() as db:
            sealed = int(db.execute(select(func.max(tables.checkpoints.c.size))).scalar() or 0)
            upto = max(start, min(sealed, start + most))
            return TallyPage(tuple(facts(db, start, upto)), upto)

    def works(self, agents: Iterable[str]) -> dict[AgentName, AgentWork]:
        """Return what is known of the work of some agents, of every tenant."""
        query = select(tables.evidence).where(_EVIDENCE.agent.in_([*agents]), _EVIDENCE.body != "")
        with self._ledger.read() as db:
            rows = db.execute(query).all()
        return {(row.tenant, row.agent): AgentWork.from_text(row.body) for row in rows}

    def names(self) -> list[AgentName]:
        """Return of whom anything is known, in order."""
        query = select(_EVIDENCE.tenant, _EVIDENCE.agent).where(_EVIDENCE.body != "")
        with self._ledger.read() as db:
            return sorted((row.tenant, row.agent) for row in db.execute(query))


def facts(db: Connection, start: int, upto: int) -> Iterator[TallyFact]:
    """Yield what leaves tell, from one to before another, in their order."""
    entry = _ENTRIES
    of_calls = and_(entry.chain != LEDGER_CHAIN, entry.state.in_(_ENDS))
    of_ledger = and_(entry.chain == LEDGER_CHAIN, entry.kind.in_((*_LEVELS, FINDING)))
    part = entry.leaf_index.between(start, upto - 1)
    query = select(*_READ).where(part, or_(of_calls, of_ledger)).order_by(entry.leaf_index)
    lines = [_line(row) for row in db.execute(query).mappings()] if upto > start else []
    looked_at = {str(line.body["call_id"]) for line in lines if line.kind == FINDING}
    ended = {line.chain for line in lines if line.chain != LEDGER_CHAIN}
    chains = _chains(db, ended | looked_at)
    for line in lines:
        noted = line.chain == LEDGER_CHAIN
        fact = _told(line, chains) if noted else _acted(line.chain, chains[line.chain])
        if fact is not None:
            yield fact


_READ: Final = (
    *(_ENTRIES.leaf_index, _ENTRIES.chain, _ENTRIES.kind, _ENTRIES.state, _ENTRIES.at),
    _ENTRIES.body,
)


class _Line(NamedTuple):
    """One entry."""

    leaf: int
    """Its place in the tree; -1 as long as it has none."""
    chain: str
    kind: str
    state: str
    at: str
    body: Mapping[str, Any]


def _line(row: Row) -> _Line:
    leaf = -1 if row["leaf_index"] is None else row["leaf_index"]
    named = (row["chain"], row["kind"], row["state"], row["at"])
    return _Line(leaf, *named, decode(row["body"].encode()))


def _chains(db: Connection, names: Collection[str]) -> Mapping[str, list[_Line]]:
    """Return what calls' facts are made of, in the order of each chain."""
    found = defaultdict[str, list[_Line]](list)
    entry = _ENTRIES
    made_of = or_(entry.kind.in_(_MADE_OF), entry.state.in_(_ENDS))
    query = select(*_READ).where(entry.chain.in_([*names]), made_of)
    ordered = query.order_by(entry.chain, entry.position)
    for row in db.execute(ordered).mappings() if names else ():
        found[row["chain"]].append(_line(row))
    return found


def _told(line: _Line, chains: Mapping[str, list[_Line]]) -> TallyFact | None:
    """Read what an entry of the ledger's own chain tells; None where that is nothing."""
    seq, at, body = line.leaf + 1, parse_stamp(line.at), line.body
    if line.kind == FINDING:
        call = str(body["call_id"])
        acted = _acted(call, chains.get(call, []))
        verdict = _VERDICTS.get(str(body.get("verdict")))
        return None if acted is None or verdict is None else Found(seq, at, acted, verdict)
    whose = (str(body["tenant"]), str(body["agent"]))
    if line.kind == PROMOTION_ENDED:
        anew = body["how"] in _ANEW
        return LevelEntered(seq, at, *whose, int(body["level"]), is_set=False) if anew else None
    return LevelEntered(seq, at, *whose, int(body["to"]), is_set=line.kind in SETS)


def _acted(call: str, lines: Sequence[_Line]) -> Acted | None:
    """Read how a call ended; None where that tells nothing of its agent."""
    if not lines or lines[0].kind != "proposed" or lines[-1].state not in _ENDS:
        return None
    outcome, end = _outcome(lines), lines[-1]
    if outcome is None or end.leaf < 0:
        return None
    said = lines[0].body
    agent = said["agent"]
    decided = [one for line in lines if (one := _decision(line)) is not None]
    schema, tool = str(said.get("tool_schema", "")), str(said["tool"])
    place = CallPlace(str(said["call_key"][0]), str(agent["id"]), "", tool)
    return Acted(
        seq=end.leaf + 1,
        at=parse_stamp(end.at),
        place=place,
        level=int(decided[-1]["level"]) if decided else 0,
        outcome=outcome,
        versions=Versions(agent.get("model") or "", agent.get("version") or "", schema),
        owner=agent.get("owner") or "",
        call_id=call,
    )


def _decision(line: _Line) -> Mapping[str, Any] | None:
    return line.body if line.kind == "decided" else line.body.get("decided")


def _outcome(lines: Sequence[_Line]) -> ActionOutcome | None:
    """Say how a call went, as far as its end tells; None where it is not its agent's doing."""
    end = lines[-1]
    match end.state:
        case "rejected" | "vetoed":
            return "rejected"
        case "superseded":
            return "edited" if end.kind == "voted" else None
        case "destroyed":
            return "quarantine_confirmed"
        case _:
            return None if lines[0].body.get("editors") else _ran(lines)


def _ran(lines: Sequence[_Line]) -> ActionOutcome:
    """Say how a call went that ran as its agent proposed it."""
    runs = [line for line in lines if line.state in ("done", "failed")]
    if any(line.state == "quarantined" for line in lines):
        return "right" if lines[-1].state == "released" else "quarantine_confirmed"
    if (runs and runs[-1].state == "failed") or any("breach" in line.body for line in runs):
        return "tool_failed"
    approved = any(line.kind == "voted" and line.body.get("answer") == "approve" for line in lines)
    return "right" if approved else "unseen"
