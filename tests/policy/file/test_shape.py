"""Read: each shape accepts what its JSON Schema accepts, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from interlock.errors import PolicyError
from interlock.policy.file.part import Part
from interlock.policy.file.shape import WORD, Flag, Items, Named, Number, OneOf, Shape, Text
from interlock.policy.file.source import parse_tree
from interlock.policy.output import MaxLength

SHAPES: list[Shape] = [
    Text(),
    Text(WORD, "a word"),
    Number(),
    Number(0.0, 1.0),
    Number(0.0, 5.0, above_low=True),
    Number(0, 3, whole=True),
    Flag(),
    OneOf(("a", "b")),
    Items(Flag(), least=1),
    Named(Text()),
    Part("", MaxLength, {"chars": Number(1, whole=True), "action": OneOf(("withhold", "redact"))}),
]
scalars = st.one_of(
    st.booleans(),
    st.integers(-2, 6),
    st.sampled_from([0.5, -0.5, 2.5, "a", "b", "", "*", "a b", "chars"]),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["chars", "action", "x", ""]), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("shape", SHAPES)
@given(value=values)
def test_a_shape_reads_what_its_schema_accepts(shape: Shape, value: Any) -> None:
    """Editors and the loader agree about every value."""
    validator: Any = Draft202012Validator(shape.schema())
    accepted = validator.is_valid(value)
    try:
        shape.read(parse_tree(json.dumps(value), "p"), "it")
        read = True
    except PolicyError:
        read = False

    assert read is accepted


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (Number(), "3", 3.0),
        (Number(whole=True), "3", 3),
        (Items(Text()), "[a, b]", ("a", "b")),
        (Named(Flag()), "{a: true}", {"a": True}),
        (SHAPES[-1], "{chars: 5}", MaxLength(5, "withhold")),
    ],
)
def test_values_have_their_types(shape: Shape, text: str, value: Any) -> None:
    """Floats where fractions are allowed, tuples for lists, sections with their defaults."""
    found = shape.read(parse_tree(text, "p"), "it")

    assert found == value
    assert type(found) is type(value)


def test_a_number_too_large_is_refused() -> None:
    """What no float holds is an error with a place, not an overflow."""
    with pytest.raises(PolicyError, match=r"p:1:1: `it` is .*; expected a number"):
        Number().read(parse_tree("9" * 400, "p"), "it")
