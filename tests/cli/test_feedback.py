"""Feedback from the command line: a file of lines, and what is not in it."""

import json
from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line


@pytest.fixture
def out(desk: Desk, tmp_path: Path) -> Path:
    """A file to be, where one refund was refused with words and another without."""
    desk.gate.inbox.deny(desk.ask(80), by="ana", reason="ask for the receipt")
    desk.gate.inbox.deny(desk.ask(90), by="ana")
    return tmp_path / "pairs.jsonl"


def test_pairs(out: Path, shell: Shell) -> None:
    """A line for each pair, and a count of what is left out with why."""
    said = shell("feedback", "export", "--out", str(out)).out
    (line,) = map(json.loads, out.read_text().splitlines())

    assert said.startswith(f"1 line in {out}\n")
    assert "left out: 1 without a word of what would have been better" in said
    assert set(line) == {
        *("prompt", "chosen", "rejected", "tools", "correction", "context", "provenance"),
    }


def test_labels_as_json(out: Path, shell: Shell) -> None:
    """The count as JSON; both refusals are labels."""
    ran = shell("feedback", "export", "--kind", "labels", "--out", str(out), "--json")

    assert json.loads(ran.out)["lines"] == 2
    assert [json.loads(line)["label"] for line in out.read_text().splitlines()] == [False, False]
    none = shell("feedback", "export", "--since", "2999-01-01", "--out", f"{out}2", "--json")
    assert json.loads(none.out) == {
        "kind": "pairs",
        "lines": 0,
        "left_out": dict.fromkeys(("erased", "held", "unsettled", "wordless"), 0),
    }


def test_what_cannot_be_done(out: Path, shell: Shell) -> None:
    """A file that is there, an entity that nothing looks for, a kind that is none."""
    out.write_text("mine")

    assert "is there already" in one_line(shell("feedback", "export", "--out", str(out)))
    other = ("feedback", "export", "--out", f"{out}2")
    assert "nothing looks for `NOSE`" in one_line(shell(*other, "--redact", "NOSE"))
    assert shell(*other, "--kind", "both").code == 2
    assert not Path(f"{out}2").exists()
