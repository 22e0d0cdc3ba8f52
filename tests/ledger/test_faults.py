"""Gather: what is wrong is counted, and said once."""

from interlock.ledger.faults import Faults, Series, unlike


def test_gaps_are_counted() -> None:
    """Each gap is a line and some entries."""
    faults = Faults()
    faults.gap("one", 2)
    faults.gap("two", 3)

    assert (faults.gaps, faults.lost) == (["one", "two"], 5)


def test_a_series_is_one_line() -> None:
    """The first is named, the others are counted; none is nothing."""
    series = Series("is wrong")
    assert [*series.lines()] == []
    series.add("this")
    assert [*series.lines()] == ["this is wrong"]
    series.add("that")
    assert [*series.lines()] == ["this is wrong; so it is with 1 later"]


def test_a_few_entries_are_named_and_many_counted() -> None:
    """Entries that their tile does not know are named one by one, as long as they are few."""
    assert len([*unlike(["a", "b"], 0)]) == 2
    (line,) = unlike([*"abcdef"], 7)
    assert line.startswith("6 entries are not what tile 0/7 says")
