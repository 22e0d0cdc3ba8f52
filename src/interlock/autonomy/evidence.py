"""Gather: what is known of an agent's work at its level, folded from facts and nothing else.

Facts come in the order of the log. One that comes again changes nothing. An error counts whenever
it is found; a success counts where it was had: at this level, since it was entered, with this
model, prompt and these tools. Another model or prompt is another agent, which starts from nothing;
another schema of a tool takes what went well and leaves what went wrong.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias, TypeVar, assert_never, get_args

from interlock.clock import parse_stamp, stamp

V = TypeVar("V")

LEVELS: Final = 4
"""Supervised, assisted, semi-autonomous, autonomous: 0 to 3."""

Success: TypeAlias = Literal["unseen", "right"]
"""It ran well: nobody looked at it, or a person did, before it ran or after."""

Error: TypeAlias = Literal[
    "tool_failed", "rejected", "edited", "audit_error", "audit_harm", "quarantine_confirmed"
]
"""The tool failed; a person rejected or edited the call; an audit found an error or harm; a
quarantined output was rightly held."""

ActionOutcome: TypeAlias = Success | Error
Correction: TypeAlias = Literal["right"] | Error
ERRORS: Final[tuple[Error, ...]] = get_args(Error)


class CallPlace(NamedTuple):
    """Where a call belongs."""

    tenant: str
    agent: str
    topic: str
    tool: str


class Versions(NamedTuple):
    """What made a call: the agent's model and prompt, and the digest of its tool's schema."""

    model: str = ""
    prompt: str = ""
    tool_schema: str = ""


class Acted(NamedTuple):
    """A call ended. What expired, was cancelled or is in doubt is no fact."""

    seq: int
    """Place in the log, from 1; it also names the call among findings."""
    at: datetime
    """When, aware."""
    place: CallPlace
    level: int
    """Level that the call was decided at."""
    outcome: ActionOutcome
    versions: Versions = Versions()
    owner: str = ""
    """Who answers for the agent, as the call says."""
    call_id: str = ""


class Found(NamedTuple):
    """Somebody looked at a call afterwards."""

    seq: int
    at: datetime
    acted: Acted
    """The call, with its outcome as it stood before."""
    outcome: Correction
    """`right`, or what is wrong with it; an error is never taken back."""


class Entered(NamedTuple):
    """A level was entered: risen to, fallen to, or begun anew by hand."""

    seq: int
    at: datetime
    level: int


EvidenceFact: TypeAlias = Acted | Found | Entered


class Exposure(NamedTuple):
    """Actions, by how they went."""

    unseen: int = 0
    """Successes that nobody looked at."""
    right: int = 0
    """Successes that a person looked at."""
    tool_failed: int = 0
    rejected: int = 0
    edited: int = 0
    audit_error: int = 0
    audit_harm: int = 0
    quarantine_confirmed: int = 0

    @property
    def successes(self) -> int:
        """How many went well, as far as anybody knows."""
        return self.unseen + self.right

    @property
    def errors(self) -> int:
        """How many did not."""
        return sum(self) - self.successes

    @property
    def actions(self) -> int:
        """How many there were."""
        return sum(self)

    @property
    def judged(self) -> int:
        """How many are known to have gone well or not: all but the unseen ones."""
        return sum(self) - self.unseen

    def more(self, outcome: ActionOutcome) -> "Exposure":
        """Count one action more."""
        return self._replace(**{outcome: getattr(self, outcome) + 1})

    def corrected(self, before: ActionOutcome, outcome: Correction) -> "Exposure":
        """Count an action as something else; what went wrong stays wrong."""
        had: int = getattr(self, before)
        if before in ERRORS or (outcome == "right" and not had):
            return self
        return self._replace(**{before: max(0, had - 1)}).more(outcome)

    def without_successes(self) -> "Exposure":
        """Keep the errors only."""
        return self._replace(unseen=0, right=0)


class Evidence(NamedTuple):
    """What is known of one scope; the product of a fold."""

    level: int = 0
    seq: int = 0
    """Last fact that is in it."""
    since_seq: int = 0
    """Fact with which the present exposure began, or the one before its first."""
    since: datetime | None = None
    """Since when the clock of the review period runs: never before anything seen earlier."""
    latest: datetime | None = None
    """Latest time that any fact bore."""
    now: Exposure = Exposure()
    """Successes of the present exposure, and errors found since."""
    levels: tuple[Exposure, ...] = (Exposure(),) * LEVELS
    """All actions ever, by the level they were decided at."""
    agents: tuple[tuple[str, tuple[str, str]], ...] = ()
    """Agent to its model and prompt, in order."""
    tools: tuple[tuple[str, str], ...] = ()
    """Tool to its schema's digest, in order."""

    def after(self, fact: EvidenceFact) -> "Evidence":
        """Return the evidence with one more fact; the same for one that is in it."""
        if fact.seq <= self.seq:
            return self
        match fact:
            case Entered():
                known = _begun(self, fact.seq, fact.at)._replace(level=fact.level, now=Exposure())
            case Acted():
                known = _counted(_under_versions(self, fact), fact)
            case Found():
                known = _corrected(self, fact)
            case _:
                assert_never(fact)
        return known._replace(seq=fact.seq, latest=_later(self.latest, fact.at))

    def time_at_level(self, now: datetime) -> timedelta:
        """Return how long the level has been held with what it is held with; never below zero.

        A clock that steps back makes it shorter, never longer: it runs from the latest time seen
        when it began.
        """
        return max(timedelta(), now - self.since) if self.since else timedelta()

    def to_json(self) -> dict[str, Any]:
        """Write everything as JSON."""
        return self._asdict() | {
            "since": stamp(self.since) if self.since else None,
            "latest": stamp(self.latest) if self.latest else None,
            "now": list(self.now),
            "levels": [list(each) for each in self.levels],
            "agents": [[agent, *made_by] for agent, made_by in self.agents],
            "tools": [list(tool) for tool in self.tools],
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        times = {name: written[name] for name in ("since", "latest")}
        return cls(
            level=written["level"],
            seq=written["seq"],
            since_seq=written["since_seq"],
            **{name: parse_stamp(at) if at else None for name, at in times.items()},
            now=Exposure(*written["now"]),
            levels=tuple(Exposure(*each) for each in written["levels"]),
            agents=tuple((agent, (model, prompt)) for agent, model, prompt in written["agents"]),
            tools=tuple((tool, schema) for tool, schema in written["tools"]),
        )


def gathered(facts: Iterable[EvidenceFact], known: Evidence | None = None) -> Evidence:
    """Fold facts of one scope, in the order of the log, into what is known already."""
    evidence = known or Evidence()
    for fact in facts:
        evidence = evidence.after(fact)
    return evidence


def _begun(known: Evidence, seq: int, at: datetime) -> Evidence:
    return known._replace(since_seq=seq, since=_later(known.latest, at))


def _under_versions(known: Evidence, fact: Acted) -> Evidence:
    """Begin anew what a change of versions ends."""
    place, versions = fact.place, fact.versions
    agents, tools = dict(known.agents), dict(known.tools)
    made_by = (versions.model, versions.prompt)
    other_agent = agents.get(place.agent, made_by) != made_by
    other_tool = tools.get(place.tool, versions.tool_schema) != versions.tool_schema
    agents[place.agent], tools[place.tool] = made_by, versions.tool_schema
    if known.since is None or other_agent or other_tool:
        known = _begun(known, fact.seq - 1, fact.at)
    if other_agent:
        known = known._replace(now=Exposure())
    elif other_tool:
        known = known._replace(now=known.now.without_successes())
    return known._replace(agents=_ordered(agents), tools=_ordered(tools))


def _counted(known: Evidence, fact: Acted) -> Evidence:
    counts = fact.outcome in ERRORS or fact.level == known.level
    now = known.now.more(fact.outcome) if counts else known.now
    ever = known.levels[fact.level].more(fact.outcome)
    return known._replace(now=now, levels=_with(known.levels, fact.level, ever))


def _corrected(known: Evidence, fact: Found) -> Evidence:
    acted, now = fact.acted, known.now
    if acted.outcome in ERRORS:
        return known
    if acted.seq > known.since_seq and acted.level == known.level:
        now = now.corrected(acted.outcome, fact.outcome)
    elif fact.outcome in ERRORS and _is_of(known, acted):
        now = now.more(fact.outcome)
    ever = known.levels[acted.level].corrected(acted.outcome, fact.outcome)
    return known._replace(now=now, levels=_with(known.levels, acted.level, ever))


def _is_of(known: Evidence, acted: Acted) -> bool:
    """Tell whether a call was made by the present model and prompt of its agent."""
    made_by = (acted.versions.model, acted.versions.prompt)
    return dict(known.agents).get(acted.place.agent, made_by) == made_by


def _with(levels: tuple[Exposure, ...], level: int, ever: Exposure) -> tuple[Exposure, ...]:
    return (*levels[:level], ever, *levels[level + 1 :])


def _ordered(versions: dict[str, V]) -> tuple[tuple[str, V], ...]:
    return tuple(sorted(versions.items(), key=lambda item: item[0]))


def _later(one: datetime | None, other: datetime) -> datetime:
    return max(one, other) if one else other
