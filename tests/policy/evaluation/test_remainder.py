"""Remainder: what is still asked of a rule is what has not been settled."""

from interlock.policy.evaluation.conditions import Truth
from interlock.policy.evaluation.remainder import Remainders
from interlock.policy.evaluation.rules import Rule
from interlock.policy.load import parse
from interlock.policy.subject import Subject

CALL = Subject(
    "pay.send", "job.pay.send", "bot", "", None, frozenset({"write"}), {}, frozenset(),
    declared=True, signals={}, level=1,
)  # fmt: skip


def rule(match: str) -> Rule:
    (made,) = parse(f"rules: [{{match: {{{match}}}, decision: deny}}]").rules.specific
    return made


def left(match: str, call: Subject = CALL) -> Truth | str:
    """Say what a rule comes to for a call whose tool, topic and tags are known beforehand."""
    found = Remainders().about(rule(match), CALL)
    if found is None:
        return "ruled out"
    return "matched" if found.test is None else found.test(call)


def test_the_catalogue_settles_names_and_tags() -> None:
    """Tool, topic and tags are asked once; what else a rule wants is left."""
    assert left('tools: ["pay.*"], risk_tags: [write]') == "matched"
    assert left("tools: [crm.read], agents: [bot]") == "ruled out"
    assert left('topics: ["job.*"], agents: [bot]') is True
    assert left('topics: ["job.*"], agents: [other]') is False
    assert left('topics: ["job.*"], confidence_below: 0.5') is None


def test_exemptions_are_settled_likewise() -> None:
    """An exemption that the catalogue grants rules out; one that it refuses is no more asked."""
    assert left('tools: ["pay.*"], unless: {risk_tags: [write]}') == "ruled out"
    assert left('tools: ["pay.*"], unless: {risk_tags: [read]}') == "matched"
    assert left('tools: ["pay.*"], unless: {risk_tags: [read], agents: [bot]}') == "matched"
    assert left('tools: ["pay.*"], unless: {risk_tags: [write], agents: [bot]}') is False
    assert left('tools: ["pay.*"], unless: {risk_tags: [write], agents: [ana]}') is True
    assert left('tools: ["pay.*"], unless: {agents: [ana]}', CALL._replace(agent="")) is None
    assert left("agents: [bot], unless: {agents: [bot]}") is False
    assert left("agents: [bot], unless: {agents: [ana]}") is True


def test_what_many_rules_ask_is_one_test() -> None:
    """The same conditions make the same test, so that it stays at hand."""
    policy = parse("""
        rules:
          - {match: {tools: [a], agents: [bot], levels: [1]}, decision: deny}
          - {match: {tools: [b], agents: [bot], levels: [1]}, decision: notify}
    """)
    made = Remainders()
    one, other = (made.without(each, each.conditions[0]) for each in policy.rules.specific)

    assert one.test is other.test
    assert one.test is not None
