"""Settle: calls of which nobody knows whether they took effect, as a `Gate` offers them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from interlock.app.cases import told_late
from interlock.app.people import Credentials, Desk
from interlock.clock import stamp
from interlock.conduct import Conductor
from interlock.conduct.compensation import undoing
from interlock.conduct.doubts import LOST, Settlement, settle_doubt, settlement
from interlock.conduct.retrying import retried
from interlock.conduct.timers import recover
from interlock.conduct.values import Call
from interlock.errors import DeskError, LedgerReadOnly
from interlock.ledger import queries
from interlock.ledger.runs import reports
from interlock.ledger.store import SqlLedger

_MOST: Final = 10_000
"""Due timers that are counted at most."""


_LEFT: Final = f"{LOST}; its host may run it again, and has not yet"
"""Why a call is listed that may run twice, and that nobody came back for."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A call that may have run."""

    call_id: str
    tool: str
    args: dict[str, Any]
    agent: str
    host: str
    thread_id: str
    proposed_at: str
    effect: str
    fence: int
    """The run that is in doubt."""
    idempotency_key: str
    """The call's digest: what the tool was given, where it takes one, and may be asked for."""
    why: str
    compensate: str | None
    """The tool that undoes it, with the same arguments; None where policy names none."""
    later: tuple[str, ...]
    """What runs of it reported too late, as `run 1 later reported done`."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class Doubts:
    """Calls in doubt, and a person's word on them."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Act through `conductor`, look into `ledger`."""
        self._conductor = conductor
        self._ledger = ledger
        self._desk = Desk(conductor, ledger)

    def list(self, tenant: str | None = None) -> list[Doubt]:
        """Return what is in doubt, the oldest first; claims of lost processes are settled first.

        Runs that their hosts may repeat, and did not yet, are among them: who knows that the host
        does not come back settles them.
        """
        self._try_to_recover()
        doubted = queries.doubted(self._ledger, tenant)
        with self._ledger.read() as db:
            return [_doubt(call, reports(db, call.id)) for call in doubted]

    def unrecovered(self) -> int:
        """Return how many claims of lost processes nobody recovered: they may be in doubt, too.

        Such as are left where the ledger can only be read.
        """
        ports = self._conductor.ports
        due = ports.ledger.due(_MOST, ports.lease_s, None)
        return sum(timer.kind == "lease" for timer in due)

    def _try_to_recover(self) -> None:
        """Settle claims that nobody keeps; a ledger that may only be read is shown as it stands."""
        ports = self._conductor.ports
        with suppress(LedgerReadOnly):
            retried(ports.clock, partial(recover, ports, frozenset({"lease"})))

    def settle(
        self,
        name: str,
        how: Settlement,
        *,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> str:
        """Say how a call in doubt ended, after a look at what it should have done.

        `done`: it took effect. `failed`: it did not. `compensated`: it was undone. `retried`: it
        did not, and may run once more when its host delivers it again; where several had to approve
        the call, as many must say so, and it is in doubt till then. Whoever may not decide about
        the call may not say any of it. Returns the call's state.
        Raises `DeskError` and its kinds.
        """
        if not reason.strip():
            raise DeskError("this settles what nobody can check later; say what you saw: --reason")
        call = queries.find_to_change(self._ledger, name)
        who = self._desk.who(by, held)
        question = settlement(call, call.request_id or call.id, how)
        shown = self._desk.say(who, held, question, reason)
        return settle_doubt(self._conductor.ports, call.id, how, who, reason, shown).state


def _doubt(call: Call, reported: Iterable[tuple[int, str]]) -> Doubt:
    judged, offers = call.judgement, undoing(call)
    return Doubt(
        call_id=call.id,
        tool=call.proposal.tool,
        args=call.proposal.args,
        agent=call.proposal.context.agent.id,
        host=call.key.host,
        thread_id=call.key.thread_id,
        proposed_at=stamp(call.created_at),
        effect=judged.effect if judged else "non_idempotent",
        fence=call.fence,
        idempotency_key=call.proposal.digest,
        why=str(call.answer.record.get("reason", "")) if call.answer else _LEFT,
        compensate=offers[0]["tool"] if offers else None,
        later=told_late(reported),
    )
