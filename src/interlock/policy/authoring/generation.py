"""Generate: calls at the values where policies change their mind.

The same policies give the same calls. Where all combinations are too many there are all single
steps and all pairs from a calm call, then others by chance, seeded.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from math import prod
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from interlock.policy.authoring.literals import Literals, QuestionPath, literals
from interlock.policy.document import Document
from interlock.policy.subject import Approval

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
_ABSENT: Final = object()
"""A value that is left out of the call."""
SEED: Final = 20250101
"""What makes chance the same each time."""
MOST: Final = 20_000
"""Calls that are generated unless said otherwise."""

CALM: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "confidence": 1.0,
        "anomaly_score": 0.0,
        "risk_score": 0.0,
        "retry_count": 0,
        "error_streak": 0,
        "retry_rounds": 0,
        "first_time_action": False,
        "unprompted_identifier": False,
        "tainted_by": [],
        "after_untrusted_read": False,
        "unasked_effects": [],
    }
)
"""Signals that give no rule a reason to be strict."""

_Axis: TypeAlias = tuple[QuestionPath, Sequence[Any]]
_Choice: TypeAlias = Mapping[QuestionPath, Any]


class Question(NamedTuple):
    """A call that nobody made, with all that a policy may look at."""

    tool: str
    args: Mapping[str, Any] = _NONE
    agent: str = ""
    context: Mapping[str, Any] = _NONE
    """With `principal` among it."""
    environment: str | None = None
    level: int = 0
    signals: Mapping[str, Any] = _NONE
    spent: Mapping[str, float] = _NONE
    """What was spent of each budget and rate before, by the guardrail's id."""
    found: tuple[str, ...] = ()
    """Kinds that the arguments hold."""
    approval: Approval | None = None
    """Asks as right before the call runs."""

    def json(self) -> dict[str, Any]:
        """Write it as `policy explain` reads it."""
        parts = {
            "name": self.tool,
            "args": dict(self.args),
            "agent": self.agent,
            "context": dict(self.context),
            "environment": self.environment,
            "level": self.level,
            "signals": dict(self.signals),
            "usage": {name: value for name, value in self.spent.items() if value},
            "found": list(self.found),
        }
        if self.approval is not None:
            parts["approval"] = {"groups": sorted(self.approval.groups)}
        return {key: value for key, value in parts.items() if value not in ({}, [], None)}


def questions(documents: Iterable[Document], most: int = MOST) -> list[Question]:
    """Return at most `most` calls that one or several policies may decide differently."""
    found = literals(documents)
    each = max(1, most // len(found.tools))
    made: list[Question] = []
    for tool in found.tools:
        made += [_question(tool, choice) for choice in _choices(_axes(found, tool), each)]
    return made[:most]


def _axes(found: Literals, tool: str) -> list[_Axis]:
    """Return what is varied of a tool's calls, the calm value of each first."""
    own = found.facts.get(tool, {})
    given = {
        steps: (*found.at.get(steps, ()), *own.get(steps, ())) for steps in {**found.at, **own}
    }
    axes: list[_Axis] = [
        (steps, [*_calm(steps), *_others(steps, values)]) for steps, values in given.items()
    ]
    axes += [
        (("agent",), found.agents),
        (("context", "principal"), found.principals),
        (("environment",), found.environments or (None,)),
        (("level",), found.levels),
        (("found",), [(), *((kind,) for kind in found.kinds)]),
    ]
    axes += [(("spent", name), values) for name, values in found.spent.items()]
    if found.groups:
        approved = [Approval(frozenset(), frozenset({group})) for group in found.groups]
        axes.append((("approval",), [None, Approval(frozenset(), frozenset()), *approved]))
    return [axis for axis in axes if axis[1]]


def _calm(steps: QuestionPath) -> list[Any]:
    return [CALM[steps[1]]] if steps[0] == "signals" and steps[1] in CALM else []


def _others(steps: QuestionPath, values: Sequence[Any]) -> list[Any]:
    return [*(each for each in values if each not in _calm(steps)), _ABSENT]


def _choices(axes: Sequence[_Axis], most: int) -> Iterator[_Choice]:
    """Choose a value for each axis, all ways where they are few enough."""
    names = [steps for steps, _ in axes]
    if prod(len(values) for _, values in axes) <= most:
        for chosen in product(*(values for _, values in axes)):
            yield dict(zip(names, chosen, strict=True))
        return
    seen: dict[tuple[int, ...], None] = {}
    for places in _places([len(values) for _, values in axes]):
        if len(seen) >= most:
            break
        seen.setdefault(places)
    for places in seen:
        yield {steps: values[at] for (steps, values), at in zip(axes, places, strict=True)}


def _places(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Return a place on each axis: the calm call, its single steps, its pairs, then by chance."""
    calm = [0] * len(sizes)
    yield tuple(calm)
    for several in (1, 2):
        for turned in combinations(range(len(sizes)), several):
            for places in product(*(range(1, sizes[at]) for at in turned)):
                moved = calm.copy()
                for at, place in zip(turned, places, strict=True):
                    moved[at] = place
                yield tuple(moved)
    chance = random.Random(SEED)  # noqa: S311 - the same each time, and no secret
    for _ in range(4 * sum(sizes) ** 2):
        yield tuple(chance.randrange(size) for size in sizes)


def _question(tool: str, choice: _Choice) -> Question:
    roots: dict[str, Any] = {"args": {}, "context": {}, "signals": dict(CALM), "spent": {}}
    for steps, value in choice.items():
        if value is _ABSENT:
            _drop(roots, steps)
        else:
            _put(roots, steps, value)
    return Question(tool, **roots)


def _put(roots: dict[str, Any], steps: QuestionPath, value: Any) -> None:  # noqa: ANN401 - JSON
    *way, last = steps
    inner = roots
    for step in way:
        member = inner.get(step)
        inner[step] = member if isinstance(member, dict) else {}
        inner = inner[step]
    inner[last] = value


def _drop(roots: dict[str, Any], steps: QuestionPath) -> None:
    *way, last = steps
    inner: Any = roots
    for step in way:
        inner = inner.get(step) if isinstance(inner, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - JSON
    if isinstance(inner, dict):
        inner.pop(last, None)  # pyright: ignore[reportUnknownMemberType] - JSON
