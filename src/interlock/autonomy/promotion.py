"""Rise: whether the evidence suffices for the next level, and what is missing, in words.

Readiness opens a question to people; it raises nothing. Who signs off is theirs to say, and a level
rises one at a time, never above its cap.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from interlock.autonomy.evidence import LEVELS, Evidence, Exposure
from interlock.autonomy.martingale import ALPHA, enough, log_weight
from interlock.intervals import Share, share
from interlock.policy.decisions import Risk
from interlock.policy.operations import PromotionCriteria

TOP: Final = 1
"""Highest level of a critical risk, whatever the file says."""


class Readiness(NamedTuple):
    """Whether the criteria are met."""

    missing: tuple[str, ...]
    """What is missing, in words; nothing where the criteria are met."""
    next_level: int | None
    """The level in question; None at the cap."""
    errors: Share
    """Share of errors over the exposure that was weighed, with its exact 95 % interval for
    display; under `e_process` over what somebody looked at."""
    log_weight: float | None
    """Weight against an error rate of the limit, under `e_process`."""
    needs_sign_off: bool

    @property
    def met(self) -> bool:
        """Tell whether nothing is missing but a sign-off."""
        return not self.missing


def cap(max_level: Mapping[str, int], risk_tags: Collection[str] | None, risk: Risk | None) -> int:
    """Return the highest level at which calls of such tags and risk are decided, 0 to 3.

    Unknown tags or an unknown risk may be any; a critical risk stays at 1.
    """
    highest = max_level.get("default", LEVELS - 1)
    tags = max_level.keys() if risk_tags is None else risk_tags
    highest = min([highest, *(max_level[tag] for tag in tags if tag in max_level)])
    return min(highest, TOP) if risk in ("critical", None) else highest


def held(level: int, highest: int) -> int:
    """Return the level that a call is decided at: the agent's, never above its cap."""
    return max(0, min(level, highest))


def weighed(
    evidence: Evidence, criteria: PromotionCriteria, now: datetime, highest: int
) -> Readiness:
    """Hold evidence against the criteria. `highest` is the scope's cap, `now` aware.

    `counts` takes every action without a known error for a success, as written. `e_process` weighs
    what somebody looked at: an error that nobody could have seen proves nothing by its absence.
    """
    exposure, next_level = evidence.now, evidence.level + 1
    missing = [
        *_above(next_level, highest),
        *_too_few(exposure, criteria),
        *_too_many_errors(exposure, criteria),
        *_too_early(evidence, criteria, now),
    ]
    weight = None
    if criteria.evidence == "e_process":
        weight = log_weight(exposure.errors, exposure.judged, criteria.max_error_rate)
        missing += _too_light(weight, exposure, criteria)
    of = exposure.actions if weight is None else exposure.judged
    return Readiness(
        missing=tuple(missing),
        next_level=next_level if next_level <= highest else None,
        errors=share(exposure.errors, of),
        log_weight=weight,
        needs_sign_off=criteria.requires_human_sign_off,
    )


def risen(level: int, found: Readiness, *, signed_off: bool) -> int:
    """Return the level after such an answer: one higher, or the same where anything is missing."""
    agreed = signed_off or not found.needs_sign_off
    rises = found.met and agreed and found.next_level == level + 1
    return level + 1 if rises else level


def _above(next_level: int, highest: int) -> list[str]:
    return [] if next_level <= highest else [f"level {highest} is the highest here"]


def _too_few(exposure: Exposure, criteria: PromotionCriteria) -> list[str]:
    short = criteria.min_successful_actions - exposure.successes
    return [f"{_of(short, 'successful action')} more"] if short > 0 else []


def _too_many_errors(exposure: Exposure, criteria: PromotionCriteria) -> list[str]:
    limit, actions = criteria.max_error_rate, exposure.actions
    if not actions or exposure.errors / actions <= limit:
        return []
    rate = f"{_of(exposure.errors, 'error')} in {_of(actions, 'action')}"
    if not limit:
        return [f"{rate}, where none is allowed"]
    wanted = _first_within(exposure.errors, limit) - actions
    more = _of(wanted, "more action")
    return [f"{rate} are more than {_percent(limit)}; without another error {more} make it"]


def _first_within(errors: int, limit: float) -> int:
    """Return among how many actions so many errors are few enough."""
    actions = int(errors / limit)
    while errors / actions > limit:
        actions += 1
    return actions


def _too_early(evidence: Evidence, criteria: PromotionCriteria, now: datetime) -> list[str]:
    left = timedelta(days=criteria.review_period_days) - evidence.time_at_level(now)
    return [f"{left / timedelta(days=1):.3g} more days at the level"] if left > timedelta() else []


def _too_light(weight: float, exposure: Exposure, criteria: PromotionCriteria) -> list[str]:
    if weight >= enough():
        return []
    limit = criteria.max_error_rate
    if not limit:
        return ["an error rate of 0 cannot be shown by any number of actions"]
    seen = f"{_of(exposure.judged, 'judged action')} with {_of(exposure.errors, 'error')}"
    wanted = needed(exposure.errors, limit) - exposure.judged
    more = _of(wanted, "more judged action")
    return [f"{seen} leave {_percent(limit)} possible; without another error {more} rule it out"]


def needed(errors: int, limit_0_1: float, alpha: float = ALPHA) -> int:
    """Return the number of judged actions that suffices for `e_process` with so many errors."""
    most = errors + 1
    while log_weight(errors, most, limit_0_1) < enough(alpha):
        most *= 2
    least = most // 2
    while least < most:
        middle = (least + most) // 2
        if log_weight(errors, max(errors, middle), limit_0_1) >= enough(alpha):
            most = middle
        else:
            least = middle + 1
    return most


def _percent(share_0_1: float) -> str:
    return f"{100 * share_0_1:.3g} %"


def _of(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' if count != 1 else ''}"
