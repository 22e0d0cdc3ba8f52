"""Audit: calls that ran, each looked at by a person with no part in it, and what they found.

Nothing here is on a call's way. Whether a call is drawn follows from its id, the key and the chance
that stands with its decision. Who audits takes it for a time, so that two do not look at one; what
was found stands once, and feeds the evidence of the call's agent.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from interlock.autonomy.estimation import AuditFinding
from interlock.autonomy.sampling import AUDIT, Chance, Draw, drawn
from interlock.clock import parse_stamp, stamp
from interlock.conduct.acting import acted
from interlock.conduct.judging import chance_json
from interlock.conduct.ports import Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.values import Call
from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.people import People, named
from interlock.policy.evaluation.compiled import CompiledPolicy

TAKEN: Final = "audit_taken"
"""Kind of the entry that somebody looks at a call, and until when it is theirs."""

FINDING: Final = "finding"
"""Kind of the entry that says what an audit found, and the word that a signature covers."""

LEASE_S: Final = 1800.0
"""How long a call is one auditor's; then anybody who audits gets it again, seconds."""

RAN: Final = ("done", "failed")
"""Outcomes of calls that can be audited; one in doubt has its person already."""

_NEVER: Final = Chance("none", 0.0)


class Looked(NamedTuple):
    """What the record says of a call's audit, and of who had a part in the call."""

    verdict: str | None = None
    """What was found; None where nothing is."""
    by: str = ""
    """Who looks at it, or did last."""
    until: datetime | None = None
    """Until when it is theirs."""
    parts: frozenset[str] = frozenset()
    """Who answered about it, edited it or did anything else with it."""

    def held_by_other(self, people: People, by: str, now: datetime) -> bool:
        """Whether somebody else looks at it now."""
        if self.until is None or self.until <= now:
            return False
        return people.behind(self.by) != people.behind(by)


def chance_of_call(call: Call) -> Chance:
    """Return the chance that a call had when it was decided; none where the policy had no audit."""
    chance = call.judgement.audit if call.judgement else None
    return chance or _NEVER


def draw_of(tx: Transaction, call: Call) -> tuple[float, Draw]:
    """Return a call's own number and whether it is drawn."""
    number = tx.probes.draw(AUDIT, call.id)
    return number, drawn(number, chance_of_call(call))


def is_theirs(tx: Transaction, policy: CompiledPolicy, call: Call, by: str, looked: Looked) -> bool:
    """Whether a call can be audited now, and somebody may."""
    try:
        _require_open(call, looked)
        _require_auditor(tx.registry.people(), policy, call, by, looked, tx.now())
    except DeskError:
        return False
    return True


def take(
    tx: Transaction,
    policy: CompiledPolicy,
    call: Call,
    by: str,
    looked: Looked,
    shown: Shown | None = None,
) -> datetime:
    """Give a call to one auditor for a time; return until when. Theirs already: as it was.

    Raises `DeskError` and its kinds where it is not theirs to look at now.
    """
    by, people, now = named(by), tx.registry.people(), tx.now()
    _require_open(call, looked)
    _require_auditor(people, policy, call, by, looked, now)
    if looked.until is not None and looked.until > now:
        return looked.until
    until, asked = now + timedelta(seconds=LEASE_S), taking_asked(call.id)
    act = acted(tx, by, shown, TAKEN, asked)
    tx.note(TAKEN, {**asked, "until": stamp(until), **act.said}, actor=by, auth=act.auth)
    return until


def taking_asked(call_id: str) -> dict[str, Any]:
    """Return what somebody asks for who takes a call to look at it."""
    return {"call_id": call_id}


def find(
    tx: Transaction,
    policy: CompiledPolicy,
    call: Call,
    asked: Mapping[str, Any],
    by: str,
    looked: Looked,
    shown: Shown | None = None,
) -> None:
    """Record what an audit found, once; `asked` as `finding_asked` gives it.

    INVARIANT I7: nobody audits what they had a part in, under none of their names. Raises
    `DeskError` and its kinds.
    """
    by, people = named(by), tx.registry.people()
    _require_open(call, looked)
    _require_auditor(people, policy, call, by, looked, tx.now())
    number, draw = draw_of(tx, call)
    if asked["verdict"] != "fine" and not asked["reason"].strip():
        raise DeskError("say what is wrong with the call; add --reason")
    if asked["verdict"] == "fine" and not draw.drawn:
        raise DeskError(
            f"call `{call.id}` was not drawn: that one which somebody chose is fine says nothing "
            "of the others; see interlock audit sample"
        )
    act = acted(tx, by, shown, FINDING, asked)
    chosen = {**chance_json(draw.chance), "number": number, "drawn": draw.drawn}
    tx.note(FINDING, {**asked, **chosen, **act.said}, actor=by, auth=act.auth)


def finding_asked(call: Call, verdict: AuditFinding, reason: str) -> dict[str, Any]:
    """Return what somebody says who audits a call; a signature covers all of it."""
    digest = call.proposal.digest
    return {"call_id": call.id, "digest": digest, "verdict": verdict, "reason": reason}


def auditors(people: People, policy: CompiledPolicy, tags: Iterable[str]) -> dict[str, int]:
    """Return the groups that audit calls of some risk tags, and how many are in each.

    Of a call of several kinds somebody who is in all of them is asked; of one that no route is for,
    anybody. In a group of nobody are those of the default.
    """
    groups = policy.auditing.groups_of(tags, people.with_role)
    return {one.name: len(one.members or ()) for one in groups}


def is_asked(
    people: People, policy: CompiledPolicy, tags: Iterable[str], by: str, at: datetime
) -> bool:
    """Whether somebody audits calls of some risk tags, or stands in for one who does."""
    groups = policy.auditing.groups_of(tags, people.with_role)
    asked = [one.members or () for one in groups] or [None]
    return all(people.seats(by, members, at) for members in asked)


def _require_open(call: Call, looked: Looked) -> None:
    """Raise where a call did not run, cannot be looked at any more, or was audited."""
    if call.outcome not in RAN:
        raise DeskError(f"call `{call.id}` is {call.state} and did not run; nothing is to be found")
    if not call.proposal.nonce:
        raise DeskError(f"call `{call.id}` was erased or archived; nothing of it can be looked at")
    if looked.verdict is not None:
        raise AlreadyDecided(
            f"call `{call.id}` was audited before, and found {looked.verdict}; nothing changed"
        )


def _require_auditor(
    people: People, policy: CompiledPolicy, call: Call, by: str, looked: Looked, now: datetime
) -> None:
    """Raise where somebody is not asked to audit a call, had a part in it, or another looks."""
    if not people.is_apart(by, looked.parts | _own(call)):
        raise NotEligible(f"`{by}` had a part in call `{call.id}`; another person must look at it")
    tags = call.judgement.risk_tags if call.judgement else ()
    if not is_asked(people, policy, tags, by, now):
        whose = " and ".join(auditors(people, policy, tags)) or "those who are enrolled here"
        raise NotEligible(f"call `{call.id}` is audited by {whose}, and `{by}` is not of them")
    if looked.held_by_other(people, by, now):
        until = f"{looked.until:%H:%M} UTC"
        raise NotEligible(f"`{looked.by}` looks at call `{call.id}` until {until}; take another")


def _own(call: Call) -> frozenset[str]:
    """Return for whom a call was made, by whom, and who answers for both."""
    context = call.proposal.context
    owner = call.judgement.owner if call.judgement else None
    names = (context.principal, context.agent.id, context.agent.owner, owner, *call.editors)
    return frozenset(name for name in names if name)


def told(looked: Looked, kind: str, body: Mapping[str, Any], actor: str) -> Looked:
    """Return what is known of a call's audit after one more entry about it."""
    match kind:
        case "audit_taken":
            return looked._replace(by=actor, until=parse_stamp(body["until"]))
        case _:
            return looked._replace(verdict=str(body["verdict"]), by=actor, until=None)
