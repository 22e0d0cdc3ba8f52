"""Agreement: the same call in other samples, exactly."""

import pytest

from interlock.signals.agreement import SampledCall, agreement, words

PAY: SampledCall = ("pay", {"to": "ana", "amount": 10})


def test_the_same_call_agrees_in_any_order_of_members() -> None:
    """Tool and arguments must be equal; the order of members, and of calls in a turn, may vary."""
    turned: SampledCall = ("pay", {"amount": 10.0, "to": "ana"})
    found = agreement(PAY, [[turned], [("look", {}), PAY], [("pay", {"to": "ana", "amount": 11})]])

    assert found is not None
    assert (found.hits, found.of) == (2, 3)
    assert words(found) == "2 of 3 other samples made the same call"


@pytest.mark.parametrize("other", [[], [("refund", PAY[1])], [("pay", {"to": "ana"})]])
def test_anything_else_does_not_agree(other: list[SampledCall]) -> None:
    """A turn without the call, with another tool or other arguments disagrees."""
    found = agreement(PAY, [other])

    assert found is not None
    assert found.hits == 0


def test_without_samples_it_is_missing() -> None:
    """Nobody asked again, or a call that no JSON carries, is missing, not disagreement."""
    assert agreement(PAY, []) is None
    assert agreement(("pay", {"x": object()}), [[PAY]]) is None
    assert agreement(PAY, [[("pay", {"x": float("nan")})]]) == (0, 1, 0.0, 0.975)
