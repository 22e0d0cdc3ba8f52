"""Recognise: a policy, or a schema, that a ledger kept in an earlier form.

A policy's digest covers its defaults, so a key that the format gains changes it. What decided a
call keeps the digest that stands in the entries: the one over the keys that there were.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from interlock.canon import digest, encode
from interlock.policy.document import Document

_FIRST: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(keys.split())
    for name, keys in {
        "Document": "version environment tools rules default autonomy_levels autonomy "
        "review_defaults hold_siblings output signals",
        "ToolEntry": "topic risk_tags effect facts owner",
        "RuleEntry": "decision id match reason review review_result",
        "Review": "approval_ttl_sec execution_ttl_sec inline editor_may_approve reason_required",
        "ReviewDefaults": "approval_ttl_sec execution_ttl_sec",
        "Match": "topics tools agents environments principals risk_tags risk_tags_all levels "
        "confidence_below anomaly_score_above risk_score_above retry_count_above "
        "first_time_action comparisons unless",
        "Autonomy": "initial_level scope",
        "ConfidenceSignal": "source missing",
        "AnomalySignal": "cold_start",
        "OutputPolicy": "entities secrets min_score internal_fields blocked_terms max_length "
        "injection safe_response",
    }.items()
}
"""Section to the keys of its first form; a section that is not named here has all of them."""


def first_digest(document: Document) -> str:
    """Return the digest of a policy as it was before the format gained keys."""
    return hashlib.sha256(encode(_first(document), "policy")).hexdigest()


def _first(value: Any) -> Any:  # noqa: ANN401 - JSON leaves here
    match value:
        case Mapping():
            return {key: _first(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType] - JSON
        case tuple() if fields := getattr(value, "_fields", None):  # pyright: ignore[reportUnknownArgumentType] - a section
            kept = _FIRST.get(type(value).__name__, frozenset(fields))  # pyright: ignore[reportUnknownArgumentType] - a section
            return {key: _first(getattr(value, key)) for key in sorted(kept)}  # pyright: ignore[reportUnknownArgumentType] - a section
        case tuple():
            return [_first(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - JSON
        case _:
            return value


def first_schema_digest(schema: dict[str, Any]) -> str:
    """Return the digest that an argument schema was kept under before it named its tool."""
    return digest("interlock/tool-schema/v1", schema, "tool_schema")
