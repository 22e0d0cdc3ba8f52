"""Grade: what functions of the host say of how sure one may be of a call.

A policy names them among the sources of confidence, as `callable:NAME`; the host registers them. A
grader that returns None says nothing, and the next source is heard. One that is not registered,
raises, returns no probability or takes too long has failed: then no source behind it is heard
either, so that a call which its agent makes hard to grade is not taken at the agent's own word.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from interlock.canon import decode, encode
from interlock.conduct.beside import TimedWork
from interlock.conduct.experience import CONFIDENCE
from interlock.conduct.measured import Measured
from interlock.conduct.values import Intent, Turn
from interlock.errors import InterlockError
from interlock.path.proposal import split_claim
from interlock.policy.document import CALLABLE
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.facts import is_number
from interlock.signals.confidence import SourceClaim


class GradedCall(NamedTuple):
    """A proposed call, as a grader sees it."""

    tool: str
    args: dict[str, Any]
    """A copy: what is done to it changes no call."""
    agent: str
    model: str
    principal: str
    tenant: str
    thread_id: str


Grader: TypeAlias = Callable[[GradedCall], float | None]
"""Says how likely a call is right, 0..1; None where it has nothing to say. It is asked in a thread
of its own, of several calls at once."""

Failures: TypeAlias = Mapping[str, str]
"""Source to why it has no word."""


class Graders:
    """The graders that a host registered."""

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[str, Grader] = {}
        self._beside = TimedWork("grading", "graded")

    def register(self, name: str, grader: Grader) -> None:
        """Take a grader under the name that a policy has. Raises `InterlockError`."""
        if not re.fullmatch(CALLABLE, f"callable:{name}"):
            raise InterlockError(f"`{name}` names no grader; expected small letters, digits, `_`")
        if name in self._known:
            raise InterlockError(f"a grader `{name}` is registered already; choose another name")
        if inspect.iscoroutinefunction(grader):
            raise InterlockError(f"the grader `{name}` is async; register a plain function")
        self._known[name] = grader

    def ask(self, policy: CompiledPolicy, turn: Turn) -> tuple[Turn, Sequence[Failures]]:
        """Return a turn with what the policy's graders say of each call, and which failed of each.

        Never raises. A host that gives a confidence itself has said what counts.
        """
        names = [each for each in policy.confidence_sources if each.startswith(_PREFIX)]
        given = turn.context.signals.get(CONFIDENCE)
        if not names or given is not None or CONFIDENCE not in policy.heeded:
            return turn, [_NONE] * len(turn.intents)
        heard: dict[tuple[int, str], SourceClaim | str | None] = {}
        why = self._beside.in_time(partial(self._grade, turn, names, heard))
        known = {**heard}  # who took too long may still speak, unheard
        late = why or "it said nothing"
        said = [
            {name: known.get((at, name), late) for name in names} for at in range(len(turn.intents))
        ]
        graded = zip(turn.intents, map(_claims, said), strict=True)
        intents = tuple(replace(one, said={**one.said, **claims}) for one, claims in graded)
        return replace(turn, intents=intents), [_failures(each) for each in said]

    def _grade(
        self,
        turn: Turn,
        names: Sequence[str],
        heard: dict[tuple[int, str], SourceClaim | str | None],
    ) -> None:
        for at, intent in enumerate(turn.intents):
            for name in names:
                heard[at, name] = self._one(turn, intent, name)

    def _one(self, turn: Turn, intent: Intent, name: str) -> SourceClaim | str | None:
        """Ask one grader about one call; a text says why it failed."""
        grader = self._known.get(name.removeprefix(_PREFIX))
        if grader is None:
            return "no such function is registered with the gate"
        try:
            said = grader(_graded(turn, intent))
        except Exception as error:  # noqa: BLE001 - a grader that fails is missing
            return f"it failed ({type(error).__name__})"
        if said is None:
            return None
        if not is_number(said) or not 0 <= said <= 1:
            return "it returned no number from 0 to 1"
        return SourceClaim(float(said), f"the host's function says {said:.2f}")


def unless_failed(weighed: Measured, failed: Failures, order: Sequence[str]) -> Measured:
    """Return what was weighed; without confidence where a grader failed before the source of it."""
    before = [name for name in order if name in failed]
    if not before:
        return weighed
    spoke = weighed.reasons.get(CONFIDENCE, ("",))[0].partition(": ")[0]
    if spoke in order and order.index(spoke) < order.index(before[0]):
        return weighed
    why = f"{before[0]}: {failed[before[0]]}"
    signals = {name: value for name, value in weighed.signals.items() if name != CONFIDENCE}
    reasons = {name: words for name, words in weighed.reasons.items() if name != CONFIDENCE}
    return weighed._replace(
        signals=signals, reasons=reasons, missing={**weighed.missing, CONFIDENCE: why}
    )


def _graded(turn: Turn, intent: Intent) -> GradedCall:
    context, (plain, _) = turn.context, split_claim(intent.args)
    agent = context.agent
    known = (agent.id, agent.model or "", context.principal, context.tenant, turn.thread_id)
    return GradedCall(intent.tool, decode(encode(plain)), *known)


def _claims(said: Mapping[str, SourceClaim | str | None]) -> dict[str, SourceClaim]:
    return {name: word for name, word in said.items() if isinstance(word, SourceClaim)}


def _failures(said: Mapping[str, SourceClaim | str | None]) -> Failures:
    return {name: word for name, word in said.items() if isinstance(word, str)}


_PREFIX: Final = "callable:"
_NONE: Final[Failures] = MappingProxyType({})
