"""Model: every section of a policy file, version v1, as it stands in the file.

Unknown keys are refused. A field's text is also its description in the JSON Schema.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from interlock.policy.decisions import Effect, Kind
from interlock.policy.output import BlockedTerms, MaxLength, OutputPolicy

Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Score: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0)]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Seconds: TypeAlias = Annotated[float, Field(gt=0.0, le=31_536_000.0)]
"""At most a year."""
Name: TypeAlias = Annotated[str, Field(min_length=1)]
Names: TypeAlias = Annotated[tuple[Name, ...], Field(min_length=1)]
Tag: TypeAlias = Annotated[str, Field(pattern=r"^[^*\s]+$")]
Tags: TypeAlias = Annotated[tuple[Tag, ...], Field(min_length=1)]
Level: TypeAlias = Annotated[int, Field(ge=0, le=3)]
Levels: TypeAlias = Annotated[tuple[Level, ...], Field(min_length=1)]


class Section(BaseModel):
    """What all sections share."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class ToolEntry(Section):
    """What a tool, or all tools of a glob, are: the catalogue's entry."""

    topic: Name | None = None
    """Dotted name that rules match; the tool's own name when absent."""
    risk_tags: tuple[Tag, ...] = ()
    """What the tool touches: `read`, `write`, `delete`, `financial`, `secrets`, or your words."""
    effect: Effect = "non_idempotent"
    """What running it twice does: `read`, `idempotent` or `non_idempotent`."""
    facts: dict[Name, str] = Field(default_factory=dict)
    """Fact name to member path: `args.amount`, `agent.owner`, `context.x`, `size(args.items)`."""
    owner: Name | None = None
    """Who answers for the tool; never counts as an approver."""


class Conditions(Section):
    """When a rule speaks; keys are ANDed, the entries of a list are ORed.

    Fact comparisons `F_above`, `F_below`, `F_at_least`, `F_at_most`, `F_is`, `F_in` take the name
    of any fact for `F`.
    """

    model_config = ConfigDict(extra="allow")

    topics: Names | None = None
    """Globs over topics."""
    tools: Names | None = None
    """Globs over tool names."""
    agents: Names | None = None
    """Globs over agent ids."""
    environments: Names | None = None
    """Globs over environments."""
    principals: Names | None = None
    """Globs over the person or account on whose behalf the agent acts."""
    risk_tags: Tags | None = None
    """Tags of which the tool has at least one."""
    risk_tags_all: Tags | None = None
    """Tags that the tool has all of."""
    levels: Levels | None = None
    """Autonomy levels, 0 to 3."""
    confidence_below: Score | None = None
    """Confidence, 0..1, under which the rule speaks."""
    anomaly_score_above: Number | None = None
    """Anomaly score over which the rule speaks."""
    risk_score_above: Number | None = None
    """Risk score over which the rule speaks."""
    retry_count_above: Count | None = None
    """Number of retries, the first attempt left out, over which the rule speaks."""
    first_time_action: bool | None = None
    """Whether this agent has never executed this tool before."""


class Match(Conditions):
    """The conditions of a rule, and what exempts from it."""

    unless: Conditions | None = None
    """Conditions that exempt a call; a value they need and cannot get exempts nothing."""


class Review(Section):
    """How a human is asked when this rule asks; absent keys come from `review_defaults`."""

    approval_ttl_sec: Seconds | None = None
    """Seconds for which the request stays open; then it expires and nothing runs."""
    execution_ttl_sec: Seconds | None = None
    """Seconds for which an approval may wait for its execution."""
    inline: bool = False
    """Whether a resume payload may carry the vote; never so for high and critical risk."""
    editor_may_approve: bool = False
    """Whether the person who edited the arguments may approve the edited call."""
    reason_required: bool = False
    """Whether an approval must say why."""


class ReviewDefaults(Section):
    """How long requests stay open and approvals stay good when no rule says otherwise."""

    approval_ttl_sec: Seconds = 14400.0
    """Seconds for which a request stays open."""
    execution_ttl_sec: Seconds = 3600.0
    """Seconds for which an approval may wait for its execution."""


class RuleEntry(Section):
    """One rule: when it speaks, and what it decides."""

    id: Name | None = None
    """Name in decisions and entries; the rule's place (`rules[3]`) when absent."""
    match: Match = Field(default_factory=Match)
    """When the rule speaks; without any condition it is the set's fallback."""
    decision: Kind
    """What the rule decides."""
    reason: str | None = None
    """Why, for the people who read the decision."""
    review: Review = Field(default_factory=Review)
    """How a human is asked; for `require_approval` only."""
    review_result: bool = False
    """Whether the result is held for a human whatever is decided."""


class LevelEntry(Section):
    """What an agent may do at one autonomy level: a rule set of its own."""

    name: Name | None = None
    """Name for people."""
    rules: tuple[RuleEntry, ...] = ()
    """The level's rules; the strictest of these and the file's rules counts."""


class AutonomyLevels(Section):
    """Rule sets by autonomy level; a level without one is decided as the nearest below it."""

    level_0: LevelEntry
    """Supervised."""
    level_1: LevelEntry | None = None
    """Assisted."""
    level_2: LevelEntry | None = None
    """Semi-autonomous."""
    level_3: LevelEntry | None = None
    """Autonomous."""


class Autonomy(Section):
    """Where agents start."""

    initial_level: Level = 0
    """Level of an agent that nobody has promoted."""
    scope: tuple[Literal["agent"]] = ("agent",)
    """What a level belongs to."""


class ConfidenceSignal(Section):
    """Where confidence comes from."""

    source: tuple[Literal["declared"], ...] = ("declared",)
    """`declared`: what the agent says of its own call, when the host supplies nothing."""
    missing: Literal["escalate", "ignore"] = "escalate"
    """What a call without it means: restrictive rules count as matched, or stay silent."""


class AnomalySignal(Section):
    """What a call without an anomaly score means."""

    cold_start: Literal["escalate", "ignore"] = "escalate"
    """Restrictive rules count as matched, or stay silent."""


class RetriesSignal(Section):
    """What counts as a retry."""

    window_sec: Seconds = 600.0
    """Seconds within which the same call again is a retry."""


class Signals(Section):
    """Where signals come from, and what their absence means."""

    confidence: ConfidenceSignal = Field(default_factory=ConfidenceSignal)
    anomaly: AnomalySignal = Field(default_factory=AnomalySignal)
    retries: RetriesSignal = Field(default_factory=RetriesSignal)


class Document(Section):
    """A policy file: who may do what."""

    version: Literal["v1"] = "v1"
    """Version of this format."""
    environment: Name | None = None
    """Where this policy is in force, when the host does not say."""
    tools: dict[Name, ToolEntry] = Field(default_factory=dict)
    """The catalogue: tool names, or globs over them, and what they are."""
    rules: tuple[RuleEntry, ...] = ()
    """The rules; their order never matters."""
    default: Literal["require_approval", "deny"] = "require_approval"
    """What is decided when no rule speaks; never `allow`."""
    autonomy_levels: AutonomyLevels | None = None
    """Rule sets by autonomy level."""
    autonomy: Autonomy = Field(default_factory=Autonomy)
    """Where agents start."""
    review_defaults: ReviewDefaults = Field(default_factory=ReviewDefaults)
    """How long requests stay open and approvals stay good."""
    hold_siblings: Literal["effects", "all", "none"] = "effects"
    """Which calls of a turn wait while a sibling is pending: all with effects, all, or none."""
    output: OutputPolicy = Field(default_factory=OutputPolicy)
    """What may leave a tool, and what is done to the rest."""
    signals: Signals = Field(default_factory=Signals)
    """Where signals come from, and what their absence means."""


PLACES: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {
        "": Document,
        "tools.*": ToolEntry,
        "rules[]": RuleEntry,
        "rules[].match": Match,
        "rules[].match.unless": Conditions,
        "rules[].review": Review,
        "autonomy_levels": AutonomyLevels,
        "autonomy_levels.*": LevelEntry,
        "autonomy": Autonomy,
        "review_defaults": ReviewDefaults,
        "output": OutputPolicy,
        "output.blocked_terms": BlockedTerms,
        "output.max_length": MaxLength,
        "signals": Signals,
        "signals.confidence": ConfidenceSignal,
        "signals.anomaly": AnomalySignal,
        "signals.retries": RetriesSignal,
    }
)
"""Which model stands where; the rules of a level stand at `rules[]` too."""

SIGNAL_NAMES: Final = frozenset(
    {
        "confidence",
        "anomaly_score",
        "risk_score",
        "retry_count",
        "error_streak",
        "first_time_action",
    }
)
"""Names that no fact may take."""

Comparison: TypeAlias = Literal["above", "below", "at_least", "at_most", "is", "in"]

_COMPARISONS: Final[tuple[Comparison, ...]] = ("at_least", "at_most", "above", "below", "is", "in")


def split_comparison(key: str) -> tuple[str, Comparison] | None:
    """Read `amount_usd_above` as a fact's name and its comparison; None for any other key."""
    for comparison in _COMPARISONS:
        name = key.removesuffix(f"_{comparison}")
        if name and name != key and name not in SIGNAL_NAMES:
            return name, comparison
    return None


def written(conditions: Conditions) -> dict[str, Any]:
    """Return the conditions that the author gave, by key."""
    fixed = {key: getattr(conditions, key) for key in Conditions.model_fields}
    return {
        key: value
        for key, value in (fixed | (conditions.model_extra or {})).items()
        if value is not None
    }
