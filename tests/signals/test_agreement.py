"""Agreement: the same call in other samples, exactly."""

import pytest

from interlock.signals.agreement import Agreement, SampledCall, agreement

PAY: SampledCall = ("pay", {"to": "ana", "amount": 10})


def test_the_same_call_agrees_in_any_order_of_members() -> None:
    """Tool and arguments must be equal; the order of members, and of calls in a turn, may vary."""
    turned: SampledCall = ("pay", {"amount": 10.0, "to": "ana"})
    found = agreement(PAY, [[turned], [("look", {}), PAY], [("pay", {"to": "ana", "amount": 11})]])

    assert found == Agreement(2, 3)
    assert found.confidence_0_1 == pytest.approx(2 / 3)
    assert found.words() == "2 of 3 other samples made the same call"


@pytest.mark.parametrize("other", [[], [("refund", PAY[1])], [("pay", {"to": "ana"})]])
def test_anything_else_does_not_agree(other: list[SampledCall]) -> None:
    """A turn without the call, with another tool or other arguments disagrees."""
    assert agreement(PAY, [other]) == Agreement(0, 1)


def test_without_samples_it_is_missing() -> None:
    """Nobody asked again, or a call that no JSON carries, is missing, not disagreement."""
    assert agreement(PAY, []) is None
    assert agreement(("pay", {"x": object()}), [[PAY]]) is None
    assert agreement(PAY, [[("pay", {"x": float("nan")})]]) == Agreement(0, 1)
