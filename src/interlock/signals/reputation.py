"""Weigh words: what the word of one agent, at one model, has been worth.

Beside its record of right calls it keeps the newest decided calls with what each source said of
them, by class of tool. Tables that correct a source are made of those, and made again when there
are more. Another model is another agent here: it starts with nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

from interlock.errors import LedgerTooNew
from interlock.signals.calibration import (
    CalibrationTable,
    Judged,
    brier,
    calibrated,
    ece,
)
from interlock.signals.confidence import FEWEST_CASES, TableName
from interlock.signals.record import TrackRecord

VERSION: Final = 1
"""Of the written form; what another version wrote is learned anew."""

MOST_CASES: Final = 512
"""Decided calls that are kept of each source and class of tools, the newest."""

_RENEWED: Final = 16
"""Cases after which a held-out check makes the table again."""


class CaseName(NamedTuple):
    """Whose word about what: a source, and a class of tools; all of them where that is empty."""

    source: str
    tool_class: str


class Quality(NamedTuple):
    """How good a source's word was, as said and as corrected by what was known before each call."""

    cases: int
    ece: float
    brier: float
    ece_corrected: float
    brier_corrected: float


class Reputation:
    """What was decided about the calls of one agent at one model. It is updated in place."""

    def __init__(self, agent: str, model: str = "") -> None:
        """Start with nothing decided."""
        self.agent, self.model = agent, model
        self.version = 0
        """How often it was written."""
        self.record = TrackRecord()
        self.cases: dict[CaseName, list[Judged]] = {}

    def learn(self, tool: str, tool_class: str, said: Mapping[str, float], *, right: bool) -> None:
        """Count a decided call, with what each source said of it."""
        self.record.learn(self.agent, tool, right=right)
        for source, value in said.items():
            for of in (tool_class, ""):
                cases = self.cases.setdefault(CaseName(source, of), [])
                cases.append(Judged(value, right))
                del cases[:-MOST_CASES]
        self.__dict__.pop("tables", None)

    def correct(self, tool: str, tool_class: str, said: Mapping[str, float]) -> None:
        """Count a call that was learned as right, with what each source said of it, as wrong."""
        self.record.correct(self.agent, tool)
        for source, value in said.items():
            for of in (tool_class, ""):
                cases = self.cases.get(CaseName(source, of), [])
                if Judged(value, True) in cases:  # it is not, where there are newer ones enough
                    cases[cases.index(Judged(value, True))] = Judged(value, False)
        self.__dict__.pop("tables", None)

    @cached_property
    def tables(self) -> dict[TableName, CalibrationTable]:
        """The table of each source and class of tools that has enough cases."""
        found = {
            TableName(name.source, self.agent, name.tool_class): calibrated(cases, self.model)
            for name, cases in self.cases.items()
            if len(cases) >= FEWEST_CASES
        }
        return {name: table for name, table in found.items() if table is not None}

    def quality(self) -> dict[CaseName, Quality]:
        """Say how good each source's word was, before it is corrected and after."""
        return {name: quality(cases, self.model) for name, cases in sorted(self.cases.items())}

    def to_text(self) -> str:
        """Write everything as JSON."""
        cases = [
            [*name, [[said, int(right)] for said, right in judged]]
            for name, judged in sorted(self.cases.items())
        ]
        head = {"v": VERSION, "agent": self.agent, "model": self.model, "version": self.version}
        return json.dumps({**head, "record": self.record.to_json(), "cases": cases})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote. Raises `LedgerTooNew` for another version's."""
        parts: dict[str, Any] = json.loads(text)
        if parts.get("v") != VERSION:
            raise LedgerTooNew(f"reputation of version {parts.get('v')}; this one reads {VERSION}")
        reputation = cls(parts["agent"], parts["model"])
        reputation.version = parts["version"]
        reputation.record = TrackRecord.from_json(parts["record"])
        for source, tool_class, judged in parts["cases"]:
            cases = [Judged(float(said), bool(right)) for said, right in judged]
            reputation.cases[CaseName(source, tool_class)] = cases
        return reputation


def quality(cases: Sequence[Judged], model: str = "") -> Quality:
    """Compare what was said, and what a table of only the earlier cases makes of it."""
    after = list(_corrected(cases, model))
    return Quality(len(cases), ece(cases), brier(cases), ece(after), brier(after))


def _corrected(cases: Sequence[Judged], model: str) -> Iterator[Judged]:
    """Yield each case as it would have been shown, by the table of the cases before it."""
    for start in range(0, len(cases), _RENEWED):
        table = calibrated(cases[:start], model) if start >= FEWEST_CASES else None
        for said, right in cases[start : start + _RENEWED]:
            yield Judged(said if table is None else table.worth(said), right)
