"""Open: the gate of the week, with or without the controls, all of them by its policy."""

import secrets
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from benchmarks.week.people import PEOPLE
from interlock import Gate, Policy, clock

MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)

POLICY: Final = """
version: v1
environment: prod
tools:
  crm.update: {risk_tags: [write]}
  mail.send: {risk_tags: [egress]}
  refund.issue: {risk_tags: [write, financial], facts: {amount: args.amount}}
  account.close: {risk_tags: [write, delete]}
risk:
  - {level: critical, match: {tools: [account.close]}}
  - {level: high, match: {tools: [refund.issue]}}
  - {level: medium, match: {tools: [mail.send]}}
  - {level: low}
rules:
  - {id: notes, match: {tools: [crm.update]}, decision: require_approval, review: {route: desk}}
  - {id: mails, match: {tools: [mail.send]}, decision: require_approval, review: {route: desk}}
  - id: closings
    match: {tools: [account.close]}
    decision: require_approval
    review: {route: desk}
  - id: refunds
    match: {tools: [refund.issue]}
    decision: require_approval
    review: {route: finance}
  - id: large-refunds
    match: {tools: [refund.issue], amount_above: 1000}
    decision: require_approval
    review: {route: finance, quorum: 2}
timeouts: {critical: deny, high: deny, medium: deny, low: deny}
output: {entities: {US_SSN: allow}}
"""
"""Everything asks. After 20 minutes finance's requests go to the whole desk; after four hours
nobody's answer means no."""

WAITS: Final = {
    "target_median_wait_sec": 900,
    "target_p95_wait_sec": 1800,
    "escalate_after_sec": 1200,
}
UNBOUNDED: Final = 1_000_000
"""A budget that nobody reaches: how a policy does without one."""


CAP: Final = 20
"""Requests that one person is asked to look at, where they are shared out."""


class Controls(NamedTuple):
    """Which controls the policy has."""

    assigned: bool = False
    """Requests are assigned to people, up to a cap, and move on when they wait."""
    paused: bool = False
    """People pause after a run of approvals."""
    budgeted: bool = False
    """An agent asks only so much, and identical requests are one line."""
    sampled: bool = False
    """Canaries and second looks are posed."""


NONE: Final = Controls()
ALL: Final = Controls(True, True, True, True)


def policy(controls: Controls) -> str:
    """Write the policy of the week."""
    queue: dict[str, Any] = dict(WAITS)
    fatigue: dict[str, Any] = {}
    if not controls.budgeted:
        queue["max_open_requests_per_agent"] = UNBOUNDED
        queue["max_requests_per_agent_per_hour"] = UNBOUNDED
    if controls.assigned:
        queue["max_open_requests_per_reviewer"] = CAP
        fatigue["auto_rebalance"] = True
    if controls.paused:
        fatigue |= {
            "cooldown_after_approvals": 80, "cooldown_window_sec": 14400, "cooldown_sec": 900,
        }  # fmt: skip
    if controls.sampled:
        fatigue |= {"sampled_second_review_rate": 0.1, "canary_rate": 0.02}
    groups: dict[str, list[str]] = {}
    for person in PEOPLE:
        for group in person.groups:
            groups.setdefault(group, []).append(person.name)
    lines = [POLICY, f"groups: {_flow({k: _list(v) for k, v in groups.items()})}"]
    lines += ["escalation: {finance: [desk]}", f"approval_queue_policy: {_flow(queue)}"]
    if fatigue:
        lines.append(f"fatigue_controls: {_flow(fatigue)}")
    return "\n".join(lines)


def _list(names: list[str]) -> str:
    return f"[{', '.join(names)}]"


def _flow(members: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {str(value).lower()}" for key, value in members.items()) + "}"


@contextmanager
def opened(
    folder: Path, seed: int, controls: Controls
) -> Generator[tuple[Gate, clock.FrozenClock]]:
    """Open the gate over a file, on Monday at midnight, with ids and keys that the seed draws."""
    dice = Random(f"ids {seed}")
    (folder / "vault.key").write_bytes(dice.randbytes(32))
    (folder / "vault.key").chmod(0o600)
    time, kept = clock.FrozenClock(MONDAY), clock.secrets
    clock.secrets = _Drawn(dice)
    try:
        with Gate.open(
            Policy.parse(policy(controls)), ledger=folder / "ledger.db", state=folder, clock=time
        ) as gate:
            for person in PEOPLE:
                gate.reviewers.add(person.name, by="office")
            yield gate, time
    finally:
        clock.secrets = kept


@contextmanager
def looked_back_at(folder: Path, controls: Controls, days: int) -> Generator[Gate]:
    """Open a week's ledger as it stood after some days."""
    time = clock.FrozenClock(MONDAY + timedelta(days=days))
    kept = Policy.parse(policy(controls))
    with Gate.open(kept, ledger=folder / "ledger.db", state=folder, clock=time) as gate:
        yield gate


class _Drawn:
    """Draws ids from a seed, so that who is offered what is the same in every run."""

    def __init__(self, dice: Random) -> None:
        self._dice, self._mine = dice, threading.get_ident()

    def token_bytes(self, count: int) -> bytes:
        """Return so many bytes; other threads, such as the sealer's, take none of the seed's."""
        if threading.get_ident() != self._mine:
            return secrets.token_bytes(count)
        return self._dice.randbytes(count)
