"""Refuse: the complete list of what is not enforced yet; it may only shrink."""

import json
from typing import Any

import pytest

from interlock.errors import PolicyError
from interlock.policy.load import parse
from interlock.policy.refused import KEYS, VALUES, refusal
from interlock.policy.sections import parts

NOT_ENFORCED_YET = {
    "": {
        "approval_queue_policy", "audit", "boundaries", "decision_matrix", "default_constraints",
        "demote_to", "demotion_triggers", "escalation", "evidence_contract", "fatigue_controls",
        "groups", "guardrails", "promotion_criteria", "risk", "routing", "timeouts",
        "trusted_servers",
    },
    "tools.*": {"args", "compensate", "idempotency_argument", "isolation", "schema"},
    "rules[]": {
        "constraints", "enforcement", "escalate_after_sec", "on_silence", "veto_window_sec",
    },
    "rules[].match": {"args_match", "when"},
    "rules[].match.unless": {"args_match", "when"},
    "rules[].review": {
        "auth", "batch", "escalate_after_sec", "groups_all", "on_timeout", "quorum", "route",
    },
    "review_defaults": {"escalate_after_sec"},
    "autonomy": {"max_level"},
    "output": {"commitments", "per_topic", "rules"},
    "signals.confidence": {"calibration"},
    "signals.anomaly": {"min_history", "window"},
    "autonomy.scope[] =": {"tool", "topic"},
    "output.entities.* =": {"hash"},
    "output.secrets =": {"hash"},
    "signals.confidence.source[] =": {"logprobs"},
}  # fmt: skip
"""By place; a place that ends in ` =` lists values. No entry may be added."""

Json = dict[str, Any]
EACH = [(place, name) for place, names in NOT_ENFORCED_YET.items() for name in sorted(names)]


def at_place(place: str, inner: Any) -> Json:
    """Write a policy that has `inner` at a place."""
    value: Any = inner
    for step in reversed(place.split(".") if place else []):
        name, items = step.removesuffix("[]"), step.endswith("[]")
        value = {"x" if name == "*" else name: [value] if items else value}
    return value


def test_the_list_is_complete() -> None:
    """What the loader refuses is what stands here, no more and no less."""
    refused = {place: set(names) for place, names in KEYS.items()}
    refused |= {f"{place} =": set(names) for place, names in VALUES.items()}

    assert refused == NOT_ENFORCED_YET


@pytest.mark.parametrize(("place", "name"), EACH)
def test_each_is_refused_by_name_in_its_place(place: str, name: str) -> None:
    """A key or value that nothing enforces stops the load, and says which it is and where."""
    value = place.endswith(" =")
    text = json.dumps(at_place(place.removesuffix(" ="), name if value else {name: 1}))
    column = text.index(f'"{name}"') + 1
    with pytest.raises(PolicyError) as caught:
        parse(text, "p")

    assert str(caught.value) == f"p:1:{column}: {refusal(name)}"


@pytest.mark.parametrize("name", sorted(KEYS["rules[]"]))
def test_short_rules_and_levels_refuse_the_same(name: str) -> None:
    """A short rule and a rule of a level have no other keys than a rule."""
    for text in (
        f"rules: [{{tool: a, action: allow, {name}: 1}}]",
        f"autonomy_levels: {{level_0: {{rules: [{{decision: deny, {name}: 1}}]}}}}",
    ):
        with pytest.raises(PolicyError, match=f"`{name}` is part of policy v1"):
            parse(text)


def test_nothing_is_both_refused_and_read() -> None:
    """A key that a section reads has left the list."""
    sections = parts()

    assert set(KEYS) <= set(sections)
    assert not [place for place in KEYS if KEYS[place] & sections[place].shapes.keys()]
