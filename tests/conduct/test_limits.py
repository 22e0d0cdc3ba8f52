"""Measure: a result over its limit leaves with nobody, in its content or beside it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import encode
from interlock.conduct.limits import Excess, excess, longest
from interlock.policy.constraints import Constraints

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


class TestLaws:
    @given(JSON, st.integers(0, 5))
    def test_a_list_counts_wherever_it_is(self, value: Any, depth: int) -> None:
        """What stands around a value, text of JSON too, hides no list in it."""
        wrapped = value
        for at in range(depth):
            wrapped = [{"a": wrapped}, json.dumps(wrapped), [wrapped]][at % 3]
        if isinstance(value, list):
            assert longest(wrapped) >= len(value)

    @given(JSON, JSON, st.integers(1, 60))
    def test_bytes_are_those_of_the_canonical_form(
        self, content: Any, artifact: Any, most: int
    ) -> None:
        """A result passes when its canonical JSON, artifact included, is no longer than allowed."""
        size = sum(len(encode(part)) for part in (content, artifact) if part is not None)
        over = excess(content, artifact, Constraints(max_result_bytes=most))
        assert (over is not None) == (size > most)


class TestExamples:
    @pytest.mark.parametrize(
        ("content", "artifact"),
        [
            ([1, 2, 3], None),
            ({"rows": [1, 2, 3]}, None),
            ("ok", {"deep": [{"rows": [1, 2, 3]}]}),
            ([{"type": "text", "text": "[1, 2, 3]"}], None),
            ('{"a": 1, "a": [1, 2, 3]}', None),
            ({"total": 3, "1": {"n": 1}, "2": {"n": 2}, "3": {"n": 3}}, None),
            ([{"type": "text", "text": '{"1": {}, "2": {}, "3": {}}'}], None),
        ],
    )
    def test_three_rows_are_more_than_two(self, content: Any, artifact: Any) -> None:
        """A list and objects in an object count, wherever they stand, in texts of JSON as well."""
        over = excess(content, artifact, Constraints(max_rows=2))
        assert isinstance(over, Excess)
        assert over.breach == "max_rows"

    @pytest.mark.parametrize(
        "content",
        [
            {"id": 1, "name": "a", "sum": 3},
            [[1, 2], [3, 4]],
            "1,2\n3,4\n5,6\n",
            "Rows: [1, 2, 3]",
            "```json\n[1, 2, 3]\n```",
            json.dumps(json.dumps([1, 2, 3])),
        ],
    )
    def test_what_is_not_counted(self, content: Any) -> None:
        """One record's values, nested lists together, CSV, and JSON inside other text: no rows."""
        assert excess(content, None, Constraints(max_rows=2)) is None

    def test_no_limit_is_no_excess(self) -> None:
        """Without limits nothing is counted."""
        assert excess([1] * 100, "x" * 1000, Constraints()) is None
