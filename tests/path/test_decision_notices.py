"""Decide: what silence about a notice means, of several rules and of then and now."""

import json
from typing import Any

import pytest

from interlock.app.policy import Policy
from interlock.errors import PolicyError
from interlock.policy.decisions import Notify, decision_json, read_decision


def told(rules: str, more: str = "") -> Notify:
    """Return the notice that a policy makes of a call of `a`."""
    policy = Policy.parse(f"rules: [{rules}]\n{more}")
    decision = policy.decide({"name": "a", "args": {}, "agent": "bot"}).decision
    assert isinstance(decision, Notify)
    assert read_decision(json.loads(json.dumps(decision_json(decision)))) == decision
    return decision


def rule(**said: Any) -> str:
    """Write a rule that tells people of `a`."""
    return json.dumps({"match": {"tools": ["a"]}, "decision": "notify", **said})


PLAIN, SOON = rule(), rule(escalate_after_sec=20)
HOLD = rule(escalate_after_sec=60, on_silence="hold_result")
HALT = rule(escalate_after_sec=90, on_silence="halt_agent")


@pytest.mark.parametrize(
    ("rules", "within_s", "meaning"),
    [
        ((PLAIN,), None, "none"),
        ((SOON,), 20, "none"),
        ((HOLD,), 60, "hold_result"),
        ((PLAIN, HOLD), 60, "hold_result"),
        ((HALT, HOLD), 60, "halt_agent"),
        ((HOLD, HALT, SOON), 20, "halt_agent"),
    ],
)
def test_the_strictest_of_several(
    rules: tuple[str, ...], within_s: float | None, meaning: str
) -> None:
    """The shortest time counts and the strictest consequence, in whatever order rules stand."""
    for order in (rules, rules[::-1]):
        notice = told(", ".join(order))
        assert (notice.acknowledge_within_s, notice.on_silence) == (within_s, meaning)


def test_a_time_that_nobody_gave() -> None:
    """What silence means needs a time: that of reviews, where the rule names none."""
    unsaid = rule(on_silence="halt_agent")

    assert told(unsaid).acknowledge_within_s == 300
    own = "review_defaults: {escalate_after_sec: 40}"
    assert told(unsaid, own).acknowledge_within_s == 40
    assert told(rule(on_silence="none"), own).acknowledge_within_s is None


def test_an_entry_of_a_plain_notice_is_as_before() -> None:
    """A notice that nobody must acknowledge is written as it always was."""
    assert decision_json(told(PLAIN)).keys() == {
        *("kind", "rules", "reason", "not_evaluable", "review_result"),
    }


def test_only_of_a_notice() -> None:
    """Silence about a call that nobody is told of means nothing; such a rule is refused."""
    for key, value in (("escalate_after_sec", 5), ("on_silence", "halt_agent")):
        wrong = json.dumps({"match": {"tools": ["a"]}, "decision": "allow", key: value})
        with pytest.raises(PolicyError, match="about a notice"):
            Policy.parse(f"rules: [{wrong}]")
