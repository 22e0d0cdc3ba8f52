"""List: which section of a policy file is read with which shape."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from interlock.policy.document import (
    CALLABLE,
    CONFIDENCE_SOURCES,
    AnomalySignal,
    Autonomy,
    AutonomyLevels,
    ConfidenceSignal,
    Document,
    RetriesSignal,
    ReviewDefaults,
    Signals,
)
from interlock.policy.file.authority_shapes import BOUNDARIES, GUARDRAILS, MATRIX, RISK
from interlock.policy.file.entities import ENTITIES, Kinds
from interlock.policy.file.operation_shapes import OPERATIONS
from interlock.policy.file.part import Part
from interlock.policy.file.refused import VALUES
from interlock.policy.file.rule_shapes import (
    GLOB,
    LEVEL,
    LEVEL_ENTRY,
    RULE,
    SECONDS,
    SHARE,
    TAG,
    TEXT,
    TOOL,
    constraints_at,
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
    is_text,
)
from interlock.policy.output import (
    Action,
    BlockedTerms,
    MaxLength,
    OutputOverride,
    OutputPolicy,
    OutputRule,
    Withholding,
)

_ABSENCE: Final = OneOf(("escalate", "ignore"))
_WITHHOLDING: Final = OneOf(get_args(Withholding))
_NEVER_ALLOW: Final = {
    "allow": (
        '; to allow what no other rule names, add `{match: {topics: ["*"]}, decision: allow}` '
        "to `rules`"
    )
}


def _or_refused(words: Iterable[str], place: str) -> OneOf:
    return OneOf((*words, *sorted(VALUES[place])))


_QUOTED: Final = r'\["(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})+"\]'
_POSITION: Final = r"\[(?:[0-9]*|\*)\](?=[.\[])"
_NAME: Final = r"[^.\[\]]+"
_FIELD: Final = Text(
    rf"^(?:{_NAME}|{_QUOTED}|{_POSITION})(?:\.{_NAME}|{_QUOTED}|{_POSITION})*$",
    "the path of a member: `rows[*].note`, `**.internal_notes`, or for a name with dots in it "
    '`rows["a.b"]`',
)

_REVIEWED: Final[Mapping[str, Shape]] = {
    "entities": Kinds(
        "entity",
        _or_refused(get_args(Action), "output.entities.*"),
        frozenset(ENTITIES),
        unasked=("allow",),
    ),
    "secrets": _or_refused(get_args(Action), "output.secrets"),
    "min_score": SHARE,
    "internal_fields": Items(_FIELD),
    "blocked_terms": Part(
        "output.blocked_terms",
        BlockedTerms,
        {"terms": Items(TEXT), "action": _WITHHOLDING},
    ),
    "max_length": Part(
        "output.max_length",
        MaxLength,
        {"chars": Number(1, whole=True), "action": _WITHHOLDING},
    ),
    "injection": OneOf(("allow", "quarantine")),
    "safe_response": TEXT,
}
OUTPUT: Final = Part(
    "output",
    OutputPolicy,
    {
        **_REVIEWED,
        "commitments": OneOf(("allow", "ask", "deny")),
        "rules": Items(
            Part(
                "output.rules[]",
                OutputRule,
                {
                    "decision": OneOf((*get_args(Action), "hash", "withhold")),
                    "id": TEXT,
                    "match": match_at("output.rules[].match"),
                    "when": TEXT,
                },
            )
        ),
        "per_topic": Named(Part("output.per_topic.*", OutputOverride, _REVIEWED), GLOB),
    },
)
_FUNCTION: Final = Text(f"^{CALLABLE}$", "`callable:` and a name of small letters, digits and `_`")


def _is_function(value: Any) -> bool:  # noqa: ANN401 - what a node holds
    return isinstance(value, str) and value.startswith("callable:")


_SOURCE: Final = Either(
    (
        (_is_function, _FUNCTION),
        (is_text, OneOf(CONFIDENCE_SOURCES)),
    ),
    "text",
)
SIGNALS: Final = Part(
    "signals",
    Signals,
    {
        "confidence": Part(
            "signals.confidence",
            ConfidenceSignal,
            {
                "source": Items(_SOURCE, distinct="source"),
                "missing": _ABSENCE,
                "calibration": OneOf(("learned", "none")),
            },
        ),
        "anomaly": Part(
            "signals.anomaly",
            AnomalySignal,
            {
                "cold_start": _ABSENCE,
                "window": Text(r"^[1-9][0-9]{0,4}[smhd]$", "a duration such as `12h` or `30d`"),
                "min_history": Number(1, whole=True),
            },
        ),
        "retries": Part("signals.retries", RetriesSignal, {"window_sec": SECONDS}),
    },
)
DOCUMENT: Final = Part(
    "",
    Document,
    {
        "version": OneOf(("v1",)),
        "environment": TEXT,
        "tools": Named(TOOL, GLOB),
        "rules": Items(RULE),
        "default": OneOf(("require_approval", "deny"), _NEVER_ALLOW),
        "autonomy_levels": Part(
            "autonomy_levels", AutonomyLevels, {f"level_{at}": LEVEL_ENTRY for at in range(4)}
        ),
        "autonomy": Part(
            "autonomy",
            Autonomy,
            {
                "initial_level": LEVEL,
                "scope": Items(_or_refused(("agent",), "autonomy.scope[]"), least=1),
                "max_level": Named(LEVEL, TAG),
            },
        ),
        "review_defaults": Part(
            "review_defaults",
            ReviewDefaults,
            {
                "approval_ttl_sec": SECONDS,
                "execution_ttl_sec": SECONDS,
                "escalate_after_sec": SECONDS,
            },
        ),
        "hold_siblings": OneOf(("effects", "all", "none")),
        "output": OUTPUT,
        "signals": SIGNALS,
        "boundaries": BOUNDARIES,
        "decision_matrix": MATRIX,
        "risk": RISK,
        "guardrails": GUARDRAILS,
        "groups": Named(Items(TEXT, least=1, distinct="member")),
        "default_constraints": constraints_at("default_constraints"),
        **OPERATIONS,
    },
)


def parts(shape: Any = DOCUMENT) -> dict[str, Part]:  # noqa: ANN401 - any shape
    """Collect every section by its place."""
    match shape:
        case Part():
            found = {shape.place: shape}
            further = (shape.beside.item,) if shape.beside else ()
            for inner in (*shape.shapes.values(), *further):
                found |= parts(inner)
            return found
        case Items() | Named():
            return parts(shape.item)
        case Converted():
            return parts(shape.shape)
        case Either():
            return {
                place: part for _, inner in shape.choices for place, part in parts(inner).items()
            }
        case _:
            return {}
