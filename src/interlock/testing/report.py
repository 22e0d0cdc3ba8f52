"""Tell: what happened in a play, as it happens and in the end.

Everything here is read from the conversation and from the questions that were asked, so that it is
what the agent and its users saw; the ledger has the rest.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from interlock.testing.scenario import Scenario, WorldCheck

COUNTED: Final = (
    "calls",
    "allowed",
    "asked",
    "approved",
    "rejected",
    "edited",
    "denied",
    "expired",
    "redacted",
    "quarantined",
    "in_doubt",
)


OnEvent: TypeAlias = Callable[["Event"], None]
Rows: TypeAlias = Callable[[str], Sequence[Mapping[str, Any]]]
"""Reads the database behind the tools."""

_ALLOWING: Final = frozenset({"allow", "allow_with_constraints", "notify"})


class Event(NamedTuple):
    """Something that happened, for a live view."""

    kind: Literal["said", "proposed", "asked", "answered", "refused", "waiting", "ended"]
    """`refused`: an answer that did not count; `waiting`: nobody answers; `ended`: a call's end."""
    call: str
    """Tool-call id, or request id for what concerns a request; empty for text."""
    tool: str
    """Tool, or who speaks."""
    words: str
    detail: Mapping[str, Any]
    """The call's arguments, the interrupt's payload, the step, or the typed outcome."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a play ended."""

    scenario: str
    thread_id: str
    counts: Mapping[str, int]
    """By the names in `COUNTED`."""
    answers: Mapping[str, str]
    """How calls ended, by tool-call id."""
    waiting: tuple[str, ...]
    """Requests that nobody answered; the thread stands still."""
    messages: tuple[BaseMessage, ...] = field(repr=False)
    """The conversation."""

    @property
    def finished(self) -> bool:
        """Whether the agent came to an end."""
        return not self.waiting


def report(
    scenario: str,
    thread_id: str,
    messages: Sequence[BaseMessage],
    given: Mapping[str, int],
    waiting: Sequence[str],
) -> Report:
    """Sum a conversation up; `given` counts what it does not show: questions, approvals, edits."""
    endings = [typed for message in messages if (typed := outcome(message))]
    said = [message for message in messages if isinstance(message, AIMessage)]
    found = Counter(typed["outcome"] for typed in endings)
    found["allowed"] = sum(typed.get("decision") in _ALLOWING for typed in endings)
    found["calls"] = sum(len(message.tool_calls) for message in said)
    found.update(given)
    return Report(
        scenario=scenario,
        thread_id=thread_id,
        counts={name: found[name] for name in COUNTED},
        answers={typed["tool_call_id"]: typed["outcome"] for typed in endings},
        waiting=tuple(waiting),
        messages=tuple(messages),
    )


def shortfalls(scenario: Scenario, report: Report, rows: Rows) -> tuple[str, ...]:
    """Name everything that is not as the scenario expects; empty when all is well."""
    expect = scenario.expect
    counts = [
        f"`{name}` is {report.counts[name]}, expected {getattr(expect, name)}"
        for name in COUNTED
        if report.counts[name] != getattr(expect, name)
    ]
    answers = [
        f"call `{call}` ended `{report.answers.get(call)}`, expected `{ending}`"
        for call, ending in expect.answers.items()
        if report.answers.get(call) != ending
    ]
    seen = [f"`{text}` was seen" for text in expect.unseen if _holds(report.messages, text)]
    world = [said for check in expect.world if (said := _wrong(check, rows))]
    return (*counts, *answers, *seen, *world)


def events(message: BaseMessage) -> Iterator[Event]:
    """Tell what one message of the conversation says happened."""
    if isinstance(message, ToolMessage):
        typed = outcome(message)
        ending = typed.get("outcome", "")
        yield Event("ended", message.tool_call_id, message.name or "", ending, typed)
        return
    if text := str(message.text):
        yield Event("said", "", message.type, text, {})
    if isinstance(message, AIMessage):
        for call in message.tool_calls:
            yield Event("proposed", call["id"] or "", call["name"], "", call["args"])


def asking(payload: Mapping[str, Any]) -> Event:
    """Tell of a question."""
    action, ours = payload["action_requests"][0], payload["interlock"]
    return Event("asked", ours["request_id"], action["name"], ours.get("reason", ""), payload)


def outcome(message: BaseMessage) -> dict[str, Any]:
    """Return the typed outcome that a tool's message carries; empty for any other message."""
    if not isinstance(message, ToolMessage) or not isinstance(message.artifact, Mapping):
        return {}
    artifact = cast("Mapping[str, Any]", message.artifact)
    if "interlock" not in artifact:
        return {}
    return {**artifact["interlock"], "tool_call_id": message.tool_call_id}


def _holds(messages: Sequence[BaseMessage], text: str) -> bool:
    return any(text in str(message.model_dump()) for message in messages)


def _wrong(check: WorldCheck, rows: Rows) -> str | None:
    found = tuple(tuple(row.values()) for row in rows(check.sql))
    if found == check.rows:
        return None
    return f"`{check.sql}` gives {found}, expected {check.rows}"
