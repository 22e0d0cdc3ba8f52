"""Print: findings beside the lines they are about."""

import os
from pathlib import Path

import pytest

from interlock.cli.findings import listed, print_findings
from interlock.policy.authoring.findings import LintFinding
from interlock.policy.file.source import Mark


def printed(
    capsys: pytest.CaptureFixture[str], file: Path, text: str, line: int, column: int
) -> list[str]:
    """Print a finding at a place of a text."""
    file.write_text(text, encoding="utf-8")
    print_findings([LintFinding(Mark(str(file), line, column), "IL004", "`x` is idle", "drop it")])
    return capsys.readouterr().out.splitlines()


def test_the_caret_stands_under_the_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Four lines: what, where, the caret, what to do."""
    lines = printed(capsys, tmp_path / "p", "a: 1\n  b:   c\n", 2, 8)

    assert lines == [
        f"{tmp_path / 'p'}:2:8: warning IL004: `x` is idle",
        "     2 |   b:   c",
        "       |        ^",
        "  help: drop it",
    ]


def test_wide_and_hidden_characters_keep_the_caret_in_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What takes two columns counts as two; what would print nothing is shown."""
    lines = printed(capsys, tmp_path / "p", "日本: x\u202e\n", 1, 5)

    assert lines[1] == "     1 | 日本: x⟨U+202E⟩"
    assert lines[2].index("^") == lines[1].index("x") + 2


def test_a_line_keeps_its_backslashes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What a file writes as an escape stands as it was written; the caret is under its place."""
    lines = printed(capsys, tmp_path / "p", 'x: "r\\u0435fund" y\n', 1, 18)

    assert lines[1] == '     1 | x: "r\\u0435fund" y'
    assert lines[2].index("^") == lines[1].index("y")


@pytest.mark.parametrize(("text", "line"), [("a", 9), ("a\n\n", 2)])
def test_a_line_that_is_not_there_is_left_out(
    text: str, line: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The end of a file, and a file that changed meanwhile, have no line to show."""
    assert len(printed(capsys, tmp_path / "p", text, line, 1)) == 2


def test_a_file_that_is_gone_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """What was found is told all the same."""
    print_findings([LintFinding(Mark("no such file", 1, 1), "IL001", "no such file", "")])

    assert capsys.readouterr().out == "no such file:1:1: error IL001: no such file\n"


def test_what_is_no_file_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Regression: a pipe or a device in a policy folder was read to its end, which never came."""
    os.mkfifo(tmp_path / "pipe.yaml")
    for place in (str(tmp_path / "pipe.yaml"), "/dev/zero"):
        print_findings([LintFinding(Mark(place, 1, 1), "IL001", "no file", "")])

    assert capsys.readouterr().out.count("no file") == 2


def test_findings_are_counted_by_severity() -> None:
    """Each count is there, also when it is nothing."""
    told = listed([LintFinding(Mark("p", 1, 2), "IL019", "unchecked", "say it")])

    assert (told["errors"], told["warnings"], told["notes"]) == (0, 0, 1)
    assert told["findings"] == [
        {
            "code": "IL019",
            "name": "unchecked-expression",
            "severity": "note",
            "file": "p",
            "line": 1,
            "column": 2,
            "message": "unchecked",
            "remedy": "say it",
        }
    ]
