"""Store: the ledger over SQLAlchemy Core, one transaction at a time."""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import DBAPIError

from interlock.canon import fingerprint
from interlock.clock import Clock, new_id, stamp
from interlock.conduct.retrying import retried
from interlock.conduct.values import Background, Call, Questions, SealedOutput, Timer, TimerKind
from interlock.errors import StaleTransition, UnknownId
from interlock.ledger import rows, runs, statements, tables, timers
from interlock.ledger.commitments import committed, held_commitment
from interlock.ledger.engine import explained, open_engine, pick
from interlock.ledger.halts import HaltRows
from interlock.ledger.heads import Heads
from interlock.ledger.levels import LevelRows
from interlock.ledger.notes import AuditKey
from interlock.ledger.people import SqlRegistry
from interlock.ledger.prepared import Prepared
from interlock.ledger.probes import ProbeRows
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.snapshots import Snapshots
from interlock.ledger.spare import Spare
from interlock.ledger.statements import upsert
from interlock.ledger.vault import Vault
from interlock.ledger.waking import Woken
from interlock.path.inspection import Inspection
from interlock.path.proof import PEOPLE
from interlock.path.proposal import CallKey, Proposal
from interlock.path.record import GENESIS, Entry, Step, chain, check
from interlock.path.review import RequestState, ReviewRequest, Vote
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.guardrails import Meter
from interlock.settings import LEDGER_BUSY_S


class SqlLedger(Snapshots):
    """A ledger in a SQL database."""

    def __init__(self, engine: Engine, vault: Vault, clock: Clock, url: str) -> None:
        """Serve an opened database."""
        super().__init__(engine, clock, url)
        self.vault = vault
        self.known: set[str] = set()
        """Policies and schemas that are known to be kept already."""
        self.audit_key = AuditKey(vault.folder / "audit.key")
        self.heads = Heads(vault.folder, url)
        self.wrote: Callable[[int], None] = _nobody
        """Hears how many entries a commit added."""
        self._spare = Spare(engine)

    @contextmanager
    def begin(self) -> Generator["SqlTransaction"]:
        """Open a writing transaction; commits on a clean exit, else leaves nothing."""
        self.require_no_page()
        with explained(self.url), self._spare.taken() as connection:
            connection.begin()
            tx = SqlTransaction(self, connection)
            yield tx
            tx.woken.tell(tx.now)
            try:
                connection.commit()
            except DBAPIError as error:
                if not (error.connection_invalidated and self._landed(tx.last)):
                    raise
        self.known |= tx.kept
        if tx.recorded:
            self.wrote(tx.recorded)

    def due(self, limit: int, lease_s: float, after: Timer | None = None) -> list[Timer]:
        """Return what is due, the longest overdue first, from behind `after`."""
        with self.read() as connection:
            return timers.due(connection, self.time(connection), limit, lease_s, after)

    def _landed(self, last: Entry | None) -> bool:
        """Whether a commit whose answer was lost took place: no other has its last entry's hash."""
        if last is None:
            return False
        entries = tables.entries.c
        query = select(entries.hash).where(
            entries.chain == last.chain, entries.position == last.position
        )

        def look() -> bool:
            with self.read() as connection:
                return connection.execute(query).scalar() == last.hash

        return retried(self.clock, look)

    def renew(self, call_id: str, fence: int, lease_s: float) -> bool:
        """Lengthen a lease; False when another claim overtook it."""
        calls = tables.calls
        mine = (calls.c.id == call_id) & (calls.c.fence == fence) & (calls.c.state == "executing")
        with explained(self.url), self.engine.begin() as connection:
            until = stamp(self.time(connection) + timedelta(seconds=lease_s))
            done = connection.execute(update(calls).where(mine).values(lease_until=until))
        return done.rowcount == 1

    def seal_entries(self) -> None:
        """Seal every entry under a signed head. Raises `LedgerError` where the key is not here."""
        from interlock.ledger.sealing import seal

        seal(self)

    def close(self) -> None:
        """Close all connections."""
        self._spare.close()
        self._reader.close()
        self.engine.dispose()


def open_ledger(url: str, vault: Vault, clock: Clock, busy_s: float = LEDGER_BUSY_S) -> SqlLedger:
    """Open the ledger at a URL or file. Raises `LedgerError` and its kinds."""
    return SqlLedger(open_engine(url, busy_s), vault, clock, pick(url).shown)


def _nobody(_: int) -> None:
    """Hear nothing."""


class SqlTransaction:
    """One unit of work; what it reads of a call it holds until it ends."""

    def __init__(self, ledger: SqlLedger, connection: Connection) -> None:
        """Work inside an open transaction."""
        self._ledger = ledger
        self._db, self.woken = connection, Woken(connection)
        self._switches = HaltRows(connection)
        self.kept: set[str] = set()
        self.recorded = 0
        """Entries that it added."""
        self.last: Entry | None = None
        """The last of them."""
        # Not cached properties: Python 3.11 has one lock for all of them, and a query may wait.
        self._read_now: datetime | None = None
        self._shared_registry: SqlRegistry | None = None

    @property
    def connection(self) -> Connection:
        """The open connection, for what no port asks for."""
        return self._db

    def lock(self, name: str) -> None:
        """Let one transaction at a time pass; SQLite has one writer anyway."""
        statements.lock(self._db, name)

    def now(self) -> datetime:
        """Return the time at which the transaction first asked for it."""
        return self._now

    @property
    def _now(self) -> datetime:
        if self._read_now is None:
            self._read_now = self._ledger.time(self._db)
        return self._read_now

    @property
    def _stamp(self) -> str:
        return stamp(self._now)

    def latest(self, key: CallKey) -> Call | None:
        """Return the newest revision of a call."""
        found = self._one(statements.LATEST, key=key.text)
        if found is not None and found.state == "superseded":  # while its lock was waited for
            return self._one(statements.LATEST, key=key.text)
        return found

    def original(self, key: CallKey) -> Call | None:
        """Return a call as it was first proposed."""
        return self._one(statements.ORIGINAL, key=key.text)

    def call(self, call_id: str) -> Call:
        """Return one revision. Raises `UnknownId`."""
        found = self._one(statements.BY_ID, call_id=call_id) or self.probes.shown(call_id)
        if found is None:
            raise UnknownId(f"no call `{call_id}` in {self._ledger.url}")
        return found

    def siblings(self, call: Call) -> list[Call]:
        """Return the newest revisions of the other calls of its turn."""
        turn = {"turn": rows.dump_texts(call.key.turn)}
        found = [rows.read_call(row) for row in self._db.execute(statements.TURN, turn).mappings()]
        others = [other for other in found if other.key != call.key]
        return sorted(others, key=lambda other: other.position)

    def ran_before(self, key: CallKey) -> list[Call]:
        """Return calls of a call's thread that ran and that a tool undoes, newest first."""
        thread = {"tenant": key.tenant, "host": key.host, "thread_id": key.thread_id}
        found = self._db.execute(statements.COMPENSABLE, thread).mappings()
        return [rows.read_call(row) for row in found]

    def insert(
        self,
        proposal: Proposal,
        steps: Sequence[Step],
        position: int,
        **changes: Any,  # noqa: ANN401 - members of a call
    ) -> Call:
        """Add a call with its first entries."""
        call_id = changes.pop("id")
        mark = fingerprint(self._ledger.vault.fingerprint_key, "args", proposal.canonical)
        fixed = rows.call_row(proposal, mark)
        placed = {**fixed, "position": position}
        steps, columns = committed(steps, proposal.nonce, {**placed, **changes})
        head = self._write(call_id, GENESIS, 0, steps)
        state = check("new", (step.to for step in steps))
        row = {
            "id": call_id,
            "state": state,
            "version": len(steps),
            "head": head,
            "fence": 0,
            "editors": "[]",
            "created_at": self._stamp,
            **columns,
        }
        statements.ADD_CALL.add(self._db, [row])
        kept = {"call_id": call_id, "canonical": proposal.canonical, "nonce": proposal.nonce}
        statements.ADD_ARGUMENTS.add(self._db, [kept])
        runs.keep(self._db, call_id, steps, self._stamp)
        return Call(
            id=call_id,
            proposal=proposal,
            state=state,
            version=len(steps),
            head=head,
            position=position,
            created_at=self._now,
            claimed_now=state == "executing",
            **changes,
        )

    def observe(self, call: Call, seen: str) -> None:
        """Keep what signals saw of a call, as text, to learn from once it has ended."""
        statements.OBSERVE_CALL.change(self._db, {"is_id": call.id, "observation": seen})

    def advance(self, call: Call, steps: Sequence[Step], **changes: Any) -> Call:  # noqa: ANN401
        """Compare and set from the state and version that were read, with one entry each step.

        INVARIANT I9: entries and state change in one transaction, one to one.
        """
        state = check(call.state, (step.to for step in steps))
        steps, columns = committed(steps, call.proposal.nonce, changes)
        entries = self._chain(call.id, call.head, call.version, steps)
        after: dict[str, Any] = {
            "state": state,
            "version": call.version + len(steps),
            "head": entries[-1].hash,
        }
        unmoved = {"is_id": call.id, "is_state": call.state, "is_version": call.version}
        values = {**unmoved, **after, **columns}
        if statements.MOVE_CALL.change(self._db, values) != 1:
            raise StaleTransition(f"call `{call.id}` moved on from {call.state}; read it again")
        self._record(entries)
        runs.keep(self._db, call.id, steps, self._stamp)
        self.woken.moved(call, steps)
        return replace(call, claimed_now=False, **after, **changes)

    def reports(self, call_id: str) -> list[tuple[int, str]]:
        """Return the fence and outcome of each run that reported, in time or too late."""
        return runs.reports(self._db, call_id)

    def _chain(self, name: str, head: str, position: int, steps: Sequence[Step]) -> list[Entry]:
        ids = [new_id("entry") for _ in steps]
        return chain(name, head, position, steps, self._now, ids)

    def _write(self, name: str, head: str, position: int, steps: Sequence[Step]) -> str:
        """Add entries to a chain; return its head."""
        entries = self._chain(name, head, position, steps)
        self._record(entries)
        return entries[-1].hash

    def _record(self, entries: Sequence[Entry]) -> None:
        statements.ADD_ENTRIES.add(self._db, [rows.entry_row(entry) for entry in entries])
        self.last = entries[-1]
        self.recorded += len(entries)

    def _one(self, query: Prepared, **names: str) -> Call | None:
        found = query.rows(self._db, names)
        return rows.read_call(found[0]) if found else None

    def is_sealed(self, call_id: str) -> bool:
        """Whether a signed head covers every entry of a call."""
        return self._db.execute(statements.UNSEALED, {"call_id": call_id}).first() is None

    def note(
        self, kind: str, body: dict[str, Any], actor: str = "interlock", auth: str = "none"
    ) -> None:
        """Record what concerns no single call's state."""
        self.lock(LEDGER_CHAIN)
        entries = tables.entries
        last = self._db.execute(
            select(entries.c.position, entries.c.hash)
            .where(entries.c.chain == LEDGER_CHAIN)
            .order_by(entries.c.position.desc())
            .limit(1)
        ).first()
        position, head = (last.position + 1, last.hash) if last else (0, GENESIS)
        step = Step("new", kind, body, actor=actor, auth=auth)
        self._write(LEDGER_CHAIN, head, position, [step])

    @property
    def levels(self) -> LevelRows:
        """Levels of agents, and what is known of their work, to be read and changed."""
        return LevelRows(self._db, self._switches)

    @property
    def switches(self) -> HaltRows:
        """What is switched off, to be read and changed."""
        return self._switches

    def background(self, proposal: Proposal, since: datetime) -> Background:
        """Return an agent's level and what it did before with a tool.

        Of attempts made at once in one thread each counts those before it.
        """
        names = {
            "tenant": proposal.key.tenant,
            "agent": proposal.context.agent.id,
            "tool": proposal.tool,
            "thread_id": proposal.key.thread_id,
            "since": stamp(since),
            "key": proposal.key.text,
            "mark": fingerprint(self._ledger.vault.fingerprint_key, "args", proposal.canonical),
        }
        self.lock(rows.dump_texts(["attempts", *(names[each] for each in _ATTEMPTS)]))
        self._switches.hold()  # before the level is read, so that nobody lowers it meanwhile
        (found,) = statements.BACKGROUND.rows(self._db, names)
        return Background(**{**found, "executed": bool(found["executed"])})

    def spent(self, meter: Meter, key: CallKey) -> int:
        """Return what other calls than `key` spent in a meter's window until now, in millionths.

        Nobody else spends of it until the transaction ends.
        """
        self.lock(rows.dump_texts(["budget", meter.guardrail, meter.by]))
        since = stamp(self._now - timedelta(seconds=meter.window_s))
        names = {"guardrail": meter.guardrail, "by": meter.by, "since": since, "key": key.text}
        return int(self._db.execute(statements.SPENT, names).scalar_one())

    def spend(self, meters: Sequence[Meter], key: CallKey) -> None:
        """Count a call in every meter, once however often it is claimed."""
        for meter in meters:
            row = {"by": meter.by, "at": self._stamp, "amount": meter.amount or 0}
            statement = upsert(self._db, tables.usage).values(
                guardrail=meter.guardrail, call_key=key.text, **row
            )
            known = [tables.usage.c.guardrail, tables.usage.c.call_key]
            self._db.execute(statement.on_conflict_do_update(index_elements=known, set_=row))

    def questions(
        self, tenant: str, agent: str, since: datetime, most: tuple[int, int]
    ) -> Questions:
        """Return how often people are asked about an agent's calls, counted up to `most`."""
        self.lock(rows.dump_texts(["questions", tenant, agent]))
        names = {"tenant": tenant, "agent": agent, "since": stamp(since), "now": self._stamp}
        counted = {**names, "most_open": most[0], "most_lately": most[1]}
        return Questions(**statements.QUESTIONS.rows(self._db, counted)[0])

    def open_request(self, request: ReviewRequest) -> None:
        """Add a question to a human."""
        self._db.execute(insert(tables.requests), rows.request_row(request))
        timers.arm_request(self._db, request)

    def request(self, request_id: str) -> ReviewRequest:
        """Return a request. Raises `UnknownId`."""
        names = {"request_id": request_id}
        row = self._db.execute(statements.REQUEST, names).mappings().first()
        if row is None:
            raise UnknownId(f"no request `{request_id}` in {self._ledger.url}")
        return rows.read_request(row)

    def widen_request(self, before: ReviewRequest, after: ReviewRequest) -> None:
        """Ask one level more, perhaps longer; once."""
        if not timers.widen(self._db, before, after):
            raise StaleTransition(f"request `{before.id}` was changed meanwhile; read it again")

    def close_request(self, request_id: str, state: RequestState) -> None:
        """End a request that is open; once."""
        requests = tables.requests
        still = (requests.c.id == request_id) & (requests.c.state == "open")
        if self._db.execute(update(requests).where(still).values(state=state)).rowcount != 1:
            raise StaleTransition(f"request `{request_id}` was closed meanwhile; read it again")

    def add_vote(self, vote: Vote) -> None:
        """Keep an answer."""
        self._db.execute(insert(tables.votes), rows.vote_row(vote))
        timers.ring(self._db)

    def votes(self, request_id: str) -> list[Vote]:
        """Return a request's answers, oldest first."""
        votes = tables.votes
        query = select(votes).where(votes.c.request_id == request_id).order_by(votes.c.seq)
        return [rows.read_vote(row) for row in self._db.execute(query).mappings()]

    @property
    def registry(self) -> SqlRegistry:
        """The people of the ledger; whoever they were here they are until this is over."""
        if self._shared_registry is None:
            statements.share(self._db, PEOPLE)
            self._shared_registry = SqlRegistry(self._db, self._now)
        return self._shared_registry

    @property
    def probes(self) -> ProbeRows:
        """The questions that reach no tool, to be read and posed."""
        return ProbeRows(self._db, self._ledger.vault, self._write)

    def bind_ask(self, task: str, index: int, request_id: str) -> str:
        """Return which request the index-th interrupt of a task asks; the first writer wins."""
        asks = tables.asks
        statement = upsert(self._db, asks).values(task=task, index=index, request_id=request_id)
        self._db.execute(statement.on_conflict_do_nothing())
        query = select(asks.c.request_id).where(asks.c.task == task, asks.c.index == index)
        return str(self._db.execute(query).scalar())

    def arm(self, kind: TimerKind, ref: str, due_at: datetime | None) -> None:
        """Set a timer in place of an earlier one of its kind and reference; None takes it away."""
        timers.arm(self._db, kind, ref, due_at)

    def timer(self, kind: TimerKind, ref: str) -> datetime | None:
        """Return when a timer that was set falls due or fell due, or None."""
        return timers.due_at(self._db, kind, ref)

    def take(self, timer: Timer) -> bool:
        """Mark a timer as fired; False where it is not due now, fired before or another's."""
        return timers.take(self._db, timer, self._now) and self.woken.fired(timer)

    def let_lapse(self, call: Call) -> None:
        """Take a call's lapsed lease away; whoever holds its fence may renew it or settle."""
        timers.let_lapse(self._db, call.id, call.fence)

    def seal(self, call_id: str, raw: bytes, inspection: Inspection, state: str) -> str:
        """Keep a result encrypted, in the only column that ever holds it.

        Returns a commitment to the sealed bytes and what was found in them.
        """
        row = {
            "sealed": self._ledger.vault.seal(raw, call_id),
            "inspection": rows.dump(rows.inspection_json(inspection)),
            "state": state,
            "created_at": stamp(self._now),
        }
        statement = upsert(self._db, tables.outputs).values(call_id=call_id, **row)
        key = [tables.outputs.c.call_id]
        self._db.execute(statement.on_conflict_do_update(index_elements=key, set_=row))
        return held_commitment(row)

    def sealed(self, call_id: str) -> SealedOutput:
        """Return a kept result. Raises `UnknownId`."""
        query = select(tables.outputs).where(tables.outputs.c.call_id == call_id)
        row = self._db.execute(query).mappings().first()
        if row is None:
            raise UnknownId(f"no held result of call `{call_id}` in {self._ledger.url}")
        return rows.read_sealed(row)

    def unseal(self, call_id: str) -> bytes:
        """Return a kept result's bytes, decrypted."""
        return self._ledger.vault.open(self.sealed(call_id).sealed, call_id)

    def end_output(self, call_id: str, state: str) -> None:
        """Forget a kept result's bytes, if there are any, and say how it ended."""
        outputs = tables.outputs
        values = {"sealed": b"", "state": state}
        self._db.execute(update(outputs).where(outputs.c.call_id == call_id).values(values))

    def remember_policy(self, policy: CompiledPolicy) -> None:
        """Keep the policy's text under its digest."""
        if policy.digest in self._ledger.known | self.kept:
            return
        row = {"digest": policy.digest, "snapshot": policy.snapshot, "first_used": self._stamp}
        row["document"] = policy.canonical_text()
        self._db.execute(upsert(self._db, tables.policies).values(row).on_conflict_do_nothing())
        self.kept.add(policy.digest)

    def remember_schema(self, tool: str, schema: dict[str, Any], name: str) -> None:
        """Keep a tool's argument schema under its digest `name`."""
        if name in self._ledger.known | self.kept:
            return
        row = {"name": name, "tool": tool, "schema": json.dumps(schema, sort_keys=True)}
        self._db.execute(upsert(self._db, tables.schemas).values(row).on_conflict_do_nothing())
        self.kept.add(name)

    def schemas(self, tool: str, name: str = "") -> list[dict[str, Any]]:
        """Return the argument schemas known for a tool, or the one of the digest `name`."""
        known = tables.schemas.c
        query = select(known.schema).where(known.tool == tool)
        query = query.where(known.name == name) if name else query
        return [json.loads(text) for text in self._db.execute(query).scalars()]


_ATTEMPTS: Final = ("tenant", "agent", "tool", "thread_id")
