"""Plot: what a source's word was worth, and what a threshold would have asked and caught.

The figures of a source come from `gate.signals.report()`, the calls from `gate.audit.calls()`.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

from interlock.app.signals import SourceFigures
from interlock.conduct.values import Call
from interlock.desk.display import visible
from interlock.intervals import Share, share
from interlock.notebook.desk import BAD, GOOD, QUIET
from interlock.notebook.plots import new_axes
from interlock.policy.facts import is_number

_SIDES: Final = {"confidence": "below", "anomaly_score": "above"}


class WouldAsk(NamedTuple):
    """What one threshold would have done with some calls."""

    at: float
    asked: Share
    """Of all calls."""
    caught: Share
    """Of those that were wrong."""
    in_vain: Share
    """Of those that were right."""


def would_ask(
    calls: Iterable[Call],
    wrong: Collection[str],
    signal: Literal["confidence", "anomaly_score"],
    thresholds: Iterable[float],
) -> list[WouldAsk]:
    """Say what a rule `confidence_below` or `anomaly_score_above` would have asked about.

    By the signals recorded; a missing one asks. `wrong` are the ids of the calls that should have
    been. Calls that nothing was decided about are left out.
    """
    decided = [each for each in calls if each.judgement is not None]
    bad = [each.id in wrong for each in decided]
    values = [each.judgement.signals.get(signal) for each in decided if each.judgement]
    found: list[WouldAsk] = []
    for at in thresholds:
        asks = [_asks(value, at, _SIDES[signal]) for value in values]
        hits = [ask for ask, wrongly in zip(asks, bad, strict=True) if wrongly]
        vain = [ask for ask, wrongly in zip(asks, bad, strict=True) if not wrongly]
        shares = [share(sum(each), len(each)) for each in (asks, hits, vain)]
        found.append(WouldAsk(at, *shares))
    return found


def _asks(value: object, at: float, side: str) -> bool:
    if not is_number(value):
        return True
    return value < at if side == "below" else value > at


def reliability(source: SourceFigures, ax: Any = None) -> Any:  # noqa: ANN401 - matplotlib's `Axes`, typed in part only
    """Plot how often calls were right against what was said, with exact 95 % intervals."""
    axes = ax or new_axes()
    axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", label="as said")
    for each in source.reliability:
        axes.plot([each.said_0_1] * 2, [each.right.low, each.right.high], color=QUIET)
        axes.plot([each.said_0_1], [each.right.value], "o", color=GOOD)
        axes.annotate(f" {each.right.of}", (each.said_0_1, each.right.value), fontsize="small")
    if source.suggested is not None:
        axes.axvline(source.suggested.said_0_1, color=BAD, linestyle=":", label="suggested")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("said")
    axes.set_ylabel("right, of as many as stands there")
    ece = f"ECE {source.quality.ece:.3f}, corrected {source.quality.ece_corrected:.3f}"
    axes.set_title(f"{source.source}, {visible(source.tool_class) or 'all tools'}: {ece}")
    axes.legend(frameon=False)
    return axes


def caught(found: Sequence[WouldAsk], label: str, mark: float = -1, ax: Any = None) -> Any:  # noqa: ANN401 - as above
    """Plot the share of wrong calls that is caught against that of calls that are asked about.

    The threshold `mark` is marked.
    """
    axes = ax or new_axes()
    points = sorted((each.asked.value, each.caught.value) for each in found)
    (line,) = axes.plot(*zip(*points, strict=True), marker=".", label=label)
    for each in found:
        if each.at == mark:
            axes.plot([each.asked.value], [each.caught.value], "s", color=line.get_color())
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("asked, of all calls")
    axes.set_ylabel("caught, of the wrong ones")
    axes.legend(frameon=False)
    return axes
