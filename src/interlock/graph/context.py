"""Read: for whom a turn is proposed: agent, principal, tenant, chain, signals and facts.

They come from the host: an argument of the node, the runtime context, and where that leaves
something open, the run's `configurable["interlock"]`; never from messages or arguments.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

from interlock.canon import to_json, type_name
from interlock.errors import InterlockError
from interlock.graph.task import Task, runtime_context
from interlock.path.proposal import Agent, Context, Link, Signal

AgentLike: TypeAlias = str | Agent | Mapping[str, Any]

ANONYMOUS: Final = Agent("agent")
"""Who proposes when the host does not say."""

_NAMES: Final = ("agent", "principal", "tenant", "chain", "signals", "context")


def read_context(
    task: Task, agent: AgentLike | None = None, said: Mapping[str, Any] | None = None
) -> Context:
    """Read what the host says about a run; later ones win: run, `said`, runtime context, `agent`.

    Clients may choose a run's configuration and input, so that the runtime context goes before
    both, member by member.
    Raises `InterlockError` for a value of the wrong kind: a principal that is not understood must
    not become no principal.
    """
    run = _told({"interlock": (task.config.get("configurable") or {}).get("interlock")})
    runtime = _told(runtime_context(task.config))
    own = {} if agent is None else {"agent": agent}
    return make_context({**run, **(said or {}), **runtime, **own})


def make_context(said: Mapping[str, Any]) -> Context:
    """Make a context of `agent`, `principal`, `tenant`, `chain`, `signals` and `context`.

    Raises `InterlockError`.
    """
    return Context(
        agent=read_agent(said["agent"]) if said.get("agent") is not None else ANONYMOUS,
        principal=_expect(said, "principal", str, "text") or "",
        tenant=_expect(said, "tenant", str, "text") or "",
        chain=tuple(_link(one) for one in _expect(said, "chain", list | tuple, "a list") or ()),
        signals=_signals(_expect(said, "signals", Mapping, "an object") or {}),
        facts=_facts(_expect(said, "context", Mapping, "an object") or {}),
    )


def read_agent(said: object) -> Agent:
    """Read who proposes: a name, or an object with `id` and optionally owner, model, version."""
    if isinstance(said, Agent):
        return said
    if isinstance(said, str) and said:
        return Agent(said)
    if isinstance(said, Mapping):
        parts = cast("Mapping[str, Any]", said)
        if isinstance(parts.get("id"), str) and parts.keys() <= set(Agent._fields):
            return Agent(**parts)
    raise InterlockError(
        "`interlock.agent` of the run is not understood; expected a name, "
        "or an object with `id` and optionally `owner`, `model`, `version`"
    )


def _told(source: object) -> dict[str, Any]:
    """Return what a source says under our names, from its member `interlock` if it has one.

    A `Context` says all of them; a mapping of ours no other.
    """
    inner = _member(source, "interlock")
    base = source if inner is None else inner
    if isinstance(inner, Mapping):
        _expect_ours(cast("Mapping[str, Any]", inner))
    found = {name: _member(base, name) for name in _NAMES}
    if isinstance(base, Context):
        found["context"] = base.facts
    return {name: value for name, value in found.items() if value is not None}


def _expect_ours(said: Mapping[str, Any]) -> None:
    for name in said.keys() - set(_NAMES):
        raise InterlockError(
            f"`interlock.{name}` of the run is not understood; expected {', '.join(_NAMES)}"
        )


def _member(source: object, name: str) -> Any:  # noqa: ANN401 - any context
    if isinstance(source, Mapping):
        return cast("Mapping[str, Any]", source).get(name)
    return getattr(source, name, None)


def _expect(said: Mapping[str, Any], name: str, kind: Any, words: str) -> Any:  # noqa: ANN401
    value = said.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise InterlockError(
        f"`interlock.{name}` of the run has type {type(value).__name__}; expected {words}"
    )


def _link(said: object) -> Link:
    agent, says = _member(said, "agent"), _member(said, "says")
    if isinstance(agent, str) and isinstance(says, str):
        return Link(agent, says)
    raise InterlockError("`interlock.chain` of the run takes objects with `agent` and `says`")


def _signals(said: Mapping[str, Any]) -> Mapping[str, Signal]:
    """Return the signals that are given; one that is no finite number says so, for any rule."""
    given = {str(name): value for name, value in said.items() if value is not None}
    return {
        name: value if _is_number(value) else _no_number(value) for name, value in given.items()
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


def _no_number(value: object) -> str:
    return f"[{value if isinstance(value, float) else type_name(value)}: no number]"


def _facts(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what else the host knows. Raises `CanonError`, naming what is no JSON."""
    to_json(said, "interlock.context")
    return said
