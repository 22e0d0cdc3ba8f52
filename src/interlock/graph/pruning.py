"""Prune: checkpoints of threads that have come to their end, where their saver can.

The ledger keeps what happened: a thread without its checkpoints runs nothing again.
"""

from typing import Any, Literal, TypeAlias

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

Pruned: TypeAlias = Literal["pruned", "deleted", "unfinished", "unable", "unknown"]
"""The newest checkpoint is left, none is, the thread still runs or waits, its saver cannot, or its
saver does not know it."""


def prune(
    graph: Any,  # noqa: ANN401 - any compiled graph
    thread_id: str,
    *,
    delete: bool = False,
    dry_run: bool = False,
) -> Pruned:
    """Take all checkpoints of a finished thread but the newest, or with `delete` all of them."""
    config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
    state = graph.get_state(config, subgraphs=True)
    if state.created_at is None:
        return "unknown"
    if state.next or state.interrupts:
        return "unfinished"
    saver = graph.checkpointer
    if not _can(saver, "delete_thread" if delete else "prune"):
        return "unable"
    if not dry_run:
        _ = saver.delete_thread(thread_id) if delete else saver.prune([thread_id])
    return "deleted" if delete else "pruned"


def _can(saver: object, method: str) -> bool:
    """Whether a saver has a method of its own; LangGraph's base only raises."""
    own = getattr(type(saver), method, None)
    return own is not None and own is not getattr(BaseCheckpointSaver, method, None)
