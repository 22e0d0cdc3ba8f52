"""Oversee: quarantine, audit and autonomy, as a `Gate` offers them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from interlock.app.suggesting import Recorded
from interlock.clock import stamp
from interlock.conduct import Conductor
from interlock.conduct.quarantine import end_quarantine, reveal
from interlock.conduct.values import Call, SealedOutput
from interlock.errors import AlreadyDecided, DeskError, UnknownId
from interlock.ledger import queries
from interlock.ledger.anchors import anchor_in_file, anchor_in_git, read_places
from interlock.ledger.answered import answered
from interlock.ledger.archiving import Period, archive, period, quiet_threads
from interlock.ledger.audit import Verification, nobody, verify
from interlock.ledger.erasure import Erased, erase_call, erase_principal
from interlock.ledger.evidence import case
from interlock.ledger.export import export, proof
from interlock.ledger.levels import set_level
from interlock.ledger.log import LogFilter, read_log
from interlock.ledger.sealing import Checkpoint, change_key, seal
from interlock.ledger.store import SqlLedger
from interlock.ledger.tail import Tail
from interlock.ledger.tree import Listener
from interlock.path.people import named
from interlock.path.release import Answer
from interlock.settings import reviewer_name

Ended: TypeAlias = Literal["released", "redacted", "destroyed"]


@dataclass(frozen=True, slots=True)
class HeldResult:
    """A quarantined result, without its text."""

    call_id: str
    tool: str
    agent: str
    thread_id: str
    held_at: str
    findings: tuple[dict[str, Any], ...]
    """Path, kind, action, detector, span and score of each finding."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LetOut:
    """A result that left quarantine, and the thread whose agent was told that it is held."""

    host: str
    thread_id: str
    turn_id: str
    """Id of the message that made the call, else of the task that delivered it."""
    tool_call_id: str
    tool: str
    call_id: str
    answer: Answer


class Quarantine:
    """Results that are held for a human."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Act through `conductor`, look into `ledger`."""
        self._conductor = conductor
        self._ledger = ledger

    def list(self, tenant: str | None = None) -> list[HeldResult]:
        """Return what is held, oldest first."""
        held = queries.held_outputs(self._ledger, tenant)
        return [_held(call, output) for call, output in held]

    def show(self, name: str) -> HeldResult:
        """Return one held result's findings. Raises `UnknownId`."""
        call = queries.find_call(self._ledger, name)
        for held, output in queries.held_outputs(self._ledger):
            if held.id == call.id:
                return _held(held, output)
        if call.state in ("released", "redacted", "destroyed"):
            raise AlreadyDecided(f"the result of `{call.id}` is {call.state}, not held")
        raise UnknownId(f"no held result of `{name}`; see `interlock quarantine list`")

    def reveal(self, name: str, *, reason: str, by: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """Return a held result itself; that it was seen, by whom and why, is recorded."""
        _need(reason)
        call = queries.find_to_change(self._ledger, name)
        return reveal(self._conductor.ports, call.id, _who(by), reason).content

    def release(
        self, name: str, *, reason: str, by: str | None = None, redact: bool = False
    ) -> str:
        """Let a held result go, as is or redacted; return its state.

        The agent knows that it is held; it gets the result by `interlock resume`, by `gate.repair`
        before its model, or when the call is delivered again. Raises `NotEligible` for someone of
        the call itself.
        """
        _need(reason)
        return self._end(name, "redacted" if redact else "released", by, reason, redact=redact)

    def destroy(self, name: str, *, reason: str, by: str | None = None) -> str:
        """Delete a held result for good; return the state."""
        _need(reason)
        return self._end(name, "destroyed", by, reason)

    def ended(self, name: str | None = None, thread: str | None = None) -> "list[LetOut]":
        """Return what left quarantine, oldest first, with what the agent is told instead."""
        own = None if name is None else queries.find_call(self._ledger, name)
        calls = queries.ended_quarantines(self._ledger, own.key.thread_id if own else thread)
        return [
            LetOut(
                call.key.host,
                call.key.thread_id,
                call.key.turn_id,
                call.key.tool_call_id,
                call.proposal.tool,
                call.id,
                call.answer,
            )
            for call in calls
            if call.answer is not None and (own is None or call.id == own.id)
            if call.state == "destroyed" or call.answer.record.get("released_by_human")
        ]

    def _end(
        self, name: str, to: Ended, by: str | None, reason: str, *, redact: bool = False
    ) -> str:
        call = queries.find_to_change(self._ledger, name)
        who = _who(by)
        end_quarantine(self._conductor.ports, call.id, to, who, reason, redact=redact)
        return to


class AuditDesk:
    """The record: read, verified, proved to others, and kept within its time."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Read `ledger`; end held results through `conductor`."""
        self._conductor = conductor
        self._ledger = ledger

    def verify(
        self,
        key: str | None = None,
        anchors: Sequence[Path] = (),
        progress: Listener = nobody,
    ) -> Verification:
        """Check every entry, chain, state and signed head; changes nothing that is there.

        `key` is the verifier key to check with, `anchors` are files of heads kept elsewhere, or
        repositories. When
        all is right, what is not sealed yet is sealed. Raises `LedgerError` for a file of another
        kind.
        """
        kept = [anchor for path in anchors for anchor in read_places(path)]
        return verify(self._ledger, key, kept, progress)

    def seal(self) -> Checkpoint | None:
        """Seal what is not sealed yet; return the newest signed head. Raises `LedgerError`."""
        return seal(self._ledger)

    def export(self, folder: Path) -> dict[str, Any]:
        """Write the record as files that others verify; return the manifest."""
        return export(self._ledger, folder)

    def proof(self, name: str) -> dict[str, Any]:
        """Prove that a call's entries are in the record. Raises `UnknownId`."""
        return proof(self._ledger, queries.find_call(self._ledger, name).id)

    def case(self, name: str, *, with_arguments: bool = False) -> dict[str, Any]:
        """Return a call's case as a DSSE envelope that verifies offline. Raises `UnknownId`."""
        found = queries.find_call(self._ledger, name)
        return case(self._ledger, found, with_arguments=with_arguments)

    def anchor(self, *, file: Path | None = None, git: Path | None = None) -> Checkpoint:
        """Append the newest head to a file elsewhere, or to a repository. Raises `LedgerError`."""
        if git is not None:
            return anchor_in_git(self._ledger, git)
        if file is None:
            raise DeskError("this names no place; give a file or a repository")
        return anchor_in_file(self._ledger, file)

    def erase(
        self, name: str, *, reason: str, by: str | None = None, dry_run: bool = False
    ) -> Erased:
        """Erase what a call said and returned; a held result is destroyed first.

        With `dry_run`, only say what would go. Raises `UnknownId`, `DeskError` where the call has
        not ended.
        """
        _need(reason)
        who = _who(by)
        call = queries.find_to_change(self._ledger, name)
        if call.state == "quarantined" and dry_run:
            return Erased((call.id,), (), is_gone=False)
        if call.state == "quarantined":
            end_quarantine(self._conductor.ports, call.id, "destroyed", who, reason)
        return erase_call(self._ledger, call.id, who, reason, dry_run=dry_run)

    def erase_principal(
        self, principal: str, *, reason: str, by: str | None = None, dry_run: bool = False
    ) -> Erased:
        """Erase all ended calls that were made on somebody's behalf.

        With `dry_run`, only say what would go. Raises `UnknownId`, `DeskError` where none has
        ended.
        """
        _need(reason)
        return erase_principal(self._ledger, principal, _who(by), reason, dry_run=dry_run)

    def period(self, before: str) -> Period:
        """Say what archiving would take out; changes nothing."""
        return period(self._ledger, before)

    def archive(self, before: str, folder: Path, *, by: str | None = None) -> Period:
        """Export the record, then take out ended calls that began before a stamp."""
        return archive(self._ledger, before, folder, _who(by))

    def quiet_threads(self, before: str) -> "list[tuple[str, str]]":
        """Return host and thread of all without an open call, the last one before a stamp."""
        return quiet_threads(self._ledger, before)

    def change_key(self, key: str, *, reason: str, by: str | None = None) -> Checkpoint:
        """Sign with another key from now on; the old one says so too. Raises `LedgerError`."""
        _need(reason)
        return change_key(self._ledger, key, _who(by), reason)

    def log(self, limit: int | None = None, **wanted: str | None) -> list[dict[str, Any]]:
        """Return entries, oldest first, by the members of `LogFilter`. Raises `DeskError`."""
        return read_log(self._ledger, LogFilter(**wanted), limit)

    def answered(self, limit: int = 1000) -> "list[Recorded]":
        """Return the newest calls with how the question about each ended, oldest first."""
        return [Recorded(*each) for each in answered(self._ledger, limit)]

    def tail(self, back: int = 0) -> Tail:
        """Follow the record from now on, or from the last `back` entries on."""
        return Tail(self._ledger, back)

    def calls(self, thread: str | None = None, limit: int = 1000) -> list[Call]:
        """Return the newest calls, oldest first."""
        return queries.recent_calls(self._ledger, thread, limit)


class AutonomyDesk:
    """Levels of agents, set by hand."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Keep levels in `ledger`."""
        self._ledger = ledger

    def levels(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return every level that was set, with since when, by whom and why."""
        return [*queries.levels(self._ledger, tenant)]

    def set(
        self, agent: str, level: int, *, reason: str, by: str | None = None, tenant: str = ""
    ) -> None:
        """Set an agent's level (0..3), from its next decision or guard on."""
        _need(reason)
        if not agent.strip():
            raise DeskError("this names no agent; give its id")
        if not 0 <= level <= 3:
            raise DeskError(f"level {level} does not exist; levels are 0 to 3")
        with self._ledger.begin() as tx:
            set_level(tx, tenant, agent, level, _who(by), reason)


def _held(call: Call, output: SealedOutput) -> HeldResult:
    findings = tuple(asdict(finding) for finding in output.inspection.findings)
    return HeldResult(
        call.id,
        call.proposal.tool,
        call.proposal.context.agent.id,
        call.key.thread_id,
        stamp(output.created_at),
        findings,
    )


def _who(by: str | None) -> str:
    """Return who acts. Raises `NotEligible` for a name that nobody may act under."""
    return named(reviewer_name() if by is None else by)


def _need(reason: str) -> None:
    if not reason.strip():
        raise DeskError("this overrides a safeguard and needs a reason; add --reason")
