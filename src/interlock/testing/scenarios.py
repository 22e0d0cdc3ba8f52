"""Play: a scenario through an agent and its gate, or any opening through any model.

The player asks people whenever the gate asks, gives their answers to the gate's inbox and wakes the
thread. It never answers through the thread itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, assert_never
from uuid import uuid4

from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig

from interlock.errors import AlreadyDecided, DeskError, InterlockError
from interlock.graph.resume import Paused, apaused, doorbell, paused
from interlock.testing.report import Event, OnEvent, Report, asking, events, report, shortfalls
from interlock.testing.scenario import (
    Approve,
    Cancel,
    Edit,
    Human,
    HumanStep,
    Refuse,
    Respond,
    Scenario,
    TooLate,
    load,
    load_all,
    scripted,
)
from interlock.testing.stage import LeapClock, Playable, PlayedGate


def play(
    scenario: Scenario,
    gate: PlayedGate,
    graph: Playable,
    human: Human | None = None,
    on_event: OnEvent | None = None,
    *,
    leap: Callable[[float], None] | None = None,
    thread_id: str | None = None,
) -> Report:
    """Take a scenario through an agent, asking `human` (else its script) whenever the gate asks.

    `leap` lets time pass for `too_late`; it is the `advance` of the clock that the gate reads.
    """
    story = Play(scenario, gate, human, on_event, leap, thread_id)
    entry: Any = story.opening
    while entry is not None:
        for values in graph.stream(entry, story.config, **_OPTIONS):
            story.see(values)
        entry = None
        if (decided := story.decide(paused(graph, story.config))) is not None:
            entry = _bell(paused(graph, story.config), decided)
    story.see(graph.get_state(story.config).values)
    return story.report(paused(graph, story.config))


async def aplay(
    scenario: Scenario,
    gate: PlayedGate,
    graph: Playable,
    human: Human | None = None,
    on_event: OnEvent | None = None,
    *,
    leap: Callable[[float], None] | None = None,
    thread_id: str | None = None,
) -> Report:
    """Do as `play`, awaiting the agent."""
    story = Play(scenario, gate, human, on_event, leap, thread_id)
    entry: Any = story.opening
    while entry is not None:
        async for values in graph.astream(entry, story.config, **_OPTIONS):
            story.see(values)
        entry = None
        if (decided := story.decide(await apaused(graph, story.config))) is not None:
            entry = _bell(await apaused(graph, story.config), decided)
    story.see((await graph.aget_state(story.config)).values)
    return story.report(await apaused(graph, story.config))


class Play:
    """One play: what was seen so far, and what comes next."""

    def __init__(
        self,
        scenario: Scenario,
        gate: PlayedGate,
        human: Human | None = None,
        on_event: OnEvent | None = None,
        leap: Callable[[float], None] | None = None,
        thread_id: str | None = None,
    ) -> None:
        """Play on a thread of its own unless `thread_id` names one."""
        self._scenario = scenario
        self._inbox = gate.inbox
        self._human = human or scripted(scenario)
        self._tell: OnEvent = on_event or _ignore
        self._leap = leap
        self._thread_id = thread_id or f"{scenario.name}-{uuid4().hex[:8]}"
        self._messages: list[BaseMessage] = []
        self._asked: set[str] = set()
        self._given: Counter[str] = Counter()
        self.config: RunnableConfig = {"configurable": {"thread_id": self._thread_id}}

    @property
    def opening(self) -> dict[str, Any]:
        """The user's first words, as the graph takes them."""
        return {"messages": [HumanMessage(self._scenario.says)]}

    def see(self, values: Mapping[str, Any]) -> None:
        """Take a state of the graph and tell of the messages that are new."""
        for message in values.get("messages", [])[len(self._messages) :]:
            self._messages.append(message)
            for event in events(message):
                self._tell(event)

    def decide(self, waiting: Iterable[Paused]) -> str | None:
        """Have the first question decided that anybody answers; return its request."""
        for payload in _questions(waiting):
            if _request(payload) not in self._asked:
                self._asked.add(_request(payload))
                self._tell(asking(payload))
            if self._answered(payload):
                return _request(payload)
        return None

    def report(self, waiting: Iterable[Paused]) -> Report:
        """Sum the play up."""
        given = {**self._given, "asked": len(self._asked)}
        left = [_request(payload) for payload in _questions(waiting)]
        return report(self._scenario.name, self._thread_id, self._messages, given, left)

    def _answered(self, payload: Mapping[str, Any]) -> bool:
        """Ask until an answer counts, or nobody answers."""
        request, tool = _request(payload), payload["action_requests"][0]["name"]
        while (step := self._human(self._inbox.show(request))) is not None:
            try:
                self._answer(request, step)
            except AlreadyDecided as error:  # by somebody else, meanwhile
                self._tell(Event("refused", request, tool, str(error), step.model_dump()))
                return True
            except DeskError as error:
                self._tell(Event("refused", request, tool, str(error), step.model_dump()))
                continue
            self._given[_COUNTED.get(step.answer, "")] += 1
            self._tell(Event("answered", request, tool, step.answer, step.model_dump()))
            return True
        self._tell(Event("waiting", request, tool, "nobody answers now", payload))
        return False

    def _answer(self, request: str, step: HumanStep) -> None:
        match step:
            case Approve(by=by, reason=reason):
                self._inbox.approve(request, by=by, reason=reason)
            case Refuse(by=by, reason=reason):
                self._inbox.deny(request, by=by, reason=reason)
            case Cancel(by=by, reason=reason):
                self._inbox.cancel(request, by=by, reason=reason)
            case Edit(by=by, reason=reason, args=args, tool=tool):
                self._inbox.edit(request, by=by, reason=reason, args=args, tool=tool)
            case Respond(by=by, message=message):
                self._inbox.respond(request, by=by, message=message)
            case TooLate(after_s=after_s):
                self._pass(after_s)
            case _:
                assert_never(step)

    def _pass(self, seconds: float) -> None:
        if self._leap is None:
            raise InterlockError(
                f"scenario `{self._scenario.name}` lets time pass; play it with `leap`, "
                "the `advance` of the gate's clock"
            )
        self._leap(seconds)


_COUNTED: Final[Mapping[str, str]] = MappingProxyType({"approve": "approved", "edit": "edited"})
"""Answers that are counted when they are given; the others show as the call's end."""

_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType(
    {"stream_mode": "values", "durability": "sync"}
)
"""Told of as it goes; durable before anybody is asked."""


def _bell(waiting: list[Paused], request_id: str) -> object:
    """Return what wakes the thread; None when somebody else did meanwhile."""
    return doorbell(waiting, request_id) if waiting else None


def _questions(waiting: Iterable[Paused]) -> list[Mapping[str, Any]]:
    """Return the payloads of open questions; a held sibling asks none of its own."""
    return [one.payload for one in waiting if _request(one.payload)]


def _request(payload: Mapping[str, Any]) -> str:
    return payload["interlock"]["request_id"]


def _ignore(event: Event) -> None:
    """Tell nobody."""


__all__ = [
    "Approve",
    "Cancel",
    "Edit",
    "Event",
    "Human",
    "HumanStep",
    "LeapClock",
    "Play",
    "Refuse",
    "Report",
    "Respond",
    "Scenario",
    "TooLate",
    "aplay",
    "load",
    "load_all",
    "play",
    "scripted",
    "shortfalls",
]
