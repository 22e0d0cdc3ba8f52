"""Advise: constraints that clash, and names that nobody could check."""

import pytest

from interlock.policy.authoring.lint_limits import limits
from interlock.policy.authoring.lint_rules import placed_rules
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import read_text


def found(text: str) -> list[tuple[str, str]]:
    """Return code and message of what is found."""
    reading = read_text(text, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))
    return [(each.code, each.message) for each in limits(reading.document, rules, reading.root)]


def two(first: str, second: str) -> str:
    """Write two rules of one tool."""
    rules = (
        f"{{match: {{tools: [a]}}, decision: allow, constraints: {each}}}"
        for each in (first, second)
    )
    return "tools: {a: {args: {n: number, m: number}}}\nrules:\n" + "".join(
        f"  - {rule}\n" for rule in rules
    )


@pytest.mark.parametrize(
    ("first", "second", "clashes"),
    [
        ("{args: {n: 1}}", "{args: {n: 2}}", True),
        ("{args: {n: 1}}", "{args_drop: [n]}", True),
        ("{args: {n: 1}}", "{args: {n: 1}}", False),
        ("{args: {n: 1}}", "{args: {m: 2}}", False),
        ("{max_rows: 1}", "{max_rows: 2}", False),
    ],
)
def test_two_rules_that_no_call_can_keep(first: str, second: str, *, clashes: bool) -> None:
    """Both limits hold wherever both rules do."""
    assert [code for code, _ in found(two(first, second))] == ["IL023"] * clashes


def test_a_clash_says_of_what() -> None:
    """The tool, both rules, and the values."""
    assert found(two("{args: {n: 1}}", "{args: {n: 2}}")) == [
        (
            "IL023",
            (
                "`a` is denied where `rules[0]` and `rules[1]` hold: "
                "constraints force `n` to `1` and to `2`"
            ),
        )
    ]


def test_names_that_nobody_could_check() -> None:
    """A tool that does not say what it takes may not take what is forced or dropped."""
    rule = "rules: [{tool: a, action: allow, constraints: {args: {zz: 1}, args_drop: [o.p]}}]\n"
    assert found("tools: {a: {}}\n" + rule) == [
        ("IL019", "`rules[0]` names `zz`, which `a` may not take"),
        ("IL019", "`rules[0]` names `o.p`, which `a` may not take"),
    ]
    assert found("tools: {a: {args: {zz: any, o: object}}}\n" + rule) == []


def test_a_digest_that_goes_nowhere_the_catalogue_knows() -> None:
    """Where the arguments are listed, so may be the one that the gate fills."""
    text = "tools: {a: {idempotency_argument: key, args: {%s: string}}}\n"
    assert found(text % "other") == [
        ("IL019", "`args` of `a` does not list `key`, which its digest is given in")
    ]
    assert found(text % "key") == []
