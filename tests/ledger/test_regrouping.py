"""Regroup: a question that was put to others than its policy and the enrolments give is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from interlock.path.record import Step
from interlock.policy.decisions import Group, ReviewTerms, terms_json

from .casework import Casework  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
version: v1
tools: {pay: {risk_tags: [write]}}
groups: {boss: [olga]}
escalation: {fin: [boss]}
rules:
  - {id: pay, match: {tools: [pay]}, decision: require_approval,
     review: {route: fin, quorum: majority, auth: token}}
"""


@pytest.fixture
def work(tmp_path: Path) -> Casework:
    """A ledger in which three have the role that a policy asks."""
    made = Casework(tmp_path, POLICY)
    for name in ("ana", "tim", "liz"):
        made.gate.reviewers.add(name, roles=["fin"], held=made.ana)
    return made


def asked(work: Casework) -> tuple[str, ReviewTerms]:
    """Have a call that waits; return it and the terms of its question."""
    call = work.propose("pay", amount=7)
    return call, work.go(call).request.terms


def test_honest_ones_are_named_by_nobody(work: Casework) -> None:
    """Who comes and goes between two answers is as the record tells, and so is how many must."""
    call, terms = asked(work)
    desk, inbox = work.gate.reviewers, work.gate.inbox
    for name in ("eve", "zoe"):
        desk.add(name, roles=["fin"], held=work.ana)
    inbox.approve(call, held=work.ana, reason="seen")
    desk.revoke("eve", roles=["fin"], reason="moved", held=work.ana)
    desk.revoke("zoe", reason="left", held=work.ana)
    inbox.approve(call, held=work.tim, reason="seen")

    told = [one["body"] for one in work.gate.audit.log(call=call) if one["kind"] == "regrouped"]
    assert terms.quorum == 2
    assert [(len(one["terms"]["eligible"]), one["terms"]["quorum"]) for one in told] == [
        (4, 3),
        (5, 3),
        (4, 3),
        (3, 2),
    ]
    verified = work.gate.audit.verify()
    assert verified.ok, verified.problems


@pytest.mark.parametrize("what", ["members", "levels", "quorum", "auth", "nothing"])
def test_a_forged_one_is_named(work: Casework, what: str) -> None:
    """Whoever writes the database cannot put a question to people of their own choice."""
    call, terms = asked(work)
    forged = {
        "members": replace(terms, eligible=("eve", *(terms.eligible or ()))),
        "levels": replace(terms, levels=(Group("boss", ("eve",)),)),
        "quorum": replace(terms, quorum=1),
        "auth": replace(terms, auth="local"),
        "nothing": terms,
    }[what]
    with work.gate.ledger.begin() as tx:
        request = tx.request(str(tx.call(call).request_id))
        digest = work.gate.conductor.ports.policy().digest
        tx.widen_request(request, replace(request, terms=forged))
        body = {"request_id": request.id, "terms": terms_json(forged), "policy": digest}
        tx.advance(tx.call(call), [Step("pending", "regrouped", body)])

    told = [one for one in work.gate.audit.verify().problems if "asks others" in one]

    assert len(told) == (what != "nothing")
