"""Expressions: wrong ones are found at load, and at run time nothing is raised or guessed."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interlock.errors import PolicyError
from interlock.policy.expression.expressions import MAX_CHARS, Expression, compile_expression
from interlock.policy.expression.scope import FACT_ROOTS, Scope, compile_fact
from interlock.policy.facts import MISSING, FactPath
from interlock.policy.file.source import Mark, Node
from interlock.policy.variables import Variables

TYPED = Scope(
    args={
        "amount": "number",
        "count": "integer",
        "items": "array",
        "open": "any",
        "region": "string",
        "to": "object",
        "urgent": "boolean",
    },
    facts={"usd": "number"},
)
CALL: dict[str, Any] = {
    "tool": "refund.issue",
    "topic": "job.refund",
    "args": {
        "amount": 3,
        "count": 2,
        "items": [1, 2, 3],
        "open": None,
        "region": "eu-west",
        "to": {"a.b": 1, "é": {"x": 2}},
        "urgent": True,
    },
    "facts": {"usd": 1.5},
    "agent": {"id": "bot", "owner": None},
    "context": {"prior": 4},
    "signals": {"confidence": 0.3},
    "level": 1,
    "environment": "prod",
}


def made(text: str, scope: Scope = TYPED) -> Expression:
    return compile_expression(Node(text, Mark("f", 1, 1)), scope)


def truth(text: str, scope: Scope = TYPED, **args: Any) -> bool | None:
    roots = {**CALL, "args": {**CALL["args"], **args}}
    return made(text, scope).truth(Variables(roots))


class TestTruth:
    @staticmethod
    @pytest.mark.parametrize(
        "text",
        [
            "args.amount > 2",
            "args.amount == 3 && args.amount < 3.5",
            "args.amount in [1, 3]",
            "args.amount * 1.5 > 4",
            "args.count * 0.5 == 1.0",
            "args.count + args.amount == 5",
            "args.count / 4.0 == 0.5",
            "args.amount - 0.5 > 2",
            "args.count % 2 == 0",
            "size(args.items) * 2 == 6",
            "args['amount'] > 2",
            "args.to['a.b'] == 1",
            "args.to['é'].x == 2",
            "args.urgent",
            "args.open == null",
            "has(args.open) && !has(context.other)",
            "'region' in args",
            "args.items.exists(i, i == 2)",
            "args.items.map(i, i * 2) == [2, 4, 6]",
            "args.items.exists(args, args == 2)",
            "args.region.matches('^eu-')",
            "matches(args.region, 'west$')",
            "args.region.startsWith('eu') && args.region + '!' == 'eu-west!'",
            "args.region in ['eu-west', 'us-east']",
            "facts.usd < 2",
            "signals.confidence < 0.7",
            "agent.id == 'bot' || context.prior >= 3",
            "level == 1 && level < 1.5",
            "environment == 'prod' && tool == 'refund.issue' && topic != tool",
            "args.nope_open == 1 || true == args.urgent",
        ],
    )
    def test_what_holds(text: str) -> None:
        """Expressions mean what CEL says, and numbers mix."""
        scope = TYPED if "nope" not in text else Scope()
        assert truth(text, scope) is True

    @staticmethod
    @pytest.mark.parametrize(
        "text",
        [
            "args.gone > 3",
            "args.to.gone == 1",
            "context.gone == 1",
            "principal == 'ana'",
            "agent.owner == 'ana'",
            "signals.retry_count > 2",
            "args.items[7] == 1",
            "args.count / 0 == 1",
            "args.open > 3",
            "args.open",
            "args.open ? true : false",
            "args.to.x > 1",
            "int(args.region) == 3",
            "timestamp(args.region) < timestamp('2020-01-01T00:00:00Z')",
            "args.count * 9223372036854775807 > 0",
        ],
    )
    def test_what_cannot_be_evaluated(text: str) -> None:
        """A missing key, a wrong type, an error and what is no boolean are neither."""
        scope = Scope() if "args.gone" in text else TYPED
        expression = made(text, scope)

        assert expression.truth(Variables(CALL)) is None
        assert expression.problem(Variables(CALL))

    @staticmethod
    @pytest.mark.parametrize(
        "amount", ["300", True, None, [300], float("nan"), 2**70, Decimal("0.1")]
    )
    def test_another_type_than_declared_is_no_value(amount: object) -> None:
        """An argument of the wrong type evades no rule: it is a value that cannot be had."""
        assert truth("args.amount > 100", amount=amount) is None
        assert truth("args.amount != 100", amount=amount) is None
        assert truth("has(args.amount)", amount=amount) is None

    @staticmethod
    def test_only_what_is_read_matters() -> None:
        """A value that cannot be carried harms the expressions that read it, and no others."""
        odd: dict[str, Any] = {"other": 2**70, "deep": datetime.now(UTC), "no": object()}

        assert truth("args.amount == 3", **odd) is True
        assert truth("args.other == 3", Scope(), **odd) is None
        assert truth("'amount' in args", **odd) is None

    @staticmethod
    def test_nothing_known_of_the_call() -> None:
        """Without variables nothing can be evaluated."""
        assert made("tool == 'a'").truth(None) is None
        assert made("tool == 'a'").problem(None) == "nothing is known of the call"


class TestExplanation:
    @staticmethod
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("context.gone == 1", "`gone` is missing"),
            ("principal == 'ana'", "`principal` is missing"),
            ("args.open", "it comes to `null`, neither true nor false"),
            ("args.open > 3", "`>` does not go with (null_type, int64)"),
            ("1 / 0 == args.count", "divide by zero"),
        ],
    )
    def test_says_why(text: str, words: str) -> None:
        """What could not be evaluated says which value was missing or wrong."""
        assert made(text).problem(Variables(CALL)) == words

    @staticmethod
    def test_names_what_it_read() -> None:
        """The values that an expression read can be shown."""
        found = made("args.amount > 3 && tool == 'x' && has(agent.version)").found(Variables(CALL))

        assert found == {"args.amount": 3, "tool": "refund.issue"}

    @staticmethod
    def test_names_what_is_too_large() -> None:
        """A value that is too large is named."""
        long = Variables({**CALL, "args": {"items": [0] * 20_000}})
        many = Variables({**CALL, "args": {"items": [0] * 5_000}})
        copied = made("args.items.map(i, i) == args.items")

        assert "`args.items` is too large" in copied.problem(long)
        assert copied.problem(many) == "it could take too long over values of this size"


class TestRefused:
    @staticmethod
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("args.amuont > 3", "1:6: unknown argument `amuont`; did you mean `amount`?"),
            ("has(args.amuont)", "1:10: unknown argument `amuont`; did you mean `amount`?"),
            ("args['amuont'] > 3", "1:7: unknown argument `amuont`; did you mean `amount`?"),
            ("argz.amount > 3", "1:1: unknown name `argz`; did you mean `args`?"),
            ("facts.us > 1", "1:7: unknown fact `us`; did you mean `usd`?"),
            ("signals.confidense > 1", "1:9: unknown signal `confidense`; did you mean `confi"),
            ("agent.name == 'x'", "1:7: unknown member `name`; `agent` has `id`, `model`"),
            ("'dpo' in approval.groups", "1:10: `approval` is known right before the call runs"),
            ("args.amount > 'x'", "1:13: `>` does not go with (number, string)"),
            ("level == 'a'", "1:7: `==` does not go with (int, string)"),
            ("args.region == 3", "1:13: `==` does not go with (string, int)"),
            ("args.region in [1]", "1:13: `in` does not go with (string, list(int))"),
            ("!args.amount", "1:1: `!` does not go with (number)"),
            ("args.amount", "1:1: `args.amount` comes to number; expected true or false"),
            ("size(args.items)", "comes to integer; expected true or false"),
            ("true", "1:1: `true` reads nothing of the call; it is always the same"),
            ("1 + 1 == 2", "reads nothing of the call"),
            ("tool == ", "1:9: not valid CEL: mismatched input '<eof>'"),
            ("", "not valid CEL"),
            ("foo(args.open)", "1:4: unknown function or name `foo`"),
            ("_search(tool, 'a')", "unknown function or name `_search`"),
            ("args.region.matches('(?=a)')", "1:21: not a regular expression: RE2 knows no look"),
            ("args.region.matches(args.open)", "`matches` takes a pattern that is written out"),
            ("google.protobuf.Struct{} == args.open", "is a message; expressions make none"),
            (
                "args.items.all(x, args.items.all(y, args.items.all(z, z > 1)))",
                "more than 2 loops within each other",
            ),
            ("args.items.map(x, args.items.map(y, y)) == [tool]", "too much work even over"),
            ("(" * 200 + "tool" + ")" * 200, "nested too deeply"),
            ("tool == '" + "x" * MAX_CHARS + "'", f"over {MAX_CHARS}"),
        ],
    )
    def test_at_load_and_at_its_place(text: str, words: str) -> None:
        """Syntax, names, types, patterns and work are found where they stand, in words."""
        with pytest.raises(PolicyError) as refused:
            made(text)

        assert words in str(refused.value)
        assert "\n" not in str(refused.value)

    @staticmethod
    def test_without_types_nothing_is_misspelt() -> None:
        """Where no tool says which arguments it takes, the lint hears which were not checked."""
        assert made("args.amuont > 'x' && args.b == 1", Scope()).unchecked == ("amuont", "b")
        assert made("args.amount > 1").unchecked == ()


class TestFacts:
    @staticmethod
    def fact(text: str, scope: Scope = TYPED) -> Any:
        return compile_fact(Node(text, Mark("f", 1, 1)), scope.args)

    def test_a_plain_path_is_no_expression(self) -> None:
        """Member paths and their sizes are read without CEL, and have the argument's type."""
        assert [type(self.fact(t)[0]) for t in ("args.amount", "size(args.items)")] == [
            FactPath
        ] * 2
        assert [self.fact(t)[1] for t in ("args.amount", "size(args.items)")] == [
            "number",
            "integer",
        ]
        assert self.fact('args["amount"]')[1] == "number"

    def test_all_else_is(self) -> None:
        """Other facts are computed, and are missing where they cannot be."""
        total, kind = self.fact("args.amount * args.count")

        assert (total.compute(Variables(CALL)), kind) == (6, "any" if kind == "any" else "number")
        assert total.compute(Variables({"args": {"amount": 3}})) is MISSING
        assert self.fact("args.open")[0].compute(Variables(CALL)) is MISSING
        assert self.fact("args.items[9]")[0].compute(Variables(CALL)) is MISSING

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("args.amuont", "1:6: `args` has no `amuont`; did you mean `amount`?"),
            ("size(args.itmes)", "1:11: `args` has no `itmes`; did you mean `items`?"),
            ("agent.name", "`agent` has no `name`"),
            ("facts.usd * 2", "unknown name `facts`"),
            ("args.amount + args.region", "`+` does not go with (number, string)"),
        ],
    )
    def test_names_are_checked(self, text: str, words: str) -> None:
        """A fact reads arguments, agent and context, and those that are there."""
        with pytest.raises(PolicyError) as refused:
            self.fact(text)
        assert words in str(refused.value)


HOSTILE = [
    "args.l.exists(x, x == -1)",
    "args.l.exists(x, args.l.exists(y, x + y == -1))",
    "args.l.map(x, x) == [tool]",
    "args.l.filter(x, x > 1).size() == 0",
    "args.l.map(x, args.t + 'a').size() == 0",
    "args.l.exists(x, args.t == args.u)",
    "args.l.exists(x, args.l == args.m)",
    "args.l.exists(x, -1 in args.m)",
    "args.d.exists(k, args.d[k] == args.e)",
    "args.t.matches('[ab]*a[ab]{30}c')",
    "args.l.exists(x, args.t.matches('a+b'))",
    "(args.t + args.t + args.t + args.t) == args.u",
    "(args.l + args.l + args.l).exists(x, x == -1)",
    "args == facts",
]


def hostile(items: int, chars: int) -> Variables:
    text = ("ab" * chars)[:chars]
    args = {
        "l": list(range(items)),
        "m": [*range(items - 1), -5],
        "t": text,
        "u": text + "c",
        "d": {str(at): at for at in range(items)},
        "e": {str(at): -at for at in range(items)},
    }
    return Variables({**CALL, "args": args})


@pytest.mark.parametrize("text", HOSTILE)
def test_no_call_makes_it_take_long(text: str) -> None:
    """Over lists and texts of any size an evaluation takes under 50 ms."""
    expression = made(text, Scope())
    for items in (1, 50, 120, 300, 1000, 9000, 20_000):
        for chars in (10, 5_000, 100_000, 600_000):
            call = hostile(items, chars)
            started = time.process_time()
            expression.truth(call)
            assert time.process_time() - started < 0.05, (items, chars)


# Laws ------------------------------------------------------------------------------------------

words = st.sampled_from(
    [
        "args", "facts", "agent", "context", "signals", "tool", "level", "args.amount",
        "args.items", "args.region", "args.open", "args.to", "facts.usd", "agent.id", "x",
        "signals.confidence", "context.prior", "1", "0", "-1", "2.5", "'a'", '"é"', "true",
        "null", "[1,2]", "{'a':1}",
        "size", "has", "exists", "all", "map", "filter", "matches", "int", "string", "double",
        "startsWith", "type", "duration", "timestamp", "+", "-", "*", "/", "%", "==", "!=", "<",
        "<=", ">", "in", "&&", "||", "!", "?", ":", ".", ",", "(", ")", "[", "]", "'^a'",
        "9223372036854775808", "1e400", "b'x'", "r'\\d'", "\\", "'", '"', "#", ";", "\n",
    ]
)  # fmt: skip
texts = st.one_of(
    st.lists(words, max_size=12).map(" ".join),
    st.lists(words, max_size=12).map("".join),
    st.text(max_size=40),
)
operands = st.sampled_from(
    ["args.amount", "args.count", "args.region", "args.open", "args.items", "facts.usd", "level",
     "signals.confidence", "context.prior", "1", "2.5", "'a'", "null", "[1, 'a']",
     "size(args.items)"]
)  # fmt: skip
comparisons = st.builds(
    "{} {} {}".format,
    operands,
    st.sampled_from(["==", "!=", "<", ">", ">=", "<=", "in", "+", "&&", "||"]),
    operands,
)
formed = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) || ({})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({}) ? ({}) : ({})".format, inner, inner, inner),
        st.builds("args.items.exists(i, {})".format, inner),
    ),
    max_leaves=5,
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=5),
    st.binary(max_size=3),
    st.decimals(),
    st.datetimes(),
    st.builds(object),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=3),
    ),
    max_leaves=8,
)
roots = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(
            values,
            st.dictionaries(
                st.sampled_from(["amount", "items", "region", "open", "usd", "confidence", "id"]),
                values,
            ),
        )
        for name in ("args", "facts", "agent", "context", "signals", "tool", "level", "environment")
    },
)


@pytest.mark.timeout(60)  # some hundred expressions are compiled
class TestLaws:
    @staticmethod
    @settings(max_examples=300, deadline=None)
    @given(texts, roots, st.sampled_from([TYPED, Scope()]))
    @example(
        "args.items.exists(x, x == args.open)", {"args": {"items": [2**70, "\ud800"]}}, Scope()
    )
    def test_any_text_compiles_or_is_a_policy_error(
        text: str, call: dict[str, Any], scope: Scope
    ) -> None:
        """No text and no data raise anything else, and what comes out is a truth."""
        try:
            expression = made(text, scope)
        except PolicyError:
            return
        assert expression.truth(Variables(call)) in (True, False, None)
        assert isinstance(expression.problem(Variables(call)), str)

    @staticmethod
    @settings(max_examples=300, deadline=None)
    @given(formed, roots, st.sampled_from([TYPED, Scope()]))
    def test_no_data_raises(text: str, call: dict[str, Any], scope: Scope) -> None:
        """Well-formed expressions over any data are true, false or not to be had."""
        try:
            expression = made(text, scope)
        except PolicyError:
            return
        assert expression.truth(Variables(call)) in (True, False, None)

    @staticmethod
    @settings(max_examples=200, deadline=None)
    @given(comparisons, st.sampled_from(["amount", "count", "region", "items"]))
    def test_a_value_left_out_is_no_answer(text: str, name: str) -> None:
        """Where a call lacks an argument that one comparison reads, there is no answer."""
        if f"args.{name}" not in text or "&&" in text or "||" in text:
            return
        try:
            expression = made(text)
        except PolicyError:
            return
        args = {key: value for key, value in CALL["args"].items() if key != name}
        assert expression.truth(Variables({**CALL, "args": args})) is None

    @staticmethod
    @given(st.floats(-1e6, 1e6), st.integers(-1000, 1000))
    def test_numbers_are_one_kind(one: float, other: int) -> None:
        """A number compares alike as an integer and as a float, and sums mix them."""
        assert truth(f"args.amount > {other}", amount=one) is (one > other)
        assert truth(f"args.amount > {float(other)}", amount=one) is (one > other)
        assert truth(f"args.amount + args.count > {other}", amount=one, count=1) is (
            one + 1 > other
        )


def test_a_policy_without_expressions_does_not_load_cel() -> None:
    """Neither CEL nor RE2 is imported for a file that has no expression."""
    code = (
        "import sys; from interlock.policy.load import parse; "
        "parse('tools: {a: {facts: {n: args.n}}}\\nrules: [{tool: a, action: allow}]'); "
        "print([name for name in ('cel_expr_python', 're2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_facts_know_their_roots() -> None:
    """A fact reads nothing that is itself computed."""
    assert {"args", "agent", "context"} == FACT_ROOTS
