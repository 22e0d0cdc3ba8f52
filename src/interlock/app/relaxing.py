"""Relax: what has to be so before it is suggested to ask people less, and by how little first.

The one place for it, whatever a suggestion changes: a rule that asks, or where its threshold lies.
Whose people were not seen to look is no witness: what they always approve goes on being asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from interlock.app.figures import probe_rows
from interlock.desk.measures import team_figures
from interlock.desk.warnings import FEWEST_CANARIES
from interlock.intervals import Share, share
from interlock.ledger.answered import Recorded
from interlock.ledger.disclosures import Disclosed
from interlock.policy.subject import Subject

ENOUGH: Final = 200
"""Answers, or calls, below which nothing is suggested."""
ALWAYS: Final = 0.99
"""Share of approvals from which a question may be needless."""
NEVER_RELAXED: Final = frozenset({"delete", "secrets"})
"""Risk tags of calls that people go on being asked about, however often they say yes."""
WINDOW_S: Final = 300
"""Seconds in which a call can still be vetoed whose question is no longer asked."""

ANSWERS: Final = frozenset({"approved", "rejected", "responded", "cancelled", "superseded"})
"""Ends of a request that a person made; only the first lets the call run as it was asked."""


class Recalled(NamedTuple):
    """A call of the ledger, and what the policy of today sees in it."""

    recorded: Recorded
    subject: Subject


class Witness(NamedTuple):
    """What people's answers speak for."""

    yes: Share
    """Approvals of answers."""
    doubts: str
    """Why they may be worth nothing; empty where nothing says so."""


def witness(
    about: Iterable[Recalled], asked: Iterable[Recalled], disclosed: Sequence[Disclosed]
) -> Witness | None:
    """Return what the answers to `asked` speak for; None where they cannot lift a question.

    They never can where a call that the change is `about` is grave, with fewer than `ENOUGH`
    answers, or where fewer than `ALWAYS` of these are approvals.
    """
    answered = [each.recorded for each in asked if each.recorded.verdict in ANSWERS]
    if len(answered) < ENOUGH or any(_is_grave(each.subject) for each in about):
        return None
    yes = share(sum(each.verdict == "approved" for each in answered), len(answered))
    return Witness(yes, _unproven(answered, disclosed)) if yes.value >= ALWAYS else None


def _is_grave(subject: Subject) -> bool:
    tags = subject.risk_tags
    return subject.risk == "critical" or tags is None or not NEVER_RELAXED.isdisjoint(tags)


def _unproven(asked: Sequence[Recorded], disclosed: Sequence[Disclosed]) -> str:
    """Say why a yes may be worth nothing: who gave it missed canaries, or had too few to tell."""
    since = min(each.call.created_at for each in asked)
    teams = {one.route: one.caught for one in team_figures(probe_rows(disclosed, since))}
    for route in sorted({each.route for each in asked}):
        caught, who = teams.get(route, share(0, 0)), f"`{route}`" if route else "anyone"
        if missed := caught.of - caught.hits:
            return (
                f"of the canaries answered by {who} since then {missed} of {caught.of} were missed"
            )
        if caught.of < FEWEST_CANARIES:
            tell = f"{FEWEST_CANARIES} tell whether people look (`fatigue_controls.canary_rate`)"
            return f"{caught.of} canaries were answered by {who} since then; {tell}"
    return ""


def step_down(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule that asks, one step looser: of several people one, of one the veto in time."""
    review: dict[str, Any] = dict(entry.get("review") or {})
    if review.get("quorum", 1) != 1:
        return {**entry, "review": {**review, "quorum": 1}}
    if len(groups := review.get("groups_all") or ()) > 1:
        return {**entry, "review": {**review, "groups_all": [groups[0]]}}
    rest = {name: value for name, value in entry.items() if name != "review"}
    return {**rest, "decision": "notify", "veto_window_sec": WINDOW_S}


__all__ = ["ANSWERS", "ENOUGH", "Recalled", "Witness", "step_down", "witness"]
