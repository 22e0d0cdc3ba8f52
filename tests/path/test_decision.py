"""Decide: what `stricter` keeps, then the examples of the policy's own manual."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.app.policy import Policy
from interlock.path.decision import stricter
from interlock.policy.decisions import (
    STRICTNESS,
    Allow,
    AllowWithConstraints,
    Ask,
    Decision,
    Deny,
    Notify,
    ReviewTerms,
)

from .asking import decided, explained  # isort: skip
from .reference import Json, Question  # isort: skip

TOOLS: Final[Json] = {
    "a.write": {
        "topic": "job.write.now",
        "risk_tags": ["write", "prod"],
        "facts": {"amount": "args.amount"},
    },
}


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
        for each in (Allow, AllowWithConstraints, Deny)
    ]
    windows = st.sampled_from([0.0, 30.0, 90.0])
    notice = {
        "veto_window_s": windows,
        "acknowledge_within_s": st.sampled_from([None, 20.0, 60.0]),
        "on_silence": st.sampled_from(["none", "hold_result", "halt_agent"]),
    }
    told = st.builds(Notify, ids, texts, ids, st.booleans(), **notice)
    return st.one_of(*plain, told, st.builds(Ask, ids, texts, ids, st.booleans(), terms=terms))


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


# Regressions ------------------------------------------------------------------------------------


def test_default_limits_hold_whatever_decision_wins() -> None:
    """Regression: a rule that asks, matched or unclear, took the default limits off a call."""
    doc: Json = {
        "tools": TOOLS,
        "default_constraints": {"max_amount": 10},
        "rules": [
            {"id": "go", "match": {"tools": ["a.write"]}, "decision": "allow_with_constraints"},
            {"id": "ask", "match": {"confidence_below": 0.5}, "decision": "require_approval"},
        ],
    }
    answers = [
        decided(doc, Question(args={"amount": 20}, signals=signals))
        for signals in ({"confidence": 0.9}, {"confidence": 0.1}, {})
    ]

    assert [answer.kind for answer in answers] == ["deny"] * 3
    assert {answer.rules for answer in answers} == {("go",)}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"args": {"to": {"name": "ana"}}}, {"args": {"to.name": "bo"}}),
        ({"args": {"to": {"name": "ana"}}}, {"args_drop": ["to.name"]}),
        ({"args": {"to.name": "ana"}}, {"args_drop": ["to"]}),
        ({"args": {"flags": [1]}}, {"args": {"flags": [True]}}),
        ({"args": {"tier": "tin"}}, {"args": {"tier": "gold"}}),
        ({"network_allowlist": ["a.org"]}, {"network_allowlist": ["b.org"]}),
    ],
)
def test_limits_that_cannot_both_hold_deny(one: Json, two: Json) -> None:
    """Regression: of two forced arguments the order of rules chose which the denial showed."""
    tools = {"a.write": {"risk_tags": ["write"], "isolation": "subprocess"}}
    rule = {"match": {"tools": ["a.write"]}, "decision": "allow_with_constraints"}
    rules = [{**rule, "id": "one", "constraints": one}, {**rule, "id": "two", "constraints": two}]
    answers = [
        decided({"tools": tools, "rules": each}, Question()) for each in (rules, rules[::-1])
    ]

    assert answers[0] == answers[1]
    assert (answers[0].kind, answers[0].rules) == ("deny", ("one", "two"))


def test_limits_of_then_and_now_that_leave_no_host_deny() -> None:
    """Regression: a host list of the old policy and another of the new came to a call that ran."""
    then, now = (
        decided(
            {
                "tools": {"a.write": {"risk_tags": ["write"], "isolation": "subprocess"}},
                "rules": [
                    {
                        "match": {"tools": ["a.write"]},
                        "decision": "allow",
                        "constraints": {"network_allowlist": [host]},
                    }
                ],
            },
            Question(),
        )
        for host in ("a.org", "b.org")
    )

    assert stricter(then, now).kind == "deny"


def test_a_guardrail_that_asks_does_not_silence_one_that_bars() -> None:
    """Regression: of guardrails over every call only the first counted, and only when alone."""
    bars = [
        {"id": "card", "inspect_args": {"CREDIT_CARD": "ask"}},
        {"id": "slow", "rate": {"max": 5, "per": "day"}},
        {"id": "never", "reason": "closed"},
        {"id": "nor-now", "reason": "closed today"},
    ]
    ask = Question(found=frozenset({"CREDIT_CARD"}), usage={"slow": 0})
    answer = decided({"guardrails": bars}, ask)

    assert (answer.kind, answer.rules) == ("deny", ("never", "nor-now"))


def test_a_guardrail_is_no_rule_that_allows_to_leave_the_default() -> None:
    """Regression: a guardrail that asks took `default: deny` away, as if a rule had spoken."""
    bars = [{"id": "card", "match": {"tools": ["a.*"]}, "inspect_args": {"CREDIT_CARD": "ask"}}]
    doc: Json = {"default": "deny", "guardrails": bars}

    assert decided(doc, Question(found=frozenset())).kind == "deny"
    assert decided(doc, Question(found=frozenset({"CREDIT_CARD"}))).kind == "deny"


@pytest.mark.parametrize("args", [{}, {"amount": "20"}, {"amount": 20}])
def test_a_boundary_that_denies_beyond_denies_what_it_cannot_measure(args: Json) -> None:
    """Regression: leaving the amount out of a call turned a denial into a question."""
    beyond = {"a.write": {"fact": "amount", "max_autonomous": 10, "above": "deny"}}

    assert decided({"tools": TOOLS, "boundaries": beyond}, Question(args=args)).kind == "deny"


def test_a_listed_action_is_listed_in_an_unknown_environment() -> None:
    """Regression: without an environment, `unlisted: deny` denied an action that has its row."""
    doc: Json = {
        "tools": TOOLS,
        "groups": {"leads": ["ana"]},
        "decision_matrix": {
            "a.write": {"medium": {"prod": "leads", "default": "auto-approve"}},
            "unlisted": "deny",
        },
    }

    assert decided(doc, Question()).kind == "require_approval"
    assert decided(doc, Question(environment="")).kind == "require_approval"
    assert decided(doc, Question(environment="dev")).kind == "allow"
    assert decided(doc, Question("x.y")).kind == "deny"


def test_a_matrix_may_only_say_what_it_does_not_list() -> None:
    """Regression: a matrix without a row broke the loader."""
    assert decided({"decision_matrix": {"unlisted": "deny"}}, Question()).kind == "deny"


def test_a_budget_of_large_amounts_counts_them() -> None:
    """Regression: a budget in bytes or yen denied everything, for its maximum was too large."""
    bars = [{"id": "b", "budget": {"fact": "amount", "max": 2e12, "per": "day"}}]
    doc: Json = {"tools": TOOLS, "guardrails": bars, "rules": [{"decision": "allow"}]}

    def said(amount: float) -> str:
        ask = Question(args={"amount": amount}, usage={"b": 10**18})
        return decided(doc, ask).kind

    assert [said(each) for each in (1, 1e12, 1e12 + 1, 1e15)] == ["allow", "allow", "deny", "deny"]
