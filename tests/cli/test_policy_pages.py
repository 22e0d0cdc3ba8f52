"""Print: explanations, coverage and differences."""

import pytest

from interlock.app.comparing import Change, Difference
from interlock.cli.policy_pages import print_coverage, print_difference
from interlock.policy.authoring.cases import PackReport


def change(direction: str, calls: int, how: tuple[str, ...] = ()) -> Change:
    """Return a group of changes."""
    example = {"name": "t", "args": {"x": "\u202e"}}
    return Change(direction, "deny", "allow", ("a",), (), calls, ("t", "u"), example, how)  # type: ignore[arg-type]


def test_a_difference_ends_with_its_sum(capsys: pytest.CaptureFixture[str]) -> None:
    """Mixed counts as looser; each group has one call as an example, with nothing hidden."""
    found = Difference(10, (change("mixed", 3, ("constraints",)), change("stricter", 1)))
    print_difference(found, "v1:aaaaaa", "v1:bbbbbb")
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == (
        "mixed: deny by a becomes allow by no rule, other constraints; 3 calls of t, u"
    )
    assert lines[1] == '  such as {"name": "t", "args": {"x": "⟨U+202E⟩"}}'
    assert lines[-1] == "v1:aaaaaa to v1:bbbbbb: of 10 calls 3 looser, 1 stricter"


def test_coverage_is_a_table_and_a_share(capsys: pytest.CaptureFixture[str]) -> None:
    """Every rule with its cases; entries of `risk` are listed and not counted."""
    print_coverage(PackReport(2, (), ("b",), {"a": 2, "b": 0, "risk[0]": 1}))

    assert capsys.readouterr().out == (
        "rule     cases\na        2\nb        0\nrisk[0]  1\n50% of the rules settle a case\n"
    )
