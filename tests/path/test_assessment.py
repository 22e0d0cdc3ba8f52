"""Assess: what is known, where it comes from, and what is missing."""

from typing import Any

import pytest

from interlock.app.policy import Policy, asked_about
from interlock.path.assessment import Assessment, assess
from interlock.path.proposal import RESERVED_ARGUMENT

POLICY = """
environment: prod
tools:
  refund.issue:
    topic: job.refund
    risk_tags: [write, financial]
    facts:
      amount: args.amount
      deep: args.order.lines.first
      people: size(args.recipients)
      who: agent.owner
      tenant: context.tenant
      visits: context.visits
      links: size(context.chain)
    owner: payments-team
  notes.read: {risk_tags: [read], effect: read}
  notes.tag: {effect: read, risk_tags: [write]}
  notes.move: {}
  notes.peek: {risk_tags: [read]}
  notes.drop: {risk_tags: [delete], effect: read}
"""


def assessed(
    tool: str = "refund.issue",
    args: dict[str, Any] | None = None,
    signals: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    policy: str = POLICY,
) -> Assessment:
    call = {"name": tool, "args": args or {}, "agent": {"id": "bot", "owner": "ana"}}
    proposal = asked_about(call, context or {})
    return assess(Policy.parse(policy).compiled, proposal, signals or {}, level=1)


def test_facts_are_read_from_arguments_agent_and_context() -> None:
    """Each declared fact is the member that its path names, or its size."""
    seen = assessed(
        args={"amount": 12.5, "order": {"lines": {"first": "x"}}, "recipients": ["a", "b"]},
        context={"tenant": "t1", "visits": 3},
    )

    assert seen.subject.facts == {
        "amount": 12.5,
        "deep": "x",
        "people": 2,
        "who": "ana",
        "tenant": "t1",
        "visits": 3,
        "links": 0,
    }
    assert seen.subject.missing_facts == frozenset()
    assert seen.sources["people"] == "size(args.recipients)"


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"amount": None, "order": {"lines": {"first": None}}, "recipients": None},
        {"order": "text", "recipients": 7},
        {"order": {"lines": ["first"]}, "recipients": True},
    ],
)
def test_what_cannot_be_computed_is_missing(args: dict[str, Any]) -> None:
    """What is absent, null, a member of no object or has no size is missing, never zero."""
    seen = assessed(args=args)

    assert {"amount", "deep", "people"} <= seen.subject.missing_facts
    assert not {"amount", "deep", "people"} & seen.subject.facts.keys()


def test_an_undeclared_tool_is_unknown() -> None:
    """Nobody declared it: its name is its topic, its tags are unknown, it may not run twice."""
    seen = assessed("who.knows")

    assert (seen.subject.topic, seen.subject.risk_tags, seen.effect) == (
        "who.knows",
        None,
        "non_idempotent",
    )
    assert (seen.subject.declared, seen.subject.risk, seen.owner) == (False, "high", None)


def test_a_declared_tool_is_as_declared() -> None:
    """Topic, tags, effect, owner and the policy's environment come from the file."""
    seen = assessed()

    assert (seen.subject.topic, seen.subject.risk_tags) == ("job.refund", {"write", "financial"})
    assert (seen.owner, seen.subject.environment, seen.subject.level) == (
        "payments-team",
        "prod",
        1,
    )


@pytest.mark.parametrize(
    ("tool", "risk"),
    [
        ("notes.read", "low"),
        ("notes.peek", "low"),
        ("notes.tag", "medium"),
        ("notes.move", "medium"),
        ("notes.drop", "high"),
        ("refund.issue", "high"),
        ("who.knows", "high"),
    ],
)
def test_risk_is_the_highest_that_holds(tool: str, risk: str) -> None:
    """Read is low, write medium; delete, secrets, financial and undeclared tools are high."""
    assert assessed(tool).subject.risk == risk


def test_the_agents_own_claim_counts_only_without_the_hosts_word() -> None:
    """A declared confidence is used, and named as declared, when the host supplies none."""
    said = {RESERVED_ARGUMENT: {"confidence": 0.9}}
    alone, overruled = assessed(args=said), assessed(args=said, signals={"confidence": 0.2})

    assert (alone.subject.signals["confidence"], alone.sources["confidence"]) == (0.9, "declared")
    assert (overruled.subject.signals["confidence"], overruled.sources["confidence"]) == (
        0.2,
        "host",
    )


def test_the_claim_is_left_alone_where_the_policy_does_not_want_it() -> None:
    """With `source: []` an agent cannot vouch for itself."""
    said = {RESERVED_ARGUMENT: {"confidence": 0.9}}

    assert not assessed(args=said, policy="signals: {confidence: {source: []}}").subject.signals


def test_a_signal_that_is_none_is_missing() -> None:
    """None from a host is no value."""
    assert assessed(signals={"risk_score": None, "retry_count": 0}).subject.signals == {
        "retry_count": 0
    }


@pytest.mark.parametrize("medium", ["medium: deny, ", ""])
def test_a_risk_that_may_be_is_asked_of_the_matrix(medium: str) -> None:
    """Leaving a value out never reaches a looser cell, whichever way the row goes."""
    policy = Policy.parse(
        "groups: {g: [a]}\ntools: {t: {facts: {n: args.n}}}\n"
        "risk: [{level: critical, match: {n_above: 5}}, {level: low}]\n"
        f"decision_matrix: {{t: {{low: g, {medium}high: g, critical: auto-approve}}}}"
    )

    assert policy.decide({"name": "t", "args": {"n": 1}}).kind == "require_approval"
    assert policy.decide({"name": "t", "args": {"n": 9}}).kind == "allow"
    assert policy.decide({"name": "t", "args": {}}).kind == "require_approval"
