"""Plot: what thresholds would have asked is counted as the policy would have decided."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import pytest

from interlock.app.policy import Policy
from interlock.app.signals import SourceFigures
from interlock.conduct.values import Call
from interlock.intervals import share
from interlock.notebook.signals import caught, reliability, would_ask
from interlock.signals.calibration import Judged, threshold
from interlock.signals.calibration import reliability as bins
from interlock.signals.reputation import quality

RULE = "rules: [{{id: rest, decision: allow}}, {{id: one, match: {{{key}: {at}}}, decision: deny}}]"


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Leave no figure open, of these tests or those before them."""
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def calls(worker: Any) -> list[Call]:
    """Calls of which the agent was more or less sure, one without a word of it."""
    for at, sure in enumerate((0.2, 0.4, 0.6, 0.8)):
        worker.call("look", {"at": at, "_interlock": {"confidence": sure}})
    worker.call("look", {"at": 9})
    return worker.gate.audit.calls()


@pytest.mark.parametrize("at", [0.0, 0.2, 0.5, 1.0])
def test_as_the_policy_would_have_decided(calls: list[Call], worker: Any, at: float) -> None:
    """What is counted as asked is what a rule at the threshold stops; a missing signal asks."""
    (found,) = would_ask(calls, {calls[0].id, calls[3].id}, "confidence", [at])
    policy = Policy.parse(RULE.format(key="confidence_below", at=at))
    kinds = [worker.gate.audit.explain(each.id, policy).answer.kind for each in calls]
    stops = [kind == "deny" for kind in kinds]

    assert (found.at, found.asked) == (at, share(sum(stops), 5))
    assert found.caught == share(stops[0] + stops[3], 2)
    assert found.in_vain == share(sum(stops) - stops[0] - stops[3], 3)


def test_above_is_not_below(calls: list[Call]) -> None:
    """A score asks above its threshold; that nobody weighed these calls asks about all of them."""
    (found,) = would_ask(calls, set(), "anomaly_score", [0.9])

    assert (found.asked.value, found.caught.of) == (1.0, 0)


def test_a_curve_marks_its_threshold(calls: list[Call]) -> None:
    """Asked runs against caught, and the threshold that was chosen stands out."""
    found = would_ask(calls, {calls[0].id}, "confidence", [0.0, 0.5, 1.0])
    axes = caught(found, "confidence", 0.5)
    line, mark = axes.get_lines()

    assert [tuple(point) for point in line.get_xydata()] == [(0.2, 0.0), (0.6, 1.0), (1.0, 1.0)]
    assert [tuple(point) for point in mark.get_xydata()] == [(0.6, 1.0)]


def test_a_diagram_has_a_point_for_each_bin() -> None:
    """Said against right, each with how many calls, the suggested threshold, and the errors."""
    judged = [Judged(0.95, True)] * 60 + [Judged(0.45, True), Judged(0.45, False)]
    source = SourceFigures(
        "declared", "", quality(judged), tuple(bins(judged)), threshold(judged, 0.1)
    )
    axes = reliability(source)

    assert [each.get_text().strip() for each in axes.texts] == ["2", "60"]
    assert "declared, all tools: ECE 0.050" in axes.get_title()
    assert len([line for line in axes.get_lines() if line.get_linestyle() == ":"]) == 1
