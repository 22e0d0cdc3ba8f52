"""Hold: results in quarantine, as a `Gate` offers them."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from interlock.app.people import Credentials, Desk
from interlock.clock import stamp
from interlock.conduct import Conductor
from interlock.conduct.quarantine import ENDED, REVEALED, end_quarantine, reveal
from interlock.conduct.values import Call, SealedOutput
from interlock.errors import AlreadyDecided, DeskError, UnknownId
from interlock.ledger import queries
from interlock.ledger.store import SqlLedger
from interlock.path.release import Answer

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
        self._desk = Desk(conductor, ledger)

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

    def reveal(
        self, name: str, *, reason: str, by: str | None = None, held: Credentials | None = None
    ) -> Any:  # noqa: ANN401 - JSON
        """Return a held result itself; that it was seen, by whom and why, is recorded."""
        need_reason(reason)
        call = queries.find_to_change(self._ledger, name)
        who = self._desk.who(by, held)
        shown = self._desk.act(who, held, REVEALED, {"call_id": call.id, "reason": reason})
        return reveal(self._conductor.ports, call.id, who, reason, shown).content

    def release(
        self,
        name: str,
        *,
        reason: str,
        by: str | None = None,
        redact: bool = False,
        held: Credentials | None = None,
    ) -> str:
        """Let a held result go, as is or redacted; return its state.

        The agent knows that it is held; it gets the result by `interlock resume`, by `gate.repair`
        before its model, or when the call is delivered again. Raises `NotEligible` for someone of
        the call itself.
        """
        need_reason(reason)
        to: Ended = "redacted" if redact else "released"
        return self._end(name, to, by, reason, held, redact=redact)

    def destroy(
        self, name: str, *, reason: str, by: str | None = None, held: Credentials | None = None
    ) -> str:
        """Delete a held result for good; return the state."""
        need_reason(reason)
        return self._end(name, "destroyed", by, reason, held)

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
        self,
        name: str,
        to: Ended,
        by: str | None,
        reason: str,
        held: Credentials | None,
        *,
        redact: bool = False,
    ) -> str:
        call = queries.find_to_change(self._ledger, name)
        who = self._desk.who(by, held)
        asked = {"call_id": call.id, "to": to, "reason": reason}
        shown = self._desk.act(who, held, ENDED, asked)
        ports = self._conductor.ports
        end_quarantine(ports, call.id, to, who, reason, redact=redact, shown=shown)
        return to


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


def need_reason(reason: str) -> None:
    """Raise `DeskError` where an act that overrides a safeguard says not why."""
    if not reason.strip():
        raise DeskError("this overrides a safeguard and needs a reason; add --reason")
