"""Hush: while a gated tool runs, nothing that watches runs sees what it returns.

A configuration without callbacks is not enough: tracing switched on by the environment or a
context, and the debug printer, are added to every run by LangChain itself.
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Final, cast

from langchain_core.callbacks import BaseCallbackHandler, StdOutCallbackHandler
from langchain_core.tracers import context as tracing
from langchain_core.tracers.stdout import ConsoleCallbackHandler
from langgraph.pregel import _tools as tool_stream
from langsmith import run_helpers

_HOOKS: Final = "_configure_hooks"
"""LangChain's list of context variables whose handlers join every run."""
_WRITER: Final = "_tool_call_writer"
"""LangGraph's context variable through which a tool streams parts of its result."""

_untraced = cast("Callable[..., AbstractContextManager[None]]", run_helpers.tracing_context)


class _Deaf(BaseCallbackHandler):
    """Is told nothing."""


for _kind in ("agent", "chain", "chat_model", "custom_event", "llm", "retriever", "retry"):
    setattr(_Deaf, f"ignore_{_kind}", property(lambda _: True))


class _DeafConsole(_Deaf, ConsoleCallbackHandler):
    """Takes the place of the handler that prints every run in debug mode."""


class _DeafStdOut(_Deaf, StdOutCallbackHandler):
    """Takes the place of the handler that prints what a verbose tool returns."""

    def on_text(self, text: str, *_: Any, **__: Any) -> None:  # noqa: ANN401 - LangChain's
        """Print nothing."""


def deaf_handlers() -> list[BaseCallbackHandler]:
    """Return handlers that do nothing and keep LangChain from adding those that print."""
    return [_DeafConsole(), _DeafStdOut()]


@contextmanager
def silenced() -> Generator[None]:
    """Keep tracers, run collectors and tool streams of the surrounding run out of the block."""
    watched = [(var, var.set(stand_in)) for var, stand_in in _watchers()]
    try:
        with _untraced(enabled=False):
            yield
    finally:
        for var, token in reversed(watched):
            var.reset(token)


def _watchers() -> list[tuple[ContextVar[Any], object]]:
    """List the context variables through which something watches, each with what stands in for it.

    A handler's variable is not emptied: LangChain might then make one for the environment's sake.
    """
    writer = getattr(tool_stream, _WRITER, None)
    found: list[Any] = [(hook[0], _Deaf()) for hook in getattr(tracing, _HOOKS, [])]
    return found if writer is None else [*found, (writer, None)]
