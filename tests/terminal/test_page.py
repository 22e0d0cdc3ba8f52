"""Lay out: all of a text, in lines that fit."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from interlock.desk.display import visible
from interlock.terminal.page import BLANK, PagePart, left, page, row, wrap

from .conftest import Seat  # isort: skip


@given(st.text(max_size=60), st.integers(2, 30))
def test_nothing_is_cut_and_nothing_is_too_wide(text: str, width: int) -> None:
    """The lines of a text are the text, and each fits its width."""
    told = visible(text)
    lines = wrap(told, width)

    assert "".join(lines) == (told or ("" if lines == [""] else BLANK))
    assert all(cell_len(line) <= width for line in lines)


def test_a_long_value_stands_apart_from_labels() -> None:
    """What goes on in another line is indented: no value can write a heading or label."""
    told = page(
        [PagePart("what", [("a", "x" * 10 + "why: approved")]), PagePart("why", [("", "y")])], 14
    )

    assert told == ["what", "  a: xxxxxxxxx", "  xwhy: approv", "  ed", BLANK, "why", "  y"]


def test_a_line_ends_between_words_where_it_can() -> None:
    """Behind the last space, if that is near the end; a long word is cut where the line ends."""
    assert wrap("the quick brown fox", 12) == ["the quick ", "brown fox"]
    assert wrap("a " + "x" * 20, 12) == ["a " + "x" * 10, "x" * 10]
    assert wrap("größe 中文字", 9) == ["größe ", "中文字"]


def test_a_row_counts_down(seat: Seat) -> None:
    """A row says how long there is, the risk, tool and agent, visibly and in one line."""
    seat.ask("p\x1b[2Jay")
    (case,) = seat.gate.inbox.pending()
    at = case.created_at

    assert left(case, at) == "10:00"
    assert left(case, at + timedelta(seconds=541)) == "0:59"
    assert left(case, at + timedelta(seconds=900)) == "0:00"
    assert "\x1b" not in row(case, at, 200)
    assert row(case, at, 200).split() == ["10:00", "low", "p⟨U+001B⟩[2Jay", "bot"]
    assert row(case, at, 20).endswith("…")
