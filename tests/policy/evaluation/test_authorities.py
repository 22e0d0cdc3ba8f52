"""Compile: boundaries, matrix and risk say one thing of a call; what is unknown is strict."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import permutations, product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.authority import Boundary, Cell, MatrixRow
from interlock.policy.decisions import Portion, ReviewTerms, Risk
from interlock.policy.evaluation.authorities import (
    EVERYWHERE,
    RISKS,
    actions,
    boundary_rules,
    matrix_rules,
    possible_risks,
)
from interlock.policy.evaluation.conditions import Condition, Truth
from interlock.policy.evaluation.rules import Rule, RuleSet, consult
from interlock.policy.load import parse
from interlock.policy.subject import Subject

TERMS = ReviewTerms()
CALL = Subject("pay", "money.out", "bot", "", None, frozenset(), {}, frozenset(), True, {}, 0)


def terms_of(group: str, _vote: Portion | None = None) -> ReviewTerms:
    return replace(TERMS, route=group)


def side(boundary: Boundary, value: object, level: int = 0) -> tuple[str, ...]:
    """Name the rules of a boundary that hold, by the last part of their names."""
    facts = {} if value is None else {boundary.fact: value}
    call = CALL._replace(facts=facts, level=level)
    rules = boundary_rules("pay", boundary, TERMS)
    return tuple(rule.id.removeprefix("boundaries.pay.") for rule in rules if rule.holds(call))


def speaks(row: MatrixRow, risk: Risk, environment: str | None) -> list[tuple[str, str]]:
    """Return what a row of the matrix says of a call: names and kinds of the rules that count."""
    rules = RuleSet("decision_matrix", matrix_rules("pay", row, terms_of), None)
    heard = consult(rules, CALL._replace(risk=risk, environment=environment))
    prefix = "decision_matrix.pay."
    return [(rule.id.removeprefix(prefix), rule.kind) for rule in heard.counted]


class TestBoundaries:
    @pytest.mark.parametrize(
        ("value", "where"),
        [
            (99.5, "within"),
            (100, "within"),
            (Decimal(100), "within"),
            (0, "within"),
            (-0.0, "within"),
            (-1, "unmeasured"),
            (-1e300, "unmeasured"),
            (100.01, "beyond"),
            (10**400, "beyond"),
            (None, "unmeasured"),
            ("99", "unmeasured"),
            (True, "unmeasured"),
            (float("nan"), "unmeasured"),
            (float("-inf"), "unmeasured"),
            ([1], "unmeasured"),
        ],
    )
    def test_a_number_is_within_beyond_or_unmeasured(self, value: object, where: str) -> None:
        """The limit itself is within; what is no amount, or no finite number, is not measured."""
        assert side(Boundary("amount", 100), value) == (where,)

    @pytest.mark.parametrize("most", [-10, {"0": -10}, {"0": -10, "1": 50}])
    def test_below_zero_is_measured_where_a_limit_is(self, most: Any) -> None:
        """Who writes a limit below zero has such values in mind, at whatever level."""
        assert side(Boundary("degrees", most), -20) == ("within",)
        assert side(Boundary("degrees", most), -5) == ("beyond",)
        if isinstance(most, dict) and "1" in most:
            assert side(Boundary("degrees", most), -5, level=1) == ("within",)

    @pytest.mark.parametrize(
        ("value", "where"),
        [
            ("low", "within"),
            ("mid", "within"),
            ("top", "beyond"),
            ("Mid", "unmeasured"),
            ("", "unmeasured"),
            (1, "unmeasured"),
            (None, "unmeasured"),
        ],
    )
    def test_a_tier_is_where_the_order_has_it(self, value: object, where: str) -> None:
        """Tiers are compared by their place, and a word outside the order has none."""
        assert side(Boundary("tier", "mid", ("low", "mid", "top")), value) == (where,)

    @pytest.mark.parametrize(
        ("level", "at_limit", "over"),
        [(0, "", "0"), (1, "10", "10.5"), (2, "10", "11"), (3, "1000", "1001")],
    )
    def test_a_level_has_its_own_limit_or_the_nearest_below(
        self, level: int, at_limit: str, over: str
    ) -> None:
        """Level 2 has the limit of 1; level 0 has none, and there nothing is within."""
        boundary = Boundary("amount", {"1": 10, "3": 1000})

        assert side(boundary, float(over), level) == ("beyond",)
        if at_limit:
            assert side(boundary, float(at_limit), level) == ("within",)

    def test_without_a_limit_even_the_unmeasured_is_beyond(self) -> None:
        """At a level below all that are given, there is nothing to measure against."""
        assert side(Boundary("amount", {"1": 10}), None) == ("beyond",)

    def test_a_level_may_have_its_tier(self) -> None:
        """Limits by level and an order go together."""
        boundary = Boundary("tier", {"0": "low", "2": "top"}, ("low", "mid", "top"))

        assert [side(boundary, "mid", level) for level in range(4)] == [
            ("beyond",),
            ("beyond",),
            ("within",),
            ("within",),
        ]

    @given(
        most=st.one_of(
            st.integers(-5, 5),
            st.dictionaries(st.sampled_from("0123"), st.integers(-5, 5), min_size=1),
        ),
        value=st.one_of(
            st.none(), st.booleans(), st.text(max_size=2), st.integers(-6, 6), st.floats()
        ),
        level=st.integers(0, 3),
    )
    def test_exactly_one_of_the_three_speaks(
        self, most: int | Mapping[str, int], value: object, level: int
    ) -> None:
        """Whatever the value: one rule holds, and `within` only for a number up to the limit."""
        (where,) = side(Boundary("amount", most), value, level)
        limit: int | None = None
        if isinstance(most, int):
            limit = most
        else:
            for at in range(level + 1):
                limit = most.get(str(at), limit)
        within = (
            limit is not None
            and isinstance(value, int | float)
            and not isinstance(value, bool)
            and float("-inf") < value <= limit
            and (value >= 0 or min(most.values() if isinstance(most, Mapping) else [most]) < 0)
        )

        assert (where == "within") is within

    @pytest.mark.parametrize("above", ["require_approval", "deny"])
    def test_only_within_allows(self, above: Any) -> None:
        """What is beyond, and what may be, is decided as `above` says; who is asked has terms."""
        rules = boundary_rules("pay", Boundary("amount", 1, above=above), TERMS)

        assert [rule.kind for rule in rules] == ["allow", above, above]
        asked = TERMS if above == "require_approval" else None
        assert [rule.terms for rule in rules] == [None, asked, asked]

    def test_other_actions_are_not_touched(self) -> None:
        """A boundary is about its tool or topic only."""
        policy = parse("boundaries: {'money.*': {fact: amount, max_autonomous: 1}}")

        def heard(call: Subject) -> list[str]:
            return [rule.id for rule in policy.consult(call).counted]

        assert heard(CALL) == ["boundaries.money.*.unmeasured"]
        assert heard(CALL._replace(topic="mail.out")) == []


class TestMatrix:
    def test_a_missing_cell_is_denied(self) -> None:
        """Only the risks that the row names are decided otherwise."""
        row = MatrixRow({"low": {EVERYWHERE: Cell("allow")}})

        assert speaks(row, "low", "prod") == [("low", "allow")]
        for risk in RISKS[1:]:
            assert speaks(row, risk, "prod") == [(risk, "deny")]

    def test_an_environment_has_its_own_cell(self) -> None:
        """`default` speaks for all others, and for one that is really called so."""
        cells = {"prod": Cell("require_approval", "cto"), EVERYWHERE: Cell("allow")}
        row = MatrixRow({"high": cells})

        assert speaks(row, "high", "prod") == [("high.prod", "require_approval")]
        assert speaks(row, "high", "staging") == [("high", "allow")]
        assert speaks(row, "high", EVERYWHERE) == [("high", "allow")]

    def test_an_environment_without_a_cell_is_denied(self) -> None:
        """Where no cell is for all others, the others have none."""
        row = MatrixRow({"low": {"staging": Cell("allow")}})

        assert speaks(row, "low", "staging") == [("low.staging", "allow")]
        assert speaks(row, "low", "prod") == [("low", "deny")]

    @given(
        row=st.dictionaries(
            st.sampled_from(RISKS),
            st.dictionaries(
                st.sampled_from(["prod", "staging", EVERYWHERE]),
                st.sampled_from(get_args(Cell.__annotations__["decision"])).map(Cell),
                min_size=1,
            ),
        ),
        risk=st.sampled_from(RISKS),
        environment=st.sampled_from(["prod", "staging", "lab", None]),
    )
    def test_one_cell_decides_and_an_unknown_environment_never_loosens(
        self, row: dict[Risk, dict[str, Cell]], risk: Risk, environment: str | None
    ) -> None:
        """With an environment one rule counts; without, none that permits in some places only."""
        said = [kind for _, kind in speaks(MatrixRow(row), risk, environment)]
        cells = row.get(risk, {})
        cell = cells.get(environment or "", cells.get(EVERYWHERE))

        if environment is not None:
            assert said == [cell.decision if cell else "deny"]
        elif set(cells) <= {EVERYWHERE}:
            assert said == [cells[EVERYWHERE].decision if cells else "deny"]
        else:
            strict = {each.decision for each in cells.values()} - {"allow"}
            assert set(said) == strict | (set() if EVERYWHERE in cells else {"deny"})

    def test_a_group_is_asked_on_its_terms(self) -> None:
        """Only a cell with a group asks anyone."""
        row = MatrixRow({"low": {EVERYWHERE: Cell("require_approval", "cto")}})
        terms = {rule.id: rule.terms for rule in matrix_rules("pay", row, terms_of)}

        assert terms.pop("decision_matrix.pay.low") == replace(TERMS, route="cto")
        assert set(terms.values()) == {None}

    @pytest.mark.parametrize(
        ("tool", "unlisted", "heard"),
        [
            ("pay", "", ["decision_matrix.pay.low"]),
            ("mail", "", []),
            ("pay", ", unlisted: deny", ["decision_matrix.pay.low"]),
            ("mail", ", unlisted: deny", ["decision_matrix.unlisted"]),
        ],
    )
    def test_unlisted_actions_are_denied_where_it_says_so(
        self, tool: str, unlisted: str, heard: list[str]
    ) -> None:
        """Otherwise the matrix says nothing of them."""
        policy = parse(f"decision_matrix: {{pay: {{low: auto-approve}}{unlisted}}}")
        call = CALL._replace(tool=tool, topic=tool, risk="low")

        assert [rule.id for rule in policy.consult(call).counted] == heard


def entry(level: Risk, truth: Truth) -> tuple[Risk, Rule]:
    """Return an entry of `risk` that comes out in one way."""

    def test(_: Subject) -> Truth:
        return truth

    condition = Condition("x", 1, test, test)
    return level, Rule("risk", "allow", (condition,), (), "", None, False)


class TestRisk:
    def test_what_is_unknown_may_hold(self) -> None:
        """A value that cannot be had adds the levels above the one that is sure."""
        entries = [entry("medium", True), entry("high", None), entry("critical", False)]

        assert possible_risks([*entries, entry("low", None)], CALL, "low") == ("medium", "high")

    def test_without_one_that_holds_the_default_stays(self) -> None:
        """What the tags say is possible until an entry is known to hold."""
        assert possible_risks([entry("low", False)], CALL, "high") == ("high",)
        assert possible_risks([entry("low", None)], CALL, "high") == ("low", "high")
        assert possible_risks([], CALL, "medium") == ("medium",)

    @given(
        st.lists(
            st.tuples(st.sampled_from(RISKS), st.sampled_from([True, False, None])), max_size=4
        ),
        st.sampled_from(RISKS),
    )
    def test_each_way_it_may_come_out_is_possible(
        self, said: list[tuple[Risk, Truth]], default: Risk
    ) -> None:
        """No more and no less, in whatever order the entries stand."""
        settled = [
            [(level, known) for known in ((True, False) if truth is None else (truth,))]
            for level, truth in said
        ]
        expected = {
            max((level for level, truth in way if truth), key=RISKS.index, default=default)
            for way in product(*settled)
        }

        for each in permutations([entry(level, truth) for level, truth in said]):
            assert possible_risks(each, CALL, default) == tuple(
                risk for risk in RISKS if risk in expected
            )


@pytest.mark.parametrize(
    ("globs", "about"),
    [(("pay",), True), (("money.*",), True), (("mail", "**"), True), (("out", "pay.*"), False)],
)
def test_an_action_is_a_tool_or_a_topic(globs: tuple[str, ...], *, about: bool) -> None:
    """One glob for either is enough."""
    assert actions(*globs).test(CALL) is about


ENVIRONMENTS = MatrixRow(
    {
        "low": {
            "prod-*": Cell("require_approval", "g"),
            "*-eu": Cell("deny"),
            "default": Cell("allow"),
        }
    }
)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ("prod-us", {("low.prod-*", "require_approval")}),
        ("prod-eu", {("low.prod-*", "require_approval"), ("low.*-eu", "deny")}),
        ("dev", {("low", "allow")}),
        (None, {("low.prod-*", "require_approval"), ("low.*-eu", "deny")}),
    ],
)
def test_a_cell_is_for_the_environments_of_its_glob(
    environment: str | None, said: set[tuple[str, str]]
) -> None:
    """Globs come before `default`; where several hold each speaks, and so the strictest counts."""
    assert set(speaks(ENVIRONMENTS, "low", environment)) == said


def test_a_bare_star_is_every_environment_the_unknown_too() -> None:
    """As in `environments` of a match; then `default` has nothing left to say."""
    row = MatrixRow({"low": {"*": Cell("deny"), "default": Cell("allow")}})

    for environment in ("prod", None):
        assert speaks(row, "low", environment) == [("low.*", "deny")]
