"""Route: who is asked about which call."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from interlock.app.policy import asked_about
from interlock.errors import PolicyError
from interlock.path.assessment import assess
from interlock.path.decision import decide
from interlock.policy.decisions import Ask, Group, ReviewTerms
from interlock.policy.document import Document
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.evaluation.routing import TermsByRule
from interlock.policy.evaluation.terms import strictest_terms
from interlock.policy.load import read_text

GROUPS = "groups: {fin: [ana, bo, cy], sec: [dee, eli], ops: [fay, gus], boss: [hal]}\n"
TOOLS = """
tools:
  pay: {risk_tags: [write, financial]}
  open: {risk_tags: [write, security, financial]}
  note: {risk_tags: [write]}
  look: {risk_tags: [read]}
  drop: {risk_tags: [delete]}
"""
ROUTING = "routing: {financial_actions: fin, security_actions: sec, default: ops}\n"


def terms(policy: str, tool: str = "pay", **roles: tuple[str, ...]) -> ReviewTerms:
    """Return the terms on which a tool is asked about, by a policy that may not be enforced yet."""
    reading = read_text(GROUPS + TOOLS + policy, "p")
    compiled = compile_policy(reading.document, reading.root)
    has: Callable[[str], tuple[str, ...]] = lambda role: roles.get(role, ())  # noqa: E731
    decision = decide(
        compiled, assess(compiled, asked_about({"name": tool, "args": {}}, {}), {}, 0, roles=has)
    )
    assert isinstance(decision, Ask)
    assert decision.terms.by_call is None
    return decision.terms


ROLES = TermsByRule(Document()).routing
"""A policy that declares no group: every one is a role."""


def rule(review: Any, tool: str = "pay") -> str:
    return f"rules: [{{tool: {tool}, action: escalate, review: {json.dumps(review)}}}]\n"


@pytest.mark.parametrize(
    ("tool", "route", "eligible"),
    [
        ("pay", "fin", ("ana", "bo", "cy")),
        ("note", "ops", ("fay", "gus")),
        ("unknown", "ops", ("fay", "gus")),
    ],
)
def test_a_call_goes_where_its_tags_lead(tool: str, route: str, eligible: tuple[str, ...]) -> None:
    """`<tag>_actions` by the call's tags, else `default`; so does a call that nobody declared."""
    found = terms(ROUTING, tool)

    assert (found.route, found.eligible, found.quorum) == (route, eligible, 1)


def test_a_call_of_two_kinds_needs_one_of_each() -> None:
    """Where tags lead to several groups, another person of each approves."""
    found = terms(ROUTING, "open")

    assert found.groups == (Group("fin", ("ana", "bo", "cy")), Group("sec", ("dee", "eli")))
    assert (found.route, found.eligible) == (None, None)
    assert found.asked() == ("ana", "bo", "cy", "dee", "eli")


def test_without_a_default_anyone_is_asked() -> None:
    """A policy that routes some calls leaves the others to anybody."""
    assert terms("routing: {financial_actions: fin}", "note").asked() is None


@pytest.mark.parametrize("said", [{"route": "boss"}, {"groups_all": ["boss"]}])
def test_a_rule_is_over_the_routing(said: Any) -> None:
    """Whom a rule names is asked, and nobody else."""
    assert terms(ROUTING + rule(said)).asked() == ("hal",)


@pytest.mark.parametrize(
    ("quorum", "number"), [(1, 1), (2, 2), ("majority", 2), ("unanimous", 3), (None, 1)]
)
def test_how_many_of_the_group(quorum: Any, number: int) -> None:
    """A number, more than half, or all; also of the group that the tags lead to."""
    said = {"quorum": quorum} if quorum else {}

    assert terms(rule({"route": "fin", **said})).quorum == number
    assert terms(ROUTING + rule(said)).quorum == number


def test_the_matrix_asks_for_shares_of_its_group() -> None:
    """A cell's `vote` is a quorum of its group."""
    matrix = "decision_matrix: {note: {medium: {group: fin, vote: unanimous}}}"
    found = terms(matrix, "note")

    assert (found.route, found.quorum) == ("fin", 3)


class TestRoles:
    """Groups that the policy does not declare are roles in the ledger."""

    def test_members_are_looked_up_when_it_is_asked(self) -> None:
        """Who has the role is who is asked; a share is of them."""
        found = terms(rule({"route": "dpo", "quorum": "majority"}), dpo=("kim", "lou", "max"))

        assert (found.route, found.eligible, found.quorum) == ("dpo", ("kim", "lou", "max"), 2)
        assert found.unstaffed == ()

    def test_a_role_that_nobody_has_falls_to_the_default(self) -> None:
        """An empty role is said, and the default is asked in its place."""
        found = terms(ROUTING + rule({"route": "dpo"}))

        assert (found.route, found.eligible, found.unstaffed) == ("dpo", ("fay", "gus"), ("dpo",))
        people = {"dpo": ("kim",)}
        now = ROLES.restaffed(found, lambda name: people.get(name, ()), {"dpo"})
        assert (now.route, now.eligible, now.unstaffed) == ("dpo", ("kim",), ())

    def test_without_a_default_nobody_can_approve(self) -> None:
        """Nobody is not anyone."""
        found = terms(rule({"route": "dpo"}))

        assert (found.route, found.asked(), found.unstaffed) == ("dpo", (), ("dpo",))

    def test_an_empty_group_of_several_is_nobody(self) -> None:
        """Of groups that each must approve, one without members keeps the call from running."""
        found = terms(rule({"groups_all": ["fin", "dpo"]}))

        assert found.groups == (Group("dpo", ()), Group("fin", ("ana", "bo", "cy")))[::-1]
        assert found.unstaffed == ("dpo",)


class TestShares:
    """A word is counted of who is in the group by now, a number is a number."""

    @pytest.mark.parametrize(
        ("quorum", "then", "now"), [("majority", 2, 3), ("unanimous", 3, 5), (2, 2, 2)]
    )
    def test_a_group_that_grew_or_shrank_is_counted_anew(
        self, quorum: Any, then: int, now: int
    ) -> None:
        """Back again it is what it was; of nobody it is one, whom nobody can be."""
        few = terms(rule({"route": "dpo", "quorum": quorum}), dpo=("kim", "lou", "max"))
        many = ROLES.restaffed(few, lambda _: ("a", "b", "c", "d", "e"), {"dpo"})
        none = ROLES.restaffed(many, lambda _: (), {"dpo"})

        assert (few.quorum, many.quorum) == (then, now)
        assert none.quorum == (2 if quorum == 2 else 1)
        assert ROLES.restaffed(none, lambda _: ("kim", "lou", "max"), {"dpo"}) == few

    def test_with_another_rules_number_it_never_falls_below(self) -> None:
        """Of two rules that ask one route, each is kept by the people of now."""
        each = [{"route": "dpo", "quorum": quorum} for quorum in ("majority", 2)]
        few = ("kim", "lou", "max")
        both = strictest_terms(terms(rule(said), dpo=few) for said in each)
        shrunk = ROLES.restaffed(both, lambda _: ("kim", "lou"), {"dpo"})
        alone = ROLES.restaffed(both, lambda _: ("kim",), {"dpo"})

        assert (both.quorum, shrunk.quorum, alone.quorum) == (2, 2, 2)
        grown = ROLES.restaffed(both, lambda _: tuple("abcdef"), {"dpo"})
        assert grown.quorum == 4

    def test_who_is_in_a_group_that_another_policy_tells_of_stays(self) -> None:
        """Nobody counts a share of people whom this policy does not know."""
        few = terms(rule({"route": "dpo", "quorum": "majority"}), dpo=("kim", "lou", "max"))

        assert ROLES.restaffed(few, lambda _: (), set()) == few


class TestLevels:
    """Who is asked next, and what silence means."""

    def test_in_the_order_of_the_policy(self) -> None:
        """Levels are the route's; the times are the rule's, the defaults', the queue's, or 300."""
        up = "escalation: {fin: [boss, sec]}\n"
        found = terms(up + rule({"route": "fin"}))
        assert [level.name for level in found.levels] == ["boss", "sec"]
        assert found.escalate_after_s == 300

        queue = "approval_queue_policy: {escalate_after_sec: 40}\n"
        assert terms(up + queue + rule({"route": "fin"})).escalate_after_s == 40
        own = "review_defaults: {escalate_after_sec: 30}\n"
        assert terms(up + queue + own + rule({"route": "fin"})).escalate_after_s == 30
        said = rule({"route": "fin", "escalate_after_sec": 20})
        assert terms(up + queue + own + said).escalate_after_s == 20

    def test_the_default_is_next_where_nobody_is_named(self) -> None:
        """A route without an escalation goes to the default; the default goes nowhere."""
        assert [level.name for level in terms(ROUTING).levels] == ["ops"]
        assert terms(ROUTING, "note").levels == ()

    @pytest.mark.parametrize(
        ("said", "tool", "means"),
        [
            ({}, "note", "escalate"),
            ({}, "look", "approve"),
            ({}, "pay", "deny"),
            ({"on_timeout": "approve"}, "note", "approve"),
            ({"on_timeout": "approve"}, "pay", "approve"),
            ({"on_timeout": "approve"}, "drop", "deny"),
            ({"on_timeout": "approve"}, "unknown", "deny"),
            ({"on_timeout": "approve", "auth": "signed"}, "look", "deny"),
            ({"auth": "token"}, "look", "deny"),
            ({"route": "ops", "quorum": 2}, "look", "deny"),
            ({"groups_all": ["ops", "leads"]}, "look", "deny"),
        ],
    )
    def test_silence_means_what_the_rule_or_the_risk_says(
        self, said: Any, tool: str, means: str
    ) -> None:
        """The rule is over the risk; silence is no key, no second yes, and deletes nothing."""
        timeouts = "timeouts: {high: deny, medium: escalate, low: approve}\n"

        assert terms(timeouts + rule(said, tool), tool).on_timeout == means

    def test_silence_never_approves_the_top_class(self) -> None:
        """Whatever a rule says, a critical call waits for a person."""
        top = "risk: [{level: critical, match: {tools: [note]}}]\n"

        assert terms(top + rule({"on_timeout": "approve"}, "note"), "note").on_timeout == "deny"


def test_what_an_approval_must_carry() -> None:
    """The contract's fields are terms of every question; none where incomplete ones are taken."""
    contract = "evidence_contract: {required_fields: [job_hash, approver_id]%s}\n"

    assert terms(contract % "").evidence == ("approver_id", "job_hash")
    assert terms(contract % ", reject_if_incomplete: false").evidence == ()


def test_the_proof_that_a_rule_wants() -> None:
    """`auth` is the weakest that counts."""
    assert terms(rule({"auth": "signed"})).auth == "signed"
    assert terms(rule({})).auth == "local"


@pytest.mark.parametrize(
    "section",
    [
        "rules: [{tool: pay, action: escalate, review: {route: dpo}}]",
        "rules: [{tool: pay, action: escalate, review: {groups_all: [dpo, fin]}}]",
        "decision_matrix: {pay: {high: {group: dpo}}}",
        "routing: {default: dpo}",
        "escalation: {fin: [dpo]}",
    ],
)
def test_a_role_that_is_asked_is_a_group_of_expressions(section: str) -> None:
    """Whoever asks a role may demand it of approvals; a name that nobody asks is misspelt."""
    wants = "guardrails: [{id: g, stage: guard, require: \"'%s' in approval.groups\"}]\n"
    asked, mistaken = (
        read_text(GROUPS + TOOLS + section + "\n" + wants % name, "p") for name in ("dpo", "dppo")
    )

    assert compile_policy(asked.document, asked.root).guardrails
    with pytest.raises(PolicyError, match="unknown group `dppo`"):
        compile_policy(mistaken.document, mistaken.root)
