"""Move: a script walks over a graph and its awaited twins alike."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from interlock.graph.moves import GraphCall, GraphScript, LedgerCall, afollow, follow


class Graph:
    """A graph that says which of its methods was called."""

    def invoke(self, given: str, *, loud: bool = False) -> str:
        if given == "bad":
            raise ValueError(given)
        return f"{given}{'!' if loud else ''}"

    async def ainvoke(self, given: str, *, loud: bool = False) -> str:
        return f"awaited {self.invoke(given, loud=loud)}"

    def get_state_history(self, count: int) -> Iterator[int]:
        yield from range(count)

    async def aget_state_history(self, count: int) -> AsyncIterator[int]:
        for at in range(count):
            yield at


def script(of: Any = None) -> GraphScript[list[Any]]:
    """Ask for everything once."""
    said = yield GraphCall("invoke", ("hello",), {"loud": True}, of)
    history = yield GraphCall("get_state_history", (2,))
    known = yield LedgerCall(lambda: "known")
    try:
        yield GraphCall("invoke", ("bad",))
    except ValueError as error:
        return [said, history, known, str(error)]
    return []


async def test_both_edges_walk_the_same_way() -> None:
    """Results come back, a history as a list, and an error is raised where its move was made."""
    assert follow(Graph(), script()) == ["hello!", [0, 1], "known", "bad"]
    assert await afollow(Graph(), script()) == ["awaited hello!", [0, 1], "known", "bad"]


def test_another_graph_may_be_asked() -> None:
    """A move may name the graph that it is about."""

    class Other(Graph):
        def invoke(self, given: str, *, loud: bool = False) -> str:
            return "other"

    assert follow(Graph(), script(Other()))[0] == "other"


async def test_what_a_script_does_not_catch_leaves_it() -> None:
    """An error that no script expects is the caller's."""

    def one() -> GraphScript[None]:
        yield GraphCall("invoke", ("bad",))

    with pytest.raises(ValueError, match="bad"):
        follow(Graph(), one())
    with pytest.raises(ValueError, match="bad"):
        await afollow(Graph(), one())
