"""Work: how a place leads to a function, and what of its result may leave."""

from decimal import Decimal
from typing import Any

import hosted_tools
import isolated_tools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import decode, encode
from interlock.tools.worker import found, plain

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text("ab$é"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab$"), inner),
    max_leaves=15,
)


@given(JSON)
def test_json_stays_what_it_is(value: Any) -> None:
    """What is JSON already is written as it is."""
    assert plain(value) == value
    assert decode(encode(plain(value))) == decode(encode(value))


def test_a_place_leads_through_a_tool_to_its_function() -> None:
    """Where a decorator left a tool, the worker runs the tool's own function."""
    assert found("isolated_tools:add") is isolated_tools.add
    assert found("hosted_tools:pair") is hosted_tools.pair.func
    assert found("isolated_tools:Counter.count") is isolated_tools.Counter.count
    with pytest.raises(AttributeError):
        found("isolated_tools:nothing")


def test_exact_values_stay_exact() -> None:
    """Decimals and bytes are for the canonical form to carry."""
    assert plain({"a": (Decimal("1.10"), b"x")}) == {"a": (Decimal("1.10"), b"x")}
