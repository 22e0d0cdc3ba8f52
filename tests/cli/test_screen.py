"""Print: for people and for pipes."""

import io
import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from interlock.cli.screen import (
    amount,
    local,
    note,
    print_fields,
    print_json,
    print_listing,
    print_table,
    say,
    span,
)


def test_nothing_is_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Markup, emoji codes and links are printed letter by letter."""
    say("[bold]x[/bold] :smile: http://x.example ", Text("[red]y", style="bold"))

    assert capsys.readouterr().out == "[bold]x[/bold] :smile: http://x.example [red]y\n"


def test_a_pipe_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """In a pipe no cell is cut or wrapped, and no line ends in spaces."""
    long = "x" * 500
    print_table(("id", "what"), [("a", long), ("bb", "[b]y")])

    assert capsys.readouterr().out.splitlines() == ["id  what", f"a   {long}", "bb  [b]y"]


def test_a_listing_is_a_table_or_says_that_there_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each thing stands under the heads; without any, words stand in the table's place."""
    columns = {"n": str, "twice": lambda n: str(2 * n)}
    print_listing([1, 20], columns, "no numbers")
    print_listing([], columns, "no numbers")

    assert capsys.readouterr().out.splitlines() == ["n   twice", "1   2", "20  40", "no numbers"]


class Terminal(io.StringIO):
    """A terminal ."""

    def isatty(self) -> bool:
        """Say that somebody sits there."""
        return True


def shown(fields: list[tuple[str, str]], *, typed: bool = False) -> list[str]:
    """Return the lines that a terminal of 40 columns gets, without what makes them dim."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", screen := Terminal())
        for name, value in {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "40"}.items():
            patch.setenv(name, value)
        print_fields(fields, typed=typed)
    return re.sub(r"\x1b\[\d*m", "", screen.getvalue()).splitlines()


def test_a_text_never_runs_on_under_a_label() -> None:
    """Regression: behind a filler as wide as the screen stood a heading of the agent's own."""
    note = '"' + "x" * 31 + 'state   approved by ana"'

    assert shown([("note", note), ("amount", "4000")]) == [
        '  note    "' + "x" * 29,
        '          xxstate   approved by ana"',
        "  amount  4000",
    ]


def test_a_long_label_goes_on_behind_a_mark() -> None:
    """No part of an argument's name stands where another name begins."""
    assert shown([("n" * 12 + "state", "1"), ("b", "2")]) == [
        "  " + "n" * 12 + "   1",
        "  …state" + " " * 9,
        "  b" + " " * 14 + "2",
    ]


@given(st.text(st.sampled_from("a名 "), max_size=200), st.text(st.sampled_from("b字"), max_size=90))
def test_no_line_is_wider_than_the_terminal(text: str, label: str) -> None:
    """A terminal has nothing left to wrap, also where letters are two columns wide."""
    assert max(cell_len(line) for line in shown([(label, text), ("c", "d")])) <= 40


def test_commands_stay_whole() -> None:
    """What is to be typed is copied as one line."""
    command = "interlock approve " + "r" * 60

    assert shown([("", command)], typed=True) == ["  " + command]


def test_a_pipe_gets_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """Notes are for terminals."""
    note("working…")

    assert capsys.readouterr() == ("", "")


def test_json_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """No character of a value takes effect in a terminal, and all of it comes back."""
    value = {"a\u202e": ["\x1b[2J", "\x7f", "é", "\u2028"]}
    print_json(value)
    out = capsys.readouterr().out

    assert out.isascii()
    assert not {"\x1b", "\x7f"} & set(out)
    assert json.loads(out) == value


def test_times_have_their_offset() -> None:
    """A time is local, and says how far from UTC."""
    assert local(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)).endswith(
        ("+00:00", ":00", ":30", ":45")
    )
    assert datetime.fromisoformat(local(datetime(2026, 1, 2, tzinfo=UTC))) == datetime(
        2026, 1, 2, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h 0 min"),
        (180000, "2 d 2 h"),
    ],
)
def test_durations_are_rough(seconds: float, words: str) -> None:
    """Two units at most."""
    assert span(seconds) == words


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_a_duration_never_reads_longer(one: float, other: float) -> None:
    """A longer time never reads as a shorter one."""
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}

    def seconds(words: str) -> int:
        parts = words.split()
        return sum(int(n) * units[u] for n, u in zip(parts[::2], parts[1::2], strict=True))

    assert seconds(span(min(one, other))) <= seconds(span(max(one, other)))


@pytest.mark.parametrize(("number", "said"), [(0, "0 rules"), (1, "1 rule"), (2, "2 rules")])
def test_amounts(number: int, said: str) -> None:
    """One has the singular, none and many the plural."""
    assert amount(number, "rule") == said
