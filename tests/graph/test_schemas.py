"""Describe: arguments that cannot work are told apart, in words for the model."""

import asyncio
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import InjectedToolArg, StructuredTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt import InjectedState, ToolRuntime
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from interlock.errors import DeskError
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
remote_open = StructuredTool.from_function(
    func=lambda **_: "",
    name="remote_open",
    description="From elsewhere, and says that it takes more.",
    args_schema={**SCHEMA, "additionalProperties": True},
)


class Hosted(BaseModel):
    """Arguments with checks that write other values, beside one of the host's."""

    amount: int
    note: str = ""
    who: Annotated[str, InjectedToolArg]

    @field_validator("amount")
    @classmethod
    def _unsigned(cls, value: int) -> int:
        return abs(value)

    @model_validator(mode="after")
    def _noted(self) -> "Hosted":
        self.note = self.note.strip()
        return self


@tool(args_schema=Hosted)
def hosted(amount: int, who: Annotated[str, InjectedToolArg], note: str = "") -> str:
    """Pay in a name that the host knows."""
    return f"{amount} {note} {who}"


def test_checks_beside_the_host_s_arguments_are_seen_before_anyone_judges() -> None:
    """What a validator makes of a value is judged, though the host's arguments are not there."""
    given = {"amount": -5, "note": " x "}
    seen = schemas.fitted(hosted, given, misfit)

    assert seen == ({"amount": 5, "note": "x"}, None)
    assert hosted.invoke({**seen.args, "who": "ana"}) == hosted.invoke({**given, "who": "ana"})
    assert why_invalid(hosted, given) is not None
    assert why_invalid(hosted, seen.args) is None
    assert why_invalid(hosted, {"amount": 5, "who": "eve"}) is not None


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
        (refund, {"order": "A"}, "`amount`: is required"),
        (refund, {"order": "A", "amount": "much"}, "`amount`: expected "),
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
    "args", [{}, {"order": "A"}, {"order": "A", "amount": "much"}, {"order": 5}]
)
def test_both_checks_say_it_in_the_same_words(args: dict[str, Any]) -> None:
    """One wording for model and reviewer, whoever checked: the tool's model or its schema."""
    assert why_invalid(refund, args) == misfit(schema_of(refund), args)


def test_what_only_the_tools_own_check_refuses_is_still_refused() -> None:
    """A schema that says nothing against the arguments lets nothing past the tool's own check."""
    assert misfit(schema_of(checked), {"x": 8}) is None
    assert "`x`" in (why_invalid(checked, {"x": 8}) or "")


@pytest.mark.parametrize(
    ("one", "args"),
    [
        (refund, {"order": "A", "amount": 1}),
        (refund, {"order": "A", "amount": 1, "_interlock": {"confidence": 0.5}}),
        (remote, {"amount": 10}),
        (remote_open, {"amount": 10, "more": True}),
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


class Item(BaseModel):
    """A part of an order."""

    model_config = ConfigDict(populate_by_name=True)
    amount: float = Field(alias="Amount")


class Order(BaseModel):
    """Arguments of which the application has names of its own."""

    model_config = ConfigDict(populate_by_name=True)
    amount: float = Field(alias="Amount")
    read_only: bool = Field(default=True, alias="readOnly")
    item: Item | None = None
    items: list[Item] = []


class Unread(BaseModel):
    """Arguments that are shown by one name and read by another."""

    amount: float
    dry_run: bool = Field(default=False, alias="dryRun")


ALIASED = """
tools: {pay: {args: {amount: number, read_only: boolean}, facts: {amt: args.amount}}}
rules: [{match: {tools: [pay], amt_at_most: 50}, decision: allow%s}]
guardrails:
  - {id: total, match: {tools: [pay]}, budget: {fact: amt, max: 100, per: day}}
  - {id: small, match: {tools: [pay]}, require: "args.amount <= 50"}
  - {id: kept, match: {tools: [pay], when: "has(args.read_only) && args.read_only == false"}}
"""
SECOND_NAMES: list[dict[str, Any]] = [
    {"amount": 5, "Amount": 5000},
    {"amount": 5, "readOnly": False},
    {"amount": 5, "item": {"Amount": 1, "amount": 5000}},
    {"amount": 5, "items": [{"Amount": 1}, {"Amount": 1, "amount": 5000}]},
]


def paid(ran: list[Any], schema: type[BaseModel] = Order) -> Any:
    """Make a tool that notes what it was given."""

    def note(**given: Any) -> str:
        ran.append(given)
        return "paid"

    return StructuredTool.from_function(note, name="pay", description="Pay.", args_schema=schema)


def through(rig: Any, one: Any, args: dict[str, Any], way: str) -> dict[str, Any]:
    """Send one call through the node or the graph; return its record."""
    call = {"name": "pay", "args": args, "id": "c0", "type": "tool_call"}
    if way.startswith("graph"):
        graph = rig.gate.graph([one], agent="bot", checkpointer=InMemorySaver())
        sent: dict[str, Any] = {"call": call}
    else:
        graph, sent = rig.listed(tools=[one]), rig.turn(("pay", args))
    if way.endswith("async"):
        got = asyncio.run(graph.ainvoke(sent, rig.thread()))
    else:
        got = graph.invoke(sent, rig.thread())
    if way.startswith("graph"):
        return got["answer"]["record"] | {"said": got["answer"]["content"]}
    message = rig.answers(got)["c0"]
    return message.artifact["interlock"] | {"said": message.content}


WAYS = ["node", "node async", "graph", "graph async"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("args", SECOND_NAMES)
def test_no_value_runs_under_a_second_name(open_rig: Any, args: dict[str, Any], way: str) -> None:
    """What facts, budgets, guardrails and forced arguments see is what the tool is given."""
    ran: list[Any] = []
    forcing = ", constraints: {args: {read_only: true}}" if "readOnly" in args else ""
    got = through(open_rig(ALIASED % forcing), paid(ran), args, way)

    assert ran == []
    assert "takes no" in str(got["said"])


@pytest.mark.parametrize("way", WAYS)
def test_shown_names_run(open_rig: Any, way: str) -> None:
    """What the model was shown works, with the reserved argument and inside lists."""
    ran: list[Any] = []
    args = {"amount": 5, "items": [{"Amount": 2}], "_interlock": {"confidence": 0.9}}
    through(open_rig(ALIASED % ""), paid(ran), args, way)

    assert [(one["amount"], one["items"][0].amount) for one in ran] == [(5, 2)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "schema"), [("readonly", Order), ("dry_run", Unread), ("dryRun", Unread)]
)
def test_forcing_a_name_that_the_tool_does_not_take_runs_nothing(
    open_rig: Any, name: str, schema: type[BaseModel], way: str
) -> None:
    """A constraint without effect is no constraint: the call ends with words."""
    ran: list[Any] = []
    policy = f"rules: [{{tool: pay, action: allow, constraints: {{args: {{{name}: true}}}}}}]"
    got = through(open_rig(policy), paid(ran, schema), {"amount": 5}, way)

    assert ran == []
    assert name in str(got["said"])


def test_a_schema_from_elsewhere_that_is_silent_takes_no_more() -> None:
    """A JSON Schema that says nothing of more names all that its tool takes."""
    assert (
        why_invalid(remote, {"amount": 10, "more": True}) == "it takes no `more`; it takes `amount`"
    )


def test_an_edit_brings_no_second_name_in(open_rig: Any) -> None:
    """A reviewer's edit is held to the names that the model was shown, inside lists too."""
    rig = open_rig("rules: [{match: {tools: [pay]}, decision: require_approval}]")
    rig.listed(tools=[paid([])]).invoke(rig.turn(("pay", {"amount": 5})), rig.thread())
    (request,) = rig.gate.inbox.pending()
    for args in SECOND_NAMES:
        with pytest.raises(DeskError, match="takes no"):
            rig.gate.inbox.edit(request.id, args=args, by="ana")
