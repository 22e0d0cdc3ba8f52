"""Pass: values between a host, the conductor and the ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.autonomy.sampling import Chance
from interlock.path.hearing import Hearing
from interlock.path.inspection import Inspection
from interlock.path.proposal import CallKey, Context, Proposal, Signal, require_ids
from interlock.path.record import State
from interlock.path.release import Answer
from interlock.path.review import ReviewRequest
from interlock.path.warrant import Warrant
from interlock.policy.constraints import PLAIN_RUN, RunTerms
from interlock.policy.decisions import Decision, Effect, Risk
from interlock.policy.evaluation.guardrails import Meter
from interlock.signals.confidence import SourceClaim


@dataclass(frozen=True, slots=True)
class Intent:
    """One call as the model made it."""

    tool: str
    args: Mapping[str, Any]
    tool_call_id: str
    tool_schema: Mapping[str, Any] | None = None
    """JSON Schema of the arguments that the model was shown."""
    invalid: str | None = None
    """Why the arguments do not fit the tool's own schema; None when they do."""
    said: Mapping[str, SourceClaim] = field(default_factory=lambda: MappingProxyType({}))
    """What the host heard of how sure the model is: `logprobs`, `agreement`."""


@dataclass(frozen=True, slots=True)
class Turn:
    """All calls of one AIMessage, and where they stand."""

    context: Context
    host: str
    thread_id: str
    checkpoint_ns: str
    turn_id: str
    intents: tuple[Intent, ...]
    is_named: bool = True
    """Whether the id is the message's; otherwise it is the task's, and a replay has another."""
    heard: Hearing | None = None
    """What the model was given before it; None where the host does not see that."""
    schemas: Callable[[], Mapping[str, Mapping[str, Any]]] = dict
    """Argument schemas of all the host's tools, to any of which a person may edit a call."""

    def __post_init__(self) -> None:
        """Refuse ids that nobody could type to halt them. Raises `InterlockError`."""
        require_ids(self.context)

    def key(self, intent: Intent) -> CallKey:
        """Return the identity of one of its calls."""
        place = (self.context.tenant, self.host, self.thread_id, self.checkpoint_ns, self.turn_id)
        return CallKey(*place, intent.tool_call_id)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision with what it was made of."""

    decision: Decision
    topic: str
    effect: Effect
    risk: Risk
    risk_tags: tuple[str, ...]
    owner: str | None
    level: int
    signals: Mapping[str, Signal]
    facts: Mapping[str, Any]
    snapshot: str
    policy: str
    """Full digest of the policy that decided."""
    meters: tuple[Meter, ...] = ()
    """What budgets and rates count of the call when it runs."""
    usage: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """What each of them had counted before, in millionths."""
    run: RunTerms = PLAIN_RUN
    """How the tool is run."""
    audit: Chance | None = None
    """How likely a person looks at the call once it ran; None where the policy audits nothing."""
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Signal to what made it, for reviewers; untrusted, and in no entry."""


@dataclass(frozen=True, slots=True)
class Call:
    """One revision of one call, as the ledger has it."""

    id: str
    proposal: Proposal
    state: State
    version: int
    head: str
    """Hash of its newest entry."""
    position: int
    """Its place in the turn, from 0."""
    created_at: datetime
    judgement: Judgement | None = None
    request_id: str | None = None
    """The request that it waits for or rests on."""
    editors: frozenset[str] = frozenset()
    """People whose edit made this revision."""
    fence: int = 0
    """Grows with each claim; a result under an old fence is stale."""
    lease_until: datetime | None = None
    outcome: str | None = None
    """`done`, `failed` or `in_doubt`, once it ran."""
    answer: Answer | None = None
    claimed_now: bool = False
    """Whether this very transaction claimed it as it entered."""

    @property
    def key(self) -> CallKey:
        """The identity that all its revisions share."""
        return self.proposal.key


HaltKind: TypeAlias = Literal["everything", "agent", "tool", "topic"]


class Halt(NamedTuple):
    """What is switched off: none of it runs until a person lifts that."""

    kind: HaltKind
    ref: str
    """An agent's id, or a glob of tools or topics; empty for everything."""
    tenant: str
    """Whose; empty for all tenants."""
    by: str
    at: datetime
    reason: str

    @property
    def what(self) -> str:
        """What it switches off, in words."""
        what = self.kind if self.kind == "everything" else f"{self.kind} `{self.ref}`"
        return f"{what} of tenant `{self.tenant}`" if self.tenant else what

    @property
    def why(self) -> str:
        """What is halted, by whom and why, for whoever asks why a call did not run."""
        return f"{self.what} is halted by {self.by}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Background:
    """What the ledger knows of an agent before it proposes a call."""

    level: int | None
    """The autonomy level that was set for it, or None."""
    same: int
    """Earlier attempts in the window, in this thread, that had the same arguments."""
    failed: int
    """Others in it that failed."""
    executed: bool
    """Whether this agent ever executed the tool."""


class Questions(NamedTuple):
    """How often people are asked about calls of one agent."""

    open: int
    """Questions that wait for an answer, and whose time is not over."""
    lately: int
    """Questions that were put since some time, however they ended."""


ProbeKind: TypeAlias = Literal["canary", "second_look"]
Disclosure: TypeAlias = Literal[
    "caught", "missed", "agreed", "disagreed", "uncounted", "unanswered"
]
"""What a probe came to: a canary is caught or missed, a second look agrees with the first or not;
uncounted where the answer says nothing, or its giver could not have approved it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a question that reaches no tool is made of."""

    kind: ProbeKind
    """A real call with one argument made wrong, or a real call that somebody decided before."""
    of: str
    """Id of the real call."""
    how: str
    """Of a canary, what is wrong with it; of a second look, what the first answer was."""
    came_to: Disclosure | None = None
    """None until it is disclosed."""


def probe_key(probe_id: str, tenant: str) -> CallKey:
    """Return the identity of a probe, which no delivery of any host has."""
    return CallKey(tenant, "interlock", probe_id, "", probe_id, probe_id)


@dataclass(frozen=True, slots=True)
class Posed(Call):
    """A probe in the form of the call that it looks like; it stands nowhere among calls."""

    probe: Probe = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class SealedOutput:
    """A result that is held: encrypted bytes and what was found in them."""

    call_id: str
    sealed: bytes
    inspection: Inspection
    created_at: datetime
    state: str
    """`sealed` before inspection, `held` in quarantine, else how it ended."""


TimerKind: TypeAlias = Literal[
    "expiry", "escalation", "use", "veto", "lease", "oversight", "canary", "second_look"
]  # fmt: skip
"""A request's time and when its next level is asked, by its id; the time in which an approval is
used, a call's veto window, its lease, the time to acknowledge it and those at which probes are made
of it, by the call's."""


SHOWN: Final[frozenset[TimerKind]] = frozenset({"canary", "second_look"})
"""Timers that add to what people are shown."""


class Timer(NamedTuple):
    """Something that falls due."""

    kind: TimerKind
    ref: str
    """Id of the request or call."""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Ready:
    """The call is claimed; run it and settle."""

    call_id: str
    warrant: Warrant
    tool: str
    canonical: bytes
    args: dict[str, Any]
    call: Call | None = None
    """The call as its claim left it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A human is asked."""

    call_id: str
    request: ReviewRequest
    payload: dict[str, Any]
    """What an interrupt carries; JSON."""


@dataclass(frozen=True, slots=True)
class Held:
    """A sibling waits for a human; this call waits for the sibling."""

    call_id: str
    behind: tuple[str, ...]
    """Ids of the requests it waits for."""
    payload: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Answered:
    """The call has its answer."""

    call_id: str
    tool_call_id: str
    tool: str
    answer: Answer


Progress: TypeAlias = Ready | Waiting | Held | Answered


def record_of(judged: Judgement | None) -> dict[str, Any]:
    """Return what an answer's record says of the decision; nothing where none was made."""
    if judged is None:
        return {}
    return {
        "decision": judged.decision.kind,
        "rules": list(judged.decision.rules),
        "policy_snapshot": judged.snapshot,
        "level": judged.level,
    }
