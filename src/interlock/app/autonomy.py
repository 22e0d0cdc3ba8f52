"""Grade: agents' levels, their evidence, promotions and incidents, as a `Gate` offers them."""

import logging
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from interlock.app.people import Credentials, Desk
from interlock.app.quarantine import need_reason
from interlock.autonomy.career import (
    INCIDENT_CLOSED,
    INCIDENT_OPENED,
    LEVEL_SET,
    Career,
    Incident,
    Promotion,
    Told,
    career,
)
from interlock.autonomy.evidence import Evidence
from interlock.autonomy.martingale import enough
from interlock.autonomy.promotion import Readiness
from interlock.autonomy.tally import AgentName, Work
from interlock.conduct import Conductor
from interlock.conduct.by_hand import level_asked, set_level
from interlock.conduct.falling import (
    Fallen,
    close_incident,
    incident_asked,
    open_incident,
)
from interlock.conduct.retrying import retried
from interlock.conduct.rising import readiness
from interlock.conduct.signing_off import SignOff, sign
from interlock.conduct.tallying import tally_page, tend_all, watches
from interlock.errors import DeskError, InterlockError, PolicyError
from interlock.ledger import queries
from interlock.ledger.levels import told
from interlock.ledger.store import SqlLedger
from interlock.ledger.tallies import TallyRows
from interlock.path.assessment import assess, measured
from interlock.path.decision import decide
from interlock.policy.decisions import Kind, Risk
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy

PAGES: Final = 16
"""Pages that are folded at once beside other work."""

TEND_S: Final = 60.0
"""How often it is looked who became ready by time alone, seconds."""

_LOG: Final = logging.getLogger(__name__)


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


class AutonomyDesk:
    """Levels of agents: what they rest on, who asks, who signs off, and how they fall."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Keep levels in `ledger`."""
        self._ports = conductor.ports
        self._ledger = ledger
        self._desk = Desk(conductor, ledger)
        self._memory = TallyRows(ledger)
        self._tend_at = ledger.clock.now()

    def levels(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return every level that was set, with since when, by whom and why."""
        return [*queries.levels(self._ledger, tenant)]

    def explain(self, agent: str, tenant: str = "") -> AgentAutonomy:
        """Return an agent's evidence, what is missing for the next level, and what is open.

        Raises `DeskError` for an agent of which nothing is known.
        """
        self.catch_up()
        name, policy = (tenant, agent), self._ports.policy()
        work = self._memory.works([agent]).get(name)
        if work is None:
            raise DeskError(f"nothing is known of an agent `{agent}`; see interlock audit log")
        return self._explained(policy, name, work, career(self.told()))

    def all(self) -> "list[AgentAutonomy]":
        """Return what is known of every agent, by tenant and name."""
        self.catch_up()
        policy, known = self._ports.policy(), career(self.told())
        works = self._memory.works(agent for _, agent in self._memory.names())
        return [self._explained(policy, name, work, known) for name, work in sorted(works.items())]

    def _explained(
        self, policy: CompiledPolicy, name: AgentName, work: Work, known: Career
    ) -> AgentAutonomy:
        with self._ledger.read() as db:
            now = self._ledger.time(db)
        set_level = work.set_level
        level = policy.initial_level if set_level is None else set_level
        ready = readiness(policy, work, known, name, now)
        asked, incidents = known.open_promotion(*name), tuple(known.open_incidents(*name))
        return AgentAutonomy(*name, level, work.evidence, ready, asked, incidents, now)

    def told(self) -> "list[Told]":
        """Return every entry about levels, in order."""
        with self._ledger.read() as db:
            return told(db)

    def history(self, agent: str) -> "list[Told]":
        """Return what the record tells of an agent's level, the oldest first."""
        return [each for each in self.told() if each.body["agent"] == agent]

    def requests(self) -> "list[Promotion]":
        """Return the promotions that wait for people, the oldest first."""
        self.catch_up()
        return [one for one in career(self.told()).promotions.values() if one.ended is None]

    def incidents(self, *, closed: bool = False) -> "list[Incident]":
        """Return the incidents that are open, the oldest first; with `closed`, the others too."""
        found = career(self.told()).incidents.values()
        return [one for one in found if closed or one.closed is None]

    def set(
        self,
        agent: str,
        level: int,
        *,
        reason: str,
        by: str | None = None,
        tenant: str = "",
        held: Credentials | None = None,
    ) -> None:
        """Set an agent's level (0..3), from its next decision or guard on.

        Upwards only where the policy has no `promotion_criteria`. Raises `DeskError`.
        """
        need_reason(reason)
        if not agent.strip():
            raise DeskError("this names no agent; give its id")
        if not 0 <= level <= TOP_LEVEL:
            raise DeskError(f"level {level} does not exist; levels are 0 to {TOP_LEVEL}")
        who = self._desk.who(by, held)
        shown = self._desk.act(who, held, LEVEL_SET, level_asked(tenant, agent, level, reason))
        policy = self._policy()
        with self._ledger.begin() as tx:
            set_level(tx, policy, (tenant, agent), level, who, reason, shown)

    def sign(
        self,
        promotion: str,
        answer: SignOff = "approve",
        *,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> Promotion:
        """Answer a question about a rise; return how it stands then.

        Raises `UnknownId`, `AlreadyDecided`, `NotEligible`, `DeskError`.
        """
        need_reason(reason)
        self.catch_up()
        known = career(self.told()).promotions.get(promotion)
        who, seen = self._desk.who(by, held), known.digest if known else ""
        shown = self._desk.say(who, held, (promotion, promotion, seen, answer), reason)
        signing = partial(sign, self._ports, promotion, answer, reason, who, shown, seen)
        return retried(self._ports.clock, signing)

    def open_incident(
        self,
        agent: str,
        *,
        reason: str,
        severity: Risk = "high",
        tenant: str = "",
        call_id: str = "",
        by: str | None = None,
        held: Credentials | None = None,
    ) -> Fallen:
        """Open a safety incident: the agent falls at once; a bare name is enough."""
        need_reason(reason)
        if not agent.strip():
            raise DeskError("this names no agent; give its id")
        who, name = self._desk.who(by, held), (tenant, agent)
        asked = incident_asked(name, reason, severity)
        shown = self._desk.act(who, held, INCIDENT_OPENED, asked)
        opening = partial(open_incident, self._ports, name, reason, severity, who, shown, call_id)
        return retried(self._ports.clock, opening)

    def close_incident(
        self,
        incident: str,
        *,
        reason: str,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> None:
        """Close an incident, so that its agent may be asked about again. Raises `DeskError`."""
        need_reason(reason)
        who = self._desk.who(by, held)
        asked = {"incident": incident, "reason": reason}
        shown = self._desk.act(who, held, INCIDENT_CLOSED, asked)
        closing = partial(close_incident, self._ports, incident, reason, who, shown)
        retried(self._ports.clock, closing)

    def what_if(
        self, agent: str, level: int, *, days: float = 7.0, tenant: str | None = None
    ) -> WhatIf:
        """Decide an agent's calls of some days at another level, by the policy of now."""
        if not 0 <= level <= TOP_LEVEL:
            raise DeskError(f"level {level} does not exist; levels are 0 to {TOP_LEVEL}")
        policy, changed = self._ports.policy(), Counter[tuple[Kind, Kind]]()
        since = self._ledger.clock.now() - timedelta(days=days)
        for call in queries.recent_calls(self._ledger, limit=MOST_CALLS):
            judged, context = call.judgement, call.proposal.context
            mine = context.agent.id == agent and tenant in (None, call.key.tenant)
            if judged is None or not mine or call.created_at < since:
                continue
            was, now = (
                decide(
                    policy,
                    measured(assess(policy, call.proposal, judged.signals, at), judged.usage, None),
                ).kind
                for at in (judged.level, level)
            )
            changed[was, now] += 1
        return WhatIf(agent, level, changed.total(), tuple(changed.most_common()))

    def catch_up(self) -> None:
        """Seal and fold everything that is written, and do what follows from it."""
        self._ledger.seal_entries()
        while tally_page(self._ports, self._memory):
            pass
        tend_all(self._ports, self._memory)

    def tally_due(self) -> None:
        """Fold what was sealed, for a bounded time, where the policy wants it; never raises."""
        try:
            if not watches(self._ports.policy()):
                return
            for _ in range(PAGES):
                if not tally_page(self._ports, self._memory):
                    break
            if (now := self._ledger.clock.now()) >= self._tend_at:
                self._tend_at = now + timedelta(seconds=TEND_S)
                tend_all(self._ports, self._memory)
        except PolicyError as error:  # without a policy nobody has a level, as in a new ledger
            _LOG.debug("no evidence is read: %s", error)
        except InterlockError as error:
            _LOG.warning("no evidence is read: %s", error)
        except Exception:  # noqa: BLE001 - a defect must not end the thread that seals
            _LOG.exception("no evidence is read")

    def _policy(self) -> CompiledPolicy | None:
        try:
            return self._ports.policy()
        except PolicyError:
            return None


MOST_CALLS: Final = 10_000
"""Newest calls that are looked at for what would have been."""


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
