"""Tell: an agent's promotions and incidents, as the entries of the log tell of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

PROMOTION_OPENED: Final = "promotion_opened"
PROMOTION_ANSWERED: Final = "promotion_answered"
PROMOTION_ENDED: Final = "promotion_ended"
PROMOTED: Final = "promoted"
DEMOTED: Final = "demoted"
LEVEL_SET: Final = "level_set"
"""By hand; also the word that a signature covers."""
LEVEL_BEGUN: Final = "level_begun"
"""The policy starts agents at another level than before."""
INCIDENT_OPENED: Final = "incident_opened"
INCIDENT_CLOSED: Final = "incident_closed"

SETS: Final = frozenset({LEVEL_SET, PROMOTED, DEMOTED})
"""Kinds of entries from which on an agent is at another level."""

CAREER_KINDS: Final = (
    *(PROMOTION_OPENED, PROMOTION_ANSWERED, PROMOTION_ENDED, PROMOTED, DEMOTED),
    *(LEVEL_SET, LEVEL_BEGUN, INCIDENT_OPENED, INCIDENT_CLOSED),
)
"""Kinds of entries, in the ledger's own chain, that tell of levels."""


class CareerEntry(NamedTuple):
    """One entry about levels."""

    id: str
    at: str
    """Its stamp."""
    kind: str
    actor: str
    auth: str
    body: Mapping[str, Any]


class Promotion(NamedTuple):
    """A question to people whether an agent may rise."""

    id: str
    tenant: str
    agent: str
    level: int
    to: int
    digest: str
    opened: CareerEntry
    answers: tuple[CareerEntry, ...] = ()
    ended: CareerEntry | None = None
    """What ended it; None while it is open."""


class Incident(NamedTuple):
    """Something that an agent must not have done, until a person closes it."""

    id: str
    tenant: str
    agent: str
    opened: CareerEntry
    closed: CareerEntry | None = None

    @property
    def concerns(self) -> str:
        """Say in one line what it is about."""
        return f"{self.opened.body['cause']}: {self.opened.body['reason']}"


class Career(NamedTuple):
    """What entries tell."""

    promotions: Mapping[str, Promotion]
    incidents: Mapping[str, Incident]

    def open_promotion(self, tenant: str, agent: str) -> Promotion | None:
        """Return the question about an agent that waits for people."""
        mine = (each for each in self.promotions.values() if not each.ended)
        return next((each for each in mine if (each.tenant, each.agent) == (tenant, agent)), None)

    def open_incidents(self, tenant: str, agent: str) -> list[Incident]:
        """Return an agent's incidents that nobody closed, of its tenant or of all."""
        return [
            each
            for each in self.incidents.values()
            if not each.closed and each.agent == agent and each.tenant in ("", tenant)
        ]


def career(entries: Iterable[CareerEntry]) -> Career:
    """Read entries, in their order."""
    promotions, incidents = dict[str, Promotion](), dict[str, Incident]()
    for told in entries:
        body = told.body
        match told.kind:
            case "promotion_opened":
                name = str(body["promotion"])
                levels = (int(body["from"]), int(body["to"]))
                whose = (str(body["tenant"]), str(body["agent"]))
                promotions[name] = Promotion(name, *whose, *levels, str(body["digest"]), told)
            case "promotion_answered" if (name := str(body["request_id"])) in promotions:
                had = promotions[name]
                promotions[name] = had._replace(answers=(*had.answers, told))
            case "promoted" | "promotion_ended" if (name := str(body["promotion"])) in promotions:
                promotions[name] = promotions[name]._replace(ended=told)
            case "incident_opened":
                name = str(body["incident"])
                incidents[name] = Incident(name, str(body["tenant"]), str(body["agent"]), told)
            case "incident_closed" if (name := str(body["incident"])) in incidents:
                incidents[name] = incidents[name]._replace(closed=told)
            case _:
                pass
    return Career(promotions, incidents)
