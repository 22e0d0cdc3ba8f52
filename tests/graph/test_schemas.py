"""Describe: arguments that cannot work are told apart, in words for the model."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import StructuredTool, tool
from langgraph.prebuilt import InjectedState, ToolRuntime
from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from interlock.graph import schemas
from interlock.graph.schemas import declared_schema, host_arguments, schema_of
from interlock.tools.schema import misfit


def why_invalid(one: Any, args: dict[str, Any]) -> str | None:
    """Check with the gate's checker of JSON Schemas."""
    return schemas.why_invalid(one, args, misfit)


@tool
def refund(order: str, amount: float, note: str = "") -> str:
    """Refund an order."""
    return ""


@tool
def injected(x: int, state: Annotated[dict[str, Any], InjectedState], runtime: ToolRuntime) -> str:
    """Take what the host injects."""
    return ""


SCHEMA = {
    "type": "object",
    "properties": {"amount": {"type": "number", "maximum": 10}},
    "required": ["amount"],
}
remote = StructuredTool.from_function(
    func=lambda **_: "", name="remote", description="From elsewhere.", args_schema=SCHEMA
)


class Checked(BaseModel):
    """Arguments with a check that breaks."""

    x: int = Field(ge=0)

    @field_validator("x")
    @classmethod
    def break_down(cls, value: int) -> int:
        """Fail in a way that is no validation."""
        if value == 7:
            raise RuntimeError("secret detail")
        if value == 8:
            raise ValueError("secret detail")
        if value == 9:
            raise PydanticCustomError("int_type", "secret detail")
        return value


checked = StructuredTool.from_function(
    func=lambda x: "", name="checked", description="Checks.", args_schema=Checked
)


@given(st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.lists(st.text())))
def test_any_arguments_get_a_verdict(args: dict[str, Any]) -> None:
    """Whatever a model writes, the check says yes or says why; it never raises."""
    for one in (refund, injected, remote, checked):
        assert why_invalid(one, args) is None or why_invalid(one, args)


@pytest.mark.parametrize(
    ("one", "args", "words"),
    [
        (refund, {"order": "A"}, "`amount`: Field required"),
        (refund, {"order": "A", "amount": "much"}, "`amount`"),
        (remote, {"amount": 11}, "`amount`: expected at most 10"),
        (remote, {}, "`amount`: is required"),
        (injected, {"x": 1, "state": {}}, "`state` is filled in by the host"),
        (injected, {"x": 1, "runtime": {}}, "`runtime` is filled in by the host"),
        (checked, {"x": -1}, "`x`"),
    ],
)
def test_what_does_not_fit_is_named(one: Any, args: dict[str, Any], words: str) -> None:
    """The argument and what was expected stand in the answer."""
    assert words in (why_invalid(one, args) or "")


@pytest.mark.parametrize(
    ("one", "args"),
    [
        (refund, {"order": "A", "amount": 1}),
        (refund, {"order": "A", "amount": 1, "_interlock": {"confidence": 0.5}}),
        (remote, {"amount": 10, "more": True}),
        (injected, {"x": 1}),
    ],
)
def test_what_fits_is_left_alone(one: Any, args: dict[str, Any]) -> None:
    """Arguments that the tool takes pass, with the agent's claim among them."""
    assert why_invalid(one, args) is None


def test_a_check_that_breaks_says_no_without_its_details() -> None:
    """An exception in a tool's own validator is a no; its text stays behind."""
    why = why_invalid(checked, {"x": 7})

    assert why == "the tool's own check failed (RuntimeError)"


@pytest.mark.parametrize("x", [8, 9])
def test_a_check_that_refuses_is_not_quoted(x: int) -> None:
    """What a tool's own validator says was inspected by nobody."""
    assert why_invalid(checked, {"x": x}) == "`x`: refused by the tool's own check"


@pytest.mark.parametrize("args", [{"amount": "4111 1111"}, {"amount": 1, "4111 1111": 1}])
def test_no_value_is_repeated(args: dict[str, Any]) -> None:
    """Words about a JSON Schema name the place and what is expected."""
    closed = remote.model_copy(update={"args_schema": {**SCHEMA, "additionalProperties": False}})

    why = why_invalid(closed, args)

    assert why is not None
    assert "4111" not in why


def test_a_broken_schema_says_no() -> None:
    """A schema that nobody can read lets nothing through."""
    broken = remote.model_copy(update={"args_schema": {"type": "nonsense", "properties": {}}})

    assert "schema cannot be read" in (why_invalid(broken, {}) or "")


def test_a_schema_is_not_fetched() -> None:
    """A reference out of the schema is not followed over the network."""
    away = {"type": "object", "properties": {"a": {"$ref": "https://example.invalid/a.json"}}}
    lost = remote.model_copy(update={"args_schema": away})

    assert "schema cannot be read" in (why_invalid(lost, {"a": 1}) or "")


def test_the_model_is_shown_the_reserved_argument() -> None:
    """The declared schema is the tool's own with the claim beside its arguments."""
    schema = declared_schema(refund)

    assert set(schema["properties"]) == {"order", "amount", "note", "_interlock"}
    assert schema["required"] == schema_of(refund)["required"]
    assert "_interlock" not in schema_of(refund)["properties"]


def test_the_hosts_arguments_are_known() -> None:
    """What LangGraph injects is no argument of the model's."""
    assert {"state", "runtime"} <= host_arguments(injected)
    assert host_arguments(refund) == frozenset()
