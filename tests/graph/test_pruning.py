"""Prune: checkpoints of threads that have come to their end, and of no other."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from interlock.graph.pruning import prune


class PruningSaver(InMemorySaver):
    """A saver that keeps the newest checkpoint, as PostgreSQL's does."""

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Take all others."""
        assert strategy == "keep_latest"
        for thread in thread_ids:
            newest = next(iter(self.list({"configurable": {"thread_id": thread}})))
            kept = newest.config["configurable"]["checkpoint_id"]
            held = self.storage[thread][""]
            for old in [each for each in held if each != kept]:
                del held[old]


def graph_of(saver: Any, *, asks: bool = False) -> Any:
    """Compile two nodes, of which the second may ask, and run thread `t`."""
    builder = StateGraph(MessagesState)
    builder.add_node("first", lambda _: {"messages": ["one"]})
    builder.add_node("second", lambda _: {"messages": [interrupt("?") if asks else "two"]})
    builder.add_edge(START, "first")
    builder.add_edge("first", "second")
    graph = builder.compile(checkpointer=saver)
    graph.invoke({"messages": ["hello"]}, THREAD)
    return graph


THREAD: Any = {"configurable": {"thread_id": "t"}}


def test_the_newest_checkpoint_is_left_and_the_thread_goes_on() -> None:
    """The state is as it was, older checkpoints are gone."""
    graph = graph_of(PruningSaver())
    before = graph.get_state(THREAD).values

    assert prune(graph, "t", dry_run=True) == "pruned"
    assert len([*graph.get_state_history(THREAD)]) > 1
    assert prune(graph, "t") == "pruned"
    assert len([*graph.get_state_history(THREAD)]) == 1
    assert graph.get_state(THREAD).values == before


@pytest.mark.parametrize("delete", [True, False])
def test_a_thread_that_waits_is_left(delete: bool) -> None:
    """What a person is asked stays where its answer finds it."""
    graph = graph_of(PruningSaver(), asks=True)
    before = len([*graph.get_state_history(THREAD)])

    assert prune(graph, "t", delete=delete) == "unfinished"
    assert len([*graph.get_state_history(THREAD)]) == before


def test_what_a_saver_cannot_is_said(tmp_path: Path) -> None:
    """LangGraph's SQLite saver forgets whole threads only."""
    place = sqlite3.connect(tmp_path / "threads.db", check_same_thread=False)
    graph = graph_of(SqliteSaver(place))

    assert prune(graph, "t") == "unable"
    assert prune(graph, "t", delete=True, dry_run=True) == "deleted"
    assert graph.get_state(THREAD).created_at is not None
    assert prune(graph, "t", delete=True) == "deleted"
    assert prune(graph, "t", delete=True) == "unknown"
    place.close()
