"""List: which key of a policy file is read with which shape."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from interlock.policy.decisions import Effect, Kind
from interlock.policy.document import (
    AnomalySignal,
    Autonomy,
    AutonomyLevels,
    ConfidenceSignal,
    Document,
    LevelEntry,
    RetriesSignal,
    Review,
    ReviewDefaults,
    RuleEntry,
    Signals,
    ToolEntry,
)
from interlock.policy.match import Match
from interlock.policy.output import Action, BlockedTerms, MaxLength, OutputPolicy, Withholding
from interlock.policy.shape import WORD, Flag, Items, Named, Number, OneOf, Part, Shape, Text

_A_YEAR_S: Final = 31_536_000.0
_TEXT: Final = Text()
_FLAG: Final = Flag()
_SECONDS: Final = Number(0.0, _A_YEAR_S, above_low=True)
_GLOBS: Final = Items(_TEXT, least=1)
_TAG: Final = Text(WORD, "a word without blanks or `*`")
_TAGS: Final = Items(_TAG, least=1)
_LEVEL: Final = Number(0, 3, whole=True)
_ABSENCE: Final = OneOf(("escalate", "ignore"))

TOOL: Final = Part(
    "tools.*",
    ToolEntry,
    {
        "topic": _TEXT,
        "risk_tags": Items(_TAG),
        "effect": OneOf(get_args(Effect)),
        "facts": Named(_TEXT),
        "owner": _TEXT,
    },
)
_CONDITIONS: Final[Mapping[str, Shape]] = {
    "topics": _GLOBS,
    "tools": _GLOBS,
    "agents": _GLOBS,
    "environments": _GLOBS,
    "principals": _GLOBS,
    "risk_tags": _TAGS,
    "risk_tags_all": _TAGS,
    "levels": Items(_LEVEL, least=1),
    "confidence_below": Number(0.0, 1.0),
    "anomaly_score_above": Number(),
    "risk_score_above": Number(),
    "retry_count_above": Number(0, whole=True),
    "first_time_action": _FLAG,
}
UNLESS: Final = Part("rules[].match.unless", Match, _CONDITIONS, comparisons=True)
MATCH: Final = Part("rules[].match", Match, {**_CONDITIONS, "unless": UNLESS}, comparisons=True)
REVIEW: Final = Part(
    "rules[].review",
    Review,
    {
        "approval_ttl_sec": _SECONDS,
        "execution_ttl_sec": _SECONDS,
        "inline": _FLAG,
        "editor_may_approve": _FLAG,
        "reason_required": _FLAG,
    },
)
RULE: Final = Part(
    "rules[]",
    RuleEntry,
    {
        "id": _TEXT,
        "match": MATCH,
        "decision": OneOf(get_args(Kind)),
        "reason": _TEXT,
        "review": REVIEW,
        "review_result": _FLAG,
    },
)
LEVEL: Final = Part("autonomy_levels.*", LevelEntry, {"name": _TEXT, "rules": Items(RULE)})
OUTPUT: Final = Part(
    "output",
    OutputPolicy,
    {
        "entities": Named(OneOf(get_args(Action), "output.entities.*")),
        "secrets": OneOf(get_args(Action), "output.secrets"),
        "min_score": Number(0.0, 1.0),
        "internal_fields": Items(_TEXT),
        "blocked_terms": Part(
            "output.blocked_terms",
            BlockedTerms,
            {"terms": Items(_TEXT), "action": OneOf(get_args(Withholding))},
        ),
        "max_length": Part(
            "output.max_length",
            MaxLength,
            {"chars": Number(1, whole=True), "action": OneOf(get_args(Withholding))},
        ),
        "injection": OneOf(("allow", "quarantine")),
        "safe_response": _TEXT,
    },
)
SIGNALS: Final = Part(
    "signals",
    Signals,
    {
        "confidence": Part(
            "signals.confidence",
            ConfidenceSignal,
            {
                "source": Items(OneOf(("declared",), "signals.confidence.source[]")),
                "missing": _ABSENCE,
            },
        ),
        "anomaly": Part("signals.anomaly", AnomalySignal, {"cold_start": _ABSENCE}),
        "retries": Part("signals.retries", RetriesSignal, {"window_sec": _SECONDS}),
    },
)
DOCUMENT: Final = Part(
    "",
    Document,
    {
        "version": OneOf(("v1",)),
        "environment": _TEXT,
        "tools": Named(TOOL),
        "rules": Items(RULE),
        "default": OneOf(("require_approval", "deny")),
        "autonomy_levels": Part(
            "autonomy_levels", AutonomyLevels, {f"level_{at}": LEVEL for at in range(4)}
        ),
        "autonomy": Part(
            "autonomy",
            Autonomy,
            {
                "initial_level": _LEVEL,
                "scope": Items(OneOf(("agent",), "autonomy.scope[]"), least=1),
            },
        ),
        "review_defaults": Part(
            "review_defaults",
            ReviewDefaults,
            {"approval_ttl_sec": _SECONDS, "execution_ttl_sec": _SECONDS},
        ),
        "hold_siblings": OneOf(("effects", "all", "none")),
        "output": OUTPUT,
        "signals": SIGNALS,
    },
)


def parts(shape: Any = DOCUMENT) -> dict[str, Part]:  # noqa: ANN401 - any shape
    """Collect every section by its place."""
    match shape:
        case Part():
            found = {shape.place: shape}
            for inner in shape.shapes.values():
                found |= parts(inner)
            return found
        case Items() | Named():
            return parts(shape.item)
        case _:
            return {}
