"""Trust: the first source that says how sure one may be of a call, at what its word was worth.

The policy names sources in order; one that says nothing, or nothing that is a probability, is
passed over, and where none is left confidence is missing. A source is corrected by a table of its
own, learned for the agent with tools of this class: an agent that is sure of what it looks up may
be wrong about what it writes.
Source: calibration differs by the class of tool, arXiv 2601.07264.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from interlock.signals.calibration import CalibrationTable
from interlock.signals.observation import Unmeasured

FEWEST_CASES: Final = 20
"""Decided calls below which a table corrects nothing."""


class SourceClaim(NamedTuple):
    """What one source says of a call."""

    said_0_1: float
    words: str
    """Why, for a reviewer."""


class TableName(NamedTuple):
    """Whose word a table is about."""

    source: str
    agent: str
    tool_class: str
    """A class of tools: what they do, or a tag. A table of the empty class is about all of them."""


class Confidence(NamedTuple):
    """How sure one may be of a call."""

    value_0_1: float
    said_0_1: float
    """What the source said, before its word was weighed."""
    source: str
    words: str
    cases: int
    """How many decided calls corrected it; 0 where it stands as said."""


def confidence(
    order: Sequence[str],
    claims: Mapping[str, SourceClaim | None],
    tables: Mapping[TableName, CalibrationTable],
    agent: str,
    tool_class: str = "",
    model: str = "",
) -> Confidence | Unmeasured:
    """Return the first claim in `order`, corrected where enough calls were decided.

    A table of another `model` than the one at work says nothing about it.
    """
    for source in order:
        claim = claims.get(source)
        if claim is not None and 0 <= claim.said_0_1 <= 1:
            table = _table(tables, TableName(source, agent, tool_class), model)
            if table is None:
                return Confidence(claim.said_0_1, claim.said_0_1, source, claim.words, 0)
            worth = table.worth(claim.said_0_1)
            words = f"{claim.words}; {worth:.0%} of such calls were right".replace("%", " %")
            return Confidence(worth, claim.said_0_1, source, words, table.cases)
    return Unmeasured("no_source", f"none of {', '.join(order) or 'no sources'} says anything")


def _table(
    tables: Mapping[TableName, CalibrationTable], name: TableName, model: str
) -> CalibrationTable | None:
    """Find the table of the class of tools, else that of all the agent's tools."""
    for each in (name, name._replace(tool_class="")):
        table = tables.get(each)
        if table is not None and table.cases >= FEWEST_CASES and table.model == model:
            return table
    return None
