"""Tabulate: people and teams, as far as they are known, and nothing of the agent's unmarked."""

from datetime import UTC, datetime

import pytest
from cli_kit import Shell

from interlock.app.figures import DeskFigures
from interlock.app.queue import ReviewerLoad
from interlock.cli.figures import LINES, print_figures
from interlock.desk.agreement import Kappa
from interlock.desk.measures import AgentAsks, Ratio, ReviewerFigures, TeamFigures
from interlock.intervals import Share

NOW = datetime(2026, 1, 2, tzinfo=UTC)
EMPTY = DeskFigures(NOW, [], [], [], [], [], [], [], [])


def shown(capsys: pytest.CaptureFixture[str], **figures: object) -> str:
    """Print figures; return the text."""
    parts = {name: getattr(EMPTY, name) for name in DeskFigures.__slots__}
    print_figures(DeskFigures(**{**parts, **figures}))  # pyright: ignore[reportArgumentType]
    return capsys.readouterr().out


def test_people_are_those_who_answered_and_those_who_could(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each is one line, with the cap, their times, and whether they are here."""
    loads = [
        ReviewerLoad("ana", 3, 7, 5, None, NOW),
        ReviewerLoad("bo", 0, 7, 5, NOW, None),
    ]
    answered = [ReviewerFigures("ana", Ratio(9, 10), 4, 2.25, 8.0, 31.5)]
    out = shown(capsys, loads=loads, reviewers=answered)
    ana, bo = (line for line in out.splitlines() if line.startswith(("ana", "bo")))

    for part in ("3 of 5", "90.0% of 10", "2.2 s of 4", "8.0 / 31.5 s", "rests until"):
        assert part in ana
    assert "away until" in bo


def test_teams_have_intervals_or_say_that_there_are_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of few pairs nothing is estimated, and the page says of how many."""
    teams = [
        TeamFigures("ops", Share(9, 10, 0.555, 0.997), Kappa(0.8, 0.5, 0.95, 40), 40),
        TeamFigures("", Share(0, 0, 0, 1), None, 12, 7),
    ]
    out = shown(capsys, teams=teams)

    assert "90% of 10 (56% to 100%)" in out
    assert "0.80 (0.50 to 0.95) of 40" in out
    assert "not estimable (12 of 30 pairs)" in out
    assert "not counted" in out
    assert "7" in out.splitlines()[-1]


def test_a_long_list_says_that_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that ask most are shown; agents that ask nothing are not."""
    agents = [AgentAsks("", f"a{at:02}", Ratio(1, 9), 0) for at in range(LINES + 2)]
    out = shown(capsys, agents=[*agents, AgentAsks("", "quiet", Ratio(0, 9), 0)])

    assert "2 more lines" in out
    assert "quiet" not in out
    assert f"a{LINES - 1}" in out


def test_an_agents_name_is_no_markup(capsys: pytest.CaptureFixture[str], shell: Shell) -> None:
    """What an agent is called is written as any text of an agent is."""
    del shell
    out = shown(capsys, agents=[AgentAsks("", "[red]\x1b[2J", Ratio(1, 9), 0)])

    assert "\x1b" not in out
    assert "[red]" in out
