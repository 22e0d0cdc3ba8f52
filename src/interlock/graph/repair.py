"""Mend: give every call in a history its answer, before a model reads it.

A new message on a paused thread discards what the thread waited for, and leaves calls without an
answer, which providers refuse. Such a call is withdrawn in the ledger, so that a late approval runs
nothing, and answered in the place where its answer belongs. A message that says that a result is
held, or that nobody knows whether the call ran, gives way to what a person said of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.runnables import RunnableConfig

from interlock.conduct import Conductor
from interlock.graph.context import read_context
from interlock.graph.redelivery import said_of
from interlock.graph.results import write_message
from interlock.graph.task import ROOT_NAMESPACE, Task, read_task
from interlock.graph.turns import call_id
from interlock.path.proposal import CallKey

WHY: Final = "the conversation went on without it"


def repair(
    conductor: Conductor,
    messages: Sequence[AnyMessage],
    config: RunnableConfig,
    *,
    host: str = "default",
) -> list[AnyMessage]:
    """Return the messages with the newest answer for each call of the past, in its place.

    Calls of the last message are left alone: they are about to be delivered. For a node beside the
    one that delivers, in the same graph; `host` and the run's tenant are those of the tool node.
    """
    task = read_task(config)
    mended: list[AnyMessage] = []
    made: AIMessage | None = None
    for place, message in enumerate(messages):
        made = message if isinstance(message, AIMessage) else made
        mended.append(_newest(conductor, task, host, made, message))
        if isinstance(message, AIMessage) and place < len(messages) - 1:
            known = answered_ids(messages[place + 1 :])
            mended += [
                withdrawn(conductor, task, host, message, call, at)
                for at, call in enumerate([*message.tool_calls, *message.invalid_tool_calls])
                if call_id(call, at) not in known
            ]
    return mended


def answered_ids(messages: Sequence[AnyMessage]) -> set[str]:
    """Return the ids of calls that are answered before the model speaks again."""
    found: set[str] = set()
    for message in messages:
        if isinstance(message, AIMessage):
            break
        if isinstance(message, ToolMessage):
            found.add(message.tool_call_id)
    return found


def withdrawn(
    conductor: Conductor,
    task: Task,
    host: str,
    message: AIMessage,
    call: Mapping[str, Any],
    place: int,
) -> ToolMessage:
    """Answer one call of the past: with its stored answer, as expired or as cancelled."""
    name, own_id = str(call.get("name") or ""), call_id(call, place)
    answer = conductor.withdraw(_key(task, host, message, own_id), WHY)
    return write_message(answer, name, own_id)


def _newest(
    conductor: Conductor, task: Task, host: str, made: AIMessage | None, message: AnyMessage
) -> AnyMessage:
    """Return a message, or the answer that has come in place of one that leaves it open."""
    said = said_of(message)
    if made is None or said is None or not isinstance(message, ToolMessage):
        return message
    with conductor.ports.ledger.begin() as tx:
        call = tx.latest(_key(task, host, made, message.tool_call_id))
    if call is None or call.answer is None or call.answer.ending == said[1]:
        return message
    answer = write_message(call.answer, message.name or "", message.tool_call_id)
    return answer.model_copy(update={"id": message.id})


def _key(task: Task, host: str, message: AIMessage, own_id: str) -> CallKey:
    tenant = read_context(task).tenant
    return CallKey(tenant, host, task.thread_id, ROOT_NAMESPACE, message.id or "", own_id)
