"""Check: arguments that do not fit a schema are named by place, never by value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.tools.schema import misfit

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "maximum": 10},
        "lines": {"type": "array", "items": {"type": "string", "pattern": "^a"}},
        "size": {"enum": ["S", "L"]},
        "other": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["amount"],
    "additionalProperties": False,
}
SECRET = "4111 1111 1111 1111"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["amount", "lines", "size", "other", "else"])


@given(json_values, st.dictionaries(names, json_values))
def test_any_schema_gets_a_verdict(schema: Any, args: dict[str, Any]) -> None:
    """Whatever stands in a schema and in the arguments, nothing is raised."""
    given_schema = {"type": "object", "properties": {"amount": schema}, "$schema": schema}
    assert misfit(given_schema, args) is None or misfit(given_schema, args)
    assert misfit(SCHEMA, args) is None or misfit(SCHEMA, args)


@pytest.mark.parametrize(
    "args",
    [
        {"amount": SECRET},
        {"amount": 1, "lines": [SECRET]},
        {"amount": 1, "size": SECRET},
        {"amount": 1, SECRET: 0},
        {"amount": 1, "other": {SECRET: "x"}},
    ],
)
def test_no_value_is_repeated(args: dict[str, Any]) -> None:
    """The words go to a model and to the record; what the arguments hold does not."""
    said = misfit(SCHEMA, args)

    assert said is not None
    assert SECRET not in said


def test_what_fits_is_silent() -> None:
    """Arguments that fit give no words."""
    assert misfit(SCHEMA, {"amount": 5, "lines": ["a"]}) is None


def test_what_does_not_fit_is_named() -> None:
    """Every fault is named by place with what was expected, all in one line."""
    said = misfit(SCHEMA, {"amount": "five", "lines": [1], "extra": 0}) or ""
    assert sorted(said.split("; ")) == [
        "`amount`: expected number",
        "`arguments`: holds a member that is not allowed",
        "`lines.0`: expected string",
    ]
    assert misfit(SCHEMA, {}) == "`amount`: is required"
    assert misfit(SCHEMA, {"amount": 11}) == "`amount`: expected at most 10"


def test_many_faults_are_counted() -> None:
    """The first five stand there, the others as a number."""
    said = misfit(SCHEMA, {"amount": 1, "lines": list(range(9))})

    assert said is not None
    assert said.endswith("(and 4 more)")


def test_the_draft_is_the_schemas_own() -> None:
    """`exclusiveMinimum` was a flag in draft 4; such a schema is read by that draft."""
    old = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "properties": {"x": {"minimum": 0, "exclusiveMinimum": True}},
    }

    assert misfit(old, {"x": 1}) is None
    assert misfit(old, {"x": 0}) is not None


@pytest.mark.parametrize(
    "schema",
    [{"type": "nonsense"}, {"properties": {"a": {"$ref": "https://example.invalid/a.json"}}}],
)
def test_a_schema_that_cannot_be_read_takes_nothing(schema: dict[str, Any]) -> None:
    """A broken schema is a no, and a reference out of it is not fetched."""
    assert "schema cannot be read" in (misfit(schema, {"a": 1}) or "")
