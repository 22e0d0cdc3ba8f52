"""Take in: the calls that a host delivers, as a turn with its identity and context.

All calls of one AIMessage are one turn, also where a host delivers them one by one. Agent,
principal, tenant and whatever else stands for them come from the host: an argument of the node,
the runtime context, and where that leaves something open, the run's `configurable["interlock"]`;
never from messages or arguments.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool

from interlock.canon import to_json, type_name
from interlock.conduct import Intent, Turn
from interlock.conduct.ports import Misfit
from interlock.errors import InterlockError
from interlock.graph.schemas import schema_of, why_invalid, without
from interlock.graph.task import Task, read_state, runtime_context
from interlock.path.proposal import Agent, Context, Link, Signal
from interlock.policy.constraints import PLAIN_RUN, RunTerms

AgentLike: TypeAlias = str | Agent | Mapping[str, Any]

ANONYMOUS: Final = Agent("agent")
"""Who proposes when the host does not say."""

SOME_KEY: Final = "0" * 64
"""Stands for the digest that will fill an idempotency argument, where arguments are checked."""

Terms: TypeAlias = Callable[[str], RunTerms]
"""How a tool is run, by its name."""


def plainly(tool: str) -> RunTerms:
    """Run every tool in the host's process, and fill no argument."""
    del tool
    return PLAIN_RUN


_NAMES: Final = ("agent", "principal", "tenant", "chain", "signals", "context")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one task of a tool node is given."""

    calls: tuple[Mapping[str, Any], ...]
    """All calls of the turn, in order."""
    mine: tuple[int, ...]
    """Places of the calls that this task answers; other tasks answer the others."""
    turn_id: str
    """Id of the AIMessage; empty when it has none."""
    state: Any
    """The graph's state, for tools that take it."""
    form: Literal["messages", "state", "calls"]
    """List of messages, state with messages, or calls sent one by one."""


def read_delivery(given: Any, task: Task, messages_key: str = "messages") -> Delivered:  # noqa: ANN401
    """Read a tool node's input in each form that LangGraph's own takes.

    Raises `InterlockError` when there is no AIMessage in it.
    """
    sent = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    if sent.get("__type") == "tool_call_with_context":
        return _sent([sent["tool_call"]], sent["state"], messages_key)
    if isinstance(given, list) and given and _is_call(cast("list[Any]", given)[-1]):
        return _sent(cast("list[Any]", given), read_state(task.config), messages_key)
    message = last_ai_message(messages_in(given, messages_key))
    if message is None:
        raise InterlockError("the tool node was given no AIMessage; route to it after the model")
    calls = (*message.tool_calls, *_unreadable(message))
    form = "messages" if isinstance(given, list) else "state"
    return Delivered(calls, tuple(range(len(calls))), message.id or "", given, form)


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
) -> tuple[Turn, list[int]]:
    """Make the turn of a delivery; return it with the places of the calls that this task answers.

    A sibling whose tool is not here is left to its own node, which need not be a gate: a call that
    nobody takes up would hold the others, and ask people, for nothing.
    """
    intents: list[Intent] = []
    places: list[int] = []
    for place, call in enumerate(delivered.calls):
        mine = place in delivered.mine
        if mine or call["name"] in tools:
            places += [len(intents)] if mine else []
            intents.append(read_intent(call, tools, misfit, place, terms))
    turn = Turn(
        context=context,
        host=host,
        thread_id=task.thread_id,
        checkpoint_ns=task.namespace,
        turn_id=delivered.turn_id or task.id,
        intents=tuple(intents),
    )
    return turn, places


def read_intent(
    call: Mapping[str, Any],
    tools: Mapping[str, BaseTool],
    misfit: Misfit,
    place: int = 0,
    terms: Terms = plainly,
) -> Intent:
    """Read one call as the model made it, and say why it cannot work if it cannot."""
    name, args = str(call.get("name") or ""), call.get("args")
    tool = tools.get(name)
    if not isinstance(args, Mapping):
        why = str(call.get("error") or "the arguments are no JSON object")
        return Intent(name, {}, call_id(call, place), None, why)
    given = cast("Mapping[str, Any]", args)
    if tool is None:
        why = f"there is no tool `{name}` here; there are {', '.join(sorted(tools))}"
        return Intent(name, given, call_id(call, place), None, why)
    schema = schema_of(tool)
    if (key := terms(name).idempotency_argument) is not None:
        given, schema = {n: given[n] for n in given if n != key}, without(schema, key)
    filled = given if key is None else {**given, key: SOME_KEY}
    why = why_invalid(tool, filled, misfit)
    return Intent(name, given, call_id(call, place), schema, why)


def call_id(call: Mapping[str, Any], place: int) -> str:
    """Return a call's id; its place where the model gave none."""
    return call.get("id") or f"call-{place}"


def read_context(
    task: Task, agent: AgentLike | None = None, said: Mapping[str, Any] | None = None
) -> Context:
    """Read what the host says about a run; later ones win: run, `said`, runtime context, `agent`.

    Clients may choose a run's configuration and input, so that the runtime context goes before
    both, member by member.
    Raises `InterlockError` for a value of the wrong kind: a principal that is not understood must
    not become no principal.
    """
    run = _told({"interlock": (task.config.get("configurable") or {}).get("interlock")})
    runtime = _told(runtime_context(task.config))
    own = {} if agent is None else {"agent": agent}
    return make_context({**run, **(said or {}), **runtime, **own})


def make_context(said: Mapping[str, Any]) -> Context:
    """Make a context of `agent`, `principal`, `tenant`, `chain`, `signals` and `context`.

    Raises `InterlockError`.
    """
    return Context(
        agent=read_agent(said["agent"]) if said.get("agent") is not None else ANONYMOUS,
        principal=_expect(said, "principal", str, "text") or "",
        tenant=_expect(said, "tenant", str, "text") or "",
        chain=tuple(_link(one) for one in _expect(said, "chain", list | tuple, "a list") or ()),
        signals=_signals(_expect(said, "signals", Mapping, "an object") or {}),
        facts=_facts(_expect(said, "context", Mapping, "an object") or {}),
    )


def read_agent(said: object) -> Agent:
    """Read who proposes: a name, or an object with `id` and optionally owner, model, version."""
    if isinstance(said, Agent):
        return said
    if isinstance(said, str) and said:
        return Agent(said)
    if isinstance(said, Mapping):
        parts = cast("Mapping[str, Any]", said)
        if isinstance(parts.get("id"), str) and parts.keys() <= set(Agent._fields):
            return Agent(**parts)
    raise InterlockError(
        "`interlock.agent` of the run is not understood; expected a name, "
        "or an object with `id` and optionally `owner`, `model`, `version`"
    )


def _sent(sent: list[Any], state: Any, messages_key: str) -> Delivered:  # noqa: ANN401
    """Find the turn that calls were sent from; without it they are a turn of their own."""
    message = last_ai_message(messages_in(state, messages_key), sent[0].get("id"))
    if message is None:
        return Delivered(tuple(sent), tuple(range(len(sent))), "", state, "calls")
    calls: list[Mapping[str, Any]] = list(message.tool_calls)
    mine = [_place(calls, one) for one in sent]
    for place, one in zip(mine, sent, strict=True):
        calls[place] = one
    return Delivered(tuple(calls), tuple(mine), message.id or "", state, "calls")


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


def _told(source: object) -> dict[str, Any]:
    """Return what a source says under our names, from its member `interlock` if it has one.

    A `Context` says all of them; a mapping of ours no other.
    """
    inner = _member(source, "interlock")
    base = source if inner is None else inner
    if isinstance(inner, Mapping):
        _expect_ours(cast("Mapping[str, Any]", inner))
    found = {name: _member(base, name) for name in _NAMES}
    if isinstance(base, Context):
        found["context"] = base.facts
    return {name: value for name, value in found.items() if value is not None}


def _expect_ours(said: Mapping[str, Any]) -> None:
    for name in said.keys() - set(_NAMES):
        raise InterlockError(
            f"`interlock.{name}` of the run is not understood; expected {', '.join(_NAMES)}"
        )


def _member(source: object, name: str) -> Any:  # noqa: ANN401 - any context
    if isinstance(source, Mapping):
        return cast("Mapping[str, Any]", source).get(name)
    return getattr(source, name, None)


def _expect(said: Mapping[str, Any], name: str, kind: Any, words: str) -> Any:  # noqa: ANN401
    value = said.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise InterlockError(
        f"`interlock.{name}` of the run has type {type(value).__name__}; expected {words}"
    )


def _link(said: object) -> Link:
    agent, says = _member(said, "agent"), _member(said, "says")
    if isinstance(agent, str) and isinstance(says, str):
        return Link(agent, says)
    raise InterlockError("`interlock.chain` of the run takes objects with `agent` and `says`")


def _signals(said: Mapping[str, Any]) -> Mapping[str, Signal]:
    """Return the signals that are given; one that is no finite number says so, for any rule."""
    given = {str(name): value for name, value in said.items() if value is not None}
    return {
        name: value if _is_number(value) else _no_number(value) for name, value in given.items()
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


def _no_number(value: object) -> str:
    return f"[{value if isinstance(value, float) else type_name(value)}: no number]"


def _facts(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what else the host knows. Raises `CanonError`, naming what is no JSON."""
    to_json(said, "interlock.context")
    return said
