"""Measure: every share with its number, and nothing that tells who missed what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.measures import (
    AgeRow,
    AnswerRow,
    CallRow,
    ProbeRow,
    Ratio,
    ReviewerFigures,
    TeamFigures,
    VerdictRow,
    agent_asks,
    reviewer_figures,
    route_ages,
    rule_figures,
    team_figures,
)

CALLS = st.lists(
    st.builds(
        CallRow,
        st.sampled_from(["", "acme"]),
        st.sampled_from("ab"),
        st.sampled_from([(), ("r",), ("r", "s")]),
        st.booleans(),
    ),
    max_size=40,
)


@given(CALLS)
def test_every_call_is_one_agents(calls: list[CallRow]) -> None:
    """Agents' calls add up to all calls, and their asks to all asks; who asks most is first."""
    found = agent_asks(calls)

    assert sum(one.asks.of for one in found) == len(calls)
    assert sum(one.asks.hits for one in found) == sum(row.asks for row in calls)
    assert [one.asks.value for one in found] == sorted(one.asks.value for one in found)[::-1]


@given(CALLS)
def test_a_rule_asks_about_a_share_of_all(calls: list[CallRow]) -> None:
    """Each rule counts a call once, among all calls."""
    for one in rule_figures(calls, []):
        assert one.asks == Ratio(
            sum(row.asks and one.rule in row.rules for row in calls), len(calls)
        )
        assert one.approved == Ratio(0, 0)


def test_a_rule_is_approved_by_how_its_questions_ended() -> None:
    """Answers count for every rule that asked; of none nothing is known."""
    verdicts = [VerdictRow(("r", "s"), approved=True), VerdictRow(("r",), approved=False)]
    found = {one.rule: one.approved for one in rule_figures([], verdicts)}

    assert found == {"r": Ratio(1, 2), "s": Ratio(1, 1)}
    assert Ratio(0, 0).value == 0


def test_times_are_those_on_the_screen_where_known() -> None:
    """An approval that was on the screen for a second was not read for the hour it waited."""
    rows = [
        AnswerRow("ana", True, (), True, 3600, on_screen_s=1),
        AnswerRow("ana", True, (), True, 5),
        AnswerRow("ana", True, (), False, 0.1, on_screen_s=9),
        AnswerRow("ana", False, (), True, 0.1),
        AnswerRow("bo", False, (), True, 7),
    ]

    assert reviewer_figures(rows) == [
        ReviewerFigures("ana", Ratio(3, 4), 2, 3.0, 1, 9),
        ReviewerFigures("bo", Ratio(0, 1), 0, None, None, None),
    ]


def test_ages_are_by_the_time_that_each_has() -> None:
    """Nineteen of twenty are at most so old; one without time has used up all of it."""
    rows = [*[AgeRow("ops", 10, 100)] * 19, AgeRow("ops", 99, 100), AgeRow("", 5, 0)]

    assert [(one.route, one.open, one.p95_used) for one in route_ages(rows)] == [
        ("", 1, 1.0),
        ("ops", 20, 0.1),
    ]


@pytest.mark.timeout(60)  # SciPy is loaded
class TestTeams:
    def test_detection_has_an_exact_interval(self) -> None:
        """Nine of ten, by Clopper and Pearson: between 55.5 % and 99.7 %."""
        rows = [ProbeRow("ops", "canary", caught=at > 0) for at in range(10)]
        (team,) = team_figures(rows)

        assert (team.caught.hits, team.caught.of) == (9, 10)
        assert (round(team.caught.low, 3), round(team.caught.high, 3)) == (0.555, 0.997)
        assert (team.agreement, team.pairs) == (None, 0)

    def test_second_looks_agree_or_not(self) -> None:
        """Canaries say nothing of agreement, and second looks nothing of detection."""
        rows = [ProbeRow("", "second_look", answers=(at < 20, at < 22)) for at in range(40)]
        (team,) = team_figures([*rows, ProbeRow("", "canary")])

        assert team.agreement is not None
        assert (team.agreement.of, team.pairs, team.caught.of) == (40, 40, 1)
        assert team.agreement.value == pytest.approx(0.9)

    def test_what_others_ended_is_neither_caught_nor_agreed(self) -> None:
        """It is told beside the rest, so that who ends probes for a team does not hide it."""
        (team,) = team_figures([ProbeRow("ops", "canary"), ProbeRow("ops", "uncounted")])

        assert (team.caught.of, team.pairs, team.uncounted) == (1, 0, 1)

    def test_nobody_is_named(self) -> None:
        """Neither what is counted nor what comes of it has a place for a person."""
        assert not {"by", "name", "who", "person"} & {*ProbeRow._fields, *TeamFigures._fields}
