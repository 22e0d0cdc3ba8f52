"""Index: what it brings is what asking every rule would bring."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.index import Index
from interlock.policy.evaluation.rules import Heard, Rule, RuleSet, consult
from interlock.policy.load import parse
from interlock.policy.subject import Subject
from interlock.policy.variables import Variables

KINDS = ("allow", "allow_with_constraints", "notify", "require_approval", "deny")
TOOLS = {"a": {"facts": {"x": "args.x", "y": "args.y"}}}


def subject(parts: dict[str, Any]) -> Subject:
    return Subject(**parts)


segments = st.sampled_from(["a", "b", "ab"])
words = st.lists(segments, min_size=1, max_size=4).map(".".join)
globs = st.lists(
    st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b"]), min_size=1, max_size=4
).map(".".join)
tags = st.sampled_from(["read", "write", "secrets"])
numbers = st.integers(0, 3)


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, min_size=1, max_size=3)


CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "tools": several(globs),
    "topics": several(globs),
    "agents": several(globs),
    "principals": several(globs),
    "environments": several(globs),
    "risk_tags": several(tags),
    "risk_tags_all": several(tags),
    "levels": several(numbers),
    "confidence_below": st.just(0.5),
    "first_time_action": st.booleans(),
    "x_above": numbers,
    "y_is": st.sampled_from([1, "a", True]),
}
matches = st.lists(st.sampled_from(list(CONDITIONS)), unique=True, max_size=3).flatmap(
    lambda keys: st.fixed_dictionaries({key: CONDITIONS[key] for key in keys})
)
rules = st.fixed_dictionaries(
    {"decision": st.sampled_from(KINDS), "match": matches}, optional={"unless": matches}
)
subjects = st.fixed_dictionaries(
    {
        "tool": words,
        "topic": words,
        "agent": st.just("") | words,
        "principal": st.just("") | words,
        "environment": st.none() | words,
        "risk_tags": st.none() | st.frozensets(tags),
        "facts": st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from([1, 2, "a", True])),
        "missing_facts": st.frozensets(st.sampled_from(["x", "y"])),
        "declared": st.booleans(),
        "signals": st.dictionaries(
            st.sampled_from(["confidence", "first_time_action"]), st.sampled_from([0.1, 0.9, True])
        ),
        "level": numbers,
    }
).map(subject)


def rule_set(written: Iterable[Mapping[str, Any]]) -> RuleSet:
    """Compile rules as a file has them; only the first for every call is kept."""
    kept: list[Mapping[str, Any]] = []
    for rule in written:
        match = dict(rule["match"])
        if _narrows(rule.get("unless", {})):
            match["unless"] = rule["unless"]
        if _narrows(match) or all(_narrows(each["match"]) for each in kept):
            kept.append({"id": f"r{len(kept)}", "decision": rule["decision"], "match": match})
    return parse(json.dumps({"tools": TOOLS, "rules": kept})).rules


def _narrows(match: Mapping[str, Any]) -> bool:
    """Say whether a condition is left when lists that hold everything are taken out."""
    return any(
        not isinstance(wanted, list) or not {"*", "**"} & set(wanted)  # pyright: ignore[reportUnknownArgumentType] - JSON
        for wanted in match.values()
    )


def asked_one_by_one(rules: RuleSet, subject: Subject) -> Heard:
    """Ask all rules: what `consult` means."""
    truths = [(rule, rule.holds(subject)) for rule in rules.specific]
    matched = [rule for rule, truth in truths if truth]
    unknown = [rule for rule, truth in truths if truth is None]
    if not matched and rules.fallback is not None:
        matched = [rules.fallback]
    counted = [*matched, *(rule for rule in unknown if rule.restrictive)]
    return Heard(tuple(counted), tuple(unknown), bool(matched))


def by_id(heard: Heard) -> tuple[list[str], list[str], bool]:
    counted, unknown, sure = heard
    return sorted(rule.id for rule in counted), sorted(rule.id for rule in unknown), sure


@given(st.lists(rules, max_size=8).map(rule_set), st.lists(subjects, min_size=1, max_size=8))
def test_the_index_hears_what_all_rules_say(rules: RuleSet, calls: list[Subject]) -> None:
    """For every rule set and call: the same rules count, the same are unknown, each once."""
    for subject in calls:
        assert by_id(consult(rules, subject)) == by_id(asked_one_by_one(rules, subject))


@given(
    st.lists(rules, max_size=6).map(rule_set).flatmap(lambda each: st.permutations(each.specific)),
    subjects,
)
def test_order_does_not_matter(specific: list[Rule], subject: Subject) -> None:
    """However a file orders its rules, the same are found."""
    given_, ordered = (
        RuleSet("rules", tuple(each), None)
        for each in (specific, sorted(specific, key=lambda rule: rule.id))
    )

    assert by_id(consult(given_, subject)) == by_id(consult(ordered, subject))


@given(st.lists(rules, max_size=8).map(rule_set), subjects)
def test_no_rule_that_may_hold_is_left_out(rules: RuleSet, subject: Subject) -> None:
    """Candidates are all rules whose truth is True or unknown, each once."""
    found = [rule.id for rule, _ in rules.index.candidates(subject)]
    needed = {rule.id for rule in rules.specific if rule.holds(subject) is not False}

    assert needed <= set(found)
    assert len(found) == len(set(found))


catalogues = st.dictionaries(
    words, st.fixed_dictionaries({"topic": words, "risk_tags": st.lists(tags, max_size=2)}),
    min_size=1, max_size=4,
)  # fmt: skip


@given(
    st.lists(rules, max_size=8), catalogues, st.lists(subjects, min_size=1, max_size=6), st.data()
)
def test_a_foreseen_call_hears_what_all_rules_say(
    written: list[dict[str, Any]],
    tools: dict[str, dict[str, Any]],
    calls: list[Subject],
    data: st.DataObject,
) -> None:
    """What is known of a tool beforehand changes nothing, nor for calls that look alike."""
    specific = rule_set(written).specific
    known = parse(json.dumps({"tools": tools})).catalogue.literals
    foreseen = RuleSet("rules", specific, None, known)
    for call in calls:
        name = data.draw(st.sampled_from(sorted(known)))
        alike = {"tool": name, "topic": known[name].topic, "risk_tags": known[name].risk_tags}
        kept = data.draw(st.sets(st.sampled_from(sorted(alike)), min_size=1))
        for parts in (alike, {key: alike[key] for key in kept}):
            subject = call._replace(**parts)
            assert by_id(consult(foreseen, subject)) == by_id(asked_one_by_one(foreseen, subject))


CALL = Subject(
    "pay.send", "job.pay.send", "bot", "ana", "prod", frozenset({"write"}), {}, frozenset(),
    declared=True, signals={}, level=1,
)  # fmt: skip


@pytest.mark.parametrize(
    "match",
    [
        "tools: [crm.read]",
        'topics: ["job.crm.*"]',
        'topics: ["job.*.read"]',
        'agents: ["crm-*", "x.*"], tools: ["crm.*"]',
        "principals: [bo]",
        "environments: [dev]",
        "risk_tags: [read, secrets]",
        "risk_tags_all: [secrets, write]",
        "levels: [0, 2]",
        "x_above: 1",
    ],
)
def test_rules_about_other_calls_are_not_asked(match: str) -> None:
    """A rule is filed under its most selective key, so that most calls never meet it."""
    rules = parse(f"rules: [{{match: {{{match}}}, decision: deny}}]").rules

    assert not list(rules.index.candidates(CALL))


@pytest.mark.parametrize(
    ("match", "lacking"),
    [
        ("agents: [other]", {"agent": ""}),
        ("principals: [bo]", {"principal": ""}),
        ("environments: [dev]", {"environment": None}),
        ("risk_tags: [read]", {"risk_tags": None}),
        ("risk_tags_all: [read, write]", {"risk_tags": None}),
        ("x_above: 1", {"declared": False}),
        ("x_above: 1", {"missing_facts": frozenset({"x"})}),
        ("confidence_below: 0.5", {}),
        ("args_match: {x_is: a}", {}),
        ("when: args.x_is == 1", {}),
    ],
)
def test_what_is_unknown_is_asked(match: str, lacking: dict[str, Any]) -> None:
    """A rule whose value the call lacks is found, and heard as unknown."""
    rules = parse(f"rules: [{{match: {{{match}}}, decision: deny}}]").rules

    assert [rule.id for rule in consult(rules, CALL._replace(**lacking)).unknown] == ["rules[0]"]


def test_a_broad_key_gives_way_to_a_narrow_one() -> None:
    """Rules that all name one topic are found by what tells them apart."""
    text = ", ".join(
        f'{{match: {{topics: ["job.*"], agents: [bot{at}]}}, decision: deny}}' for at in range(50)
    )
    rules = parse(f"rules: [{text}]").rules

    ((found, _),) = rules.index.candidates(CALL._replace(agent="bot7"))
    assert found.id == "rules[7]"


def test_what_is_settled_is_not_asked_again() -> None:
    """A rule that was found by its only condition has nothing left to test."""
    rules = parse('rules: [{match: {topics: ["job.*.send"]}, decision: deny}]').rules

    assert [test for _, test in rules.index.candidates(CALL)] == [None]


def test_expressions_are_asked_last() -> None:
    """What costs most is reached only by calls that all else holds for."""
    asked: list[str] = []

    def condition(key: str, *, holds: bool) -> Condition:
        def test(subject: Subject) -> bool:
            asked.append(key)
            return holds

        return Condition(key, True, test, test)

    conditions = (condition("when", holds=True), condition("confidence_below", holds=False))
    rule = Rule("r", "deny", conditions, (), "", None, review_result=False)
    ((_, left),) = Index((rule,), {}).candidates(CALL)

    assert left
    assert left(CALL) is False
    assert asked == ["confidence_below"]


@pytest.mark.parametrize(
    "match",
    [
        "tools: [pay.send, pay.send]",
        'tools: ["pay.*", "pay.s*", "**"], levels: [1, 1]',
        'topics: ["job.*", "job.pay.*"]',
        "risk_tags: [write, write, read]",
        'tools: ["pay.send.**"]',
        'topics: ["job.**.pay.send", "job.p*.send"]',
    ],
)
def test_words_that_hold_twice_bring_a_rule_once(match: str) -> None:
    """Several ways to a rule are one rule."""
    rules = parse(f"rules: [{{match: {{{match}}}, decision: deny}}]").rules

    assert [rule.id for rule in consult(rules, CALL).counted] == ["rules[0]"]


def test_a_key_that_calls_may_lack_gives_way_to_one_they_have() -> None:
    """Tags tell these rules apart best, but an undeclared tool would bring them all."""
    text = ", ".join(
        f"{{match: {{tools: [t{at // 2}], risk_tags: [tag{at}]}}, decision: deny}}"
        for at in range(40)
    )
    rules = parse(f"rules: [{text}]").rules

    assert not list(rules.index.candidates(CALL._replace(risk_tags=None)))


def test_one_of_several_tags_is_not_all_of_them() -> None:
    """A rule that wants all tags is found by one, and asked for the others."""
    rules = parse("rules: [{match: {risk_tags_all: [write, zeal]}, decision: deny}]").rules

    assert len(list(rules.index.candidates(CALL))) == 1
    assert consult(rules, CALL).counted == ()


def test_many_conditions_do_not_nest_deeply() -> None:
    """A rule with a thousand patterns is asked as any other, and no call brings it down."""
    policy = parse(
        "rules: [{match: {tools: [t], args_match: {"
        + ", ".join(f"a{at}: ^x" for at in range(2_000))
        + "}}, decision: deny}]"
    )
    ((_, left),) = policy.rules.index.candidates(CALL._replace(tool="t"))

    assert left is not None
    assert left(CALL._replace(tool="t", variables=Variables({"args": {}}))) is None
    args = {f"a{at}": "x" for at in range(2_000)}
    known = Variables({"args": args})
    assert left(CALL._replace(tool="t", variables=known)) is True


@pytest.mark.parametrize("step", ["*.", "a."])
def test_a_glob_of_many_segments_is_no_deep_tree(step: str) -> None:
    """However long a pattern and a name are, neither loading nor deciding runs out of stack."""
    policy = parse(f"rules: [{{match: {{tools: ['{step * 5_000}x.*']}}, decision: deny}}]")

    def found(tool: str) -> int:
        return len(list(policy.rules.index.candidates(CALL._replace(tool=tool))))

    assert found("a." * 5_000 + "x.y") == 1
    assert found("a." * 4_999 + "x.y") == 0


def test_what_the_catalogue_settles_is_not_asked() -> None:
    """Of a catalogued tool's calls only that is asked which tool, topic and tags leave open."""
    policy = parse("""
        tools: {pay.send: {topic: job.pay.send, risk_tags: [write]}}
        rules:
          - {match: {topics: ["job.*"], risk_tags: [write], levels: [1]}, decision: deny}
          - {match: {tools: ["pay.*"], unless: {risk_tags: [read]}}, decision: notify}
          - {match: {tools: ["pay.*"], unless: {risk_tags: [write]}}, decision: deny}
          - {match: {topics: ["job.**.send"], risk_tags: [read]}, decision: deny}
    """)
    tags = policy.catalogue.literals["pay.send"].risk_tags
    asked = {
        rule.id: test for rule, test in policy.rules.index.candidates(CALL._replace(risk_tags=tags))
    }

    assert set(asked) == {"rules[0]", "rules[1]"}
    assert asked["rules[1]"] is None


@pytest.mark.parametrize("tools", [1, 300])
def test_rules_about_everything_are_not_written_down_for_every_tool(tools: int) -> None:
    """Many rules that every tool meets are looked up, so that loading stays quick and small."""
    names = ", ".join(f"t{at}: {{risk_tags: [write]}}" for at in range(tools))
    every = ", ".join(
        f"{{match: {{risk_tags: [write], amount_above: {at}}}, decision: deny}}"
        for at in range(100)
    )
    facts = "known: {risk_tags: [write], facts: {amount: args.amount}}"
    policy = parse(f"tools: {{{facts}, {names}}}\nrules: [{every}]")
    known = policy.catalogue.literals["known"]
    call = CALL._replace(tool="known", topic="known", risk_tags=known.risk_tags)

    assert policy.rules.index.foreseen == frozenset()
    assert len(consult(policy.rules, call._replace(facts={"amount": 50})).counted) == 50
