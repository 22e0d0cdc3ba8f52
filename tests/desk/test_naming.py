"""Name: a value under a name that the schema does not name is found, at any depth."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.naming import stranger, undeclared

NAMED: dict[str, Any] = {"type": "object", "properties": {"amount": {"type": "number"}}}


def within(schema: Any) -> dict[str, Any]:
    """Put a schema one level down, where `it` is defined too."""
    return {"type": "object", "properties": {"o": schema}, "$defs": {"it": NAMED}}


def test_a_schema_that_names_nothing_has_no_strange_names() -> None:
    """Without `properties` there is nothing to compare with; with none of them all are strange."""
    assert undeclared({"type": "object"}, {"a": 1}) == []
    assert undeclared({"properties": {}}, {"a": 1}) == ["a"]
    assert undeclared(NAMED, {"amount": 1, "more": 2}) == ["more"]
    assert stranger({"type": "object"}, {"a": 1}) is None
    assert stranger({"properties": {}}, {"a": 1}) == "it takes no `a`; it takes none"


@pytest.mark.parametrize(
    ("more", "taken"),
    [
        ({}, False),
        ({"additionalProperties": False}, False),
        ({"additionalProperties": True}, True),
        ({"additionalProperties": {"type": "number"}}, True),
        ({"patternProperties": {"^A": {}}}, True),
        ({"allOf": [{"properties": {"Amount": {}}}]}, True),
        ({"anyOf": [{"required": ["amount"]}, {"required": ["other"]}]}, False),
    ],
)
def test_whether_more_is_taken_is_for_the_schema_to_say(more: dict[str, Any], taken: bool) -> None:
    """Silence takes no name beside the named, and neither do alternatives that name nothing."""
    args = {"amount": 5, "Amount": 5000}
    assert (stranger({**NAMED, **more}, args) is None) is taken
    assert (stranger(within({**NAMED, **more}), {"o": args}) is None) is taken


@pytest.mark.parametrize(
    ("schema", "wrap"),
    [
        (NAMED, lambda one: one),
        ({"$ref": "#/$defs/it"}, lambda one: one),
        ({"allOf": [{"$ref": "#/$defs/it"}], "default": None}, lambda one: one),
        ({"anyOf": [{"$ref": "#/$defs/it"}, {"type": "string"}]}, lambda one: one),
        ({"anyOf": [NAMED, {"properties": {"Amount": {}}}]}, lambda one: one),
        ({"type": "array", "items": {"$ref": "#/$defs/it"}}, lambda one: [one]),
        ({"type": "array", "prefixItems": [{}, NAMED]}, lambda one: [0, one]),
        ({"type": "object", "additionalProperties": NAMED}, lambda one: {"any": one}),
        ({"items": {"items": {"anyOf": [{"type": "null"}, NAMED]}}}, lambda one: [[one]]),
    ],
)
def test_a_second_name_is_found_wherever_it_stands(schema: Any, wrap: Any) -> None:
    """Objects, lists, references and alternatives are looked into; what is named is taken."""
    assert stranger(within(schema), {"o": wrap({"amount": 5})}) is None
    told = stranger(within(schema), {"o": wrap({"amount": 5, "Amount": 5000})}) or ""
    assert "takes no `Amount`; it takes `amount`" in told
    assert told.startswith("`o")


def test_the_mark_of_an_alternative_says_which_is_meant() -> None:
    """What another alternative names is strange to the one that the call marks."""
    ways = [
        {"properties": {"kind": {"const": kind}, name: {}}}
        for kind, name in (("a", "amount"), ("b", "Amount"))
    ]
    assert stranger(within({"oneOf": ways}), {"o": {"kind": "a", "amount": 1}}) is None
    assert stranger(within({"oneOf": ways}), {"o": {"kind": "a", "Amount": 1}}) is not None


def test_what_is_said_holds_no_value() -> None:
    """A name that is no plain word may be a value and is left out."""
    assert stranger(NAMED, {"4111 1111": 1}) == "it takes no `…`; it takes `amount`"


def test_alternatives_inside_each_other_cost_once() -> None:
    """A schema that refers to itself twice is looked through in time that grows with the call."""
    ref = {"$ref": "#/$defs/it"}
    node = {"properties": {"o": {"anyOf": [ref, {"allOf": [ref]}]}}}
    args: dict[str, Any] = {"bad": 1}
    for _ in range(60):
        args = {"o": args}
    assert "takes no `bad`" in (stranger({**node, "$defs": {"it": node}}, args) or "")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["properties", "items", "$ref", "anyOf", "allOf", "type", "a", "const"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(json_values, json_values)
def test_any_schema_gets_a_verdict(schema: Any, args: Any) -> None:
    """Whatever stands in a schema and in the arguments, nothing is raised."""
    told = stranger({"properties": {"a": schema}, "$defs": schema}, {"a": args})
    assert told is None or "takes no" in told
