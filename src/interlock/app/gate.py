"""Open: the gate, the only place that picks implementations."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from interlock.app.autonomy import AutonomyDesk
from interlock.app.batches import Batches
from interlock.app.current import CurrentPolicy, Reloaded
from interlock.app.desks import AuditDesk
from interlock.app.doubts import Doubts
from interlock.app.feedback import FeedbackDesk
from interlock.app.figures import DAYS, DeskFigures, figures
from interlock.app.halts import Halts, Target
from interlock.app.inbox import Inbox
from interlock.app.people import Credentials, Reviewers
from interlock.app.policy import Policy
from interlock.app.quarantine import Quarantine
from interlock.app.queue import SharedQueue
from interlock.app.signals import SignalDesk
from interlock.app.threads import Threads
from interlock.clock import Clock, SystemClock
from interlock.conduct import Conductor
from interlock.conduct.experience import Experience
from interlock.conduct.grading import Grader
from interlock.conduct.ports import Ports
from interlock.conduct.retrying import retried
from interlock.conduct.timers import Fired, recover
from interlock.conduct.values import Halt
from interlock.errors import PolicyError
from interlock.ledger import queries
from interlock.ledger.engine import require_writable
from interlock.ledger.learned import LearnedRows
from interlock.ledger.leases import LeaseKeeper
from interlock.ledger.past import LedgerPast
from interlock.ledger.sealing import Sealer
from interlock.ledger.store import SqlLedger, open_ledger
from interlock.ledger.vault import open_vault
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.settings import LEASE_S, LEDGER_BUSY_S, default_ledger, state_dir
from interlock.tools import run as runner
from interlock.tools.schema import misfit

if TYPE_CHECKING:
    from interlock.graph.gate_graph import CompiledGate
    from interlock.graph.tool_node import GateToolNode


class Gate:
    """The interlock between an agent and its tools."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger, leases: LeaseKeeper) -> None:
        """Put together; use `Gate.open`."""
        self.conductor = conductor
        self.ledger = ledger
        self._leases = leases
        self.signals = SignalDesk(conductor, ledger)
        self.autonomy = AutonomyDesk(conductor, ledger)
        self._sealer = Sealer(ledger, self._read_on)
        ledger.wrote = self._sealer.wrote
        self.inbox = Inbox(conductor, ledger)
        self.batches = Batches(self.inbox, ledger)
        self.queue = SharedQueue(self.inbox, conductor, ledger)
        self.quarantine = Quarantine(conductor, ledger)
        self.doubts = Doubts(conductor, ledger)
        self.audit = AuditDesk(conductor, ledger)
        self.halts = Halts(conductor, ledger)
        self.reviewers = Reviewers(conductor, ledger)
        self.threads = Threads(ledger, conductor.ports.lease_s)
        self.feedback = FeedbackDesk(conductor, ledger)

    @classmethod
    def open(
        cls,
        policy: "str | Path | Policy | None" = None,
        ledger: str | Path | None = None,
        *,
        clock: Clock | None = None,
        state: Path | str | None = None,
        lease_s: float = LEASE_S,
        busy_s: float = LEDGER_BUSY_S,
    ) -> Self:
        """Open a gate over a policy and a ledger.

        `policy` is a file, a folder or a `Policy`; without one the gate only reads and answers, and
        decides edits by the policy that the ledger knows. `ledger` is a URL or file, by default
        `INTERLOCK_LEDGER` or a file in the state directory. `state` holds the key of held results,
        and the key that signs the record unless `INTERLOCK_KEY` is set.

        Raises `PolicyError`, `LedgerError`.
        """
        time = clock or SystemClock()
        loaded = None if policy is None else CurrentPolicy(policy)
        vault = open_vault(Path(state or state_dir()) / "vault.key")
        book = open_ledger(str(ledger or default_ledger()), vault, time, busy_s)
        if loaded:
            require_writable(book.engine, book.url)
        current = loaded or _Remembered(book)
        leases = LeaseKeeper(book.renew, lease_s)
        known = Experience(LearnedRows(book), current, time)
        past = LedgerPast(book)
        ports = Ports(book, current, _detectors, _anonymizer, misfit, time, lease_s, known, past)
        return cls(Conductor(ports, leases.keep), book, leases)

    @property
    def policy(self) -> Policy:
        """The policy that decides here and now."""
        return Policy(self.conductor.ports.policy())

    def reload(self, policy: "str | Path | Policy | None" = None) -> Reloaded:
        """Put the policy's file or folder, as it is now, in force; or another policy.

        Calls that are already approved are decided again before they run. A policy that does not
        load changes nothing: the old one stays in force, and the result and one line of the log
        say why. Raises `PolicyError` where there is no file to read.
        """
        current = self.conductor.ports.policy
        if not isinstance(current, CurrentPolicy):
            raise PolicyError("the gate was opened without a policy; there is none to reload")
        return current.reload(policy)

    def confidence(self, name: str) -> Callable[[Grader], Grader]:
        """Register a function that says how likely a call is right, 0..1, as a decorator.

        The policy names it as `callable:NAME`. It is given a `GradedCall`, in a thread of its own,
        and has 50 ms a turn. None says nothing; where it fails, confidence is missing. Raises
        `InterlockError` for a name that is taken or none, and for an async function.
        """

        def register(grader: Grader) -> Grader:
            self.conductor.measurer.graders.register(name, grader)
            return grader

        return register

    def figures(self, tenant: str | None = None, days: float = DAYS) -> DeskFigures:
        """Return how the review desk does, over some days; waits over the last one.

        Raises `PolicyError` where no policy was ever used.
        """
        return figures(self.inbox, self.queue, self.ledger, tenant, days)

    def recover(self) -> list[Fired]:
        """Fire what is due: requests and windows whose time is over, leases of lost processes.

        Anyone may, at any time and twice; `interlock worker` does all the time. Returns what each
        came to. What signals can learn from, and levels rest on, is read beside it.
        """
        ports = self.conductor.ports
        fired = retried(ports.clock, partial(recover, ports))
        self._read_on()
        return fired

    def _read_on(self) -> None:
        """Read what was sealed: for signals, and for agents' levels."""
        self.signals.learn_due()
        self.autonomy.tally_due()

    def halt(
        self,
        *,
        agent: str | None = None,
        tool: str | None = None,
        topic: str | None = None,
        everything: bool = False,
        tenant: str = "",
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> Halt:
        """Switch off one agent, tools or topics by a glob, or everything; perhaps of one tenant.

        Effective for the next step of every process: what is proposed, approved or held does not
        run, an agent's subagents included. A tool that runs already runs on. To stop, a bare name
        is enough; one that has credentials is recorded as `unverified`. Raises `DeskError`.
        """
        target = Target(agent, tool, topic, everything, tenant)
        return self.halts.set(target, reason=reason, by=by, held=held)

    def unhalt(
        self,
        *,
        agent: str | None = None,
        tool: str | None = None,
        topic: str | None = None,
        everything: bool = False,
        tenant: str = "",
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> Halt:
        """Lift a halt, named as it was made. What it stopped stays stopped.

        Raises `DeskError` where there is none.
        """
        target = Target(agent, tool, topic, everything, tenant)
        return self.halts.lift(target, reason=reason, by=by, held=held)

    def tool_node(self, tools: Sequence[Any], **options: Any) -> "GateToolNode":  # noqa: ANN401 - as ToolNode
        """Return a drop-in for LangGraph's `ToolNode`, each call through the gate.

        Options: `agent`, `host`, `name`, `messages_key`, `allow_permissive_saver`.

        Raises `PolicyError` where the policy names an argument that a tool does not take, or takes
        it for another type.
        """
        from interlock.graph.tool_node import GateToolNode

        self._require_fit(tools)
        return GateToolNode(self.conductor, tools, runner=runner, **options)

    def graph(self, tools: Sequence[Any], **options: Any) -> "CompiledGate":  # noqa: ANN401 - as compile()
        """Return the gate itself as a compiled graph: one call in, one answer out.

        Options: `checkpointer`, `host`, `agent`, `allow_permissive_saver`. Raises `PolicyError` as
        `tool_node` does.
        """
        from interlock.graph.gate_graph import build_gate_graph

        self._require_fit(tools)
        return build_gate_graph(self.conductor, tools, runner=runner, **options)

    def _require_fit(self, tools: Sequence[Any]) -> None:
        from interlock.graph.schemas import schemas_of

        current = self.conductor.ports.policy
        if isinstance(current, CurrentPolicy):
            current.require_fit(schemas_of(tools))

    def saver(self, saver: Any, allow: Sequence[type] = ()) -> Any:  # noqa: ANN401 - a saver
        """Return a checkpoint saver that builds nothing but JSON, messages and types in `allow`."""
        from interlock.graph.serializer import strict

        return strict(saver, allow)

    def repair(self, messages: Sequence[Any], config: Any, *, host: str = "default") -> list[Any]:  # noqa: ANN401 - LangChain's
        """Return a history in which every call of the past has its answer; use it before a model.

        A new message on a paused thread leaves calls without one. Those are withdrawn in the
        ledger, so that a late approval runs nothing. `config` and `host` are the tool node's.
        """
        from interlock.graph.repair import repair

        return repair(self.conductor, messages, config, host=host)

    def warm(self) -> None:
        """Load detectors (about 2 s) and what signals learned, which the first calls wait for."""
        from interlock.detect import ENTITIES, warm

        policy = self.policy.compiled
        warm({*policy.output.entities, *policy.guardrails.looked_for} & {*ENTITIES})
        self.signals.warm()

    def close(self) -> None:
        """Seal and close the ledger; running calls keep their claims until these lapse."""
        self._leases.close()
        self._sealer.close()
        self.ledger.close()

    def __enter__(self) -> Self:
        """Use as a context."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


class _Remembered:
    """The policy that the ledger was last used with; for processes that only answer."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    def __call__(self) -> CompiledPolicy:
        text = queries.last_policy(self._ledger)
        if text is None:
            raise PolicyError(
                f"{self._ledger.url}: no policy was ever used here; open the gate with one"
            )
        return Policy.parse(text, "the ledger's policy").compiled


def _detectors() -> Sequence[Any]:
    from interlock.detect import detectors

    return detectors()


def _anonymizer() -> Any:  # noqa: ANN401 - an Anonymizer
    from interlock.detect import anonymizer

    return anonymizer()
