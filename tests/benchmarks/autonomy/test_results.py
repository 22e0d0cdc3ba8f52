"""Results: the committed pages are those of the committed figures, which keep what is stated."""

import json
from typing import Any

import pytest

from benchmarks.autonomy import __main__ as autonomy
from benchmarks.autonomy import promotion


def figures(part: str) -> dict[str, Any]:
    """Read one part's committed figures."""
    path = autonomy.RESULTS / f"autonomy_{part}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("part", autonomy.PARTS)
def test_a_page_is_of_its_figures(part: str) -> None:
    """Nobody edited the page beside the figures."""
    page = (autonomy.RESULTS / f"autonomy_{part}.md").read_text(encoding="utf-8")

    assert page == autonomy.markdown(part, figures(part))


@pytest.mark.parametrize("part", autonomy.PARTS)
def test_what_is_stated_holds(part: str) -> None:
    """False promotions, false alarms and coverage keep their bars in the committed runs."""
    assert autonomy.PARTS[part].kept(figures(part))


def test_as_many_agents_as_stated() -> None:
    """False promotion was measured on 2,000 agents, and periods were drawn 2,000 times."""
    assert figures("promotion")["runs"] == figures("audit")["runs"] == 2000


def test_the_boundaries_are_the_programs() -> None:
    """The committed numbers of actions that suffice are what the library asks for now."""
    for limit, by in figures("promotion")["fewest"].items():
        found = promotion.boundaries(float(limit))
        assert by == {
            name: [each.at(errors) for errors in range(6)] for name, each in found.items()
        }
