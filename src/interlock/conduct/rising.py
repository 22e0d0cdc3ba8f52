"""Rise: ask people whether an agent may rise, hear them, and raise its level.

INVARIANT I14: a level rises only by evidence that meets the policy's criteria and by the sign-off
that they want, both of them when it rises; one at a time, never above its cap. Only where a policy
has no criteria does a person raise it by hand.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from interlock.autonomy.career import (
    LEVEL_BEGUN,
    PROMOTED,
    PROMOTION_OPENED,
    Career,
    career,
)
from interlock.autonomy.promotion import Readiness, cap, weighed
from interlock.autonomy.tally import AgentName, AgentWork
from interlock.canon import digest
from interlock.clock import new_id, parse_stamp, stamp
from interlock.conduct.falling import end_promotion
from interlock.conduct.faults import crash_point
from interlock.conduct.ports import Transaction
from interlock.policy.decisions import ReviewTerms, terms_json
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.routing import Roles
from interlock.policy.evaluation.rules import consult
from interlock.policy.evaluation.terms import strictest_terms
from interlock.policy.subject import Subject

PROMOTE: Final = "interlock.autonomy.promote"
"""Tool by whose name rules of the policy say on which terms people sign off."""

TAG: Final = "autonomy"
"""Its risk tag: `routing` may name `autonomy_actions`."""

OPEN_DAYS: Final = 30.0
"""How long a question about a rise waits for people, days."""


def highest_level(policy: CompiledPolicy, work: AgentWork | None = None) -> int:
    """Return the level above which an agent does not rise: the file's, or that of all tenants."""
    highest = cap(policy.document.autonomy.max_level, (), "low")
    above = work.everywhere if work else None
    return highest if above is None else min(highest, above)


def readiness(
    policy: CompiledPolicy, work: AgentWork, known: Career, name: AgentName, now: datetime
) -> Readiness | None:
    """Hold what is known of an agent against the criteria; None where the policy has none."""
    criteria = policy.document.promotion_criteria
    if criteria is None:
        return None
    found = weighed(work.evidence, criteria, now, highest_level(policy, work))
    open_ones = known.open_incidents(*name)
    whys = tuple(f"incident {each.id} is open; a person must close it" for each in open_ones)
    return found._replace(missing=(*found.missing, *whys))


def tend(
    tx: Transaction, policy: CompiledPolicy, name: AgentName, work: AgentWork, leaf: int
) -> None:
    """Ask whether an agent may rise where its evidence says so, unless people are asked already.

    `leaf` is how far the log was read for it. What the log does not tell yet is waited for.
    """
    if (criteria := policy.document.promotion_criteria) is None:
        return
    if (level := level_of(tx, policy, name)) != work.evidence.level:
        _begin(tx, name, level)
        return
    known = career(tx.levels.told())
    asked = known.open_promotion(*name)
    if asked is not None and tx.now() >= parse_stamp(asked.opened.body["expires_at"]):
        end_promotion(tx, asked, "expired", f"nobody answered for {OPEN_DAYS:g} days")
        return
    few = work.evidence.now.successes < criteria.min_successful_actions
    if few or asked is not None or _answered_since(known, work, name):
        return
    found = readiness(policy, work, known, name, tx.now())
    if found is not None and found.met:
        _ask(tx, policy, name, work, leaf, found)


def _answered_since(known: Career, work: AgentWork, name: AgentName) -> bool:
    """Whether people said no, or nothing, to the very exposure that is known."""
    noes = [
        parse_stamp(each.ended.at)
        for each in known.promotions.values()
        if each.ended and (each.tenant, each.agent) == name
        if each.ended.body.get("how") in ("denied", "expired")
    ]
    since = work.evidence.since
    return bool(noes) and (since is None or since < max(noes))


def level_of(tx: Transaction, policy: CompiledPolicy, name: AgentName) -> int:
    """Return the level that an agent is at: as set, or where the policy starts it."""
    level = tx.levels.of(*name)
    return policy.initial_level if level is None else level


def _begin(tx: Transaction, name: AgentName, level: int) -> None:
    """Say that the policy starts an agent at another level than it did, once."""
    tenant, agent = name
    if tx.levels.of(tenant, agent) is not None:
        return
    said = [
        each.body["to"]
        for each in tx.levels.told()
        if each.kind == LEVEL_BEGUN and (each.body["tenant"], each.body["agent"]) == name
    ]
    if said[-1:] != [level]:
        tx.note(LEVEL_BEGUN, {"tenant": tenant, "agent": agent, "to": level})


def _ask(
    tx: Transaction,
    policy: CompiledPolicy,
    name: AgentName,
    work: AgentWork,
    leaf: int,
    found: Readiness,
) -> None:
    """Open the question, with what it rests on; where nobody needs to agree, the level rises."""
    terms = sign_off_terms(policy, tx.registry.people().with_role)  # people, then the chain
    tx.levels.alone()
    if career(tx.levels.told()).open_promotion(*name) is not None:
        return  # another process was faster
    tx.remember_policy(policy)
    promotion, level = new_id("rise"), work.evidence.level
    body: dict[str, Any] = {
        "promotion": promotion,
        "tenant": name[0],
        "agent": name[1],
        "from": level,
        "to": level + 1,
        "evidence": work.evidence.to_json(),
        "leaf": leaf,
        "policy": policy.digest,
        "policy_snapshot": policy.snapshot,
        "terms": terms_json(terms),
        "excluded": sorted({name[1], *work.owners}),
        "sign_off": found.needs_sign_off,
        "expires_at": stamp(tx.now() + timedelta(days=OPEN_DAYS)),
    }
    body["digest"] = promotion_digest(body)
    tx.note(PROMOTION_OPENED, body)
    if not found.needs_sign_off:
        raise_level(tx, name, promotion, (level, level + 1), {"approvals": []})


def promotion_digest(body: Mapping[str, Any]) -> str:
    """Return what answers to a question about a rise are bound to: all that it says."""
    said = {key: value for key, value in body.items() if key not in ("digest", "commitments")}
    return digest("interlock/promotion/v1", said)


def sign_off_terms(policy: CompiledPolicy, roles: Roles) -> ReviewTerms:
    """Return on which terms people sign off: of rules that match `PROMOTE`, else the policy's own.

    They are settled as of a call of high risk that is tagged `autonomy`.
    """
    subject = Subject(
        tool=PROMOTE,
        topic=PROMOTE,
        agent="",
        principal="",
        environment=policy.environment,
        risk_tags=frozenset({TAG}),
        facts={},
        missing_facts=frozenset(),
        declared=True,
        signals={},
        level=0,
    )
    heard = consult(policy.rules, subject)
    asked = [rule.terms for rule in heard.counted if rule.terms and rule not in heard.unknown]
    each = asked or [policy.default_terms]
    return strictest_terms([policy.routing.settled(one, subject, roles) for one in each])


def raise_level(
    tx: Transaction,
    name: AgentName,
    promotion: str,
    levels: tuple[int, int],
    rests_on: Mapping[str, Any],
) -> None:
    """Raise a level from one to the next, with an entry that says by which question."""
    (tenant, agent), (before, after) = name, levels
    reason = f"promotion {promotion}"
    tx.levels.put(name, after, "interlock", reason, stamp(tx.now()))
    crash_point("level_put")
    body = {"tenant": tenant, "agent": agent, "from": before, "to": after, "reason": reason}
    tx.note(PROMOTED, {**body, "promotion": promotion, **rests_on})
