"""Walk: whatever nests, everything that says something is found, and a caller may stop early."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.scalars import MAX_PATH_CHARS, Scalar, parsed, scalars

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)


def texts_of(value: Any) -> list[str]:
    """Walk the plain way, with recursion."""
    match value:
        case dict():
            return [text for name, each in value.items() for text in (name, *texts_of(each))]
        case list():
            return [text for each in value for text in texts_of(each)]
        case None | bool():
            return []
        case _:
            return [str(value)] if not isinstance(value, int) or value.bit_length() <= 256 else []


@given(JSON)
def test_all_texts_are_found_in_their_order(value: Any) -> None:
    """Texts, numbers and names of members come in the order in which they are written."""
    assert [scalar.text for scalar in scalars(value)] == texts_of(value)


def test_a_scalar_says_where_it_stands() -> None:
    """A path names members and places in lists; a member's name is told from a value."""
    assert list(scalars({"orders": [{"id": "A-1"}]})) == [
        Scalar("orders", "orders", name=True),
        Scalar("orders[0].id", "id", name=True),
        Scalar("orders[0].id", "A-1"),
    ]


def test_depth_costs_no_stack_and_no_paths() -> None:
    """A value twenty thousand levels down is found, and its path stays short."""
    value: Any = "deep"
    for _ in range(20_000):
        value = {"a": value}

    *_, last = scalars(value)

    assert last.text == "deep"
    assert len(last.path) <= MAX_PATH_CHARS + 2


def test_who_stops_early_pays_for_nothing_more() -> None:
    """The first of a million members comes without the others being looked at."""

    class Watched(list[str]):
        seen = 0

        def __iter__(self) -> Iterator[str]:
            for each in range(1_000_000):
                Watched.seen += 1
                yield str(each)

    assert next(scalars(Watched())).text == "0"
    assert Watched.seen == 1


def test_a_number_that_would_take_long_to_write_is_left_out() -> None:
    """A whole number of thousands of digits neither raises nor is written."""
    assert list(scalars([10**10_000, 7])) == [Scalar("[1]", "7")]


def test_only_an_object_or_an_array_is_taken_for_json() -> None:
    """A number or a quoted text is a text; broken and bottomless JSON is one too."""
    assert parsed(' {"a": 1}') == {"a": 1}
    assert parsed("[1]") == [1]
    for text in ("12", '"a"', "{", "[" * 100_000, ""):
        assert parsed(text) is None
