"""Grade: agents' levels, their evidence, promotions and incidents, as a `Gate` offers them."""

import logging
from datetime import timedelta
from functools import partial
from typing import Any, Final

from interlock.app.grades import AgentAutonomy
from interlock.app.people import Credentials, Desk
from interlock.app.quarantine import need_reason
from interlock.app.regrading import MOST_CALLS, WhatIf, at_level
from interlock.autonomy.career import (
    INCIDENT_CLOSED,
    INCIDENT_OPENED,
    LEVEL_SET,
    Career,
    CareerEntry,
    Incident,
    Promotion,
    career,
)
from interlock.autonomy.tally import AgentName, AgentWork
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
from interlock.policy.decisions import Risk
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy

PAGES: Final = 16
"""Pages that are folded at once beside other work."""

TEND_S: Final = 60.0
"""How often it is looked who became ready by time alone, seconds."""

_LOG: Final = logging.getLogger(__name__)


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
        self, policy: CompiledPolicy, name: AgentName, work: AgentWork, known: Career
    ) -> AgentAutonomy:
        with self._ledger.read() as db:
            now = self._ledger.time(db)
        set_level = work.set_level
        level = policy.initial_level if set_level is None else set_level
        ready = readiness(policy, work, known, name, now)
        asked, incidents = known.open_promotion(*name), tuple(known.open_incidents(*name))
        return AgentAutonomy(*name, level, work.evidence, ready, asked, incidents, now)

    def told(self) -> "list[CareerEntry]":
        """Return every entry about levels, in order."""
        with self._ledger.read() as db:
            return told(db)

    def history(self, agent: str) -> "list[CareerEntry]":
        """Return what the record tells of an agent's level, the oldest first."""
        return [each for each in self.told() if each.body["agent"] == agent]

    def waiting(self) -> int:
        """Return how many promotions wait for people, as far as the record was read."""
        return sum(one.ended is None for one in career(self.told()).promotions.values())

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
        """Decide an agent's calls of some days at another level, by the policy of now.

        Raises `DeskError` for a level that is none.
        """
        since = self._ledger.clock.now() - timedelta(days=days)
        calls = queries.recent_calls(self._ledger, limit=MOST_CALLS)
        mine = (
            call
            for call in calls
            if call.proposal.context.agent.id == agent and call.created_at >= since
            if tenant in (None, call.key.tenant)
        )
        return at_level(self._ports.policy(), agent, level, mine)

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
