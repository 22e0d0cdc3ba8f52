"""Write: the evidence of a transition, as it is hashed into its entry."""

from datetime import UTC, datetime, timedelta

from interlock.conduct.judging import judgement
from interlock.conduct.steps import ask, asked_body, asked_step, claim_step, proposed_step
from interlock.path.assessment import assess
from interlock.path.decision import decide
from interlock.path.proposal import Agent, CallKey, Context, propose
from interlock.path.warrant import Cleared
from interlock.policy.evaluation.guardrails import Meter
from interlock.policy.load import parse

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POLICY = parse("version: v1")
PROPOSAL = propose(
    CallKey("", "main", "t", "", "m", "c"), "pay", {"secret": "s3cr3t"}, Context(Agent("bot"))
)
SEEN = assess(POLICY, PROPOSAL, {}, 0)
JUDGED = judgement(POLICY, SEEN, decide(POLICY, SEEN), (Meter("daily", "\x1fbot", 60.0, 7),))


def test_arguments_stand_in_a_proposal_only_as_its_digest() -> None:
    """Nothing of an argument's value is in the entry."""
    step = proposed_step(PROPOSAL, frozenset({"ana"}))
    assert step.body["digest"] == PROPOSAL.digest
    assert step.body["editors"] == ["ana"]
    assert "s3cr3t" not in repr(step)


def test_a_claim_says_fence_digest_and_what_is_counted() -> None:
    """INVARIANT I1: the intent names the very bytes, its fence, and what budgets count of it."""
    step = claim_step(PROPOSAL, JUDGED, 3, NOW, Cleared())
    said = (step.to, step.body["fence"], step.body["digest"], step.body["meters"])
    assert said == ("executing", 3, PROPOSAL.digest, [["daily", "\x1fbot", 60.0, 7]])


def test_a_question_says_its_terms_and_the_decision_made_anew() -> None:
    """What is asked is recorded with its end, and the decision only where it was made again."""
    request = ask("call_1", PROPOSAL, JUDGED, NOW)
    assert asked_body(request)["digest"] == PROPOSAL.digest
    assert request.expires_at == NOW + timedelta(seconds=request.terms.approval_ttl_s)
    assert "decided" not in asked_step(request).body
    assert asked_step(request, JUDGED).body["decided"]["kind"] == "require_approval"
