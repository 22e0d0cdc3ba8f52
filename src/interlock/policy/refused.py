"""Refuse: keys of policy v1 that nothing enforces yet, by name and place.

A key that would be ignored is a promise nobody keeps, so it is an error at load. One test names
this whole list; it may only shrink.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

KEYS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "": frozenset(
            {
                "approval_queue_policy",
                "audit",
                "boundaries",
                "decision_matrix",
                "default_constraints",
                "demote_to",
                "demotion_triggers",
                "escalation",
                "evidence_contract",
                "fatigue_controls",
                "groups",
                "guardrails",
                "promotion_criteria",
                "risk",
                "routing",
                "timeouts",
                "trusted_servers",
            }
        ),
        "tools.*": frozenset({"args", "compensate", "idempotency_argument", "isolation", "schema"}),
        "rules[]": frozenset(
            {"constraints", "enforcement", "escalate_after_sec", "on_silence", "veto_window_sec"}
        ),
        "rules[].match": frozenset({"args_match", "when"}),
        "rules[].match.unless": frozenset({"args_match", "when"}),
        "rules[].review": frozenset(
            {"auth", "batch", "escalate_after_sec", "groups_all", "on_timeout", "quorum", "route"}
        ),
        "review_defaults": frozenset({"escalate_after_sec"}),
        "autonomy": frozenset({"max_level"}),
        "output": frozenset({"commitments", "per_topic", "rules"}),
        "signals.confidence": frozenset({"calibration"}),
        "signals.anomaly": frozenset({"min_history", "window"}),
    }
)
"""Keys, by the place where they stand in the file."""

VALUES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "autonomy.scope[]": frozenset({"tool", "topic"}),
        "output.entities.*": frozenset({"hash"}),
        "output.secrets": frozenset({"hash"}),
        "signals.confidence.source[]": frozenset({"logprobs"}),
    }
)
"""Values, by the place where they stand in the file."""


def refusal(name: str) -> str:
    """Say that a key or value is known but not enforced."""
    return (
        f"`{name}` is part of policy v1 but is not enforced by this version yet; "
        "remove it (nothing was loaded)"
    )
