"""Take in: the calls that a host delivers, as a turn with its identity and context.

All calls of one AIMessage are one turn, also where a host delivers them one by one. Agent,
principal, tenant and whatever else stands for them come from the host: an argument of the node,
the runtime context, and where that leaves something open, the run's `configurable["interlock"]`;
never from messages or arguments.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, cast

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool

from interlock.conduct import Intent, Turn
from interlock.conduct.ports import Misfit
from interlock.errors import InterlockError
from interlock.graph.schemas import fitted, schema_of, without
from interlock.graph.sureness import claims_of
from interlock.graph.task import ROOT_NAMESPACE, Task, read_state, states_around
from interlock.path.proposal import Context, readable
from interlock.policy.constraints import PLAIN_RUN, RunTerms
from interlock.signals.confidence import SourceClaim

SOME_KEY: Final = "0" * 64
"""Stands for the digest that will fill an idempotency argument, where arguments are checked."""

_NO_TOOLS: Final[Mapping[str, BaseTool]] = MappingProxyType({})

Terms: TypeAlias = Callable[[str], RunTerms]
"""How a tool is run, by its name."""


def plainly(tool: str) -> RunTerms:
    """Run every tool in the host's process, and fill no argument."""
    del tool
    return PLAIN_RUN


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one task of a tool node is given."""

    calls: tuple[Mapping[str, Any], ...]
    """All calls of the turn, in order."""
    mine: tuple[int, ...]
    """Places of the calls that this task answers; other tasks answer the others."""
    turn_id: str
    """Id of the AIMessage; where it has none, of the step that sends its calls, or of the task."""
    is_named: bool
    """Whether the id is the message's own: the others are another one in a replay."""
    state: Any
    """The graph's state, for tools that take it."""
    form: Literal["messages", "state", "calls"]
    """List of messages, state with messages, or calls sent one by one."""
    said: Sequence[Mapping[str, SourceClaim]] = ()
    """What is said of how sure the model is of each call; shorter where nobody says anything."""


def read_delivery(given: Any, task: Task, messages_key: str = "messages") -> Delivered:  # noqa: ANN401
    """Read a tool node's input in each form that LangGraph's own takes.

    Raises `InterlockError` when there is no AIMessage in it.
    """
    sent = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    if sent.get("__type") == "tool_call_with_context":
        return _sent([sent["tool_call"]], sent["state"], task, messages_key)
    if isinstance(given, list) and given and _is_call(cast("list[Any]", given)[-1]):
        return _sent(cast("list[Any]", given), read_state(task.config), task, messages_key)
    message = last_ai_message(messages_in(given, messages_key))
    if message is None:
        raise InterlockError("the tool node was given no AIMessage; route to it after the model")
    calls = (*message.tool_calls, *_unreadable(message))
    form = "messages" if isinstance(given, list) else "state"
    turn_id, places = message.id or task.id, tuple(range(len(calls)))
    return Delivered(calls, places, turn_id, bool(message.id), given, form, claims_of(message))


def messages_in(state: Any, messages_key: str) -> list[Any]:  # noqa: ANN401 - any state
    """Return the messages in a state of any kind."""
    if isinstance(state, list):
        return cast("list[Any]", state)
    if isinstance(state, Mapping):
        return list(cast("Mapping[str, Any]", state).get(messages_key) or [])
    return list(getattr(state, messages_key, None) or [])


def last_ai_message(messages: Sequence[Any], tool_call_id: str | None = None) -> AIMessage | None:
    """Return the last AIMessage, or the last that made the call of an id."""
    for message in reversed(messages):
        if isinstance(message, AIMessage) and (
            tool_call_id is None or tool_call_id in [call["id"] for call in message.tool_calls]
        ):
            return message
    return None


def read_turn(
    delivered: Delivered,
    task: Task,
    tools: Mapping[str, BaseTool],
    context: Context,
    host: str,
    misfit: Misfit,
    terms: Terms = plainly,
    beside: Mapping[str, BaseTool] = _NO_TOOLS,
) -> tuple[Turn, list[int]]:
    """Make the turn of a delivery; return it with the places of the calls that this task answers.

    A sibling whose tool another gate node of the graph has (`beside`) is of the turn. Any other
    whose tool is not here is left to its own node, which need not be a gate: a call that nobody
    takes up would hold the others, and ask people, for nothing.
    """
    intents: list[Intent] = []
    places: list[int] = []
    every = {**beside, **tools}
    for place, call in enumerate(delivered.calls):
        mine = place in delivered.mine
        if mine or call["name"] in every:
            places += [len(intents)] if mine else []
            known = tools if mine else every
            intent = read_intent(call, known, misfit, place, terms)
            if place < len(delivered.said):
                intent = replace(intent, said=delivered.said[place])
            intents.append(intent)
    turn = Turn(
        context=context,
        host=host,
        thread_id=task.thread_id,
        checkpoint_ns=ROOT_NAMESPACE,
        turn_id=delivered.turn_id,
        intents=tuple(intents),
        is_named=delivered.is_named,
        schemas=partial(schemas_shown, every, terms),
    )
    return turn, places


def read_intent(
    call: Mapping[str, Any],
    tools: Mapping[str, BaseTool],
    misfit: Misfit,
    place: int = 0,
    terms: Terms = plainly,
) -> Intent:
    """Read one call as its tool takes it, and say why it cannot work if it cannot."""
    name, args = readable(str(call.get("name") or "")), call.get("args")
    tool = tools.get(name)
    if not isinstance(args, Mapping):
        why = str(call.get("error") or "the arguments are no JSON object")
        return Intent(name, {}, call_id(call, place), None, why)
    given = cast("Mapping[str, Any]", args)
    if tool is None:
        why = f"there is no tool `{name}` here; there are {', '.join(sorted(tools))}"
        return Intent(name, given, call_id(call, place), None, why)
    schema, key = schema_shown(tool, terms), terms(name).idempotency_argument
    if key is not None:
        given = {n: given[n] for n in given if n != key}
    filled = given if key is None else {**given, key: SOME_KEY}
    taken, why = fitted(tool, filled, misfit)
    args = {n: taken[n] for n in taken if n != key}
    return Intent(name, args, call_id(call, place), schema, why)


def schema_shown(tool: BaseTool, terms: Terms) -> dict[str, Any]:
    """Return the schema of a tool's arguments without the one that the gate fills."""
    key = terms(tool.name).idempotency_argument
    return schema_of(tool) if key is None else without(schema_of(tool), key)


def schemas_shown(tools: Mapping[str, BaseTool], terms: Terms) -> dict[str, dict[str, Any]]:
    """Return the schemas of all tools, by name."""
    return {name: schema_shown(tool, terms) for name, tool in tools.items()}


def call_id(call: Mapping[str, Any], place: int) -> str:
    """Return a call's id; its place where the model gave none."""
    return call.get("id") or f"call-{place}"


def _sent(sent: list[Any], state: Any, task: Task, messages_key: str) -> Delivered:  # noqa: ANN401
    """Find the turn that calls were sent from; without it they are a turn of their own."""
    message = last_ai_message(messages_in(state, messages_key), sent[0].get("id"))
    if message is None:
        message = _made_around(sent[0], states_around(task.config), messages_key)
    if message is None:
        return Delivered(tuple(sent), tuple(range(len(sent))), task.id, False, state, "calls")
    calls: list[Mapping[str, Any]] = list(message.tool_calls)
    mine = [_place(calls, one) for one in sent]
    for place, one in zip(mine, sent, strict=True):
        calls[place] = one
    turn_id, said = message.id or task.step, claims_of(message)
    return Delivered(tuple(calls), tuple(mine), turn_id, bool(message.id), state, "calls", said)


def _made_around(
    sent: Mapping[str, Any], states: Iterable[Any], messages_key: str
) -> AIMessage | None:
    """Return the newest message of a graph around that made this very call, or None."""
    for state in states:
        message = last_ai_message(messages_in(state, messages_key))
        if message is not None and sent in message.tool_calls:
            return message
    return None


def _place(calls: list[Mapping[str, Any]], sent: Mapping[str, Any]) -> int:
    """Return where a sent call stands in its turn: the same call, else the first of its id."""
    same = [at for at, call in enumerate(calls) if call == sent]
    alike = [at for at, call in enumerate(calls) if call["id"] == sent.get("id")]
    if same or alike:
        return (same or alike)[0]
    calls.append(sent)
    return len(calls) - 1


def _unreadable(message: AIMessage) -> list[Mapping[str, Any]]:
    """Return calls whose arguments nobody could read; they want an answer too."""
    return [
        {"name": call["name"], "args": None, "id": call["id"], "error": call["error"]}
        for call in message.invalid_tool_calls
        if call["id"]
    ]


def _is_call(item: object) -> bool:
    return isinstance(item, dict) and cast("dict[str, Any]", item).get("type") == "tool_call"
