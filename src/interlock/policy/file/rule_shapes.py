"""List: which key of a tool, a match, a rule and its constraints is read with which shape."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, get_args

from interlock.policy.constraints import Constraints
from interlock.policy.decisions import Effect, Kind, Silence
from interlock.policy.document import ArgumentType, LevelEntry, Review, RuleEntry, ToolEntry
from interlock.policy.file.part import Apart, Beside, Part
from interlock.policy.file.shape import (
    WORD,
    Anything,
    Either,
    Flag,
    Items,
    Json,
    Named,
    Number,
    OneOf,
    Shape,
    Text,
    is_flag,
    is_list,
    is_number,
    is_text,
)
from interlock.policy.file.source import Node, plain
from interlock.policy.match import COMPARISONS, SIGNAL_NAMES, GraveEffect, Match, split_comparison
from interlock.policy.operations import Batch

TEXT: Final = Text()
FLAG: Final = Flag()
SECONDS: Final = Number(0.0, 31_536_000.0, above_low=True)
"""Up to a year."""
COUNT: Final = Number(0, whole=True)
SHARE: Final = Number(0.0, 1.0)
GLOB: Final = Text(r"^[^?\[{!]+$", "a glob; globs know only `*` and `**`, not `?`, `[`, `{`, `!`")
GLOBS: Final = Items(GLOB, least=1)
TAG: Final = Text(WORD, "a word without blanks or `*`")
TAGS: Final = Items(TAG, least=1)
LEVEL: Final = Number(0, 3, whole=True)
SILENCE: Final = OneOf(get_args(Silence))
GROUPS: Final = Items(TEXT, least=1)
"""Names of groups."""
_HOST: Final = Text(
    r"^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$",
    "a host name in small letters such as `api.example.org`, without scheme, port or `*`",
)
_ARGUMENT_PATH: Final = Text(r"^[^.\s]+(\.[^.\s]+)*$", "an argument path such as `filter.limit`")

TOOL: Final = Part(
    "tools.*",
    ToolEntry,
    {
        "topic": TEXT,
        "risk_tags": Items(TAG),
        "effect": OneOf(get_args(Effect)),
        "facts": Named(TEXT),
        "args": Named(OneOf(get_args(ArgumentType))),
        "schema": TEXT,
        "owner": TEXT,
        "compensate": TEXT,
        "idempotency_argument": TEXT,
        "isolation": OneOf(("none", "subprocess")),
        "trusted": FLAG,
    },
    apart=(Apart("schema", "args", "`schema` does not go with `args`; keep one of them"),),
)


class _Operand(NamedTuple):
    """What a fact is compared with; `comparisons.py` knows which kind each comparison wants."""

    def read(self, node: Node, name: str) -> Any:  # noqa: ANN401, ARG002 - JSON; as all shapes
        """Return the value; lists become tuples."""
        return plain(node)

    def schema(self) -> Json:
        """Return a schema that accepts everything; the key's pattern says more."""
        return {}


def _comparison(key: str) -> str | None:
    return key if split_comparison(key) else None


_SCALAR: Final[Json] = {"type": ["string", "number", "boolean"]}
_NUMBER: Final[Json] = {"type": "number"}
_OPERANDS: Final[Mapping[str, Json]] = {
    **dict.fromkeys(("above", "below", "at_least", "at_most"), _NUMBER),
    "is": _SCALAR,
    "in": {"type": "array", "items": _SCALAR, "minItems": 1},
}
_NO_FACT: Final = "|".join(sorted(SIGNAL_NAMES))
_COMPARED: Final = Beside(
    "comparisons",
    _Operand(),
    _comparison,
    {f"^(?!({_NO_FACT})_{each}$).+_{each}$": _OPERANDS[each] for each in COMPARISONS},
)
_CONDITIONS: Final[Mapping[str, Shape]] = {
    "topics": GLOBS,
    "tools": GLOBS,
    "agents": GLOBS,
    "environments": GLOBS,
    "principals": GLOBS,
    "risk_tags": TAGS,
    "risk_tags_all": TAGS,
    "levels": Items(LEVEL, least=1),
    "confidence_below": SHARE,
    "anomaly_score_above": Number(),
    "risk_score_above": Number(),
    "retry_count_above": COUNT,
    "first_time_action": FLAG,
    "error_streak_above": COUNT,
    "unprompted_identifier": FLAG,
    "tainted_by": GLOBS,
    "after_untrusted_read": FLAG,
    "unasked_effects": Either(
        ((is_list, Items(OneOf(get_args(GraveEffect)), least=1)), (is_flag, FLAG)),
        "`true`, `false` or a list of effects",
    ),
    "when": TEXT,
    "args_match": Named(TEXT),
}


def match_at(place: str) -> Part:
    """Return the shape of a match that stands at a place."""
    unless = Part(f"{place}.unless", Match, _CONDITIONS, _COMPARED)
    return Part(place, Match, {**_CONDITIONS, "unless": unless}, _COMPARED)


def _limited_fact(key: str) -> str | None:
    return key.removeprefix("max_") if key.startswith("max_") and key != "max_" else None


def constraints_at(place: str) -> Part:
    """Return the shape of constraints that stand at a place."""
    shapes: Mapping[str, Shape] = {
        "max_runtime_sec": SECONDS,
        "network_allowlist": Items(_HOST),
        "enforcement": OneOf(("strict", "best_effort")),
        "max_rows": COUNT,
        "max_result_bytes": COUNT,
        "args": Named(Anything(), _ARGUMENT_PATH),
        "args_drop": Items(_ARGUMENT_PATH),
    }
    facts = Beside("max_facts", Number(), _limited_fact, {"^max_.+$": Number().schema()})
    return Part(place, Constraints, shapes, facts)


REVIEW: Final = Part(
    "rules[].review",
    Review,
    {
        "approval_ttl_sec": SECONDS,
        "execution_ttl_sec": SECONDS,
        "inline": FLAG,
        "editor_may_approve": FLAG,
        "reason_required": FLAG,
        "route": TEXT,
        "quorum": Either(
            (
                (is_number, Number(1, whole=True)),
                (is_text, OneOf(("majority", "unanimous"))),
            ),
            "a whole number from 1, `majority` or `unanimous`",
        ),
        "groups_all": GROUPS,
        "escalate_after_sec": SECONDS,
        "on_timeout": SILENCE,
        "auth": OneOf(("local", "token", "signed", "passkey")),
        "batch": Part(
            "rules[].review.batch",
            Batch,
            {"max": Number(2, 20, whole=True), "collect_sec": SECONDS},
        ),
    },
)
_NOTICE: Final = ("veto_window_sec", "escalate_after_sec", "on_silence")


def _only(kind: Kind, key: str, why: str) -> Apart:
    others = tuple(each for each in get_args(Kind) if each != kind)
    return Apart(key, "decision", why.format(f"`{kind}`"), others)


RULE: Final = Part(
    "rules[]",
    RuleEntry,
    {
        "id": TEXT,
        "match": match_at("rules[].match"),
        "decision": OneOf(get_args(Kind)),
        "reason": TEXT,
        "review": REVIEW,
        "constraints": constraints_at("rules[].constraints"),
        "review_result": FLAG,
        "veto_window_sec": SECONDS,
        "escalate_after_sec": SECONDS,
        "on_silence": OneOf(("none", "hold_result", "halt_agent")),
    },
    apart=(
        _only("require_approval", "review", "`review` says how a human is asked; it needs {}"),
        *(_only("notify", key, f"`{key}` is about a notice; it needs {{}}") for key in _NOTICE),
    ),
)
LEVEL_ENTRY: Final = Part("autonomy_levels.*", LevelEntry, {"name": TEXT, "rules": Items(RULE)})
