"""Hear: what the model was given before a turn, read from a graph's messages.

The user is whoever wrote the HumanMessages of the outermost graph. A message that some framework
wrote (a summary, a notice), that carries another name than the principal's, or that an agent gave
to an agent inside its own graph is not the user's: it is taken for a result that nobody vouches
for. What stands in a SystemMessage vouches for nothing either; the policy can name its values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from interlock.canon import to_json
from interlock.errors import CanonError
from interlock.graph.task import LEVELS, Task, states_around
from interlock.graph.turns import Delivered, last_ai_message, messages_in
from interlock.path.hearing import Hearing, ToolResult, UserText

AN_AGENT: Final = "another agent"
"""Stands for the tool where an agent, or a framework, speaks as a user."""

_WRITTEN_BY: Final = "lc_source"
"""Where a framework says that it wrote a message. Source: `langchain_core.messages`."""


def read_heard(
    delivered: Delivered, task: Task, messages_key: str, principal: str
) -> Hearing | None:
    """Return what was heard before a delivery; None where its graph holds no messages."""
    own = messages_in(delivered.state, messages_key)
    around = _around(task, messages_key)
    if not own and not any(around):
        return None
    whole = around[-1] if task.namespace else own
    users = {_words(each) for each in whole if _is_users(each, principal)}
    every = [*chain.from_iterable(reversed(around)), *_before(own, delivered)]
    return tuple(_heard(every, users))


def _around(task: Task, messages_key: str) -> list[list[Any]]:
    """Return the messages of the graphs around the node's own, the outermost last.

    None of one that cannot be seen, as from inside a gated tool: nobody there is the user.
    """
    depth = task.namespace.count(LEVELS) + 1 if task.namespace else 0
    states = list(states_around(task.config))[1 : depth + 1]
    states += [{}] * (depth - len(states))
    return [messages_in(state, messages_key) for state in states]


def _before(messages: Sequence[Any], delivered: Delivered) -> Sequence[Any]:
    """Return the messages before the one that made the delivered calls."""
    first = delivered.calls[delivered.mine[0]].get("id") if delivered.mine else None
    made = last_ai_message(messages, first) if first else last_ai_message(messages)
    places = [at for at, message in enumerate(messages) if message is made]
    return messages[: places[0]] if places else messages


def _heard(messages: Iterable[Any], users: set[str]) -> Iterator[UserText | ToolResult]:
    calls: dict[str, Mapping[str, Any]] = {}
    for at, message in enumerate(messages):
        match message:
            case AIMessage():
                calls |= {str(call["id"]): cast("Any", call) for call in message.tool_calls}
            case ToolMessage():
                call = calls.get(message.tool_call_id, {})
                tool = str(call.get("name") or "")
                name = message.id or f"{message.tool_call_id} {at}"
                yield ToolResult(name, tool, call.get("args") or {}, _text(message.content))
            case HumanMessage() if (words := _words(message)) in users:
                yield UserText(words)
            case HumanMessage():
                yield ToolResult(message.id or str(at), AN_AGENT, {}, _text(message.content))
            case _:
                pass


def _is_users(message: object, principal: str) -> bool:
    if not isinstance(message, HumanMessage) or message.additional_kwargs.get(_WRITTEN_BY):
        return False
    return message.name in (None, "", principal)


def _words(message: BaseMessage) -> str:
    """Return what somebody wrote; what they attached is not their words."""
    content: Any = message.content
    if isinstance(content, str):
        return content
    blocks: list[Any] = [each for each in content if isinstance(each, str | dict)]
    texts = (each if isinstance(each, str) else _text_of(each) for each in blocks)
    return "\n".join(each for each in texts if each)


def _text_of(block: dict[str, Any]) -> str:
    return str(block.get("text") or "") if block.get("type") == "text" else ""


def _text(content: Any) -> str:  # noqa: ANN401 - as LangChain has it
    if isinstance(content, str):
        return content
    try:
        return to_json(content, "content")
    except CanonError:
        return repr(content)
