"""Read: what LangGraph tells a node about the task that runs it.

The only module that knows LangGraph's private configuration keys. A key that a version does not
have counts on the careful side: no identity is guessed, no answer is taken for a fresh one.
"""

import getpass
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, NoReturn, cast

from langchain_core.runnables import RunnableConfig
from langgraph import types as langgraph_types
from langgraph.config import get_config

from interlock.clock import new_id
from interlock.errors import InterlockError
from interlock.graph.silence import deaf_handlers

LEVELS: Final = "|"
"""Between the levels of a checkpoint namespace. Source: `langgraph.constants`, `NS_SEP`."""

ROOT_NAMESPACE: Final = ""
"""Checkpoint namespace of a thread's outermost graph, under which all its calls are known.

Segments below it carry ids of tasks, which another run of the same step has others of.
Source: `langgraph.pregel._loop`, `PregelLoop.__init__`; `docs/adr/0019`.
"""

CHECKPOINTER: Final = "__pregel_checkpointer"
"""Under which a run is lent another saver than its graph's own."""

_CALL: Final = "__pregel_call"
_CHECKPOINTS: Final = "checkpoint_map"
_READ: Final = "__pregel_read"
_RESUME_MAP: Final = "__pregel_resume_map"
_RESUMING: Final = "__pregel_resuming"
_RUNTIME: Final = "__pregel_runtime"
_SCRATCHPAD: Final = "__pregel_scratchpad"
_SEND: Final = "__pregel_send"
_STREAM: Final = "__pregel_stream"

_OUTLETS: Final = frozenset({CHECKPOINTER, _READ, _SEND, _STREAM})
"""Ways on which a tool, or a graph inside it, could say its result past the gate."""

STRICT_RESUME: Final = "__pregel_strict_resume"
"""Makes LangGraph refuse a resume that names no pending interrupt; unknown versions ignore it."""

_IDENTITIES: Final = ("identity", "id", "email", "name")
"""Where an authenticated user keeps what it is called, best first."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a graph: one run of one node, the same again after a resume."""

    thread_id: str
    namespace: str
    """Namespace of the graph that holds the node."""
    id: str
    """Namespace segment of the task itself: node name and task id; the same on every re-run."""
    config: RunnableConfig
    step: str = ""
    """Names the step that this and other tasks of the graph are run in; the same on a re-run."""
    run: str = field(default_factory=lambda: new_id("run"))
    """Names this run of the task; the next one has another."""

    @property
    def key(self) -> str:
        """Return what names the task among all tasks of all threads."""
        return LEVELS.join((self.thread_id, self.namespace, self.id))


def read_task(config: RunnableConfig) -> Task:
    """Read the task that a node's configuration belongs to.

    Without a thread every task stands alone, so that nothing is taken for a replay of another run.
    """
    conf = _conf(config)
    namespace, _, own = str(conf.get("checkpoint_ns", "")).rpartition(LEVELS)
    thread = conf.get("thread_id")
    checkpoint = cast("Mapping[str, str]", conf.get(_CHECKPOINTS) or {}).get(namespace)
    step = LEVELS.join((namespace, checkpoint)) if checkpoint else own
    return Task(str(thread) if thread is not None else f"~{own}", namespace, own, config, step)


def saver_of(config: RunnableConfig) -> object:
    """Return the run's checkpointer, or None."""
    return _conf(config).get(CHECKPOINTER)


def reviewer_of(config: RunnableConfig) -> str:
    """Return who resumes: the run's authenticated user, else `local:` and the login name.

    A user who is there and cannot be read, or is not authenticated, is nobody: an empty name.
    """
    user = _conf(config).get("langgraph_auth_user")
    if user is None:
        return f"local:{getpass.getuser()}"
    if isinstance(user, str):
        return user
    said = (_member(user, name) for name in _IDENTITIES)
    first = next((each for each in said if each is not None), None)
    is_known = _member(user, "is_authenticated") in (None, True)
    return first if is_known and isinstance(first, str) else ""


def read_state(config: RunnableConfig) -> Mapping[str, Any]:
    """Return the graph's channels as the running step sees them; empty when there are none."""
    read = _conf(config).get(_READ)
    channels = getattr(read, "args", (None, None))[1:2]
    if read is None or not channels or not isinstance(channels[0], Mapping):
        return {}
    return cast("Mapping[str, Any]", read(list(cast("Mapping[str, Any]", channels[0])), True))


def forgets_messages(config: RunnableConfig) -> bool:
    """Whether a run that is killed loses the messages by which its calls are known."""
    return getattr(_loop_of(_conf(config)), "durability", None) == "exit"


def states_around(config: RunnableConfig) -> Iterator[Mapping[str, Any]]:
    """Yield the channels of the running step's graph, then of each graph around it."""
    conf: Mapping[str, Any] | None = _conf(config)
    while conf:
        yield read_state({"configurable": dict(conf)})
        conf = _conf(getattr(_loop_of(conf), "config", None) or {})


def nodes_beside(config: RunnableConfig) -> Iterator[object]:
    """Yield what the nodes of the running step's graph run; nothing where nobody can tell."""
    nodes = cast("Mapping[str, Any]", getattr(_loop_of(_conf(config)), "nodes", None) or {})
    for node in nodes.values():
        yield getattr(node, "bound", None)


def is_resumed(config: RunnableConfig) -> bool:
    """Whether the run continues one that had paused."""
    conf = _conf(config)
    return bool(conf.get(_RESUMING) or conf.get(_RESUME_MAP))


def answer_is_fresh(index: int) -> bool:
    """Whether the answer that the running task's index-th interrupt is about to get is of this run.

    An answer of an earlier run comes again whenever the task is run again; one that nobody
    addressed is kept and comes with the next question too; and an answer to an earlier question is
    handed to the newest one. None of these is anybody's answer now.
    """
    conf = _conf(get_config())
    answers = cast("list[Any] | None", getattr(conf.get(_SCRATCHPAD), "resume", None))
    addressed = cast("Mapping[str, Any]", conf.get(_RESUME_MAP) or {})
    if answers is None or index < len(answers) - 1:
        return False
    if index >= len(answers):
        return not addressed and _resumed_with(conf) is not None
    return _interrupt_id(str(conf.get("checkpoint_ns", "")), index) in addressed


def for_tool(config: RunnableConfig) -> RunnableConfig:
    """Return the configuration that a gated tool runs under.

    It has no way to a stream, a callback, a trace or the run's checkpoints, so that a result is
    seen nowhere before it is inspected; and no right to pause the task itself, as its first half
    would then run twice. A graph inside the tool may pause; to keep its progress meanwhile it needs
    a checkpointer of its own, as the run's would keep what the gate may hold back.
    """
    conf = {key: value for key, value in _conf(config).items() if key not in _OUTLETS}
    if (runtime := conf.get(_RUNTIME)) is not None:
        conf[_RUNTIME] = runtime.override(stream_writer=_say_nothing)
    if (pad := conf.get(_SCRATCHPAD)) is not None:
        conf[_SCRATCHPAD] = replace(pad, interrupt_counter=_refuse_to_pause)
        # It still leads to the run's input, which a graph inside the tool is resumed by.
        outer = getattr(conf.get(_CALL), "keywords", {})
        conf[_CALL] = partial(_refuse_a_task, schedule_task=outer.get("schedule_task"))
    return {**config, "callbacks": deaf_handlers(), "configurable": conf}


def runtime_context(config: RunnableConfig) -> object:
    """Return the host's runtime context of the run, or None."""
    return getattr(_conf(config).get(_RUNTIME), "context", None)


def _conf(config: RunnableConfig) -> dict[str, Any]:
    return config.get("configurable") or {}


def _member(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value).get(name)
    return getattr(value, name, None)


def _interrupt_id(namespace: str, index: int) -> str:
    make = cast("Callable[[str, int], str] | None", getattr(langgraph_types, "_interrupt_id", None))
    return make(namespace, index) if make is not None else ""


def _resumed_with(conf: Mapping[str, Any]) -> object:
    """Return what the run's own input resumes with; None where it resumes with nothing.

    A task of a subgraph is resumed by the input of the outermost graph.
    """
    while (loop := _loop_of(conf)) is not None:
        given = getattr(loop, "input", None)
        if isinstance(given, langgraph_types.Command):
            return cast("Any", given).resume
        conf = _conf(getattr(loop, "config", None) or {})
    return None


def _loop_of(conf: Mapping[str, Any]) -> object:
    """Return the loop that runs a task, or None."""
    known = cast("Mapping[str, Any]", getattr(conf.get(_CALL), "keywords", None) or {})
    return getattr(known.get("schedule_task"), "__self__", None)


def _say_nothing(_: object) -> None:
    """Take what a tool would stream, and drop it."""


def _refuse_to_pause() -> NoReturn:
    raise InterlockError(
        "a gated tool may not call `interrupt`: what it did before would run twice; "
        "let the policy ask with `require_approval`"
    )


def _refuse_a_task(*_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - LangGraph's signature
    raise InterlockError(
        "a gated tool may not run a LangGraph task: its result would be kept before it is inspected"
    )


__all__ = [
    "CHECKPOINTER",
    "LEVELS",
    "ROOT_NAMESPACE",
    "STRICT_RESUME",
    "Task",
    "answer_is_fresh",
    "for_tool",
    "forgets_messages",
    "is_resumed",
    "nodes_beside",
    "read_state",
    "read_task",
    "reviewer_of",
    "runtime_context",
    "saver_of",
    "states_around",
]
