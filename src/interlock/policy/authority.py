"""Name: the sections that say how far an agent may go, whom it asks and what nobody may lift.

Boundaries, decision matrix, risk and guardrails, as they stand in the file. `sections.py` reads
them, `authorities.py` compiles them. A field's text is also its description in the JSON Schema.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from interlock.policy.decisions import Risk
from interlock.policy.match import Match

Tier: TypeAlias = float | str
"""A limit: a number, or a word of the boundary's `order`."""


class Boundary(NamedTuple):
    """How far an action may go alone; the section's key is a tool's name, a topic or a glob."""

    fact: str
    """Fact that is measured; without it, or below zero where no limit is, a call is beyond."""
    max_autonomous: Tier | Mapping[str, Tier]
    """Largest value within: a number or a tier, or one by autonomy level, `"0"` to `"3"`."""
    order: tuple[str, ...] = ()
    """Tiers from the lowest to the highest; then the fact is one of them."""
    above: Literal["require_approval", "deny"] = "require_approval"
    """What is decided beyond."""


class Cell(NamedTuple):
    """Who decides one action at one risk; in the file `auto-approve`, `deny`, or a group."""

    decision: Literal["allow", "require_approval", "deny"]
    """What is decided."""
    group: str | None = None
    """Group of whom one must approve."""
    vote: Literal["majority", "unanimous"] | None = None
    """How many of the group must approve; one when absent."""


class GroupCell(NamedTuple):
    """A cell that names more than a group."""

    group: str
    """Group that approves."""
    vote: Literal["majority", "unanimous"] | None = None
    """How many of the group must approve; one when absent."""


class MatrixRow(NamedTuple):
    """One action's cells."""

    cells: Mapping[Risk, Mapping[str, Cell]]
    """By risk level, then by environment; `default` for all others, and alone where the file
    gives one cell for every environment."""


class DecisionMatrix(NamedTuple):
    """Who decides, by action and risk; a listed action's missing cell is a denial."""

    actions: Mapping[str, MatrixRow] = MappingProxyType({})
    """By tool name, topic or glob; in the file the rows stand beside `unlisted`."""
    unlisted: Literal["deny"] | None = None
    """What is decided of all other actions; nothing when absent."""


class RiskEntry(NamedTuple):
    """One way to a risk level; the highest that holds counts, and what is unknown holds."""

    level: Risk
    """`low`, `medium`, `high` or `critical`."""
    match: Match = Match()
    """When it holds; without any condition, always."""


class Budget(NamedTuple):
    """How much of a fact may be spent in a window of time."""

    fact: str
    """Fact that is added up; a call without it, or with a negative one, is denied."""
    max: float
    """Largest sum."""
    per: Literal["minute", "hour", "day", "week"]
    """Length of the window, which ends now."""
    by: Literal["agent", "principal", "tenant", "tool", "all"] = "agent"
    """Whose calls are added up."""


class Rate(NamedTuple):
    """How many calls may run in a window of time."""

    max: int
    """Largest number."""
    per: Literal["minute", "hour", "day", "week"]
    """Length of the window, which ends now."""
    by: Literal["agent", "principal", "tenant", "tool", "all"] = "agent"
    """Whose calls are counted."""


class Guardrail(NamedTuple):
    """A denial that neither level nor human lifts; with none of the last four it denies all."""

    id: str | None = None
    """Name in decisions and entries; the guardrail's place (`guardrails[3]`) when absent."""
    match: Match = Match()
    """Which calls it is about; without any condition, all."""
    reason: str = ""
    """Why, for the people who read the decision."""
    stage: Literal["decide", "guard", "both"] = "both"
    """When it is checked: before anyone is asked, right before the call runs, or both."""
    require: str | None = None
    """CEL expression that must be true."""
    budget: Budget | None = None
    """How much may be spent."""
    rate: Rate | None = None
    """How often it may run."""
    inspect_args: Mapping[str, Literal["deny", "ask"]] | None = None
    """What the arguments may not hold: an entity, `secrets` or `injection`, and what is done."""


WINDOWS_S: Mapping[str, float] = {
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 604_800.0,
}
"""Length of each window in seconds."""
