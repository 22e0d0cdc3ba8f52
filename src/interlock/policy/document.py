"""Name: every section of a policy file, version v1, as values; `sections.py` reads them.

A field's text is also its description in the JSON Schema.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.policy.authority import Boundary, DecisionMatrix, Guardrail, RiskEntry
from interlock.policy.constraints import Constraints
from interlock.policy.decisions import Effect, Kind, Silence
from interlock.policy.match import Match
from interlock.policy.operations import (
    ApprovalQueuePolicy,
    Audit,
    Batch,
    DemoteTo,
    ErrorRateTrigger,
    EvidenceContract,
    FatigueControls,
    PromotionCriteria,
    Timeouts,
)
from interlock.policy.output import OutputPolicy

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


ArgumentType: TypeAlias = Literal[
    "string", "number", "integer", "boolean", "array", "object", "any"
]


class ToolEntry(NamedTuple):
    """What a tool, or every tool of a glob, is: an entry of the catalogue."""

    topic: str | None = None
    """Dotted name that rules match; the tool's own name when absent."""
    risk_tags: tuple[str, ...] = ()
    """What the tool touches: `read`, `write`, `delete`, `financial`, `secrets`, or your words."""
    effect: Effect = "non_idempotent"
    """What running it twice does: `read`, `idempotent` or `non_idempotent`."""
    facts: Mapping[str, str] = _NONE
    """Fact name to CEL over `args`, `agent` and `context`: `args.amount`, `size(args.items)`."""
    args: Mapping[str, ArgumentType] | None = None
    """Argument name to its type, so that misspelt and ill-typed names are found at load."""
    schema: str | None = None
    """JSON Schema file of the arguments, beside the policy; instead of `args`."""
    owner: str | None = None
    """Who answers for the tool; never counts as an approver."""
    compensate: str | None = None
    """Tool that undoes this one."""
    idempotency_argument: str | None = None
    """Argument that the gate fills with the call's digest."""
    isolation: Literal["none", "subprocess"] = "none"
    """Where the tool runs: in the host's process, or in a worker process under control."""
    trusted: bool | None = None
    """Whether its results may name values as the user may: only where nobody else writes them."""


class Review(NamedTuple):
    """How a human is asked when this rule asks."""

    approval_ttl_sec: float | None = None
    """Seconds for which the request stays open; `review_defaults` when absent."""
    execution_ttl_sec: float | None = None
    """Seconds for which an approval may wait for its execution; `review_defaults` when absent."""
    inline: bool = False
    """Whether a resume payload may carry the vote; never so for high and critical risk."""
    editor_may_approve: bool = False
    """Whether the person who edited the arguments may approve the edited call."""
    reason_required: bool = False
    """Whether an approval must say why."""
    route: str | None = None
    """Group of whom one must approve; anyone when absent."""
    quorum: int | Literal["majority", "unanimous"] | None = None
    """How many must approve: a number, or how many of the group; one when absent."""
    groups_all: tuple[str, ...] = ()
    """Groups each of which must approve."""
    escalate_after_sec: float | None = None
    """Seconds after which an open request goes to the next level."""
    on_timeout: Silence | None = None
    """What silence means when the request's time is over."""
    auth: Literal["local", "token", "signed", "passkey"] | None = None
    """How approvers must prove who they are."""
    batch: Batch | None = None
    """Whether, and how, like requests may be answered together; never when absent."""


class ReviewDefaults(NamedTuple):
    """How long requests stay open and approvals stay good when no rule says otherwise."""

    approval_ttl_sec: float = 14400.0
    """Seconds for which a request stays open; then it expires and nothing runs."""
    execution_ttl_sec: float = 3600.0
    """Seconds for which an approval may wait for its execution."""
    escalate_after_sec: float | None = None
    """Seconds after which an open request goes to the next level."""


class RuleEntry(NamedTuple):
    """One rule: when it speaks, and what it decides."""

    decision: Kind
    """What the rule decides."""
    id: str | None = None
    """Name in decisions and entries; the rule's place (`rules[3]`) when absent."""
    match: Match = Match()
    """When the rule speaks; without any condition it is the set's fallback."""
    reason: str = ""
    """Why, for the people who read the decision."""
    review: Review | None = None
    """How a human is asked; for `require_approval` only."""
    constraints: Constraints | None = None
    """Limits that every call keeps to that the rule is about, whichever decision wins."""
    review_result: bool = False
    """Whether the result is held for a human whatever is decided."""
    veto_window_sec: float | None = None
    """Seconds in which a person may stop the call before it runs; for `notify` only."""
    escalate_after_sec: float | None = None
    """Seconds within which somebody must acknowledge the notice; for `notify` only."""
    on_silence: Literal["none", "hold_result", "halt_agent"] | None = None
    """What it means that nobody acknowledged the notice in time; for `notify` only."""


class LevelEntry(NamedTuple):
    """What an agent may do at one autonomy level: a rule set of its own."""

    name: str | None = None
    """Name for people."""
    rules: tuple[RuleEntry, ...] = ()
    """The level's rules; the strictest of these and the file's rules counts."""


class AutonomyLevels(NamedTuple):
    """Rule sets by autonomy level; a level without one is decided as the nearest below it."""

    level_0: LevelEntry
    """Supervised."""
    level_1: LevelEntry | None = None
    """Assisted."""
    level_2: LevelEntry | None = None
    """Semi-autonomous."""
    level_3: LevelEntry | None = None
    """Autonomous."""


class Autonomy(NamedTuple):
    """Where agents start."""

    initial_level: int = 0
    """Level of an agent that nobody has promoted, 0 to 3."""
    scope: tuple[str, ...] = ("agent",)
    """What a level belongs to: the agent, or the agent with each `topic` or `tool`."""
    max_level: Mapping[str, int] = _NONE
    """Highest level by risk tag, and `default` for all others."""


CONFIDENCE_SOURCES: Final = ("declared", "logprobs", "agreement", "record")
"""Who may be asked how sure one may be of a call."""

CALLABLE: Final = r"callable:[a-z][a-z0-9_]{0,63}"
"""How a function of the host is named among them."""


class ConfidenceSignal(NamedTuple):
    """Where confidence comes from."""

    source: tuple[str, ...] = ("declared",)
    """Who is asked, in this order, when the host supplies nothing; the first that says something
    counts. `declared`: the agent itself; `logprobs`: the model's token probabilities; `agreement`:
    the model's other samples; `record`: the agent's share of right calls with this tool;
    `callable:NAME`: a function that the host registered under this name."""
    missing: Literal["escalate", "ignore"] = "escalate"
    """What a call without it means: restrictive rules count as matched, or stay silent."""
    calibration: Literal["learned", "none"] | None = None
    """`learned`: what a source says is corrected by how often such calls were right; `none`: it
    counts as said."""


class AnomalySignal(NamedTuple):
    """What a call is compared with, and what it means that there is too little."""

    cold_start: Literal["escalate", "ignore"] = "escalate"
    """Too few calls known: restrictive rules count as matched, or stay silent."""
    window: str | None = None
    """After how long a call weighs half: a number and `s`, `m`, `h` or `d`."""
    min_history: int | None = None
    """Calls of the agent before which there is no score."""


class RetriesSignal(NamedTuple):
    """What counts as a retry."""

    window_sec: float = 600.0
    """Seconds within which the same call again is a retry."""


class Signals(NamedTuple):
    """Where signals come from, and what their absence means."""

    confidence: ConfidenceSignal = ConfidenceSignal()
    """How sure the agent is, 0..1."""
    anomaly: AnomalySignal = AnomalySignal()
    """How unusual the call is for its agent."""
    retries: RetriesSignal = RetriesSignal()
    """How often the same call was tried before."""


class Document(NamedTuple):
    """A policy file: who may do what."""

    version: Literal["v1"] = "v1"
    """Version of this format."""
    environment: str | None = None
    """Where this policy is in force, when the host does not say."""
    tools: Mapping[str, ToolEntry] = _NONE
    """The catalogue: tool names, or globs over them, and what they are."""
    rules: tuple[RuleEntry, ...] = ()
    """The rules; their order never matters."""
    default: Literal["require_approval", "deny"] = "require_approval"
    """What is decided when no rule speaks; never `allow`."""
    autonomy_levels: AutonomyLevels | None = None
    """Rule sets by autonomy level."""
    autonomy: Autonomy = Autonomy()
    """Where agents start."""
    review_defaults: ReviewDefaults = ReviewDefaults()
    """How long requests stay open and approvals stay good."""
    hold_siblings: Literal["effects", "all", "none"] = "effects"
    """Which calls of a turn wait while a sibling is pending: those with effects, all, or none."""
    output: OutputPolicy = OutputPolicy()
    """What may leave a tool, and what is done to the rest."""
    signals: Signals = Signals()
    """Where signals come from, and what their absence means."""
    boundaries: Mapping[str, Boundary] = _NONE
    """How far each action may go alone: by tool name, topic or glob."""
    decision_matrix: DecisionMatrix | None = None
    """Who decides, by action and risk."""
    risk: tuple[RiskEntry, ...] | None = None
    """How a call gets its risk level; by its tags when absent."""
    guardrails: tuple[Guardrail, ...] = ()
    """Denials that neither level nor human lifts."""
    groups: Mapping[str, tuple[str, ...]] = _NONE
    """Group name to its members, each one person."""
    default_constraints: Constraints | None = None
    """Limits of an `allow_with_constraints` that names none."""
    trusted_servers: tuple[str, ...] = ()
    """MCP servers whose annotations fill the tags of their tools."""
    audit: Audit | None = None
    """What is looked at after it ran, and what must be recorded before."""
    approval_queue_policy: ApprovalQueuePolicy | None = None
    """How long people may let requests wait."""
    routing: Mapping[str, str] = _NONE
    """`<tag>_actions` or `default` to the group that is asked."""
    fatigue_controls: FatigueControls | None = None
    """What keeps approvals from becoming a habit."""
    evidence_contract: EvidenceContract | None = None
    """What an approval must carry."""
    timeouts: Timeouts | None = None
    """What silence means, by risk."""
    escalation: Mapping[str, tuple[str, ...]] = _NONE
    """Group to those who are asked next, in order."""
    promotion_criteria: PromotionCriteria | None = None
    """What an agent must have shown before it may rise a level."""
    demotion_triggers: tuple[
        Literal["policy_violation", "safety_incident"] | ErrorRateTrigger, ...
    ] = ()
    """What makes an agent fall a level, at once."""
    demote_to: DemoteTo | None = None
    """How far it falls."""


def as_json(value: Any) -> Any:  # noqa: ANN401 - JSON leaves here
    """Write a section, with its defaults, as JSON values; what is absent is left out."""
    match value:
        case None | str() | int() | float():
            return value
        case tuple() if fields := getattr(value, "_fields", None):  # pyright: ignore[reportUnknownArgumentType] - a section
            pairs = zip(fields, value, strict=True)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - as above
            return {key: as_json(item) for key, item in pairs if item is not None}  # pyright: ignore[reportUnknownVariableType] - as above
        case tuple():
            return [as_json(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - JSON
        case Mapping():
            return {key: as_json(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType] - JSON
        case _:
            return value
