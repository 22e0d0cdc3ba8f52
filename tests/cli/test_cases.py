"""Test: a policy's own cases."""

from pathlib import Path

import pytest

from interlock.app.policy import Policy
from interlock.cli.cases import failures, read_cases
from interlock.errors import PolicyError

POLICY = Policy.parse(
    "rules: [{id: reads, match: {tools: [look]}, decision: allow},"
    " {id: stops, match: {tools: [drop]}, decision: deny}]"
)


def written(folder: Path, text: str) -> Path:
    """Write a case file; return its folder."""
    (folder / "cases.yaml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("other: 1", "no cases"),
        ("cases: []", "no cases"),
        ("cases: [1]", "cases[0]: expected an object"),
        ("cases: [{name: a, call: {name: x}}]", "cases[0]: `decision` is missing"),
        (
            "cases: [{name: a, call: {args: {}}, decision: allow}]",
            "cases[0]: `call` needs a `name`",
        ),
        (
            "cases: [{name: a, call: {name: x}, decison: allow, decision: deny}]",
            "unknown key `decison`",
        ),
        ("cases: [{name: a, name: b}]", "cases.yaml:1:"),
    ],
)
def test_a_file_that_holds_no_cases(text: str, says: str, tmp_path: Path) -> None:
    """What is no case is named by its place."""
    with pytest.raises(PolicyError) as raised:
        read_cases(written(tmp_path, text))

    assert says in str(raised.value)


def test_no_file(tmp_path: Path) -> None:
    """A pack without cases says where they belong."""
    with pytest.raises(PolicyError, match=r"cases\.yaml: cannot be read"):
        read_cases(tmp_path)


def test_a_rule_that_decides_nothing_fails(tmp_path: Path) -> None:
    """A rule without a case is as bad as a case that fails."""
    cases = read_cases(written(tmp_path, "cases: [{name: a, call: {name: look}, decision: allow}]"))

    assert failures(POLICY, cases) == ["rule `stops` decides no case; add one, or drop the rule"]


def test_rules_are_compared_when_named(tmp_path: Path) -> None:
    """A right decision for a wrong reason is a failure."""
    cases = read_cases(
        written(
            tmp_path,
            "cases: [{name: a, call: {name: look}, decision: allow, rules: [other]},"
            " {name: b, call: {name: drop}, decision: deny}]",
        )
    )

    assert failures(POLICY, cases) == ["a: settled by `reads`, expected `other`"]


def test_a_call_that_cannot_be_carried_is_a_failure(tmp_path: Path) -> None:
    """One bad case does not hide the others."""
    text = "cases: [{name: a, call: {name: look, args: {x: .nan}}, decision: allow}]"
    try:
        cases = read_cases(written(tmp_path, text))
    except PolicyError:
        return
    assert "a: cannot be decided" in failures(POLICY, cases)[0]
