"""Offer: what users type about a policy."""

import re
from pathlib import Path
from typing import Any

import pytest

from interlock.app.policy import Policy, asked_about
from interlock.errors import CanonError, InterlockError, PolicyError

TEXT = """
environment: dev
tools: {refund.issue: {facts: {amount: args.amount, owner: agent.owner, vip: context.vip}}}
rules:
  - {id: big, match: {tools: [refund.issue], amount_above: 100}, decision: require_approval}
  - {id: vip, match: {vip_is: true}, decision: deny}
  - {id: ana, match: {principals: [ana]}, decision: deny}
  - {id: live, match: {environments: [prod], tools: [x]}, decision: deny}
  - {id: rest, match: {tools: ["*"]}, decision: allow_with_constraints}
autonomy_levels: {level_0: {rules: []}, level_2: {rules: [{id: two, decision: deny}]}}
"""
MATRIX = """
risk: [{{level: low}}]
decision_matrix: {{t: {{low: {{'{}': deny, default: auto-approve}}}}}}
"""
CALL: dict[str, Any] = {"name": "refund.issue", "args": {"amount": 5}, "agent": "bot"}
CONTEXT: dict[str, Any] = {"vip": False, "principal": "bo"}


def test_a_file_and_its_text_are_one_policy(tmp_path: Path) -> None:
    """`load` of a file, of a folder and `parse` of the text have one snapshot."""
    (tmp_path / "policy.yaml").write_text(TEXT)
    snapshots = {
        Policy.load(tmp_path).snapshot,
        Policy.load(str(tmp_path / "policy.yaml")).snapshot,
        Policy.parse(TEXT).snapshot,
    }

    assert len(snapshots) == 1
    assert snapshots.pop().startswith("v1:")


def test_a_broken_policy_names_its_place() -> None:
    """The name given to a text stands in its errors."""
    with pytest.raises(PolicyError, match="here:1:1: unknown key `rool`"):
        Policy.parse("rool: 1", name="here")


@pytest.mark.parametrize(
    ("call", "more", "kind", "rules"),
    [
        (CALL, {}, "allow_with_constraints", ("rest",)),
        ({**CALL, "args": {"amount": 120}}, {}, "require_approval", ("big",)),
        (CALL, {"context": {**CONTEXT, "vip": True}}, "deny", ("vip",)),
        (CALL, {"context": {**CONTEXT, "principal": "ana"}}, "deny", ("ana",)),
        (CALL, {"level": 2}, "deny", ("two",)),
        ({**CALL, "name": "x"}, {"environment": "prod"}, "deny", ("live", "vip")),
    ],
)
def test_a_call_is_decided(
    call: dict[str, Any], more: dict[str, Any], kind: str, rules: tuple[str, ...]
) -> None:
    """Arguments, context, level and environment are what the rules look at."""
    policy = Policy.parse(TEXT)
    answer = policy.decide(call, **{"context": CONTEXT, **more})

    assert (answer.kind, answer.rules, answer.snapshot) == (kind, rules, policy.snapshot)
    assert answer.reason
    assert answer.constraints == {}


def test_it_explains_itself() -> None:
    """One line for each rule, in the order of the file."""
    traces = Policy.parse(TEXT).explain(CALL, context=CONTEXT)

    assert [trace.id for trace in traces] == ["big", "vip", "ana", "live", "rest"]
    assert [trace.counted for trace in traces] == [False, False, False, False, True]


def test_an_agent_may_be_more_than_an_id() -> None:
    """Id, owner, model and version; without any, nobody."""
    full = asked_about({"name": "x", "agent": {"id": "bot", "owner": "ana"}})

    assert (full.context.agent.id, full.context.agent.owner) == ("bot", "ana")
    assert asked_about({"name": "x"}).context.agent.id == ""


def test_what_is_only_asked_about_cannot_run() -> None:
    """A proposal made for a question has no digest that an approval could name."""
    assert asked_about(CALL).digest == ""


def test_arguments_that_cannot_be_carried_are_refused() -> None:
    """The same words as for a call that is about to be made."""
    with pytest.raises(CanonError, match=r"`args\.amount` is nan"):
        Policy.parse(TEXT).decide({**CALL, "args": {"amount": float("nan")}})


@pytest.mark.parametrize(
    ("call", "more", "says"),
    [
        ([], {}, "`call` has type list"),
        ({}, {}, "needs `name`"),
        ({"name": ""}, {}, "needs `name`"),
        ({"name": 5}, {}, "needs `name`"),
        ({"name": "x", "args": [1]}, {}, "`args` has type list"),
        ({"name": "x", "args": 0}, {}, "`args` has type int"),
        ({"name": "x", "zzz": 1}, {}, "no `zzz`"),
        ({"name": "x", "agent": 5}, {}, "`agent`"),
        ({"name": "x", "agent": {"owner": "ana"}}, {}, "`agent`"),
        ({"name": "x", "agent": {"id": "bot", "zzz": 1}}, {}, "`agent`"),
        (CALL, {"level": "1"}, "levels are 0 to 3"),
        (CALL, {"level": 9}, "levels are 0 to 3"),
        (CALL, {"level": -1}, "levels are 0 to 3"),
        (CALL, {"level": True}, "levels are 0 to 3"),
        (CALL, {"signals": [1]}, "`signals` has type list"),
        (CALL, {"context": "x"}, "`context` has type str"),
        (CALL, {"usage": 3}, "`usage` has type int"),
    ],
)
def test_what_is_no_call_is_refused_with_words(call: Any, more: Any, says: str) -> None:
    """A slip in a question is an error of ours that says what was expected, never an answer."""
    policy = Policy.parse(TEXT)

    for ask in (policy.decide, policy.explain):
        with pytest.raises(InterlockError, match=re.escape(says)):
            ask(call, **more)


@pytest.mark.parametrize("score", [-1, -0.1, "high", float("nan")])
@pytest.mark.parametrize("name", ["anomaly_score", "risk_score"])
def test_a_score_below_zero_is_no_score(name: str, score: Any) -> None:
    """-1 is a usual word for unknown: it counts as missing, on the stricter side."""
    rules = f"[{{tool: x, action: allow}}, {{match: {{{name}_above: 0.8}}, decision: deny}}]"
    policy = Policy.parse(f"rules: {rules}")

    assert policy.decide({"name": "x"}, signals={name: score}).kind == "deny"
    assert policy.decide({"name": "x"}, signals={name: 0}).kind == "allow"
    assert policy.decide({"name": "x"}, signals={name: 7}).kind == "deny"


@pytest.mark.parametrize("written", ["prod-eu", "Prod-EU", "PROD-*"])
@pytest.mark.parametrize("said", ["prod-eu", "PROD-eu", "Prod-EU"])
@pytest.mark.parametrize(
    "text",
    [
        "rules: [{{id: r, match: {{environments: ['{}']}}, decision: deny}}, {}]",
        "rules: [{{match: {{tools: [t], unless: {{environments: ['{}']}}}}, decision: allow}}]",
        "guardrails: [{{match: {{environments: ['{}']}}}}]\nrules: [{}]",
        MATRIX,
    ],
)
def test_environments_are_compared_without_capitals(text: str, said: str, written: str) -> None:
    """One rule everywhere: what a file or a host writes in capitals is no other environment."""
    policy = Policy.parse(text.format(written, "{tool: t, action: allow}"))
    own = Policy.parse(f"environment: {said}\n" + text.format(written, "{tool: t, action: allow}"))

    assert policy.decide({"name": "t"}, environment=said).kind != "allow"
    assert own.decide({"name": "t"}).kind != "allow"
    assert policy.decide({"name": "t"}, environment="lab").kind == "allow"


def test_expressions_read_environments_in_small_letters() -> None:
    """A comparison with capitals would never hold, so that it is refused."""
    rule = (
        'rules: [{{match: {{tools: [t], when: "{}"}}, decision: deny}}, {{tool: t, action: allow}}]'
    )
    for when in (
        "environment == 'prod'",
        "environment in ['prod']",
        r"environment.matches('^pr\\\\S')",
    ):
        policy = Policy.parse(rule.format(when))
        assert policy.decide({"name": "t"}, environment="PROD").kind == "deny"

    for when in (
        "environment == 'Prod'",
        "environment in ['dev', 'Prod']",
        "environment.startsWith('Prod')",
        "environment.matches('Prod')",
    ):
        with pytest.raises(PolicyError, match="an environment is read in small letters"):
            Policy.parse(rule.format(when))
    assert Policy.parse(rule.format("context.environment == 'Prod'"))
