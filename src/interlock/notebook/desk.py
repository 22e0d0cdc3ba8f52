"""Plot: how the review desk does, from the figures that `gate.figures()` returns.

Each draws on `ax`, else on a figure of its own, and returns it. Shares come with how many cases
they are of; what teams catch comes with its interval.
"""

from collections.abc import Sequence
from typing import Any, Final

from interlock.app.figures import DeskFigures
from interlock.desk.display import visible
from interlock.desk.measures import Ratio
from interlock.desk.warnings import APPROVED_AT_MOST, ASKED_AT_MOST
from interlock.notebook.plots import new_axes

MOST_BARS: Final = 20
"""Agents and rules that are drawn, those that ask most."""

GOOD, BAD, QUIET = "#2da44e", "#cf222e", "#8c959f"


def waits(figures: DeskFigures, ax: Any = None) -> Any:  # noqa: ANN401 - matplotlib's `Axes`, typed in part only
    """Plot median and 95th percentile of the waits of each route, minutes."""
    axes, found = ax or new_axes(), figures.queues
    places = range(len(found))
    for shift, name, color in ((-0.2, "median_s", GOOD), (0.2, "p95_s", QUIET)):
        widths = [getattr(one, name) / 60 for one in found]
        label = {"median_s": "median", "p95_s": "95 %"}[name]
        axes.barh([at + shift for at in places], widths, 0.4, color=color, label=label)
    axes.set_yticks(places, [visible(one.route) or "anyone" for one in found])
    axes.invert_yaxis()
    axes.set_xlabel("minutes")
    axes.set_title("How long questions wait")
    if found:
        axes.legend(frameon=False)
    return axes


def load(figures: DeskFigures, ax: Any = None) -> Any:  # noqa: ANN401 - as above
    """Plot how many questions each reviewer is asked to look at, with the cap."""
    axes, found = ax or new_axes(), figures.loads
    out = [one.away_until is not None or one.rests_until is not None for one in found]
    names = [
        visible(one.name) + (" (out)" if gone else "") for one, gone in zip(found, out, strict=True)
    ]
    axes.barh(names, [one.assigned for one in found], color=GOOD)
    for cap in {one.cap for one in found if one.cap is not None}:
        axes.axvline(cap, color=BAD, linestyle="--")
    axes.invert_yaxis()
    axes.set_xlabel("questions that they are asked to look at; dashed: the most")
    axes.set_title("Load by reviewer")
    return axes


def ask_rates(figures: DeskFigures, ax: Any = None) -> Any:  # noqa: ANN401 - as above
    """Plot the share of each agent's calls that policy wants asked, with where a warning begins."""
    found = figures.agents[:MOST_BARS]
    names = ["/".join(filter(None, (visible(one.tenant), visible(one.agent)))) for one in found]
    axes = _rates(names, [one.asks for one in found], ASKED_AT_MOST, ax)
    axes.set_title("Calls that ask, by agent")
    return axes


def approval_rates(figures: DeskFigures, ax: Any = None) -> Any:  # noqa: ANN401 - as above
    """Plot the share of each rule's answered questions that people approved, likewise."""
    found = [one for one in figures.rules if one.approved.of][:MOST_BARS]
    names = [visible(one.rule) for one in found]
    axes = _rates(names, [one.approved for one in found], APPROVED_AT_MOST, ax)
    axes.set_title("Questions that were approved, by rule")
    return axes


def detection(figures: DeskFigures, ax: Any = None) -> Any:  # noqa: ANN401 - as above
    """Plot the share of canaries that each team caught, with its exact 95 % interval."""
    axes = ax or new_axes()
    found = [one for one in figures.teams if one.caught.of]
    for at, one in enumerate(found):
        caught = one.caught
        axes.plot([caught.low, caught.high], [at, at], color=QUIET)
        axes.plot([caught.value], [at], "o", color=GOOD)
    names = [f"{visible(one.route) or 'anyone'} ({one.caught.of})" for one in found]
    axes.set_yticks(range(len(found)), names)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share caught, with its 95 % interval")
    axes.set_title("Canaries caught, by team")
    return axes


def _rates(names: Sequence[str], ratios: Sequence[Ratio], bound: float, ax: Any) -> Any:  # noqa: ANN401 - as above
    axes = ax or new_axes()
    colors = [BAD if one.value > bound else GOOD for one in ratios]
    labels = [f"{name} ({one.of})" for name, one in zip(names, ratios, strict=True)]
    axes.barh(labels, [one.value for one in ratios], color=colors)
    axes.axvline(bound, color=BAD, linestyle="--")
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.set_xlabel("share, of as many as stands in brackets")
    return axes
