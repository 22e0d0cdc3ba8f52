"""List: which key of the sections that people and clocks live by is read with which shape."""

from collections.abc import Mapping
from typing import Final, Literal

from interlock.policy.file.part import Part
from interlock.policy.file.rule_shapes import (
    FLAG,
    GROUPS,
    LEVEL,
    SECONDS,
    SHARE,
    SILENCE,
    TAG,
    TEXT,
    match_at,
)
from interlock.policy.file.shape import (
    Converted,
    Either,
    Items,
    Named,
    Number,
    OneOf,
    Shape,
    Text,
    is_mapping,
    is_number,
    is_text,
)
from interlock.policy.operations import (
    ApprovalQueuePolicy,
    Audit,
    DemoteTo,
    ErrorRateTrigger,
    EvidenceContract,
    ExecuteAfter,
    FatigueControls,
    Mandatory,
    PromotionCriteria,
    Sampling,
    SamplingWeights,
    Timeouts,
)

_AT_LEAST_ONE: Final = Number(1, whole=True)
_PER_AGENT: Final = Number(1, 1_000_000, whole=True)
_DAYS: Final = Number(0.0, 365.0, above_low=True)
_ROUTES: Final = Named(
    TEXT, Text(r"^([^*\s]+_actions|default)$", "`<tag>_actions` for a risk tag, or `default`")
)
_FALL: Final = Either(
    ((is_number, LEVEL), (is_text, OneOf(("previous",)))), "`previous`, or a level from 0 to 3"
)
_SAMPLING: Final = Part(
    "audit.sampling",
    Sampling,
    {
        "rate": SHARE,
        "strategy": OneOf(("uniform", "stratified", "every_nth")),
        "weights": Part(
            "audit.sampling.weights", SamplingWeights, {"risk_tags": Named(Number(0.0), TAG)}
        ),
    },
)


def _whatever_the_risk(word: Literal["commit", "sealed"]) -> ExecuteAfter:
    return ExecuteAfter(word, word, word, word)


_RECORDED: Final = OneOf(("commit", "sealed"))
_EXECUTE_AFTER: Final = Either(
    (
        (is_text, Converted(_RECORDED, _whatever_the_risk)),
        (
            is_mapping,
            Part(
                "audit.execute_after",
                ExecuteAfter,
                dict.fromkeys(ExecuteAfter._fields, _RECORDED),
            ),
        ),
    ),
    "`commit`, `sealed`, or one of them for each risk",
)
_ERROR_RATE: Final = Part(
    "demotion_triggers[]",
    ErrorRateTrigger,
    {"error_rate_above": SHARE, "window_days": _DAYS, "min_actions": _AT_LEAST_ONE},
)

OPERATIONS: Final[Mapping[str, Shape]] = {
    "trusted_servers": Items(TEXT),
    "audit": Part(
        "audit",
        Audit,
        {
            "execute_after": _EXECUTE_AFTER,
            "sampling": _SAMPLING,
            "mandatory": Items(
                Part("audit.mandatory[]", Mandatory, {"match": match_at("audit.mandatory[].match")})
            ),
            "routing": _ROUTES,
        },
    ),
    "approval_queue_policy": Part(
        "approval_queue_policy",
        ApprovalQueuePolicy,
        {
            "target_median_wait_sec": SECONDS,
            "target_p95_wait_sec": SECONDS,
            "max_open_requests_per_reviewer": _AT_LEAST_ONE,
            "escalate_after_sec": SECONDS,
            "max_open_requests_per_agent": _PER_AGENT,
            "max_requests_per_agent_per_hour": _PER_AGENT,
        },
    ),
    "routing": _ROUTES,
    "fatigue_controls": Part(
        "fatigue_controls",
        FatigueControls,
        {
            "auto_rebalance": FLAG,
            "cooldown_after_approvals": _AT_LEAST_ONE,
            "cooldown_window_sec": SECONDS,
            "cooldown_sec": SECONDS,
            "sampled_second_review_rate": SHARE,
            "canary_rate": SHARE,
        },
    ),
    "evidence_contract": Part(
        "evidence_contract",
        EvidenceContract,
        {
            "required_fields": Items(
                OneOf(("policy_snapshot", "job_hash", "approver_id", "decision_ts")), least=1
            ),
            "reject_if_incomplete": FLAG,
        },
    ),
    "timeouts": Part(
        "timeouts",
        Timeouts,
        {
            "critical": OneOf(
                ("deny", "escalate"), {"approve": "; silence never approves a critical risk"}
            ),
            "high": SILENCE,
            "medium": SILENCE,
            "low": SILENCE,
        },
    ),
    "escalation": Named(GROUPS),
    "promotion_criteria": Part(
        "promotion_criteria",
        PromotionCriteria,
        {
            "min_successful_actions": _AT_LEAST_ONE,
            "max_error_rate": SHARE,
            "review_period_days": _DAYS,
            "requires_human_sign_off": FLAG,
            "evidence": OneOf(("counts", "e_process")),
        },
    ),
    "demotion_triggers": Items(
        Either(
            (
                (is_text, OneOf(("policy_violation", "safety_incident"))),
                (is_mapping, _ERROR_RATE),
            ),
            "`policy_violation`, `safety_incident` or `{error_rate_above: …}`",
        )
    ),
    "demote_to": Part(
        "demote_to",
        DemoteTo,
        {"policy_violation": _FALL, "safety_incident": _FALL, "error_rate_above": _FALL},
    ),
}
