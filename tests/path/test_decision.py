"""Decide: the laws against a naive reference, then the examples of the policy's own manual."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from interlock.app.policy import Policy, asked_about
from interlock.path.assessment import assess
from interlock.path.decision import RuleTrace, decide, explain, stricter, strictest
from interlock.policy.decisions import (
    STRICTNESS,
    Allow,
    AllowWithConstraints,
    Ask,
    Decision,
    Deny,
    Kind,
    Notify,
    ReviewTerms,
)

Json = dict[str, Any]

TOOLS: Final[Json] = {
    "a.read": {
        "topic": "job.read",
        "risk_tags": ["read"],
        "effect": "read",
        "facts": {"amount": "args.amount"},
    },
    "a.write": {
        "topic": "job.write.now",
        "risk_tags": ["write", "prod"],
        "facts": {"amount": "args.amount", "tier": "args.tier"},
    },
}
PERMISSIVE: Final = frozenset({"allow", "allow_with_constraints"})
NAMES: Final[tuple[str, ...]] = ("topics", "tools", "agents", "environments", "principals")


@dataclass(frozen=True)
class Question:
    """A call, and what is known about it."""

    tool: str = "a.write"
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    agent: str = "bot"
    principal: str = ""
    environment: str | None = None
    signals: Mapping[str, Any] = field(default_factory=dict[str, Any])
    level: int = 0


# The reference: written for reading, and from the manual only.


def glob(pattern: str, name: str) -> bool:
    """Match by a regular expression, segment by segment."""
    if pattern in ("*", "**"):
        return True
    parts = pattern.split(".")
    text = ""
    for at, part in enumerate(parts):
        if part == "**":
            text += r"(\.[^.]*)*"
        elif part == "*" and at == len(parts) - 1:
            text += r"(\.[^.]*)+"
        else:
            text += r"\." + re.escape(part).replace(r"\*", "[^.]*")
    return re.fullmatch(text, "." + name) is not None


def number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)


def sort_of(value: object) -> str:
    if isinstance(value, bool):
        return "flag"
    return "number" if number(value) else "text" if isinstance(value, str) else "other"


def same(value: object, wanted: object) -> bool | None:
    sorts = sort_of(value), sort_of(wanted)
    return value == wanted if sorts[0] == sorts[1] != "other" else None


def condition(doc: Json, key: str, wanted: Any, ask: Question) -> bool | None:
    """One key of a match: true, false, or None when the value cannot be had."""
    tool = doc.get("tools", {}).get(ask.tool)
    match key:
        case "topics" | "tools" | "agents" | "environments" | "principals":
            return named_so(key, wanted, tool, ask)
        case "levels":
            return ask.level in wanted
        case "risk_tags":
            return bool(set(wanted) & set(tool["risk_tags"])) if tool else None
        case "risk_tags_all":
            return set(wanted) <= set(tool["risk_tags"]) if tool else None
        case "first_time_action":
            value = ask.signals.get(key)
            return value is wanted if isinstance(value, bool) else None
        case _:
            return measured(doc, key, wanted, tool, ask)


def named_so(key: str, patterns: list[str], tool: Json | None, ask: Question) -> bool | None:
    if any(pattern in ("*", "**") for pattern in patterns):
        return True
    topic = tool.get("topic", ask.tool) if tool else ask.tool
    values = (topic, ask.tool, ask.agent, ask.environment, ask.principal)
    name = values[NAMES.index(key)]
    return any(glob(pattern, name) for pattern in patterns) if name else None


def measured(doc: Json, key: str, wanted: Any, tool: Json | None, ask: Question) -> bool | None:
    found = re.fullmatch(r"(.*?)_(at_least|at_most|above|below|is|in)", key)
    assert found
    name, suffix = found.groups()
    if name in ("confidence", "anomaly_score", "risk_score", "retry_count"):
        value = ask.signals.get(name)
        if value is None and ignored(doc, name):
            return False
        if value is None or not number(value) or (name == "confidence" and not 0 <= value <= 1):
            return None
        return compared(value, suffix, wanted)
    if tool and name not in tool["facts"]:
        return False
    value = ask.args.get(name) if tool else None
    return None if value is None else compared(value, suffix, wanted)


def ignored(doc: Json, name: str) -> bool:
    signals = doc.get("signals", {})
    return (name == "confidence" and signals.get("confidence", {}).get("missing") == "ignore") or (
        name == "anomaly_score" and signals.get("anomaly", {}).get("cold_start") == "ignore"
    )


def compared(value: Any, suffix: str, wanted: Any) -> bool | None:
    if suffix == "is":
        return same(value, wanted)
    if suffix == "in":
        truths = [same(value, each) for each in wanted]
        return True if True in truths else None if None in truths else False
    if not number(value):
        return None
    return {
        "above": value > wanted,
        "below": value < wanted,
        "at_least": value >= wanted,
        "at_most": value <= wanted,
    }[suffix]


def every(doc: Json, match: Json, ask: Question) -> bool | None:
    truths = [condition(doc, k, v, ask) for k, v in match.items() if k != "unless"]
    return False if False in truths else None if None in truths else True


def about(doc: Json, rule: Json, ask: Question) -> bool | None:
    match = rule.get("match", {})
    exempt = every(doc, match["unless"], ask) if "unless" in match else False
    truths = [every(doc, match, ask), None if exempt is None else not exempt]
    return False if False in truths else None if None in truths else True


def universal(match: Json) -> bool:
    return all(
        key in NAMES and any(pattern in ("*", "**") for pattern in wanted)
        for key, wanted in match.items()
    )


def rule_sets(doc: Json, level: int) -> list[list[Json]]:
    levels = doc.get("autonomy_levels")
    sets = [doc.get("rules", [])]
    if levels:
        known = [at for at in range(level + 1) if f"level_{at}" in levels]
        sets.append(levels[f"level_{known[-1]}"]["rules"])
    return sets


def reference(doc: Json, ask: Question) -> tuple[Kind, tuple[str, ...], tuple[str, ...]]:
    """Return the decision, the determining rules, and those that could not be evaluated."""
    counted: list[Json] = []
    unknown: list[str] = []
    sure = False
    for rules in rule_sets(doc, ask.level):
        specific = [rule for rule in rules if not universal(rule.get("match", {}))]
        truths = {rule["id"]: about(doc, rule, ask) for rule in specific}
        definite = [rule for rule in specific if truths[rule["id"]]]
        if not definite:
            definite = [rule for rule in rules if rule not in specific]
        unclear = [rule for rule in specific if truths[rule["id"]] is None]
        counted += definite + [rule for rule in unclear if rule["decision"] not in PERMISSIVE]
        unknown += [rule["id"] for rule in unclear]
        sure = sure or bool(definite)
    kinds = [rule["decision"] for rule in counted]
    kinds += [] if sure else [doc.get("default", "require_approval")]
    kind = max(kinds, key=STRICTNESS.__getitem__)
    ids = tuple(sorted(rule["id"] for rule in counted if rule["decision"] == kind))
    return kind, ids, tuple(sorted(unknown))


# What is tried.

NAME_LISTS = {
    "topics": [["*"], ["job.*"], ["job.write.*"], ["job.read", "x.y"], ["**.now"]],
    "tools": [["a.*"], ["a.read"], ["**"], ["x.y", "a.write"]],
    "agents": [["bot"], ["*"]],
    "environments": [["prod"], ["*"]],
    "principals": [["ana"]],
}
OTHERS: Json = {
    "risk_tags": [["write"], ["read", "prod"]],
    "risk_tags_all": [["write", "prod"]],
    "levels": [[0], [1, 2]],
    "confidence_below": [0.5],
    "anomaly_score_above": [0.5],
    "risk_score_above": [0.5],
    "retry_count_above": [1],
    "first_time_action": [True, False],
    "amount_above": [10],
    "amount_at_most": [10],
    "tier_is": ["gold", 1],
    "tier_in": [["gold", 1]],
}
conditions = st.fixed_dictionaries(
    {}, optional={k: st.sampled_from(v) for k, v in {**NAME_LISTS, **OTHERS}.items()}
).map(lambda match: dict(list(match.items())[:3]))
exemptions = conditions.filter(lambda match: not universal(match))


def exempted(match: Json, unless: Json | None) -> Json:
    return {**match, "unless": unless} if unless else match


matches: st.SearchStrategy[Json] = st.builds(
    exempted, conditions, st.one_of(st.none(), st.none(), exemptions)
)
kinds: st.SearchStrategy[Kind] = st.sampled_from(sorted(STRICTNESS))


def named(rules: list[Json], prefix: str) -> list[Json]:
    """Name the rules; keep the first fallback only."""
    fallbacks = [rule for rule in rules if universal(rule["match"])]
    kept = [rule for rule in rules if rule not in fallbacks] + fallbacks[:1]
    return [{**rule, "id": f"{prefix}{at}"} for at, rule in enumerate(kept)]


def rule_lists(prefix: str) -> st.SearchStrategy[list[Json]]:
    rule: st.SearchStrategy[Json] = st.fixed_dictionaries({"match": matches, "decision": kinds})
    return st.lists(rule, max_size=5).map(lambda rules: named(rules, prefix))


levels = st.fixed_dictionaries(
    {"level_0": rule_lists("zero-").map(lambda rules: {"rules": rules})},
    optional={"level_2": rule_lists("two-").map(lambda rules: {"rules": rules})},
)
documents = st.fixed_dictionaries(
    {"tools": st.just(TOOLS), "rules": rule_lists("r")},
    optional={"default": st.sampled_from(["require_approval", "deny"]), "autonomy_levels": levels},
)
silences = st.fixed_dictionaries(
    {
        "confidence": st.sampled_from([{"missing": "ignore"}, {"missing": "escalate"}]),
        "anomaly": st.sampled_from([{"cold_start": "ignore"}, {"cold_start": "escalate"}]),
    }
)
scores = st.sampled_from([0.1, 0.9, 0, 95, "high", True, math.nan, -math.inf])
signal_sets = st.fixed_dictionaries(
    {},
    optional={
        "confidence": scores,
        "anomaly_score": scores,
        "risk_score": scores,
        "retry_count": st.sampled_from([0, 1, 2, "2"]),
        "first_time_action": st.sampled_from([True, False, 1]),
    },
)
questions = st.builds(
    Question,
    tool=st.sampled_from(["a.read", "a.write", "x.y"]),
    args=st.fixed_dictionaries(
        {},
        optional={
            "amount": st.sampled_from([5, 10, 20.5, "many", True, None]),
            "tier": st.sampled_from(["gold", "tin", 1, True]),
        },
    ),
    agent=st.sampled_from(["bot", "other"]),
    principal=st.sampled_from(["", "ana", "bo"]),
    environment=st.sampled_from([None, "prod", "dev"]),
    signals=signal_sets,
    level=st.integers(0, 3),
)


def loaded(doc: Json) -> Policy:
    return Policy.parse(json.dumps(doc))


def decided(doc: Json | Policy, ask: Question) -> Decision:
    policy = doc if isinstance(doc, Policy) else loaded(doc)
    proposal = asked_about(
        {"name": ask.tool, "args": ask.args, "agent": ask.agent}, {"principal": ask.principal}
    )
    seen = assess(policy.compiled, proposal, ask.signals, ask.level, ask.environment)
    return decide(policy.compiled, seen)


def explained(policy: Policy, ask: Question) -> tuple[RuleTrace, ...]:
    proposal = asked_about(
        {"name": ask.tool, "args": ask.args, "agent": ask.agent}, {"principal": ask.principal}
    )
    seen = assess(policy.compiled, proposal, ask.signals, ask.level, ask.environment)
    return explain(policy.compiled, seen)


def loosest_first(decision: Decision) -> int:
    """Rank a decision; the two that run without a word rank alike."""
    return 0 if decision.kind in PERMISSIVE else STRICTNESS[decision.kind]


class TestLaws:
    @settings(max_examples=400)
    @given(documents, silences | st.none(), questions)
    def test_agrees_with_the_reference(
        self, doc: Json, silence: Json | None, ask: Question
    ) -> None:
        """Decision, determining rules and rules not evaluable are the naive evaluator's."""
        doc = {**doc, **({"signals": silence} if silence else {})}
        answer = decided(doc, ask)

        assert (answer.kind, answer.rules, answer.not_evaluable) == reference(doc, ask)

    @given(documents, questions)
    def test_deny_overrides_everything(self, doc: Json, ask: Question) -> None:
        """A deny rule that matches denies, whatever else the policy says."""
        stop = {"id": "stop", "match": {"levels": [0, 1, 2, 3]}, "decision": "deny"}

        assert decided({**doc, "rules": [*doc["rules"], stop]}, ask).kind == "deny"

    @given(documents, questions)
    def test_allowed_only_by_an_explicit_rule(self, doc: Json, ask: Question) -> None:
        """What runs unasked names rules of the policy that say so."""
        answer = decided(doc, ask)
        everyone = [rule for rules in rule_sets(doc, ask.level) for rule in rules]
        sayers = {rule["id"] for rule in everyone if rule["decision"] == answer.kind}

        assert set(answer.rules) <= sayers
        assert answer.rules or answer.kind in ("require_approval", "deny")

    @given(documents, questions, st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, doc: Json, ask: Question, random: Random) -> None:
        """Shuffled rules and keys decide the same, in the same words."""
        rules = [dict(random.sample(list(rule.items()), len(rule))) for rule in doc["rules"]]
        random.shuffle(rules)

        assert decided({**doc, "rules": rules}, ask) == decided(doc, ask)

    @given(documents, questions)
    def test_saying_it_twice_changes_nothing(self, doc: Json, ask: Question) -> None:
        """A second copy of every specific rule leaves the kind of the decision."""
        copies = [
            {**rule, "id": f"again-{rule['id']}"}
            for rule in doc["rules"]
            if not universal(rule["match"])
        ]

        assert decided({**doc, "rules": doc["rules"] + copies}, ask).kind == decided(doc, ask).kind

    @given(documents, exemptions, questions)
    def test_a_rule_as_strict_as_what_it_silences_never_loosens(
        self, doc: Json, match: Json, ask: Question
    ) -> None:
        """Adding a rule no looser than fallback and default never loosens a decision."""
        silenced = [rule["decision"] for rule in doc["rules"] if universal(rule["match"])]
        silenced.append(doc.get("default", "require_approval"))
        strict = max(silenced, key=STRICTNESS.__getitem__)
        added = {**doc, "rules": [*doc["rules"], {"id": "new", "match": match, "decision": strict}]}

        assert loosest_first(decided(added, ask)) >= loosest_first(decided(doc, ask))

    @given(documents, questions, st.data())
    def test_a_missing_value_never_loosens(
        self, doc: Json, ask: Question, data: st.DataObject
    ) -> None:
        """Leaving a signal or an argument out never gives a looser decision than any value."""
        policy = loaded(doc)
        known = [*ask.signals, *ask.args]
        assume(known)
        gone = data.draw(st.sampled_from(known))
        without = Question(
            tool=ask.tool,
            args={name: value for name, value in ask.args.items() if name != gone},
            agent=ask.agent,
            principal=ask.principal,
            environment=ask.environment,
            signals={name: value for name, value in ask.signals.items() if name != gone},
            level=ask.level,
        )

        assert loosest_first(decided(policy, without)) >= loosest_first(decided(policy, ask))

    @given(documents, questions, kinds, kinds)
    def test_the_fallback_never_beats_a_specific_rule(
        self, doc: Json, ask: Question, said: Kind, instead: Kind
    ) -> None:
        """Where a specific rule is known to match, it is all the same what the fallback says."""
        rules = [rule for rule in doc["rules"] if not universal(rule["match"])]
        rules.append({"id": "known", "match": {"levels": [0, 1, 2, 3]}, "decision": said})
        fallback = {"id": "else", "match": {"topics": ["*"]}, "decision": instead}

        assert decided({**doc, "rules": [*rules, fallback]}, ask) == decided(
            {**doc, "rules": rules}, ask
        )

    @given(documents, questions)
    def test_the_explanation_agrees(self, doc: Json, ask: Question) -> None:
        """Decision and determining rules follow from what is said of each rule."""
        policy = loaded(doc)
        answer, traces = decided(policy, ask), explained(policy, ask)
        counted = [trace for trace in traces if trace.counted]
        said: list[Kind] = [trace.decision for trace in counted]
        if not any(trace.outcome == "matched" for trace in counted):
            said.append(policy.compiled.default)
        kind = strictest(said)

        assert answer.kind == kind
        assert answer.rules == tuple(sorted(t.id for t in counted if t.decision == kind))
        assert set(answer.not_evaluable) == {
            trace.id for trace in traces if trace.outcome == "could not be evaluated"
        }
        assert all(trace.why for trace in traces)


texts = st.sampled_from(["", "one", "two; one", "zwei"])
ids = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(
    lambda names: tuple(sorted(names))
)
terms = st.builds(
    ReviewTerms,
    st.sampled_from([10.0, 20.0]),
    st.sampled_from([5.0, 6.0]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def decisions() -> st.SearchStrategy[Decision]:
    plain = [
        st.builds(each, ids, texts, ids, st.booleans())
        for each in (Allow, AllowWithConstraints, Notify, Deny)
    ]
    return st.one_of(*plain, st.builds(Ask, ids, texts, ids, st.booleans(), terms=terms))


def tidy(decision: Decision) -> Decision:
    """Write a decision as `stricter` writes one: its reasons in order."""
    return stricter(decision, decision)


class TestStricter:
    @given(decisions(), decisions())
    def test_order_does_not_matter(self, a: Decision, b: Decision) -> None:
        """Of two decisions the same comes out whichever is named first."""
        assert stricter(a, b) == stricter(b, a)

    @given(decisions(), decisions(), decisions())
    def test_grouping_does_not_matter(self, a: Decision, b: Decision, c: Decision) -> None:
        """Three decisions come to the same however they are paired."""
        a, b, c = tidy(a), tidy(b), tidy(c)

        assert stricter(stricter(a, b), c) == stricter(a, stricter(b, c))

    @given(decisions(), decisions())
    def test_nothing_is_loosened(self, a: Decision, b: Decision) -> None:
        """The result is as strict as either, in kind, in terms and in what is held."""
        both = stricter(a, b)

        assert STRICTNESS[both.kind] == max(STRICTNESS[a.kind], STRICTNESS[b.kind])
        assert both.review_result == (a.review_result or b.review_result)
        for one in (a, b):
            if isinstance(both, Ask) and isinstance(one, Ask):
                assert both.terms.approval_ttl_s <= one.terms.approval_ttl_s
                assert both.terms.execution_ttl_s <= one.terms.execution_ttl_s
                assert both.terms.inline <= one.terms.inline
                assert both.terms.editor_may_approve <= one.terms.editor_may_approve
                assert both.terms.reason_required >= one.terms.reason_required


MANUAL = """
version: v1
environment: prod
tools:
  refund.issue:
    topic: job.support.process-refund
    risk_tags: [write, financial, prod]
    effect: non_idempotent
    facts: {amount_usd: args.amount, affected_users: size(args.recipients)}
    owner: payments-team
  deploy.start: {topic: job.deploy.prod.eu, risk_tags: [write]}
  "orders.*": {topic: job.support.read, risk_tags: [read], effect: read}
rules:
  - id: approve-prod-deploys
    match: {topics: ["job.deploy.*", "job.migrate.*"], risk_tags: [prod, write]}
    decision: require_approval
    reason: "Production deploys require human sign-off"
  - id: low-confidence-escalation
    match: {confidence_below: 0.7, topics: ["job.support.*"]}
    decision: require_approval
    reason: "Agent confidence below threshold"
  - id: anomaly-escalation
    match: {anomaly_score_above: 0.8}
    decision: require_approval
  - id: retry-escalation
    match: {retry_count_above: 2}
    decision: require_approval
  - id: big-refund
    match: {tools: [refund.issue], amount_usd_above: 100}
    decision: require_approval
    review: {approval_ttl_sec: 3600}
  - {tool: "search.web", action: allow}
  - {tool: "email.send", action: escalate, reason: "Outbound email requires review"}
  - {tool: "shell.execute", action: block}
  - {match: {topics: ["*"]}, decision: allow}
"""
CALM = {"confidence": 0.9, "anomaly_score": 0.1, "retry_count": 0}


@pytest.mark.parametrize(
    ("tool", "args", "signals", "kind", "rules"),
    [
        ("refund.issue", {"amount": 20}, {}, "allow", ("rules[8]",)),
        ("refund.issue", {"amount": 120}, {}, "require_approval", ("big-refund",)),
        ("refund.issue", {}, {}, "require_approval", ("big-refund",)),
        ("refund.issue", {"amount": "120"}, {}, "require_approval", ("big-refund",)),
        ("deploy.start", {}, {}, "require_approval", ("approve-prod-deploys",)),
        ("orders.find", {}, {}, "allow", ("rules[8]",)),
        (
            "orders.find",
            {},
            {"confidence": 0.6},
            "require_approval",
            ("low-confidence-escalation",),
        ),
        (
            "orders.find",
            {},
            {"confidence": None},
            "require_approval",
            ("low-confidence-escalation",),
        ),
        ("orders.find", {}, {"anomaly_score": 0.81}, "require_approval", ("anomaly-escalation",)),
        ("orders.find", {}, {"retry_count": 2}, "allow", ("rules[8]",)),
        ("orders.find", {}, {"retry_count": 3}, "require_approval", ("retry-escalation",)),
        ("search.web", {}, {"confidence": None}, "allow", ("rules[5]",)),
        ("email.send", {}, {}, "require_approval", ("rules[6]",)),
        ("shell.execute", {}, {}, "deny", ("rules[7]",)),
        ("unheard.of", {}, {}, "allow", ("rules[8]",)),
    ],
)
def test_the_manual_decides_as_described(
    tool: str, args: Json, signals: Json, kind: str, rules: tuple[str, ...]
) -> None:
    """The manual's rules decide what their text says, by the rules one would name."""
    answer = decided(loaded_text(MANUAL), Question(tool, args, signals={**CALM, **signals}))

    assert (answer.kind, answer.rules) == (kind, rules)


def loaded_text(text: str) -> Policy:
    return Policy.parse(text)


LEVELS = """
tools:
  notes.read: {topic: job.notes.read, risk_tags: [read], effect: read}
  notes.drop: {topic: job.notes.drop, risk_tags: [delete]}
  notes.add: {topic: job.notes.add, risk_tags: [write]}
autonomy_levels:
  level_0: {name: supervised, rules: [{match: {topics: ["*"]}, decision: require_approval}]}
  level_1:
    name: assisted
    rules:
      - {match: {topics: ["job.*.read", "job.*.list"]}, decision: allow}
      - {match: {topics: ["*"]}, decision: require_approval}
  level_2:
    name: semi-autonomous
    rules:
      - {match: {risk_tags: [prod, delete, secrets]}, decision: require_approval}
      - {match: {topics: ["*"]}, decision: allow_with_constraints}
  level_3:
    name: autonomous
    rules:
      - {match: {risk_tags: [delete, secrets]}, decision: require_approval}
      - {match: {topics: ["*"]}, decision: allow}
autonomy: {initial_level: 0, scope: [agent]}
"""


@pytest.mark.parametrize(
    ("tool", "kinds_by_level"),
    [
        ("notes.read", ("require_approval", "allow", "allow_with_constraints", "allow")),
        ("notes.add", ("require_approval", "require_approval", "allow_with_constraints", "allow")),
        ("notes.drop", ("require_approval",) * 4),
        ("unheard.of", ("require_approval",) * 4),
    ],
)
def test_each_level_allows_what_it_says(tool: str, kinds_by_level: tuple[str, ...]) -> None:
    """The four levels of the manual decide as described; what nobody declared stays asked about."""
    policy = loaded_text(LEVELS)
    found = tuple(decided(policy, Question(tool, level=level)).kind for level in range(4))

    assert found == kinds_by_level


def test_a_level_without_rules_is_decided_as_the_one_below() -> None:
    """A level that the file leaves out gives nothing that the level below it does not give."""
    policy = loaded_text("""
rules: [{decision: allow}]
autonomy_levels: {level_0: {rules: [{decision: deny}]}, level_2: {rules: [{decision: allow}]}}
""")
    found = {level: decided(policy, Question(level=level)).kind for level in (-1, 0, 1, 2, 3, 9)}

    assert found == {-1: "deny", 0: "deny", 1: "deny", 2: "allow", 3: "allow", 9: "allow"}


def test_nothing_said_is_asked() -> None:
    """The empty policy asks about everything, and says that no rule did so."""
    answer = decided({}, Question())

    assert (answer.kind, answer.rules) == ("require_approval", ())


def test_a_default_may_only_be_stricter() -> None:
    """`default: deny` denies what no rule speaks about."""
    assert decided({"default": "deny"}, Question()).kind == "deny"


def test_rules_that_ask_together_ask_on_the_stricter_terms() -> None:
    """The shortest times, and each right only when every asking rule gives it."""
    policy = loaded_text("""
tools: {a.write: {risk_tags: [write]}}
rules:
  - {id: a, match: {tools: [a.write]}, decision: require_approval,
     review: {approval_ttl_sec: 60, inline: true, editor_may_approve: true}}
  - {id: b, match: {risk_tags: [write]}, decision: require_approval,
     review: {execution_ttl_sec: 30, inline: true, reason_required: true}}
""")
    answer = decided(policy, Question())

    assert isinstance(answer, Ask)
    assert answer.rules == ("a", "b")
    assert answer.terms == ReviewTerms(60.0, 30.0, inline=True, reason_required=True)


@pytest.mark.parametrize(("tags", "inline"), [("write", True), ("financial", False)])
def test_no_inline_vote_where_the_risk_is_high(tags: str, *, inline: bool) -> None:
    """`review.inline` is taken away from calls of high risk."""
    policy = loaded_text(f"""
tools: {{a.write: {{risk_tags: [{tags}]}}}}
rules: [{{tool: a.write, action: escalate, review: {{inline: true}}}}]
""")
    answer = decided(policy, Question())

    assert isinstance(answer, Ask)
    assert answer.terms.inline is inline


def test_terms_of_a_guess_are_no_better_than_the_defaults() -> None:
    """A rule that asks only for want of a value gives no more than the default's terms."""
    policy = loaded_text("""
review_defaults: {approval_ttl_sec: 50}
tools: {a.write: {}}
rules:
  - {match: {confidence_below: 0.5}, decision: require_approval,
     review: {inline: true, approval_ttl_sec: 90}}
""")
    unsure = decided(policy, Question())
    known = decided(policy, Question(signals={"confidence": 0.1}))

    assert isinstance(unsure, Ask)
    assert isinstance(known, Ask)
    assert unsure.terms == ReviewTerms(50.0)
    assert known.terms == ReviewTerms(90.0, inline=True)


def test_the_result_is_held_when_any_rule_says_so() -> None:
    """`review_result` of a matched or unclear rule holds, whichever rule settles the decision."""
    policy = loaded_text("""
tools: {a.write: {risk_tags: [write]}}
rules:
  - {match: {tools: [a.write]}, decision: require_approval}
  - {match: {risk_tags: [write], anomaly_score_above: 0.5}, decision: allow, review_result: true}
""")
    held = [
        decided(policy, Question(signals=signals)).review_result
        for signals in ({"anomaly_score": 0.9}, {}, {"anomaly_score": 0.1})
    ]

    assert held == [True, True, False]


def test_a_missing_value_does_not_silence_the_fallback() -> None:
    """Regression: hiding a confidence turned a fallback's denial into a question to a human."""
    policy = loaded_text("""
rules:
  - {match: {confidence_below: 0.7}, decision: require_approval}
  - {decision: deny}
""")

    assert decided(policy, Question()).kind == "deny"


def test_a_missing_value_does_not_silence_the_default() -> None:
    """Regression: a `notify` rule that lacked its score let a call run that no rule allowed."""
    policy = loaded_text("rules: [{match: {anomaly_score_above: 0.7}, decision: notify}]")

    assert decided(policy, Question()).kind == "require_approval"
    assert decided(policy, Question(signals={"anomaly_score": 0.9})).kind == "notify"


def test_the_reason_says_what_was_missing() -> None:
    """A rule that counts for want of a value says which."""
    policy = loaded_text(
        "rules: [{match: {confidence_below: 0.7}, decision: deny, reason: Unsure}]"
    )

    assert decided(policy, Question()).reason == (
        "Unsure (`confidence_below` `0.7` could not be evaluated (the value is missing))"
    )


def test_what_is_ignored_is_explained_as_ignored() -> None:
    """A missing signal that the policy ignores is said to be ignored, and by which setting."""
    policy = loaded_text("""
signals: {confidence: {missing: ignore}}
rules: [{id: unsure, match: {confidence_below: 0.7}, decision: deny}]
""")
    (trace,) = explained(policy, Question())

    assert trace.outcome == "not matched"
    assert "ignored by `signals.confidence.missing: ignore`" in trace.why
