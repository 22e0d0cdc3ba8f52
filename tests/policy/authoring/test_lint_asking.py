"""Advise: whether what a question says of itself can come to pass."""

import pytest

from interlock.policy.authoring.lint_asking import questions
from interlock.policy.authoring.lint_rules import placed_rules
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import read_text

PEOPLE = "groups: {ops: [ana, bo], leads: [lee]}\nescalation: {ops: [leads]}\n"
REST = (
    "fatigue_controls: {cooldown_after_approvals: 5, cooldown_window_sec: 60, cooldown_sec: 900}\n"
)


def found(review: str, more: str = "", people: str = PEOPLE) -> list[tuple[str, str]]:
    """Return code and line of what is found about one rule that asks."""
    rule = f"- {{tool: pay, action: escalate, review: {{{review}}}}}"
    text = f"{people}tools: {{pay: {{owner: olga}}}}\n{more}rules:\n  {rule}\n"
    reading = read_text(text, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))
    return [
        (each.code, str(each.mark)) for each in questions(reading.document, rules, reading.root)
    ]


def codes(review: str, more: str = "", people: str = PEOPLE) -> list[str]:
    """Return the codes of what is found."""
    return [code for code, _ in found(review, more, people)]


@pytest.mark.parametrize(
    ("review", "more", "late"),
    [
        ("route: ops, approval_ttl_sec: 60", "", True),
        ("route: ops, approval_ttl_sec: 60, escalate_after_sec: 60", "", True),
        ("route: ops, approval_ttl_sec: 60, escalate_after_sec: 59", "", False),
        ("route: ops, approval_ttl_sec: 60", "review_defaults: {escalate_after_sec: 30}\n", False),
        ("route: ops", "review_defaults: {approval_ttl_sec: 60}\n", True),
        ("route: ops, approval_ttl_sec: 60, on_timeout: escalate", "", False),
        ("route: ops, approval_ttl_sec: 60", "timeouts: {high: escalate}\n", False),
        ("route: leads, approval_ttl_sec: 60", "", False),
        ("route: leads, approval_ttl_sec: 60", "routing: {default: ops}\n", True),
        ("approval_ttl_sec: 60", "routing: {default: ops}\n", True),
        ("approval_ttl_sec: 60", "", False),
        ("approval_ttl_sec: 60", "routing: {default: leads, read_actions: ops}\n", False),
    ],
)
def test_a_level_that_is_never_asked(review: str, more: str, late: bool) -> None:
    """Found where there is a next level, whatever the call is, and the question is over first."""
    assert ("IL031" in codes(review, more)) == late


@pytest.mark.parametrize(
    ("review", "never"),
    [
        ("groups_all: [ops]", True),
        ("groups_all: [leads]", False),
        ("groups_all: [leads], escalate_after_sec: 60", True),
        ("groups_all: [leads], on_timeout: escalate", True),
        ("groups_all: [leads], on_timeout: deny", False),
        ("route: ops, groups_all: [leads], escalate_after_sec: 60", False),
    ],
)
def test_groups_that_are_asked_alone(review: str, never: bool) -> None:
    """Found where their author says that somebody else should be asked next."""
    assert ("IL032" in codes(review)) == never


@pytest.mark.parametrize(
    ("review", "fields", "reject", "never"),
    [
        ("inline: true, auth: token", "", "true", True),
        ("inline: true", "policy_snapshot", "true", True),
        ("inline: true", "policy_snapshot", "false", False),
        ("inline: true", "job_hash, approver_id, decision_ts", "true", False),
        ("auth: signed", "policy_snapshot", "true", False),
    ],
)
def test_answers_in_the_run(review: str, fields: str, reject: str, never: bool) -> None:
    """Found where no proof, or not the policy, can come with them; never where none is heard."""
    contract = (
        f"evidence_contract: {{required_fields: [{fields}], reject_if_incomplete: {reject}}}\n"
    )
    assert ("IL033" in codes(review, contract if fields else "")) == never


@pytest.mark.parametrize(
    ("review", "people", "rests"),
    [
        ("route: g, approval_ttl_sec: 900", "groups: {g: [ana]}\n", True),
        ("route: g, approval_ttl_sec: 901", "groups: {g: [ana]}\n", False),
        ("route: g, approval_ttl_sec: 900", "groups: {g: [ana, bo]}\n", False),
        ("route: g, approval_ttl_sec: 900", "groups: {g: [ana, olga]}\n", True),
        ("route: g, approval_ttl_sec: 900, quorum: 2", "groups: {g: [ana, bo]}\n", True),
        ("route: g, approval_ttl_sec: 900, quorum: 2", "groups: {g: [ana, bo, cy]}\n", False),
        (
            "route: g, approval_ttl_sec: 900",
            "groups: {g: [ana], h: [bo]}\nescalation: {g: [h]}\n",
            False,
        ),
        ("route: role, approval_ttl_sec: 900", "", False),
        ("approval_ttl_sec: 900", "", False),
    ],
)
def test_a_rest_that_outlasts_the_question(review: str, people: str, rests: bool) -> None:
    """Found where nobody else may approve; the tool's owner never counts."""
    assert ("IL034" in codes(review, REST, people)) == rests
    assert "IL034" not in codes(review, people=people)


@pytest.mark.parametrize(
    ("review", "more", "refused"),
    [
        ("route: ops", "", False),
        ("route: ops, auth: token", "", True),
        ("route: ops, quorum: 2", "", True),
        ("route: ops, quorum: majority", "timeouts: {low: approve}\n", True),
        ("groups_all: [ops]", "", False),
        ("groups_all: [ops, leads]", "timeouts: {low: approve}\n", True),
        ("route: ops", "evidence_contract: {required_fields: [approver_id]}\n", True),
    ],
)
def test_silence_that_approves_nothing(review: str, more: str, refused: bool) -> None:
    """Found where one person's bare word would not approve, either."""
    assert ("IL035" in codes(f"{review}, on_timeout: approve", more)) == refused
    assert "IL035" not in codes(review, more)


def test_where_it_is_found() -> None:
    """At the key that can be changed, else at the rule."""
    assert found("route: ops, approval_ttl_sec: 60") == [("IL031", "p:5:74")]
    assert found("route: ops", "review_defaults: {approval_ttl_sec: 9}\n") == [("IL031", "p:6:51")]
