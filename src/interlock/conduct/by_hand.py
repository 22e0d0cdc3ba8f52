"""Set: an agent's level by a person's word, downwards always and upwards where policy lets them."""

from typing import Any

from interlock.autonomy.career import (
    LEVEL_SET,
    career,
)
from interlock.autonomy.tally import AgentName
from interlock.clock import stamp
from interlock.conduct.acting import acted
from interlock.conduct.falling import end_promotion
from interlock.conduct.ports import Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.rising import highest_level
from interlock.errors import DeskError
from interlock.policy.evaluation.compiled import CompiledPolicy


def set_level(
    tx: Transaction,
    policy: CompiledPolicy | None,
    name: AgentName,
    level: int,
    by: str,
    reason: str,
    shown: Shown | None = None,
) -> None:
    """Set an agent's level by hand, with an entry that says who and why.

    Downwards always; upwards only where the policy has no criteria, and not above its cap. Raises
    `DeskError`, and `NotEligible` for what is not theirs.
    """
    tenant, agent = name
    tx.registry.people()  # held before halts are, as whoever claims a call does
    tx.levels.stop()
    act = acted(tx, by, shown, LEVEL_SET, level_asked(tenant, agent, level, reason))
    tx.levels.alone()
    set_before = tx.levels.of(tenant, agent)
    before = set_before if set_before is not None else policy.initial_level if policy else 0
    if level > before and policy is not None:
        _require_by_hand(policy, agent, level)
    tx.levels.put(name, level, by, reason, stamp(tx.now()))
    body = {"tenant": tenant, "agent": agent, "from": set_before, "to": level, "reason": reason}
    tx.note(LEVEL_SET, {**body, **act.said}, actor=by, auth=act.auth)
    if (asked := career(tx.levels.told()).open_promotion(tenant, agent)) is not None:
        end_promotion(tx, asked, "overtaken", f"{by} set level {level}")


def _require_by_hand(policy: CompiledPolicy, agent: str, level: int) -> None:
    if policy.document.promotion_criteria is not None:
        raise DeskError(
            f"`{agent}` rises by evidence and sign-off, as the policy's promotion_criteria say; "
            f"see interlock autonomy explain {agent}"
        )
    if level > (highest := highest_level(policy)):
        raise DeskError(f"level {highest} is the highest here, by the policy's autonomy.max_level")


def level_asked(tenant: str, agent: str, level: int, reason: str) -> dict[str, Any]:
    """Return what somebody asks for who sets a level."""
    return {"tenant": tenant, "agent": agent, "to": level, "reason": reason}
