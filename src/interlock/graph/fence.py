"""Fence: a saver that writes only for who still has the thread.

A process that was paused beyond its lease wakes in the middle of a run that another one took over.
Each write asks first, so that nothing of the lost run is kept and no step follows the one that it
woke in; graphs inside that graph inherit the saver. Runs have to be of durability `sync`.
"""

import asyncio
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from interlock.graph.task import CHECKPOINTER


def fenced(graph: Any, config: RunnableConfig, keep: Callable[[], None]) -> RunnableConfig:  # noqa: ANN401 - any compiled graph
    """Return a configuration under which a graph's saver calls `keep` before it writes.

    What `keep` raises ends the run. A graph without a saver here, as a server's, is left as it is.
    """
    saver: Any = getattr(graph, "checkpointer", None)
    if not _writes(saver):
        return config
    twin = copy(saver)
    for verb in ("put", "put_writes"):
        setattr(twin, verb, _asking(getattr(saver, verb), keep))
        setattr(twin, f"a{verb}", _aasking(getattr(saver, f"a{verb}"), keep))
    return {**config, "configurable": {**config.get("configurable", {}), CHECKPOINTER: twin}}


def unfenced(config: RunnableConfig) -> dict[str, Any]:
    """Return what a configuration says beside the fence, for another graph's run."""
    said = config.get("configurable", {})
    return {name: value for name, value in said.items() if name != CHECKPOINTER}


def _writes(saver: object) -> bool:
    return isinstance(saver, BaseCheckpointSaver)


def _asking(write: Callable[..., Any], keep: Callable[[], None]) -> Callable[..., Any]:
    @wraps(write)
    def asked(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - a saver's signature
        keep()
        return write(*args, **more)

    return asked


def _aasking(write: Callable[..., Any], keep: Callable[[], None]) -> Callable[..., Any]:
    @wraps(write)
    async def asked(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as above
        await asyncio.to_thread(keep)
        return await write(*args, **more)

    return asked
