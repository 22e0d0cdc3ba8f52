"""Try: cases say what a policy must decide, and every rule must settle one."""

from pathlib import Path

import pytest

from interlock.app.policy import Policy
from interlock.errors import PolicyError
from interlock.policy.authoring.cases import PackReport, load_cases, required

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

    assert report == PackReport(2, (), (), {"small": 1, "never": 1})
    assert (report.passed, report.share) == (True, 1.0)


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
    assert {"never", "small"} <= {*report.uncovered}
    assert not report.passed


def test_a_case_that_fails_covers_nothing(tmp_path: Path) -> None:
    """A rule that only settles what nobody expected is not understood."""
    (tmp_path / "cases.yaml").write_text("""
- {name: wrong, call: {name: b}, environment: prod, decision: deny, risk: low}
""")
    report = MEASURED.test(tmp_path)

    assert len(report.failures) == 2
    assert set(report.settled.values()) == {0}
    assert report.share == 0.0


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


MEASURED = Policy.parse("""
tools: {a: {facts: {usd: args.usd}, risk_tags: [write]}, b: {}, c: {}}
groups: {leads: [ana]}
rules: [{id: any, match: {tools: [a]}, decision: allow, constraints: {max_rows: 5}}]
boundaries: {a: {fact: usd, max_autonomous: 10}}
decision_matrix: {b: {high: leads, medium: deny}, unlisted: deny}
risk: [{level: high, match: {environments: [prod]}}, {level: medium}]
guardrails:
  - {id: daily, match: {tools: [a]}, budget: {fact: usd, max: 100, per: day}}
  - {id: late, match: {tools: [c]}, stage: guard, reason: never}
environment: dev
""")


def test_every_written_rule_needs_a_case() -> None:
    """Missing cells need no case, nor a missing fact that a budget denies before its boundary."""
    assert set(required(MEASURED.compiled)) == {
        "any",
        "boundaries.a.within",
        "boundaries.a.beyond",
        "decision_matrix.b.medium",
        "decision_matrix.b.high",
        "decision_matrix.unlisted",
        "daily",
        "late",
    }


def test_a_boundary_has_three_outcomes() -> None:
    """Within, beyond, and a fact that is missing, which nothing else denies."""
    policy = Policy.parse("boundaries: {a: {fact: usd, max_autonomous: 10}}")

    assert required(policy.compiled) == (
        "boundaries.a.within",
        "boundaries.a.beyond",
        "boundaries.a.unmeasured",
    )


def test_a_case_says_what_was_spent_and_who_approved(tmp_path: Path) -> None:
    """Usage, approval, constraints and risk are part of a case."""
    (tmp_path / "cases.yaml").write_text("""
- {name: room, call: {name: a, args: {usd: 5}}, usage: {daily: 95}, decision: deny,
   rules: [decision_matrix.unlisted], risk: medium}
- {name: full, call: {name: a, args: {usd: 5}}, usage: {daily: 95.1}, decision: deny,
   rules: [daily, decision_matrix.unlisted], constraints: {max_rows: 5}}
- {name: before, call: {name: c}, decision: deny, rules: [decision_matrix.unlisted]}
- {name: approved, call: {name: c}, approval: {groups: [leads]}, decision: deny,
   rules: [decision_matrix.unlisted, late], constraints: {}}
- {name: prod, call: {name: b}, environment: prod, decision: require_approval, risk: high}
""")
    report = MEASURED.test(tmp_path)

    assert report.failures == ()
    assert report.settled["daily"] == report.settled["late"] == 1
    assert (report.settled["risk[0]"], report.settled["risk[1]"]) == (1, 4)
    assert "any" in report.uncovered
    assert report.share == pytest.approx(4 / 8)


def test_other_constraints_and_another_risk_are_failures(tmp_path: Path) -> None:
    """What is expected is all that may be put on the call."""
    (tmp_path / "cases.yaml").write_text("""
- {name: x, call: {name: a, args: {usd: 5}}, decision: deny, constraints: {max_rows: 6}, risk: low}
""")

    assert MEASURED.test(tmp_path).failures == (
        'x: expected constraints `{"max_rows": 6}`, got `{"max_rows": 5}`',
        "x: expected risk low, got medium",
    )
