"""Name: the sections that people and clocks live by, as they stand in the file.

Sampled audits, the review desk, silence and escalation, promotion and demotion. They are read and
checked in full; `refused.py` lists those that nothing enforces yet. A field's text is also its
description in the JSON Schema.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.policy.decisions import Silence
from interlock.policy.match import Match

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})

Fall: TypeAlias = Literal["previous"] | int
"""The level an agent falls to: the one below, or a fixed one."""


class SamplingWeights(NamedTuple):
    """What makes a call likelier to be sampled."""

    risk_tags: Mapping[str, float] = _NONE
    """Risk tag to the factor on `rate`; the largest of a call's tags counts."""


class Sampling(NamedTuple):
    """Which executed calls a person looks at afterwards."""

    rate: float
    """Share of calls, 0..1."""
    strategy: Literal["uniform", "stratified", "every_nth"] = "uniform"
    """`uniform` and `every_nth`: by `rate` alone; `stratified`: by `rate` times weight."""
    weights: SamplingWeights = SamplingWeights()
    """Factors of `stratified`."""


class Mandatory(NamedTuple):
    """Calls that are always audited."""

    match: Match
    """Which calls."""


class ExecuteAfter(NamedTuple):
    """How safe the record of a decision must be before its call runs, by risk."""

    low: Literal["commit", "sealed"] = "commit"
    """`commit`: the decision is in the record; `sealed`: a signed head covers it."""
    medium: Literal["commit", "sealed"] = "commit"
    """As `low`."""
    high: Literal["commit", "sealed"] = "commit"
    """As `low`."""
    critical: Literal["commit", "sealed"] = "commit"
    """As `low`."""


class Audit(NamedTuple):
    """What is looked at after it ran, and what must be recorded before."""

    execute_after: ExecuteAfter | None = None
    """When a call may run: once its decision is committed, or once it is sealed."""
    sampling: Sampling | None = None
    """Which calls by chance."""
    mandatory: tuple[Mandatory, ...] = ()
    """Which calls always."""
    routing: Mapping[str, str] = _NONE
    """`<tag>_actions` or `default` to the group that audits."""


class ApprovalQueuePolicy(NamedTuple):
    """How long people may let requests wait."""

    target_median_wait_sec: float | None = None
    """Seconds within which half of the requests should be answered."""
    target_p95_wait_sec: float | None = None
    """Seconds within which 19 of 20 requests should be answered."""
    max_open_requests_per_reviewer: int | None = None
    """Open requests that one person is asked to look at, at most."""
    escalate_after_sec: float | None = None
    """Seconds after which an open request goes to the next level."""
    max_open_requests_per_agent: int | None = None
    """Open requests of one agent; what it asks beyond is denied, and nobody is asked."""
    max_requests_per_agent_per_hour: int | None = None
    """Requests of one agent within an hour; likewise."""


class FatigueControls(NamedTuple):
    """What keeps approvals from becoming a habit."""

    auto_rebalance: bool = False
    """Whether others are asked in the place of who is away, rests or is full."""
    cooldown_after_approvals: int | None = None
    """Approvals within the window after which a reviewer rests."""
    cooldown_window_sec: float | None = None
    """Seconds over which approvals are counted."""
    cooldown_sec: float | None = None
    """Seconds of rest."""
    sampled_second_review_rate: float = 0.0
    """Share of first answers, 0..1, that a second person gives again, blind to the first."""
    canary_rate: float = 0.0
    """Share of requests, 0..1, of which a canary is made: known to be wrong, and never run."""


class EvidenceContract(NamedTuple):
    """What an approval must carry."""

    required_fields: tuple[
        Literal["policy_snapshot", "job_hash", "approver_id", "decision_ts"], ...
    ] = ()
    """Fields that must be there; `job_hash` is the call's digest."""
    reject_if_incomplete: bool = True
    """Whether an approval without one of them counts for nothing."""


class Timeouts(NamedTuple):
    """What silence means when a request's time is over, by risk."""

    critical: Silence | None = None
    """`deny` or `escalate`; never `approve`."""
    high: Silence | None = None
    """`deny`, `escalate` or `approve`."""
    medium: Silence | None = None
    """`deny`, `escalate` or `approve`."""
    low: Silence | None = None
    """`deny`, `escalate` or `approve`."""


class PromotionCriteria(NamedTuple):
    """What an agent must have shown before it may rise a level."""

    min_successful_actions: int
    """Successful actions since the level was entered."""
    max_error_rate: float
    """Largest share of errors, 0..1, over the same actions."""
    review_period_days: float
    """Days at the level."""
    requires_human_sign_off: bool = True
    """Whether a person must agree."""
    evidence: Literal["counts", "e_process"] = "counts"
    """`counts`: as written; `e_process`: valid however often one looks, at 5 % error."""


class ErrorRateTrigger(NamedTuple):
    """A fall when errors become too many."""

    error_rate_above: float
    """Share of errors, 0..1, above which the agent falls."""
    window_days: float = 7.0
    """Days over which they are counted."""
    min_actions: int = 20
    """Actions before which nothing is said."""


class DemoteTo(NamedTuple):
    """How far an agent falls, by what happened."""

    policy_violation: Fall = "previous"
    """After a denied proposal or a broken constraint: `previous`, or a level 0 to 3."""
    safety_incident: Fall = 0
    """After an incident: `previous`, or a level 0 to 3."""
    error_rate_above: Fall = "previous"
    """After too many errors: `previous`, or a level 0 to 3."""


class Batch(NamedTuple):
    """Like requests that may be answered together."""

    max: int = 20
    """Requests that one batch holds: 2 to 20."""
    collect_sec: float = 60.0
    """How old the oldest must be, in seconds, before a batch that is not full is offered."""
