"""Try: cases say what a policy must decide, and every rule must settle one."""

from pathlib import Path

import pytest

from interlock.app.policy import Policy
from interlock.errors import PolicyError
from interlock.policy.cases import PackReport, load_cases

POLICY = Policy.parse("""
rules:
  - {id: small, tool: a, action: allow}
  - {id: never, tool: b, action: block}
""")
GOOD = """
cases:
  - name: an allowed call
    call: {name: a, args: {x: [1]}, agent: bot}
    signals: {confidence: 0.9}
    decision: allow
    rules: [small]
  - {name: a denied call, call: {name: b}, level: 1, context: {y: 1}, environment: prod,
     decision: deny, review_result: false}
"""


def tried(path: Path, text: str) -> PackReport:
    (path / "cases.yaml").write_text(text)
    return POLICY.test(path)


def test_a_pack_whose_cases_hold_passes(tmp_path: Path) -> None:
    """Every case decided as it says and every rule settling one."""
    report = tried(tmp_path, GOOD)

    assert report == PackReport(2, (), ())
    assert report.passed


def test_a_plain_list_is_cases_too(tmp_path: Path) -> None:
    """The word `cases` may be left out."""
    assert tried(tmp_path, "- {name: x, call: {name: a}, decision: allow}").cases == 1


def test_each_failure_is_one_line(tmp_path: Path) -> None:
    """Another decision, other rules, a result not held; and rules that settle nothing."""
    report = tried(
        tmp_path,
        """
- {name: kind, call: {name: a}, decision: deny}
- {name: rules, call: {name: a}, decision: allow, rules: [never]}
- {name: held, call: {name: a}, decision: allow, review_result: true}
""",
    )

    assert report.failures == (
        "kind: expected deny, got allow by `small`",
        "rules: expected allow by `never`, got it by `small`",
        "held: expected review_result true, got false",
    )
    assert report.uncovered == ("never",)
    assert not report.passed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "1:1: `cases` is `[]`; expected a list with at least one entry"),
        ("cases: 1", "1:8: `cases` is `1`; expected a list"),
        ("- {name: x, call: {name: a}}", "1:3: `decision` is missing in `cases`; add it"),
        ("- {name: x, call: a, decision: deny}", "1:19: `call` is `a`; expected a mapping"),
        ("- {name: x, call: {name: a, arg: {}}, decision: deny}", "1:29: unknown key `arg` in "),
        ("- {name: x, call: {name: a, args: 1}, decision: deny}", "1:35: `args` is no mapping"),
        ("- {name: x, call: {name: a}, decision: maybe}", "1:40: `decision` is `maybe`; expected "),
        (
            "\n".join(["- {name: x, call: {name: a}, decision: deny}"] * 2),
            "2:10: duplicate case `x`; give each a name of its own",
        ),
    ],
)
def test_a_mistake_is_a_line_and_a_column(tmp_path: Path, text: str, said: str) -> None:
    """Cases are read as strictly as policies."""
    with pytest.raises(PolicyError) as caught:
        tried(tmp_path, text)

    assert str(caught.value).startswith(f"{tmp_path / 'cases.yaml'}:{said}")


def test_a_pack_without_cases_is_an_error(tmp_path: Path) -> None:
    """A pack that shows nothing passes nothing."""
    with pytest.raises(PolicyError, match=r"cases\.yaml:1:1: no such file"):
        load_cases(tmp_path)
