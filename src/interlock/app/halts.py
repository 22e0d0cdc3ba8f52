"""Stop: what is switched off, as a `Gate` offers it."""

from dataclasses import dataclass
from functools import partial

from interlock.app.cases import Case, case
from interlock.app.people import Credentials, Desk
from interlock.conduct import Conductor
from interlock.conduct.halting import covers, halt, halt_asked, is_same, stops, unhalt
from interlock.conduct.retrying import retried
from interlock.conduct.values import Halt, HaltKind
from interlock.errors import DeskError
from interlock.ledger.halts import all_halts, executing, was_seen
from interlock.ledger.store import SqlLedger
from interlock.names import spoken


@dataclass(frozen=True, slots=True)
class Target:
    """What one halt is about: exactly one of an agent, a tool, a topic or everything."""

    agent: str | None = None
    tool: str | None = None
    topic: str | None = None
    everything: bool = False
    tenant: str = ""

    def named(self) -> tuple[HaltKind, str]:
        """Return what it is about. Raises `DeskError` where that is nothing, or several things."""
        parts: dict[HaltKind, str | None] = {
            "agent": self.agent,
            "tool": self.tool,
            "topic": self.topic,
            "everything": "" if self.everything else None,
        }
        given: list[tuple[HaltKind, str]] = [
            (kind, ref.strip()) for kind, ref in parts.items() if ref is not None
        ]
        if len(given) != 1:
            raise DeskError("name one thing to halt: an agent, a tool, a topic, or everything")
        kind, ref = given[0]
        if not spoken(ref) and kind != "everything":
            raise DeskError(f"this names no {kind}; give its name")
        return kind, ref


class Halts:
    """The kill switch."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Act through `conductor`, look into `ledger`."""
        self._ports = conductor.ports
        self._ledger = ledger
        self._desk = Desk(conductor, ledger)

    def list(self, tenant: str | None = None) -> "list[Halt]":
        """Return what is switched off, the longest first."""
        with self._ledger.read() as db:
            return [halt for halt in all_halts(db) if tenant in (None, halt.tenant)]

    def running(self, halted: Halt) -> "list[Case]":
        """Return the calls of something halted whose tool runs already, and runs on."""
        with self._ledger.read() as db:
            calls = executing(db)
        mine = [call for call in calls if covers(halted.tenant, call.key.tenant)]
        return [
            case(call, None)
            for call in mine
            if call.judgement and stops(halted, call.proposal, call.judgement.topic)
        ]

    def was_seen(self, halted: Halt) -> bool:
        """Whether some call was ever of what is named; everything of all tenants always was."""
        if (halted.kind, halted.tenant) == ("everything", ""):
            return True
        with self._ledger.read() as db:
            return was_seen(db, halted)

    def set(
        self,
        target: Target,
        *,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> Halt:
        """Switch something off; see `Gate.halt`."""
        wanted = self._wanted(target, reason, by, held)
        shown = self._desk.act(wanted.by, held, "halted", halt_asked(wanted))
        return retried(self._ports.clock, lambda: halt(self._ports, wanted, shown))

    def lift(
        self,
        target: Target,
        *,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> Halt:
        """Lift a halt; see `Gate.unhalt`."""
        wanted = self._wanted(target, reason, by, held)
        alike = [each for each in self.list() if is_same(each, wanted)]
        for each in alike or [wanted]:
            named = wanted._replace(ref=each.ref, tenant=each.tenant)
            shown = self._desk.act(wanted.by, held, "unhalted", halt_asked(named))
            retried(self._ports.clock, partial(unhalt, self._ports, named, shown))
        return wanted

    def _wanted(
        self, target: Target, reason: str, by: str | None, held: Credentials | None
    ) -> Halt:
        if not reason.strip():
            raise DeskError("a halt, and its end, need a reason: others read it; add --reason")
        who = self._desk.who(by, held)
        kind, ref = target.named()
        return Halt(kind, ref, target.tenant, who, self._ledger.clock.now(), reason)
