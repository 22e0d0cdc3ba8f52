"""Pause: let out the question of a graph inside a tool, once it is inspected like a result.

What a tool raises as a pause of its own is no question; it is the call's result. A call that may
not run again asks nobody, as the answer would reach nothing.
"""

import re
from dataclasses import replace
from typing import Any, Final, cast

from langgraph.errors import GraphInterrupt
from langgraph.types import Interrupt

from interlock.conduct import Conductor, Ready
from interlock.conduct.settling import examine, raw_result
from interlock.graph.results import plain_json
from interlock.path.execution import Done, InDoubt

_OWN_ID: Final = re.compile(r"[0-9a-f]{32}")
"""What LangGraph calls a question. Source: `langgraph.types.Interrupt.from_ns`."""

_NOT_AGAIN: Final = "it paused with a question, and may not run again for the answer"


def ask_or_end(conductor: Conductor, ready: Ready, pause: GraphInterrupt) -> Done | InDoubt:
    """Return a pause as the call's result; where all of it may leave, raise it as plain JSON.

    INVARIANT I3: the answer would run the tool again, so that a non-idempotent call is in doubt.
    """
    asked = questions(pause)
    values = [plain_json(one.value) for one in asked]
    schemas = [plain_json(one.response_schema) for one in asked]
    ended = Done(values[0] if len(values) == 1 else values, schemas, "error")
    is_own = bool(asked) and all(_OWN_ID.fullmatch(one.id) for one in asked)
    if is_own and _may_leave(conductor, ready, ended):
        if ready.warrant.effect == "non_idempotent":
            return InDoubt(_NOT_AGAIN)
        told = zip(asked, values, schemas, strict=True)
        raise GraphInterrupt(
            [Interrupt(value, one.id, response_schema=schema) for one, value, schema in told]
        ) from None
    return replace(ended, artifact=None)


def questions(pause: GraphInterrupt) -> list[Interrupt[Any]]:
    """Return what a pause asks; nothing where it is not LangGraph's."""
    given: Any = pause.args[0] if pause.args else ()
    asked = list(cast("list[Any]", given)) if isinstance(given, list | tuple) else []
    return asked if all(isinstance(one, Interrupt) for one in asked) else []


def _may_leave(conductor: Conductor, ready: Ready, ended: Done) -> bool:
    review_result = ready.warrant.review_result
    return examine(conductor.ports, raw_result(ended), review_result).verdict == "ALLOW"
