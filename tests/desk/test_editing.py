"""Edit: arguments as text, and back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import encode
from interlock.desk.display import visible
from interlock.desk.editing import editable, edited, read_json_object

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.binary(max_size=9),
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_what_is_not_changed_comes_back(args: dict[str, Any]) -> None:
    """Whatever a call can carry: its canonical form is the same."""
    assert encode(edited(editable(args))) == encode(args)


@given(st.text())
def test_nothing_unseen_is_in_it(text: str) -> None:
    """What would not be seen, or be taken for another character, is escaped."""
    for char in editable({"a": text}):
        assert char in ' \n"\\' or visible(f"x{char}x") == f"x{char}x"


def test_it_reads_well() -> None:
    """Plain text stays plain, and stands on lines of its own."""
    told = editable({"to": "Zoë", "when": date(2026, 1, 2), "hidden": "a\u202eb", "n": 2**60})

    assert '  "to": "Zoë"' in told
    assert r'"a\u202eb"' in told
    assert edited(told) == {
        "to": "Zoë", "when": date(2026, 1, 2), "hidden": "a\u202eb", "n": 2**60,
    }  # fmt: skip


def test_a_long_whole_number_stays_whole() -> None:
    """One that somebody types is not rounded."""
    assert edited('{"n": 123456789012345678901}') == {"n": 123456789012345678901}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting"),
        ("[1]", "no object"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": 1, "a": 2}', "key `a` stands there twice"),
        ('{"a": ' + "9" * 4001 + "}", "4001 digits"),
        ('{"a": ' + "[" * 100_000, "too deeply"),
        ('{"a": {"$decimal": "x"}}', "is none"),
        ('{"a": {"$int": []}}', "is none"),
        ('{"a": {"$date": "?"}}', "is none"),
    ],
)
def test_what_is_no_arguments_says_why(text: str, said: str) -> None:
    """In words for who typed it."""
    with pytest.raises(ValueError, match=said):
        edited(text)


def test_tags_are_read_where_they_are_meant() -> None:
    """On the command line a member that begins with `$` is only that."""
    assert edited('{"a": {"$decimal": "1.50"}}') == {"a": Decimal("1.50")}
    assert read_json_object('{"a": {"$decimal": "1.50"}}') == {"a": {"$decimal": "1.50"}}
    moment = {"a": datetime(2026, 1, 1, tzinfo=UTC)}
    assert edited(editable(moment)) == moment
