"""Ask what if: how recorded calls would have been decided at another level."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from interlock.conduct.values import Call, Judgement
from interlock.errors import DeskError
from interlock.path.assessment import assess, measured
from interlock.path.decision import decide
from interlock.policy.decisions import Kind
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy

MOST_CALLS: Final = 10_000
"""Newest calls that are looked at."""


class WhatIf(NamedTuple):
    """How calls of some days would have been decided at another level."""

    agent: str
    level: int
    calls: int
    changed: tuple[tuple[tuple[Kind, Kind], int], ...]
    """Decision at the recorded level and at the other, with how many calls, the most first."""

    @property
    def passing(self) -> int:
        """How many that people were asked about would have run unasked."""
        return sum(many for (was, now), many in self.changed if was in _ASKS and now not in _ASKS)


_ASKS: Final[frozenset[Kind]] = frozenset({"require_approval", "deny"})


def at_level(policy: CompiledPolicy, agent: str, level: int, calls: Iterable[Call]) -> WhatIf:
    """Decide calls at their own level and at another, with what was measured then.

    What is in their arguments is not looked for again. Raises `DeskError` for a level that is none.
    """
    if not 0 <= level <= TOP_LEVEL:
        raise DeskError(f"level {level} does not exist; levels are 0 to {TOP_LEVEL}")
    changed = Counter[tuple[Kind, Kind]]()
    for call in calls:
        if (judged := call.judgement) is not None:
            was = _kind(policy, call, judged, judged.level)
            changed[was, _kind(policy, call, judged, level)] += 1
    return WhatIf(agent, level, changed.total(), tuple(changed.most_common()))


def _kind(policy: CompiledPolicy, call: Call, judged: Judgement, level: int) -> Kind:
    seen = assess(policy, call.proposal, judged.signals, level)
    return decide(policy, measured(seen, judged.usage, None)).kind
