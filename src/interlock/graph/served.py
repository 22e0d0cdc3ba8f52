"""Serve: a graph that runs in a LangGraph Server, as the graphs that run here are used.

Its server runs and keeps its threads; a resume is one more run, refused while another one is at
work. Source: `langgraph.pregel.remote.RemoteGraph`, which speaks through `langgraph-sdk`.
"""

from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import StateSnapshot
from langgraph_sdk.errors import NotFoundError


class ServedGraph(RemoteGraph):
    """One graph of a server, by its name there or an assistant's id.

    The key that the server may want is `LANGGRAPH_API_KEY`.
    """

    def get_state(self, config: RunnableConfig, **options: Any) -> StateSnapshot:  # noqa: ANN401 - as LangGraph's
        """Return a thread's state; an empty one for a thread that the server does not have.

        A server's threads are UUIDs; anything else would become a path of another meaning there.
        """
        try:
            UUID(str(config.get("configurable", {}).get("thread_id")))
            return super().get_state(config, **options)
        except (NotFoundError, ValueError):
            return StateSnapshot({}, (), config, None, None, None, (), ())

    def invoke(self, input: Any, config: RunnableConfig | None = None, **options: Any) -> Any:  # noqa: A002, ANN401 - as LangGraph's
        """Run a thread on its server to its end or its next question."""
        return super().invoke(input, config, multitask_strategy="reject", **options)
