"""Bar: guardrails speak at their stage, count for whom they say, and deny what they cannot tell."""

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.authority import WINDOWS_S, Budget
from interlock.policy.evaluation.guardrails import Guardrails, Meter, millionths
from interlock.policy.load import parse
from interlock.policy.subject import Subject
from interlock.policy.variables import Variables

CALL = Subject(
    "pay", "money.out", "bot", "ana", None, frozenset(), {"amount": 3}, frozenset(), True, {}, 0
)
LARGEST = 9_000_000_000_000


def bars(text: str) -> Guardrails:
    return parse(f"guardrails: [{text}]").guardrails


def broken(text: str, call: Subject) -> list[tuple[str, str]]:
    """Return what the guardrails say of a call when it is decided: names and kinds."""
    rules = bars(text).deciding.specific
    return [(rule.id, rule.kind) for rule in rules if rule.holds(call) is not False]


def bucket(by: str, call: Subject, tenant: str) -> str:
    (meter,) = bars(f"{{id: b, rate: {{max: 1, per: day, by: {by}}}}}").meters(call, tenant)
    return meter.by


class TestMeters:
    def test_say_what_is_counted(self) -> None:
        """A budget counts its fact and a rate counts calls, both in millionths."""
        made = bars(
            "{id: money, budget: {fact: amount, max: 9, per: hour}}, "
            "{id: often, rate: {max: 2, per: minute, by: all}}, {id: other, require: 'level > 0'}"
        )
        money, often = made.meters(CALL, "main")

        assert money == Meter("money", money.by, 3600.0, 3_000_000)
        assert often == Meter("often", often.by, 60.0, 1_000_000)

    @pytest.mark.parametrize("per", WINDOWS_S)
    def test_have_their_window(self, per: str) -> None:
        """Each word is a length of time."""
        (meter,) = bars(f"{{id: b, rate: {{max: 1, per: {per}}}}}").meters(CALL, "main")

        assert meter.window_s == WINDOWS_S[per]

    @pytest.mark.parametrize(
        ("by", "apart"),
        [
            ("agent", {"agent", "tenant"}),
            ("principal", {"principal", "tenant"}),
            ("tool", {"tool", "tenant"}),
            ("tenant", {"tenant"}),
            ("all", set[str]()),
        ],
    )
    def test_add_up_for_whom_they_say(self, by: str, apart: set[str]) -> None:
        """Calls share a bucket unless they differ in what it is by; tenants share only `all`."""
        here = bucket(by, CALL, "main")
        for name in ("agent", "principal", "tool"):
            other = bucket(by, CALL._replace(**{name: "other"}), "main")
            assert (other != here) is (name in apart), name
        assert (bucket(by, CALL, "other") != here) is ("tenant" in apart)

    def test_every_way_to_add_up_is_tried(self) -> None:
        """The table above has a row for each word of the file."""
        assert set(get_args(Budget.__annotations__["by"])) == {
            "agent", "principal", "tenant", "tool", "all"
        }  # fmt: skip

    @given(*[st.text("ab:/ ", max_size=3)] * 4)
    def test_names_do_not_run_into_each_other(
        self, tenant: str, agent: str, other_tenant: str, other: str
    ) -> None:
        """Where a tenant's name ends and an agent's begins is never in doubt."""
        one = bucket("agent", CALL._replace(agent=agent), tenant)
        two = bucket("agent", CALL._replace(agent=other), other_tenant)

        assert (one == two) is ((tenant, agent) == (other_tenant, other))

    def test_are_only_for_calls_that_it_may_be_about(self) -> None:
        """What may be meant is counted, and what is not meant is not."""
        text = "{id: b, match: {environments: [prod]}, rate: {max: 1, per: day}}"

        def counted(environment: str | None) -> int:
            return len(bars(text).meters(CALL._replace(environment=environment), "main"))

        assert [counted("prod"), counted(None), counted("staging")] == [1, 1, 0]

    @pytest.mark.parametrize("amount", [None, -1, True, "3", float("nan"), LARGEST + 1])
    def test_say_that_a_call_has_no_amount(self, amount: object) -> None:
        """It is counted as none, which is not zero."""
        facts = {} if amount is None else {"amount": amount}
        (meter,) = bars("{id: b, budget: {fact: amount, max: 9, per: day}}").meters(
            CALL._replace(facts=facts), "main"
        )

        assert meter.amount is None


class TestMillionths:
    @pytest.mark.parametrize(
        ("value", "amount"),
        [
            (0, 0),
            (-0.0, 0),
            (1, 1_000_000),
            (0.1, 100_000),
            (0.0000001, 1),
            (1e-300, 1),
            (Decimal("2.0000001"), 2_000_001),
            (LARGEST, LARGEST * 1_000_000),
        ],
    )
    def test_are_rounded_up(self, value: object, amount: int) -> None:
        """What is there costs something, and a tenth is exactly a tenth."""
        assert millionths(value) == amount

    @pytest.mark.parametrize(
        "value",
        [
            -1,
            -1e-9,
            True,
            False,
            None,
            "3",
            [3],
            float("nan"),
            float("inf"),
            Decimal("nan"),
            Decimal("-inf"),
            LARGEST + 1,
            1e300,
        ],
    )
    def test_are_of_numbers_that_count_only(self, value: object) -> None:
        """A negative amount would refill a budget; one that no database holds is none."""
        assert millionths(value) is None

    @given(st.decimals(0, 1_000_000, places=9))
    def test_are_never_less_and_less_than_one_more(self, value: Decimal) -> None:
        """Rounding is against the one who spends, by less than a millionth."""
        amount = millionths(value)

        assert amount is not None
        assert 0 <= amount - value * 1_000_000 < 1

    @given(st.lists(st.integers(0, 10**9).map(lambda cents: cents / 100), max_size=20))
    def test_add_up_exactly(self, amounts: list[float]) -> None:
        """Sums of cents are sums of cents, whatever floats make of them."""
        shares = [millionths(each) for each in amounts]

        assert None not in shares
        assert sum(share or 0 for share in shares) == 10_000 * sum(
            round(each * 100) for each in amounts
        )


STAGES = ("decide", "guard", "both")


class TestStages:
    def test_each_is_asked_at_its_own(self) -> None:
        """Before anyone is asked, right before the call runs, or both."""
        made = bars(", ".join(f"{{id: {stage}, stage: {stage}}}" for stage in STAGES))

        assert [rule.id for rule in made.deciding.specific] == ["decide", "both"]
        assert [rule.id for rule in made.guarding.specific] == ["guard", "both"]

    def test_without_a_word_it_is_both(self) -> None:
        """A guardrail that says nothing is checked whenever it can be."""
        made = bars("{id: b}")

        assert made.deciding == made.guarding
        assert [rule.id for rule in made.deciding.specific] == ["b"]

    @pytest.mark.parametrize(
        ("text", "only"),
        [("", False), ("{id: a}, {id: b, stage: both}", False), ("{id: a}, {stage: guard}", True)],
    )
    def test_what_only_the_guard_asks_is_known(self, text: str, *, only: bool) -> None:
        """A call that is claimed as it enters must not pass a question of the guard's."""
        assert bars(text).only_guarding is only

    def test_one_that_matches_everything_silences_nobody(self) -> None:
        """A guardrail without conditions is no fallback that waits for others."""
        made = bars("{id: all}, {id: pay, match: {tools: [pay]}}")

        assert made.deciding.fallback is None
        assert broken("{id: all}, {id: pay, match: {tools: [pay]}}", CALL) == [
            ("all", "deny"),
            ("pay", "deny"),
        ]


class TestKinds:
    TEXT = (
        "{inspect_args: {US_SSN: deny, secrets: ask}}, "
        "{match: {tools: [pay]}, inspect_args: {injection: ask}}, "
        "{match: {environments: [prod]}, inspect_args: {EMAIL_ADDRESS: deny}}, {id: plain}"
    )

    @pytest.mark.parametrize(
        ("tool", "environment", "kinds"),
        [
            ("mail", "staging", {"US_SSN", "secrets"}),
            ("pay", "staging", {"US_SSN", "secrets", "injection"}),
            ("pay", None, {"US_SSN", "secrets", "injection", "EMAIL_ADDRESS"}),
        ],
    )
    def test_are_those_of_all_that_may_be_about_the_call(
        self, tool: str, environment: str | None, kinds: set[str]
    ) -> None:
        """What nobody asks about is not looked for; what somebody may ask about is."""
        call = CALL._replace(tool=tool, environment=environment)

        assert bars(self.TEXT).kinds(call) == kinds

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (set[str](), []),
            ({"EMAIL_ADDRESS"}, []),
            ({"US_SSN"}, [("g", "deny")]),
            ({"secrets", "EMAIL_ADDRESS"}, [("g.ask", "require_approval")]),
            ({"US_SSN", "secrets"}, [("g", "deny"), ("g.ask", "require_approval")]),
            (None, [("g", "deny"), ("g.ask", "require_approval")]),
        ],
    )
    def test_deny_or_ask(self, found: set[str] | None, said: list[tuple[str, str]]) -> None:
        """Each kind as it is written; where nobody looked, all of them count as found."""
        call = CALL._replace(found=None if found is None else frozenset(found))

        assert broken("{id: g, inspect_args: {US_SSN: deny, secrets: ask}}", call) == said


class TestLimits:
    @given(
        st.integers(0, 12),
        st.none() | st.integers(0, 12),
        st.none() | st.integers(-3, 12),
    )
    def test_a_budget_is_broken_when_the_sum_is_over(
        self, most: int, spent: int | None, amount: int | None
    ) -> None:
        """The last cent may be spent; what is not known, or negative, is broken."""
        call = CALL._replace(
            facts={} if amount is None else {"amount": amount},
            missing_facts=frozenset({"amount"} if amount is None else ()),
            usage={} if spent is None else {"b": spent * 1_000_000},
        )
        kept = spent is not None and amount is not None and amount >= 0 and spent + amount <= most
        said = broken(f"{{id: b, budget: {{fact: amount, max: {most}, per: day}}}}", call)

        assert said == ([] if kept else [("b", "deny")])

    @pytest.mark.parametrize(("declared", "said"), [(True, []), (False, [("b", "deny")])])
    def test_a_budget_is_not_about_a_tool_without_its_fact(
        self, declared: Any, said: list[tuple[str, str]]
    ) -> None:
        """A declared tool that has no such fact spends nothing; of another nobody can tell."""
        call = CALL._replace(facts={}, declared=declared, usage={"b": 0})

        assert broken("{id: b, budget: {fact: amount, max: 9, per: day}}", call) == said

    @pytest.mark.parametrize(
        ("ran", "kept"), [(0, True), (1, True), (2, False), (3, False), (None, False)]
    )
    def test_a_rate_counts_the_call_itself(self, ran: int | None, *, kept: bool) -> None:
        """Of two calls, two run; where nobody counted, none does."""
        call = CALL._replace(usage={} if ran is None else {"b": ran * 1_000_000})

        assert (broken("{id: b, rate: {max: 2, per: day}}", call) == []) is kept

    @pytest.mark.parametrize(
        ("level", "environment", "said"),
        [
            (2, "prod", []),
            (1, "prod", [("b", "deny")]),
            (2, "lab", []),
            (1, "lab", []),
            (1, None, [("b", "deny")]),
        ],
    )
    def test_a_demand_is_made_of_what_it_is_about(
        self, level: int, environment: str | None, said: list[tuple[str, str]]
    ) -> None:
        """What does not match is not asked; what may match must keep it."""
        policy = "{id: b, match: {environments: [prod]}, require: 'level >= 2'}"
        call = CALL._replace(level=level, environment=environment)
        known = Variables({"level": level})

        assert broken(policy, call._replace(variables=known)) == said

    def test_a_demand_that_cannot_be_read_is_not_kept(self) -> None:
        """Without a value for it, the answer is no."""
        assert broken("{id: b, require: 'level >= 2'}", CALL) == [("b", "deny")]


def test_every_amount_is_below_what_a_database_holds() -> None:
    """The largest amount is a 64-bit integer in millionths."""
    assert 0 < (millionths(LARGEST) or 0) < 2**63


def test_an_amount_of_any_length_is_no_error() -> None:
    """A number that Python would not write counts as no amount."""
    assert millionths(10**5000) is None
