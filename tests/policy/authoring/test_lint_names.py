"""Look up: tools by the names of rules, and slips."""

import pytest

from interlock.policy.authoring.lint_names import Called, known_tool
from interlock.policy.document import ToolEntry
from interlock.policy.load import parse

CALLED = Called(
    [
        known_tool("refund.issue", ToolEntry(topic="job.refunds")),
        known_tool("orders.get", ToolEntry()),
        known_tool("mail.*", ToolEntry(topic="job.mail")),
        known_tool("report_279", ToolEntry()),
    ]
)


@pytest.mark.parametrize(
    ("match", "names"),
    [
        ("tools: [orders.get]", ["orders.get"]),
        ("tools: [mail.send]", ["mail.*"]),
        ("tools: ['orders.*', refund.issue]", ["refund.issue", "orders.get"]),
        ("topics: [job.mail]", ["mail.*"]),
        ("topics: ['job.*'], tools: ['refund.**']", ["refund.issue"]),
        ("tools: [shell]", []),
        ("risk_tags: [write]", ["refund.issue", "orders.get", "mail.*", "report_279"]),
    ],
)
def test_a_rule_finds_the_tools_it_names(match: str, names: list[str]) -> None:
    """By tool and topic together, each tool once; without names all of them."""
    (rule,) = parse(f"rules: [{{match: {{{match}}}, decision: deny}}]").rules.specific

    assert [tool.name for tool in CALLED.by(rule)] == names


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("refund.isue", "refund.issue"),
        ("refunds.issue", "refund.issue"),
        ("orders.set", None),
        ("orders.get.all", None),
        ("report_278", None),
        ("invoice.issue", None),
    ],
)
def test_a_slip_is_one_segment_that_is_nearly_right(word: str, near: str | None) -> None:
    """Other words, other numbers and short words are names of their own."""
    assert CALLED.misspelt(word, ("tools",)) == near


@pytest.mark.parametrize(
    ("word", "keys", "so"),
    [
        ("orders.*", ("tools",), True),
        ("job.refunds", ("tools",), False),
        ("job.refunds", ("tools", "topics"), True),
        ("mail.send", ("tools",), True),
        ("shell.*", ("tools", "topics"), False),
    ],
)
def test_a_name_may_be_about_something(word: str, keys: tuple[str, ...], so: bool) -> None:
    """A glob that meets a name, or a name that a glob of the catalogue holds."""
    assert CALLED.anything(word, keys) is so
