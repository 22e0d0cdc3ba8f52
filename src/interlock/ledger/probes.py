"""Pose: probes in rows of their own, and the queue that shows them among the calls that wait.

A probe has a chain of entries, a question and a place in the queue as a call has, and no row among
calls: whatever claims, resumes, delivers again or counts calls finds nothing of it. People are
shown it under host and thread of the call that it is made of; its digest is over a key of its own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Select, insert, literal_column, or_, select, update

from interlock.autonomy.sampling import number
from interlock.canon import fingerprint
from interlock.clock import stamp
from interlock.conduct.values import Call, Disclosure, Posed, Probe, ProbeKind, probe_key
from interlock.errors import StaleTransition, UnknownId
from interlock.ledger import rows, tables
from interlock.ledger.commitments import committed
from interlock.ledger.vault import Vault
from interlock.path.proposal import Proposal
from interlock.path.record import GENESIS, Step, check
from interlock.path.review import ReviewRequest

_PROBES, _CALLS, _REQUESTS = tables.probes.c, tables.calls.c, tables.requests.c
_VOTES = tables.votes.c

_OWN: Final = (
    "kind", "of", "how", "came_to", "state", "version", "head", "digest", "canonical", "nonce",
    "judgement",
)  # fmt: skip
_REAL: Final = (
    "tenant",
    "host",
    "thread_id",
    "tool",
    "tool_schema",
    "context",
    "claim",
    "position",
)
READ: Final[Select[Any]] = (
    select(_PROBES.call_id.label("id"), *(_PROBES[name] for name in _OWN))
    .add_columns(*(_CALLS[name] for name in _REAL))
    .add_columns(_REQUESTS.id.label("request_id"), _REQUESTS.created_at)
    .join(tables.calls, _CALLS.id == _PROBES.of)
    .join(tables.requests, _REQUESTS.call_id == _PROBES.call_id)
)
_POSED: Final = READ.where(_PROBES.state == literal_column("'posed'"))  # for its index
_NEVER: Final[Mapping[str, Any]] = {
    "revision": 0, "editors": "[]", "fence": 0, "lease_until": None, "outcome": None,
    "answer": None,
}  # fmt: skip
"""What no probe ever has of a call."""

Write: TypeAlias = Callable[[str, str, int, Sequence[Step]], str]
"""Adds entries to a chain, by its name, head and length; returns the new head."""


class ProbeRows:
    """The probes, in one transaction."""

    def __init__(self, db: Connection, vault: Vault, write: Write) -> None:
        """Work inside an open transaction."""
        self._db, self._vault, self._write = db, vault, write

    def draw(self, name: str, ref: str) -> float:
        """Draw a number from 0 to 1 for an id; see `interlock.autonomy.sampling`."""
        return number(self._vault.sampling_key, name, ref)

    def are_made(self, kind: ProbeKind, of: str) -> bool:
        """Whether a probe of a kind was made of a call before."""
        mine = select(_PROBES.call_id).where(_PROBES.of == of, _PROBES.kind == kind)
        return self._db.execute(mine).first() is not None

    def canaried(self) -> frozenset[str]:
        """Return the routes at which a canary is posed now."""
        found = self._db.execute(_POSED.where(_PROBES.kind == "canary")).mappings()
        asked = [request_of(self._db, row["id"]) for row in found]
        return frozenset(request.terms.route or "" for request in asked)

    def is_asked(self, proposal: Proposal) -> bool:
        """Whether people are asked the same of the same agent now, by a call or a probe."""
        mine = (
            (_CALLS.tenant == proposal.key.tenant)
            & (_CALLS.agent == proposal.context.agent.id)
            & (_CALLS.tool == proposal.tool)
        )
        mark = fingerprint(self._vault.fingerprint_key, "args", proposal.canonical)
        waits = _CALLS.state == literal_column("'pending'")
        real = select(_CALLS.id).where(mine, waits, _CALLS.fingerprint == mark)
        posed = _POSED.where(mine, _PROBES.canonical == proposal.canonical)
        return any(self._db.execute(each.limit(1)).first() for each in (real, posed))

    def pose(self, posed: Posed, step: Step) -> None:
        """Add a probe with its first entry; its request is opened beside it."""
        judged = {"judgement": posed.judgement}
        steps, columns = committed([step], posed.proposal.nonce, judged)
        probe, proposal = posed.probe, posed.proposal
        row = {
            "call_id": posed.id,
            **{name: getattr(probe, name) for name in ("kind", "of", "how", "came_to")},
            "state": check("new", (step.to for step in steps)),
            "version": len(steps),
            "head": self._write(posed.id, GENESIS, 0, steps),
            "digest": proposal.digest,
            "canonical": proposal.canonical,
            "nonce": proposal.nonce,
        }
        self._db.execute(insert(tables.probes).values({**row, **columns}))

    def asked(self, ref: str) -> tuple[Posed, ReviewRequest] | None:
        """Return a probe, by its own id or its request's; None where it is no probe's."""
        named = or_(_REQUESTS.id == ref, _PROBES.call_id == ref)
        query = READ.where(named).with_for_update(of=tables.probes)
        row = self._db.execute(query).mappings().first()
        return None if row is None else (read(row), request_of(self._db, row["id"]))

    def shown(self, probe_id: str) -> Posed | None:
        """Return a probe in the form of its call, so that it is refused in a call's own words.

        What is done to that changes nothing: it stands nowhere among calls.
        """
        row = self._db.execute(READ.where(_PROBES.call_id == probe_id)).mappings().first()
        return None if row is None else _shown(row)

    def advance(self, call: Posed, steps: Sequence[Step], came_to: Disclosure | None) -> Posed:
        """Compare and set, as with a call. Raises `StaleTransition` when the probe moved on."""
        state = check(call.state, (step.to for step in steps))
        mine, version = _PROBES.call_id == call.id, call.version + len(steps)
        unmoved = mine & (_PROBES.version == call.version) & (_PROBES.state == call.state)
        moved = {"state": state, "version": version, "came_to": came_to}
        if self._db.execute(update(tables.probes).where(unmoved).values(moved)).rowcount != 1:
            raise StaleTransition(f"call `{call.id}` moved on from {call.state}; read it again")
        head = self._write(call.id, call.head, call.version, steps)
        self._db.execute(update(tables.probes).where(mine).values(head=head))
        ended = replace(call.probe, came_to=came_to)
        return replace(call, state=state, version=version, head=head, probe=ended)


def read(row: rows.Row) -> Posed:
    """Read a probe as it is."""
    key = rows.dump_texts(probe_key(row["id"], row["tenant"]))
    call = rows.read_call({**_NEVER, **row, "key": key})
    made = Probe(row["kind"], row["of"], row["how"], row["came_to"])
    names = (name for name in Call.__slots__)
    return Posed(**{name: getattr(call, name) for name in names}, probe=made)


def _shown(row: rows.Row) -> Posed:
    """Read a probe as people see it: as one more call of the same thread, which waits."""
    posed = read(row)
    key = posed.key._replace(host=row["host"], thread_id=row["thread_id"])
    state = "pending" if posed.state == "posed" else posed.state
    return replace(posed, state=state, proposal=replace(posed.proposal, key=key))


def request_of(db: Connection, call_id: str) -> ReviewRequest:
    """Read the question of a probe, with who decided the same before."""
    query = select(tables.requests).where(_REQUESTS.call_id == call_id)
    request = rows.read_request(db.execute(query).mappings().one())
    real = select(_PROBES.of).where(_PROBES.call_id == call_id, _PROBES.kind == "second_look")
    asked = select(_REQUESTS.id).where(_REQUESTS.call_id.in_(real))
    said = select(_VOTES.by).where(_VOTES.request_id.in_(asked))
    return replace(request, unsaid=frozenset(db.execute(said).scalars()))


def waiting(
    db: Connection,
    thread: str | None = None,
    tenant: str | None = None,
    after: Call | None = None,
    without: Collection[str] = (),
) -> list[tuple[Call, ReviewRequest]]:
    """Return what is posed as calls that wait, in the order of the queue."""
    query = _POSED.where(_PROBES.call_id.not_in([*without]))
    query = query if thread is None else query.where(_CALLS.thread_id == thread)
    query = query if tenant is None else query.where(_CALLS.tenant == tenant)
    found = [_shown(row) for row in db.execute(query).mappings()]
    behind = [call for call in found if after is None or _place(call) > _place(after)]
    return [(call, request_of(db, call.id)) for call in sorted(behind, key=_place)]


def merged(
    calls: Iterable[tuple[Call, ReviewRequest]],
    probes: Iterable[tuple[Call, ReviewRequest]],
    limit: int | None,
) -> list[tuple[Call, ReviewRequest]]:
    """Put both into the order of the queue, and cut what is too much."""
    return sorted([*calls, *probes], key=lambda each: _place(each[0]))[:limit]


def _place(call: Call) -> tuple[str, int, str]:
    return stamp(call.created_at), call.position, call.id


def of_calls(db: Connection, ids: Collection[str]) -> list[Posed]:
    """Return the probes that are made of some calls, as they are."""
    return [read(row) for row in db.execute(READ.where(_PROBES.of.in_(ids))).mappings()]


def blank(db: Connection, probe_id: str, erased: bytes) -> None:
    """Write what says nothing over what a probe said."""
    gone = {"canonical": erased, "nonce": "", "judgement": None}
    db.execute(update(tables.probes).where(_PROBES.call_id == probe_id).values(gone))


def find(db: Connection, call_id: str) -> Posed:
    """Return a probe as people see it. Raises `UnknownId`."""
    row = db.execute(READ.where(_PROBES.call_id == call_id)).mappings().first()
    if row is None:
        raise UnknownId(f"no call `{call_id}`; see `interlock inbox`")
    return _shown(row)
