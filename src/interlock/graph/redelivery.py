"""Tell: a thread what came of its calls after it was told that nobody knows.

A result that left quarantine and a settled doubt take the place of the message that said so. A call
that a person had repeated runs first: its turn is delivered once more to its tool node alone, with
no checkpoint of the thread, so that nothing that came after it is lost, no model is asked again and
no other node runs twice. The ledger lets nothing run in that turn but what is to be repeated.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph

from interlock.conduct.values import Call
from interlock.graph.fence import unfenced
from interlock.graph.moves import GraphCall, GraphScript, LedgerCall
from interlock.graph.results import message_json, write_message
from interlock.graph.resume import Books, asker_of
from interlock.graph.serializer import strict
from interlock.graph.tool_node import GateToolNode
from interlock.path.record import RUNNABLE

OPEN: Final = frozenset({"quarantined", "in_doubt"})
"""Endings of which there is more to tell when a person said so."""


class Retelling(NamedTuple):
    """What a thread was told."""

    calls: tuple[str, ...]
    """Ids of the calls whose answers were put in place."""
    undelivered: tuple[Call, ...] = ()
    """Calls to be repeated that only their host can deliver: a server, or one without messages."""
    is_late: bool = False
    """Whether there is more to tell to a thread that is in the middle of something."""


class _Place(NamedTuple):
    channel: str
    said: str
    """How the call ended, as far as the thread was told."""


def tell(graph: Any, config: RunnableConfig, books: Books) -> GraphScript[Retelling]:  # noqa: ANN401 - any compiled graph
    """Run what is to be repeated, and put what is known by now in place of what was not.

    Only a thread that waits for nothing is changed: a change of its state would take back the
    question it waits with.
    """
    snapshot = yield GraphCall("get_state", (config,))
    values = _channels(snapshot.values)
    places = _places(values)
    own = values.get("call_id")
    if isinstance(own, str) and "messages" not in values:
        return (yield from _own_call(config, books, own))
    if not places:
        return Retelling(())
    left: list[Call] = []
    for call in (yield LedgerCall(partial(books.calls, [*places]))):
        if _is_repeated(call):
            left += [] if (yield from _repeated(graph, config, books, call, values)) else [call]
    calls: Sequence[Call] = yield LedgerCall(partial(books.calls, [*places]))
    news = [call for call in calls if call.answer and call.answer.ending != places[call.id].said]
    if not news or snapshot.next:
        return Retelling((), tuple(left), bool(news))
    before = (yield GraphCall("get_state_history", (config,), {"limit": 2}))[-1].next
    changes = _changes(news, places, served=not isinstance(getattr(graph, "nodes", None), Mapping))
    more = {"as_node": before[0] if before else None}
    yield GraphCall("update_state", (config, changes), more)
    return Retelling(tuple(call.id for call in news), tuple(left))


def _own_call(config: RunnableConfig, books: Books, call_id: str) -> GraphScript[Retelling]:
    """Deliver the one call of a gate's own graph again, where it is to be repeated.

    An edited call is delivered with the arguments that its host has, which are not here.
    """
    repeated = [
        one for one in (yield LedgerCall(partial(books.calls, [call_id]))) if _is_repeated(one)
    ]
    for call in repeated:
        if call.proposal.revision:
            return Retelling((), (call,))
        args, key = call.proposal.args, call.key
        given = {"call": {"name": call.proposal.tool, "args": args, "id": key.tool_call_id}}
        yield LedgerCall(books.begin)
        yield GraphCall(
            "invoke",
            ({**given, "turn": key.turn_id, **asker_of(call)}, config),
            {"durability": "sync"},
        )
    return Retelling(tuple(call.id for call in repeated))


def said_of(message: object) -> tuple[str, str] | None:
    """Return which call a message answers and how, where a person may have more to say of it."""
    told: Any = _member(message, "artifact") if _member(message, "type") == "tool" else None
    ours: Any = _member(told, "interlock")
    call_id, outcome = _member(ours, "call_id"), _member(ours, "outcome")
    if not isinstance(call_id, str) or outcome not in OPEN:
        return None
    return (call_id, outcome) if _member(message, "id") == f"answer-{call_id}" else None


def beside(graph: Any, call: Call, values: Mapping[str, Any]) -> tuple[Any, dict[str, Any]] | None:  # noqa: ANN401 - as above
    """Return a graph of a call's tool node alone and the input that delivers its turn to it.

    None where the graph has no such node of its own, or the turn's message is not in the state.
    """
    for bound in _tool_nodes(graph):
        messages: list[Any] = list(values.get(bound.messages_key) or [])
        for at, message in enumerate(messages):
            if bound.host == call.key.host and _made(message, call):
                alone: Any = StateGraph(graph.builder.state_schema)
                alone.add_node("tools", bound).add_edge(START, "tools")
                given = {**values, bound.messages_key: messages[: at + 1]}
                return alone.compile(checkpointer=strict(InMemorySaver())), given
    return None


def _repeated(
    graph: Any,  # noqa: ANN401 - as above
    config: RunnableConfig,
    books: Books,
    call: Call,
    values: Mapping[str, Any],
) -> GraphScript[bool]:
    """Deliver a call's turn again, beside its thread; False where that cannot be done here."""
    if (found := beside(graph, call, values)) is None:
        return False
    alone, given = found
    conf = {**unfenced(config), "interlock": asker_of(call)}
    yield LedgerCall(books.begin)
    yield GraphCall("invoke", (given, {"configurable": conf}), {"durability": "sync"}, of=alone)
    return True


def _is_repeated(call: Call) -> bool:
    return call.state in RUNNABLE and call.outcome == "in_doubt"


def _tool_nodes(graph: Any) -> Iterator[GateToolNode]:  # noqa: ANN401 - as above
    for node in getattr(graph, "nodes", {}).values():
        if isinstance(bound := getattr(node, "bound", None), GateToolNode):
            yield bound


def _made(message: object, call: Call) -> bool:
    return (
        isinstance(message, AIMessage)
        and message.id == call.key.turn_id
        and call.key.tool_call_id in [one["id"] for one in message.tool_calls]
    )


def _channels(values: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", values) if isinstance(values, Mapping) else {}


def _places(values: Mapping[str, Any]) -> dict[str, _Place]:
    """Return where in a thread's state a call is said to be open, by its id."""
    found: dict[str, _Place] = {}
    for channel, value in values.items():
        for message in cast("list[object]", value) if isinstance(value, list) else []:
            if told := said_of(message):
                found[told[0]] = _Place(channel, told[1])
    return found


def _changes(
    news: Sequence[Call], places: Mapping[str, _Place], *, served: bool
) -> dict[str, list[Any]]:
    changes: dict[str, list[Any]] = {}
    for call in news:
        if call.answer is not None:
            message = write_message(call.answer, call.proposal.tool, call.key.tool_call_id)
            one = message_json(message) if served else message
            changes.setdefault(places[call.id].channel, []).append(one)
    return changes


def _member(value: object, name: str) -> Any:  # noqa: ANN401 - of a message or its JSON
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).get(name)
    return getattr(value, name, None)
