"""Move: what a script asks of a graph and of the ledger, followed by two thin edges.

A script is written once; `follow` walks it over a graph's methods, `afollow` over their awaited
twins. What a move raises is raised where the script made it.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

EndT = TypeVar("EndT")

_STREAMED: Final = "get_state_history"
"""The verb whose result comes one by one."""


class GraphCall(NamedTuple):
    """Call a method of the graph; yields what it returns, a history as a list."""

    verb: str
    args: tuple[Any, ...]
    more: Mapping[str, Any] = {}
    of: Any = None
    """Another graph than the one that the script is about."""


class LedgerCall(NamedTuple):
    """Ask the ledger; yields what it says."""

    question: Callable[[], Any]


GraphScript: TypeAlias = Generator[GraphCall | LedgerCall, Any, EndT]
"""Steps over a graph; `EndT` is what they come to."""


def follow(graph: Any, script: GraphScript[EndT]) -> EndT:  # noqa: ANN401 - any compiled graph
    """Walk a script in this thread."""
    step: Callable[[], Any] = partial(next, script)
    while True:
        try:
            move = step()
        except StopIteration as ended:
            return ended.value
        try:
            step = partial(script.send, _done(graph, move))
        except Exception as error:  # noqa: BLE001 - raised again where the script made the move
            step = partial(script.throw, error)


async def afollow(graph: Any, script: GraphScript[EndT]) -> EndT:  # noqa: ANN401 - as above
    """Walk a script on the event loop, the ledger in a thread."""
    step: Callable[[], Any] = partial(next, script)
    while True:
        try:
            move = step()
        except StopIteration as ended:
            return ended.value
        try:
            step = partial(script.send, await _awaited(graph, move))
        except Exception as error:  # noqa: BLE001 - as above
            step = partial(script.throw, error)


def _done(graph: Any, move: GraphCall | LedgerCall) -> Any:  # noqa: ANN401 - what the move yields
    if isinstance(move, LedgerCall):
        return move.question()
    got = getattr(move.of or graph, move.verb)(*move.args, **move.more)
    return [*got] if move.verb == _STREAMED else got


async def _awaited(graph: Any, move: GraphCall | LedgerCall) -> Any:  # noqa: ANN401 - as above
    if isinstance(move, LedgerCall):
        return await asyncio.to_thread(move.question)
    got = getattr(move.of or graph, f"a{move.verb}")(*move.args, **move.more)
    return [one async for one in got] if move.verb == _STREAMED else await got
