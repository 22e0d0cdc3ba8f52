"""Reach: what the conductor needs of the world, as protocols for which `app` picks what is used."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from interlock.clock import Clock
from interlock.conduct.experience import Experience
from interlock.conduct.levels import LevelBook
from interlock.conduct.past import Past
from interlock.conduct.registry import Registry
from interlock.conduct.values import (
    Background,
    Call,
    Disclosure,
    Halt,
    Posed,
    ProbeKind,
    Questions,
    SealedOutput,
    Timer,
    TimerKind,
)
from interlock.path.inspection import Detector, Inspection
from interlock.path.proposal import CallKey, Proposal
from interlock.path.record import Step
from interlock.path.redaction import Anonymizer
from interlock.path.review import RequestState, ReviewRequest, Vote
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.guardrails import Meter


class Switches(Protocol):
    """What is switched off, in one transaction."""

    def of(self, tenant: str) -> list[Halt]:
        """Return what is halted now of a tenant, and of all."""
        ...

    def halt(self, halt: Halt) -> None:
        """Switch something off, from the commit on; a second time anew."""
        ...

    def lift(self, halt: Halt) -> bool:
        """Lift a halt; False where there is none."""
        ...


class Probes(Protocol):
    """Questions that reach no tool, in one transaction."""

    def draw(self, name: str, ref: str) -> float:
        """Draw a number from 0 (included) to 1 (not) for an id, always the same."""
        ...

    def are_made(self, kind: ProbeKind, of: str) -> bool:
        """Whether a probe of a kind was made of a call before."""
        ...

    def canaried(self) -> frozenset[str]:
        """Return the routes at which a canary is posed now."""
        ...

    def is_asked(self, proposal: Proposal) -> bool:
        """Whether people are asked the same of the same agent now."""
        ...

    def pose(self, posed: Posed, step: Step) -> None:
        """Add a probe with its first entry; its request is opened beside it."""
        ...

    def asked(self, ref: str) -> tuple[Posed, ReviewRequest] | None:
        """Return a probe, by its own id or its request's; None where it is no probe's."""
        ...

    def advance(self, call: Posed, steps: Sequence[Step], came_to: Disclosure | None) -> Posed:
        """Compare and set, as with a call. Raises `StaleTransition` when the probe moved on."""
        ...


class Transaction(Protocol):
    """One unit of work: all of it commits with its entries, or nothing does."""

    def now(self) -> datetime:
        """Return the ledger's time."""
        ...

    def lock(self, name: str) -> None:
        """Hold a name until the transaction ends; others that want it wait."""
        ...

    def latest(self, key: CallKey) -> Call | None:
        """Return the newest revision of a call."""
        ...

    def original(self, key: CallKey) -> Call | None:
        """Return a call as it was first proposed."""
        ...

    def call(self, call_id: str) -> Call:
        """Return one revision. Raises `UnknownId`."""
        ...

    def siblings(self, call: Call) -> list[Call]:
        """Return the newest revisions of the other calls of its turn."""
        ...

    def ran_before(self, key: CallKey) -> list[Call]:
        """Return calls of a call's thread that ran and that a tool undoes, newest first."""
        ...

    def insert(
        self,
        proposal: Proposal,
        steps: Sequence[Step],
        position: int,
        **changes: Any,  # noqa: ANN401 - members of a call
    ) -> Call:
        """Add a call with its first entries."""
        ...

    def observe(self, call: Call, seen: str) -> None:
        """Keep what signals saw of a call, a `Sighting` as text, to learn from once it ended."""
        ...

    def advance(self, call: Call, steps: Sequence[Step], **changes: Any) -> Call:  # noqa: ANN401
        """Compare and set: walk `steps` from the state and version that were read.

        Raises `StaleTransition` when the call moved on.
        """
        ...

    def reports(self, call_id: str) -> list[tuple[int, str]]:
        """Return the fence and outcome, `done` or `failed`, of each run that told of one.

        A run whose result came too late to be the call's is one of them.
        """
        ...

    def is_sealed(self, call_id: str) -> bool:
        """Whether a signed head covers every entry of a call."""
        ...

    def note(
        self, kind: str, body: dict[str, Any], actor: str = "interlock", auth: str = "none"
    ) -> None:
        """Record what concerns no single call's state."""
        ...

    @property
    def levels(self) -> LevelBook:
        """Levels of agents, and what is known of their work, to be read and changed."""
        ...

    @property
    def switches(self) -> Switches:
        """What is switched off, to be read and changed."""
        ...

    def background(self, proposal: Proposal, since: datetime) -> Background:
        """Return an agent's level and what it did before with a tool."""
        ...

    def spent(self, meter: Meter, key: CallKey) -> int:
        """Return what other calls than `key` spent in a meter's window until now, in millionths."""
        ...

    def spend(self, meters: Sequence[Meter], key: CallKey) -> None:
        """Count a call in every meter, once however often it is claimed."""
        ...

    def questions(
        self, tenant: str, agent: str, since: datetime, most: tuple[int, int]
    ) -> Questions:
        """Return how often people are asked about an agent's calls, counted up to `most`.

        Nobody else asks about calls of that agent until the transaction ends.
        """
        ...

    def open_request(self, request: ReviewRequest) -> None:
        """Add a question to a human."""
        ...

    def request(self, request_id: str) -> ReviewRequest:
        """Return a request. Raises `UnknownId`."""
        ...

    def widen_request(self, before: ReviewRequest, after: ReviewRequest) -> None:
        """Ask one level more, perhaps longer. Raises `StaleTransition` where that was done."""
        ...

    def close_request(self, request_id: str, state: RequestState) -> None:
        """End a request."""
        ...

    def add_vote(self, vote: Vote) -> None:
        """Keep an answer."""
        ...

    def votes(self, request_id: str) -> list[Vote]:
        """Return a request's answers, oldest first."""
        ...

    @property
    def registry(self) -> Registry:
        """The people of the ledger, to be read and changed."""
        ...

    @property
    def probes(self) -> Probes:
        """The questions that reach no tool, to be read and posed."""
        ...

    def bind_ask(self, task: str, index: int, request_id: str) -> str:
        """Return which request the index-th interrupt of a task asks; the first writer wins."""
        ...

    def arm(self, kind: TimerKind, ref: str, due_at: datetime | None) -> None:
        """Set a timer in place of an earlier one of its kind and reference; None takes it away."""
        ...

    def timer(self, kind: TimerKind, ref: str) -> datetime | None:
        """Return when a timer that was set falls due or fell due, or None."""
        ...

    def take(self, timer: Timer) -> bool:
        """Mark a timer as fired; False where it is not due now, fired before or another's."""
        ...

    def let_lapse(self, call: Call) -> None:
        """Take a call's lapsed lease away; whoever holds its fence may renew it or settle."""
        ...

    def seal(self, call_id: str, raw: bytes, inspection: Inspection, state: str) -> str:
        """Keep a result encrypted; return a commitment to it for its entry."""
        ...

    def sealed(self, call_id: str) -> SealedOutput:
        """Return a kept result. Raises `UnknownId`."""
        ...

    def unseal(self, call_id: str) -> bytes:
        """Return a kept result's bytes, decrypted."""
        ...

    def end_output(self, call_id: str, state: str) -> None:
        """Forget a kept result's bytes and say how it ended."""
        ...

    def remember_policy(self, policy: CompiledPolicy) -> None:
        """Keep the policy's text, so that other processes decide by it."""
        ...

    def remember_schema(self, tool: str, schema: dict[str, Any], name: str) -> None:
        """Keep a tool's argument schema under its digest `name`."""
        ...

    def schemas(self, tool: str, name: str = "") -> list[dict[str, Any]]:
        """Return the argument schemas known for a tool, or the one of the digest `name`."""
        ...


class Ledger(Protocol):
    """The record and the truth."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a writing transaction; commits on a clean exit."""
        ...

    def due(self, limit: int, lease_s: float, after: Timer | None = None) -> list[Timer]:
        """Return what is due, the longest overdue first, from behind `after`.

        A lease is due, too, that ends later than any of `lease_s` can.
        """
        ...

    def seal_entries(self) -> None:
        """Seal every entry under a signed head. Raises `LedgerError` where the key is not here."""
        ...

    def renew(self, call_id: str, fence: int, lease_s: float) -> bool:
        """Lengthen a lease; False when the fence is old."""
        ...


Misfit: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], str | None]
"""Says in one line why arguments do not fit a JSON Schema, schema first; None when they do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that one call's way needs."""

    ledger: Ledger
    policy: Callable[[], CompiledPolicy]
    detectors: Callable[[], Sequence[Detector]]
    anonymizer: Callable[[], Anonymizer]
    misfit: Misfit
    clock: Clock
    lease_s: float
    experience: Experience | None = None
    """What was learned of agents; without it no call is weighed."""
    past: Past | None = None
    """Earlier calls; without it nothing is known of them to who traces values."""

    def pinned(self) -> "Ports":
        """Hold the policy of now, so that one transaction decides by one policy."""
        policy = self.policy()
        return replace(self, policy=lambda: policy)
