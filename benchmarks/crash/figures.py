"""Count: what a campaign came to, beside the invariants.

Doubts are laid to what was done to the process that held the claim, which the ledger's table of
runs names; the checker needs none of this.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from benchmarks.crash.agent import LEASE_S
from benchmarks.crash.campaign import Campaign
from benchmarks.crash.evidence import Call, Entry, Evidence, read
from interlock import Gate
from interlock.ledger import tables

RECOVERY_S: Final = LEASE_S + 2.0
"""How long after its process was killed a call may stand before somebody has seen to it, seconds.
Source: invariant I5."""

DOUBT_AT_MOST: Final = 0.03
"""Share of started calls that may end in doubt without a kill between claim and result."""

BETWEEN_AT_LEAST: Final = 0.3
"""Share of the kills that hit a process between a claim and its result."""


SKEWED_S: Final = 1800.0
"""Apart from each other by more, two times come from different clocks, seconds."""


@dataclass(frozen=True, slots=True)
class Run:
    """One claim, and the process that made it."""

    call: str
    fence: int
    pid: int


def runs(url: str, folder: Path) -> list[Run]:
    """Return every claim of a ledger."""
    with Gate.open(None, url, state=folder / "state") as gate, gate.ledger.read() as db:
        rows = db.execute(select(tables.executions)).all()
    return [Run(row.call_id, row.fence, int(row.worker.rpartition(":")[2])) for row in rows]


def measure(campaign: Campaign, export: Path) -> dict[str, Any]:
    """Return the figures of a campaign whose log is exported."""
    evidence = read(export, campaign.folder / "journals")
    killed = {kill.pid: kill.at for kill in campaign.kills}
    claims = runs(campaign.ledger, campaign.folder)
    open_when_killed = [
        (run, killed[run.pid]) for run in claims
        if run.pid in killed and _was_open(evidence.calls[run.call], run)
    ]  # fmt: skip
    started = {run.call for run in claims}
    doubts = {call.id: call for call in evidence.calls.values() if call.first("in_doubt")}
    causes = {name: _cause(call, claims, killed, campaign) for name, call in doubts.items()}
    unexplained = sum(cause != "killed between claim and result" for cause in causes.values())
    hit = len({run.pid for run, _ in open_when_killed})
    return {
        "calls": len(evidence.calls),
        "started": len(started),
        "claims": len(claims),
        "effects": len(evidence.effects),
        "entries": len(evidence.entries),
        "answers_of_people": sum(len(call.all("voted")) for call in evidence.calls.values()),
        "stale_results": sum(note.kind == "stale_result" for note in evidence.notes),
        "ended_as": dict(Counter(call.state for call in evidence.calls.values()).most_common()),
        "kills_per_5_started": round(5 * len(campaign.kills) / max(len(started), 1), 2),
        "killed_between_claim_and_result": hit,
        "killed_between_share": round(hit / max(len(killed), 1), 3),
        "in_doubt": len(doubts),
        "in_doubt_by_cause": dict(Counter(causes.values()).most_common()),
        "in_doubt_share_but_for_those": round(unexplained / max(len(started), 1), 4),
        "in_doubt_at_the_end": sum(call.state == "in_doubt" for call in doubts.values()),
        "recovery_s": recovery(evidence, open_when_killed, campaign.hindered),
    }


def _was_open(call: Call, run: Run) -> bool:
    """Whether a claim never got a result of its own; only the process that made it can give one."""
    ends = call.all("done", "failed", "given_back")
    return not any(entry.body.get("fence") == run.fence for entry in ends)


def _after(call: Call, run: Run) -> Entry | None:
    """Return what followed a claim in its call's log."""
    claim = next(entry for entry in call.all("claimed") if entry.body["fence"] == run.fence)
    return next((entry for entry in call.entries if entry.position == claim.position + 1), None)


def _unix(entry: Entry) -> float:
    return datetime.fromisoformat(entry.at).astimezone(UTC).timestamp()


def _cause(call: Call, claims: Sequence[Run], killed: dict[int, float], campaign: Campaign) -> str:
    """Say what was done to the process whose claim is the first that ended in doubt."""
    doubt = call.all("in_doubt")[0]
    fence = doubt.body.get("fence")
    pid = next(run.pid for run in claims if (run.call, run.fence) == (call.id, fence))
    died = killed.get(pid)
    if died is not None and _unix(doubt) >= died and abs(_unix(doubt) - died) < SKEWED_S:
        return "killed between claim and result"
    if pid in campaign.paused:
        return "paused beyond its lease"
    if pid in campaign.steps or abs(_unix(doubt) - _unix(doubt_after(call, doubt))) > SKEWED_S:
        return "a clock was off"
    return "other"


def doubt_after(call: Call, doubt: Entry) -> Entry:
    """Return the claim that a doubt ended."""
    before = [entry for entry in call.all("claimed") if entry.position < doubt.position]
    return before[-1]


def recovery(
    evidence: Evidence, hit: Sequence[tuple[Run, float]], hindered: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    """Say how long after a kill its calls stood still; clocks that were off say nothing.

    The bar is for the time in which somebody could have seen to a call: what is within a hindrance
    does not count.
    """
    freed = {
        (note.body.get("call_id"), note.body.get("fence")): note
        for note in evidence.notes
        if note.kind == "lease_lapsed"
    }
    times: list[float] = []
    free: list[float] = []
    late: list[str] = []
    for run, at in hit:
        after = freed.get((run.call, run.fence)) or _after(evidence.calls[run.call], run)
        took = _unix(after) - at if after else float("inf")
        if after is None or abs(took) < SKEWED_S:
            times.append(took)
            free.append(took - _overlap(at, at + took, hindered))
            if free[-1] > RECOVERY_S:
                late.append(f"{run.call}/{run.fence}, {at:.1f}: {took:.1f} s, {free[-1]:.1f} free")
    if not times:
        return {"measured": 0, "bar": RECOVERY_S, "over_the_bar": 0}
    times.sort()
    return {
        "measured": len(times),
        "median": round(times[len(times) // 2], 2),
        "p95": round(times[int(len(times) * 0.95)], 2),
        "most": round(times[-1], 2),
        "most_unhindered": round(max(free), 2),
        "bar": RECOVERY_S,
        "over_the_bar": len(late),
        "late": late,
    }


def _overlap(start: float, end: float, spans: Sequence[tuple[float, float]]) -> float:
    """Return how much of a time lies within spans, which may overlap each other, seconds."""
    covered, reached = 0.0, start
    for begin, stop in sorted(spans):
        covered += max(0.0, min(stop, end) - max(begin, reached))
        reached = max(reached, min(stop, end))
    return covered
