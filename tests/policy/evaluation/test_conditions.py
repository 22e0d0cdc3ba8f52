"""Test: comparisons in three values, and what is said of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import PolicyError
from interlock.policy.evaluation.conditions import (
    Condition,
    Truth,
    compile_conditions,
)
from interlock.policy.subject import Subject
from interlock.policy.variables import Variables

SUBJECT = Subject(
    tool="a.b",
    topic="job.x",
    agent="bot",
    principal="",
    environment=None,
    risk_tags=frozenset({"read", "write"}),
    facts={"amount": 5},
    missing_facts=frozenset({"gone"}),
    declared=True,
    signals={
        "confidence": 0.4,
        "first_time_action": True,
        "unprompted_identifier": True,
        "tainted_by": ("files.read", "web.get"),
        "unasked_effects": (),
        "error_streak": 3,
    },
    level=1,
)


texts_and_others = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=3))


def one(key: str, wanted: Any, ignored: dict[str, str] | None = None) -> Condition:
    (condition,) = compile_conditions({key: wanted}, ignored or {})
    return condition


@pytest.mark.parametrize(
    ("key", "wanted", "truth"),
    [
        ("tools", ("a.*",), True),
        ("topics", ("a.*",), False),
        ("agents", ("bot",), True),
        ("principals", ("ana",), None),
        ("environments", ("prod",), None),
        ("risk_tags", ("write", "delete"), True),
        ("risk_tags_all", ("write", "delete"), False),
        ("risk_tags_all", ("write", "read"), True),
        ("risk_tags_all", ("write",), True),
        ("risk_tags_all", ("write", "read", "delete"), False),
        ("levels", (1,), True),
        ("levels", (0, 2), False),
        ("confidence_below", 0.5, True),
        ("confidence_below", 0.4, False),
        ("risk_score_above", 0.5, None),
        ("first_time_action", False, False),
        ("unprompted_identifier", True, True),
        ("unprompted_identifier", False, False),
        ("after_untrusted_read", True, None),
        ("tainted_by", ("web.*",), True),
        ("tainted_by", ("*",), True),
        ("tainted_by", ("mail.*",), False),
        ("unasked_effects", True, False),
        ("unasked_effects", False, True),
        ("unasked_effects", ("delete",), False),
        ("error_streak_above", 2, True),
        ("amount_above", 4, True),
        ("gone_above", 4, None),
        ("other_above", 4, False),
    ],
)
def test_each_key_is_tested(key: str, wanted: Any, truth: Truth) -> None:
    """What is known holds or not; what is missing is None; other tools' facts are no facts."""
    condition = one(key, wanted)

    assert condition.test(SUBJECT) is truth
    assert condition.say(SUBJECT).startswith(f"`{key}` ")


@pytest.mark.parametrize("key", ["risk_tags", "risk_tags_all", "amount_above"])
def test_an_undeclared_tool_has_unknown_tags_and_facts(key: str) -> None:
    """Nobody said what it is, so nobody knows what it is not."""
    nobodys = SUBJECT._replace(risk_tags=None, declared=False, facts={}, missing_facts=frozenset())

    assert one(key, 3 if key == "amount_above" else ("read",)).test(nobodys) is None


@pytest.mark.parametrize("value", [7, -0.1, "0.9", True, float("nan"), [0.9]])
def test_a_strange_signal_is_no_signal(value: Any) -> None:
    """A confidence out of range or of another type cannot be evaluated, ignored or not."""
    strange = SUBJECT._replace(signals={"confidence": value})

    assert one("confidence_below", 0.5).test(strange) is None
    assert one("confidence_below", 0.5, {"confidence": "x"}).test(strange) is None


@pytest.mark.parametrize("value", [None, "web.get", 1, True, {"web.get": 1}, ["web.get", 1]])
def test_names_that_are_no_list_of_names_are_no_signal(value: Any) -> None:
    """A rule over where values came from cannot be evaluated without a list of texts."""
    strange = SUBJECT._replace(signals={"tainted_by": value, "unasked_effects": value})

    assert one("tainted_by", ("web.get",)).test(strange) is None
    assert one("unasked_effects", True).test(strange) is None
    assert one("unasked_effects", ("delete",)).test(strange) is None


def test_a_missing_signal_is_ignored_only_where_the_policy_says_so() -> None:
    """`missing: ignore` makes the condition not hold, and says so."""
    silent = SUBJECT._replace(signals={})
    ignoring = one("confidence_below", 0.5, {"confidence": "signals.confidence.missing: ignore"})

    assert one("confidence_below", 0.5).test(silent) is None
    assert ignoring.test(silent) is False
    assert "ignored by `signals.confidence.missing: ignore`" in ignoring.say(silent)


@pytest.mark.parametrize("patterns", [("*",), ("**",), ("x", "*")])
def test_what_holds_everything_is_no_condition(patterns: tuple[str, ...]) -> None:
    """A bare `*` says nothing about a call, not even that its principal is known."""
    assert compile_conditions({"principals": patterns}, {}) == ()


# Expressions and patterns -----------------------------------------------------------------------


def called(**args: Any) -> Subject:
    return SUBJECT._replace(variables=Variables({"args": args, "tool": "a.b", "level": 1}))


def about(**keys: Any) -> tuple[Condition, ...]:
    return compile_conditions(keys, {})


@pytest.mark.parametrize(
    ("region", "truth"),
    [("eu-west", True), ("us", False), (None, None), (3, None), ("e" * 999_999, None)],
)
def test_args_match_searches_a_text(region: object, truth: Truth) -> None:
    """A pattern is found or not in a text; in nothing else, and in none that is too long."""
    (condition,) = about(args_match={"region": "^eu-"})

    assert condition.test(called(region=region)) is truth
    assert condition.test(called()) is None
    assert condition.test(SUBJECT) is None


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("to.city", {"to": {"city": "bonn"}}),
        ('to["e-mail"]', {"to": {"e-mail": "bonn"}}),
        ('["a.b"].c', {"a.b": {"c": "bonn"}}),
        ("größe", {"größe": "bonn"}),
        ("['it\"s']", {'it"s': "bonn"}),
    ],
)
def test_paths_reach_odd_names(path: str, args: dict[str, Any]) -> None:
    """A name with dots, signs or letters of any script is reached in brackets or as it is."""
    (condition,) = about(args_match={path: "bonn"})

    assert condition.test(called(**args)) is True
    assert condition.test(called(to="bonn")) is None


def test_each_pattern_is_a_condition() -> None:
    """Patterns over several arguments are ANDed."""
    conditions = about(args_match={"a": "x", "b": "y"})

    assert [each.key for each in conditions] == ["args_match.a", "args_match.b"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("args.region", "leave `args.` out"),
        ("a..b", "is no path"),
        ("a[0]", "is no path"),
        ("", "is no path"),
    ],
)
def test_paths_that_lead_nowhere(path: str, words: str) -> None:
    """What is no path in the arguments is refused at load."""
    with pytest.raises(PolicyError, match=words):
        about(args_match={path: "x"})


def test_a_bad_pattern_is_refused() -> None:
    """A pattern that RE2 does not know is refused at load."""
    with pytest.raises(PolicyError, match="no regular expression: RE2 knows no lookahead"):
        about(args_match={"a": "(?=x)"})


@pytest.mark.parametrize(
    ("keys", "args", "said"),
    [
        ({"when": "args.n > 3"}, {"n": 4}, '`when` `args.n > 3` holds (`{"args.n": 4}`)'),
        ({"when": "args.n > 3"}, {"n": 2}, '`when` `args.n > 3` does not hold (`{"args.n": 2}`)'),
        ({"when": "args.n > 3"}, {}, "`when` `args.n > 3` could not be evaluated (`n` is missing)"),
        (
            {"args_match": {"n": "^a"}},
            {"n": "abc"},
            "`args_match.n` `^a` holds (`abc`)",
        ),
        (
            {"args_match": {"n": "^a"}},
            {"n": 3},
            "`args_match.n` `^a` could not be evaluated (`3` is no text)",
        ),
        (
            {"args_match": {"n": "^a"}},
            {},
            "`args_match.n` `^a` could not be evaluated (`args.n` is missing)",
        ),
    ],
)
def test_they_say_how_they_came_out(keys: dict[str, Any], args: dict[str, Any], said: str) -> None:
    """The explanation names the value, or why there was none."""
    (condition,) = about(**keys)

    assert condition.say(called(**args)) == said


@given(texts_and_others, st.sampled_from(["^a", "b$", "", "(a|b)+", r"\d"]))
def test_no_argument_makes_a_pattern_raise(value: Any, pattern: str) -> None:
    """Whatever an argument is, searching it is true, false or not to be said."""
    (condition,) = about(args_match={"n": pattern})

    assert condition.test(called(n=value)) in (True, False, None)
    assert isinstance(condition.say(called(n=value)), str)
