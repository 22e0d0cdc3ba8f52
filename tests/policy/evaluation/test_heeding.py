"""Show: how far each signal is from where a rule speaks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.app.policy import Asked, Policy
from interlock.policy.evaluation.heeding import HeededSignal, heeded_by

NUMBERS = st.floats(-1, 4, allow_nan=False) | st.integers(-2, 9)


def looks(match: str, **signals: Any) -> tuple[HeededSignal, ...]:
    """Return what one rule looks at in a call with some signals."""
    rules = f"rules: [{{id: one, match: {{{match}}}, decision: deny}}]"
    policy = Policy.parse(rules).compiled
    seen = Asked({"name": "pay"}, signals).assessed(policy)
    (rule,) = policy.rules.specific
    return heeded_by(rule, seen.subject)


class TestLaws:
    @given(NUMBERS, st.sampled_from([0.0, 0.5, 0.8, 1.0]))
    def test_below_zero_means_that_it_holds(self, value: float, limit: float) -> None:
        """Wherever a distance is known its sign says how the condition came out."""
        for key, name in (("confidence_below", "confidence"), ("risk_score_above", "risk_score")):
            (found,) = looks(f"{key}: {limit}", **{name: value})
            assert (found.distance is None) == (found.holds is None)
            if found.distance:
                assert found.holds is (found.distance < 0)


@pytest.mark.parametrize(
    ("match", "signals", "shown"),
    [
        ("confidence_below: 0.7", {"confidence": 0.9}, ("confidence", 0.7, 0.2, False)),
        ("confidence_below: 0.7", {"confidence": 0.5}, ("confidence", 0.7, -0.2, True)),
        ("anomaly_score_above: 0.8", {"anomaly_score": 0.8}, ("anomaly_score", 0.8, 0, False)),
        ("retry_count_above: 2", {"retry_count": 5}, ("retry_count", 2, -3, True)),
        ("retry_count_above: 2", {"retry_count": float("nan")}, ("retry_count", 2, None, None)),
        ("confidence_below: 0.7", {"confidence": 95}, ("confidence", 0.7, None, None)),
        ("confidence_below: 0.7", {"confidence": True}, ("confidence", 0.7, None, None)),
        ("anomaly_score_above: 0.8", {}, ("anomaly_score", 0.8, None, None)),
        ("first_time_action: true", {"first_time_action": True},
         ("first_time_action", True, None, True)),
    ],
)  # fmt: skip
def test_a_signal_and_its_threshold(
    match: str, signals: dict[str, Any], shown: tuple[Any, ...]
) -> None:
    """The distance runs to the threshold; a value that is missing or no number has none."""
    (found,) = looks(match, **signals)

    assert (found.signal, found.threshold, found.distance, found.holds) == shown


def test_expressions_and_exemptions() -> None:
    """An expression looks at the signals that it names; an exemption says that it is one."""
    found = looks(
        'when: "signals.retry_count > 2 || signals.confidence < 0.2", '
        "unless: {anomaly_score_above: 0.1}",
        retry_count=1,
        confidence=0.9,
        anomaly_score=0.05,
    )

    assert [(each.signal, each.key, each.distance) for each in found] == [
        ("confidence", "when", None),
        ("retry_count", "when", None),
        ("anomaly_score", "unless anomaly_score_above", 0.05),
    ]


def test_a_rule_about_no_signal() -> None:
    """What is no signal is not shown as one."""
    assert looks("tools: [pay], amount_above: 3") == ()
