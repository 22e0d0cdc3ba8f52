"""Show: an agent's level, evidence, promotions and incidents, as values and as JSON."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from interlock.autonomy.career import Incident, Promotion
from interlock.autonomy.evidence import Evidence
from interlock.autonomy.martingale import enough
from interlock.autonomy.promotion import Readiness


class AgentAutonomy(NamedTuple):
    """What is known of one agent's autonomy."""

    tenant: str
    agent: str
    level: int
    evidence: Evidence
    ready: Readiness | None
    """None where the policy has no criteria for a promotion."""
    promotion: Promotion | None
    """The question to people that is open."""
    incidents: tuple[Incident, ...]
    """Those that are open."""
    now: datetime

    @property
    def days_at_level(self) -> float:
        """Days since the exposure at this level began."""
        return self.evidence.time_at_level(self.now) / timedelta(days=1)

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        ready = self.ready
        weight = None if ready is None or ready.log_weight is None else ready.log_weight
        return {
            "tenant": self.tenant,
            "agent": self.agent,
            "level": self.level,
            "exposure": self.evidence.now._asdict(),
            "by_level": [each._asdict() for each in self.evidence.levels],
            "days_at_level": round(self.days_at_level, 3),
            "next_level": ready.next_level if ready else None,
            "missing": list(ready.missing) if ready else None,
            "errors": {**ready.errors._asdict(), "value": ready.errors.value} if ready else None,
            "log_weight": weight,
            "log_weight_needed": enough() if weight is not None else None,
            "promotion": self.promotion.id if self.promotion else None,
            "incidents": [incident_json(each) for each in self.incidents],
        }


def incident_json(incident: Incident) -> dict[str, Any]:
    """Return an incident as JSON."""
    opened, closed = incident.opened, incident.closed
    said = {name: opened.body[name] for name in ("cause", "severity", "reason", "call_id")}
    end = {"closed_at": closed.at, "closed_by": closed.actor} if closed else {}
    return {
        "incident": incident.id,
        "tenant": incident.tenant,
        "agent": incident.agent,
        **said,
        "opened_at": opened.at,
        "opened_by": opened.actor,
        **end,
    }


def promotion_json(asked: Promotion) -> dict[str, Any]:
    """Return a promotion as JSON, with what it rests on and who answered."""
    answers = [
        {"by": each.actor, "auth": each.auth, "answer": each.body["answer"], "at": each.at}
        for each in asked.answers
    ]
    ended = asked.ended
    state = "open" if ended is None else str(ended.body.get("how", "promoted"))
    return {**asked.opened.body, "opened_at": asked.opened.at, "state": state, "answers": answers}
