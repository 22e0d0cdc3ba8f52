"""The groups that a guardrail asks approvals of."""

import pytest

from interlock.errors import PolicyError
from interlock.policy.expression.dialect import parse
from interlock.policy.expression.group_names import check_groups
from interlock.policy.expression.terms import read_term

DECLARED = frozenset({"dpo", "ops"})


def check(text: str, declared: frozenset[str] | None = DECLARED) -> None:
    def fault(at: int, message: str) -> Exception:
        return PolicyError(f"1:{at + 1}: {message}")

    check_groups(read_term(parse(text).serialize()), declared, fault)


@pytest.mark.parametrize(
    "text",
    [
        "'{}' in approval.groups",
        "!('{}' in approval['groups'])",
        "approval.groups.exists(g, g == '{}')",
        "approval.groups.all(g, '{}' != g)",
        "approval.groups.exists(g, g in ['ops', '{}'])",
        "approval.groups.map(g, g == '{}').exists(b, b)",
        "approval.groups == ['{}']",
        "approval.groups[0] == '{}'",
        "!(true ? '{}' in approval.groups : false)",
        "args.r == 'eu' || '{}' in approval.groups",
    ],
)
def test_a_group_that_is_asked_for_is_declared(text: str) -> None:
    """A misspelt group never approved, which would settle the question for good."""
    check(text.format("dpo"))
    check(text.format("dpoo"), None)

    with pytest.raises(PolicyError, match="unknown group `dpoo`; did you mean `dpo`"):
        check(text.format("dpoo"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!('dp' + 'oo' in approval.groups)", "1:8: a group stands in quotes here"),
        ("!((true ? 'dpoo' : 'x') in approval.groups)", "a group stands in quotes here"),
        ("!(string(args.n) in approval.groups)", "a group stands in quotes here"),
        ("!['dpoo', 'dpo'].exists(g, g in approval.groups)", "say several with `||` and `&&`"),
        ("approval.groups != ['dp' + 'oo']", "a group stands in quotes here"),
        ("approval.groups[0] != 'dp' + 'oo'", "a group stands in quotes here"),
        ("approval.groups.all(g, g != 'dp' + 'oo')", "a group stands in quotes here"),
        ("approval.groups.all(g, !(g in ['dp' + 'oo']))", "a group stands in quotes here"),
        ("!approval.groups.exists(g, g.startsWith('dpoo'))", "is asked by name, as in"),
        ("!approval.groups.exists(g, g.matches('dpoo'))", "is asked by name, as in"),
        ("!approval.groups[0].endsWith('dpoo')", "is asked by name, as in"),
        ("!approval.groups.exists(g, g + '' == 'dpoo')", "is asked by name, as in"),
        ("!approval.groups.exists(g, ['dpoo'].exists(x, x == g))", "a group stands in quotes"),
        ("!('dpoo' in approval.groups.map(g, g))", "is asked by name, as in"),
        ("!('dpoo' in approval.groups.filter(g, true))", "is asked by name, as in"),
        ("!('dpoo' in approval.groups + [])", "is asked by name, as in"),
        ("!('dpoo' in (true ? approval.groups : []))", "is asked by name, as in"),
        ("![approval.groups].exists(l, 'dpoo' in l)", "is asked by name, as in"),
        ("!('dpoo' in {'a': approval.groups}.a)", "is asked by name, as in"),
        ("!('dpoo' in approval[args.key])", "`approval` is read by its members"),
        ("!approval.exists(k, 'dpoo' in approval[k])", "`approval` is read by its members"),
        ("![approval].exists(a, 'dpoo' in a.groups)", "`approval` is read by its members"),
    ],
)
def test_a_name_that_nobody_can_check_is_refused(text: str, message: str) -> None:
    """What is computed, searched for or handed on would hide a misspelt group."""
    with pytest.raises(PolicyError, match=r"1:\d+: ") as raised:
        check(text)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "'ana' in approval.approvers",
        "approval.approvers.exists(a, a.startsWith('a'))",
        "size(approval.groups) > 1",
        "has(approval.groups)",
        "approval.groups.exists(g, g == 'dpo') || args.g == 'x'",
        "approval.groups.exists(g, ['x'].exists(g, g == 'x'))",
        "approval.groups.exists(g, size(g) > 2 && tool == 'x')",
        "approval.groups[0] in approval.groups",
        "args.l.exists(approval, approval == 'dpoo')",
    ],
)
def test_other_texts_are_no_groups(text: str) -> None:
    """Only what is compared with a group is one, and a name ends with its loop."""
    check(text)


@pytest.mark.parametrize(
    "text", ["context.team in approval.groups", "approval.groups.exists(g, g == facts.team)"]
)
def test_a_group_may_be_the_call_s(text: str) -> None:
    """The team that a host names is no spelling of the author's."""
    check(text)
