"""Name: decisions survive JSON."""

import json

import pytest

from interlock.policy.constraints import Constraints
from interlock.policy.decisions import (
    RESTRICTIVE,
    STRICTNESS,
    Allow,
    AllowWithConstraints,
    Ask,
    BatchTerms,
    Decision,
    Deny,
    Notify,
    QuorumShare,
    ReviewTerms,
    decision_json,
    read_decision,
)

EACH: list[Decision] = [
    Allow(("a",), "because"),
    AllowWithConstraints(("a",), "because", constraints=Constraints(max_rows=5)),
    Notify((), "", ("b", "c")),
    Ask(("a", "b"), "why", review_result=True, terms=ReviewTerms(5.0, 6.0, inline=True)),
    Ask((), "", terms=ReviewTerms(route="leads and legal", eligible=("ana",))),
    Ask((), "", terms=ReviewTerms(route="leads and legal", eligible=())),
    Ask((), "", terms=ReviewTerms(batch=BatchTerms(20, 60.0))),
    Ask((), "", terms=ReviewTerms(shares=(QuorumShare("majority", ("a", "b")),), at_least=2)),
    Deny((), "no"),
]


@pytest.mark.parametrize("decision", EACH, ids=lambda each: each.kind)
def test_a_decision_survives_json(decision: Decision) -> None:
    """What is written to the record is read back as it was."""
    assert read_decision(json.loads(json.dumps(decision_json(decision)))) == decision


def test_strictness_has_no_ties() -> None:
    """Of two different decisions one is always the stricter, and every kind has its rank."""
    assert sorted(STRICTNESS.values()) == list(range(len(STRICTNESS)))
    assert {each.kind for each in EACH} == set(STRICTNESS)


def test_the_restrictive_are_the_strictest() -> None:
    """Every restrictive decision is stricter than every permissive one."""
    others = STRICTNESS.keys() - RESTRICTIVE

    assert min(STRICTNESS[kind] for kind in RESTRICTIVE) > max(STRICTNESS[kind] for kind in others)
