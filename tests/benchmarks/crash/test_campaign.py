"""The campaign: what it plays, whom it kills, and what it makes of it."""

import copy
import json
import os
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.crash import __main__ as command
from benchmarks.crash import agent, evidence, fate, figures

UNINSPECTED = "output: {entities: {US_SSN: allow}, secrets: allow, injection: allow}\n"
"""Presidio takes seconds to load, and is not what is tested here."""

FOUND: dict[str, Any] = {
    "violations": {"I1": 0, "I2": 0},
    "came_to": {
        "in_doubt_share_but_for_those": 0.03,
        "killed_between_share": 0.3,
        "kills_per_5_started": 1,
        "recovery_s": {"over_the_bar": 0},
    },
    "done": {"drained": True},
}


def test_every_process_plays_the_same_script() -> None:
    """A script is its seed's and its thread's, and its orders are told apart by their numbers."""
    assert agent.script(1, 5) == agent.script(1, 5)
    assert agent.script(1, 5) != agent.script(2, 5)
    turns = [turn for thread in range(50) for turn in agent.script(1, thread)]
    calls = [call for turn in turns for call in turn.calls]
    assert len({call.args["ref"] for call in calls}) == len(calls)
    assert {call.tool for call in calls} == set(agent.TOOLS)
    assert max(len(turn.calls) for turn in turns) == 3


@pytest.mark.parametrize("ref", ["1.0.0", "2.0.1", "77.2.0"])
def test_planted_cards_are_right_by_their_check_digit(ref: str) -> None:
    """Luhn's sum of a planted number is a multiple of ten, or no detector would redact it."""
    digits = [int(digit) for digit in agent.card(ref)]
    assert len(digits) == 16
    assert sum(sum(divmod(2 * d, 10)) for d in digits[::2]) % 10 == -sum(digits[1::2]) % 10


def test_every_crash_point_is_somebodys() -> None:
    """A point that is added to the program is reached by the campaign too."""
    assert fate.known_points() == fate.POINTS


def test_fates_are_what_the_page_says() -> None:
    """Half of the workers die at a point, most of these between claim and result."""
    draw = random.Random(1)
    drawn = [fate.drawn("worker", draw) for _ in range(2000)]
    kinds = Counter(one.kind for one in drawn)
    points = Counter(one.point for one in drawn if one.kind == "point")
    between = sum(points[name] for name in ("claimed", "effect_done", "inspected"))
    assert kinds.keys() == {"kill", "point", "pause", "step"}
    assert kinds["point"] > 1000
    assert between > 0.7 * kinds["point"]


STORM = """
import json, sys
from pathlib import Path
from benchmarks.crash.leash import leash

leash(int(sys.argv[3]))
from benchmarks.crash import agent, campaign
from benchmarks.crash.check import check, violations
from benchmarks.crash.keeping import earlier_exports, recovered

folder = Path(sys.argv[1])
campaign.WINDOW, campaign.EXPORT_EVERY = 2, 2
campaign.POLICY, campaign.warm = agent.POLICY + sys.argv[2], lambda _: None
campaign.READY_S = 10.0  # fates at the pace of an idle machine
url = f"sqlite:///{folder / 'ledger.db'}"
storm = campaign.Campaign(folder, url, seed=3, kills_wanted=2)
storm.run()
once, twice = recovered(url, folder, "export"), recovered(url, folder, "again")
found = check(once, folder / "journals", earlier_exports(folder), twice)
told = {"drained": storm.drained, "kills": len(storm.kills), "violations": violations(found)}
print(json.dumps({**told, "looked_at": found["I16"].checked}))
"""
"""In a process of its own: the campaign forks, and a test run has threads that hold locks."""


@pytest.mark.timeout(120)  # a dozen processes, each a graph with its gate
def test_a_small_storm(tmp_path: Path) -> None:
    """A few kills, and all threads come to their ends with nothing lost and nothing twice."""
    ran = subprocess.run(
        [sys.executable, "-c", STORM, str(tmp_path), UNINSPECTED, str(os.getpid())],
        cwd=Path(__file__).parents[3],
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout.splitlines()[-1])

    assert told["drained"]
    assert told["kills"] >= 2
    assert told["looked_at"] > 0
    assert sum(told["violations"].values()) == 0, told


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("violations", "I2", 1),
        ("came_to", "in_doubt_share_but_for_those", 0.031),
        ("came_to", "killed_between_share", 0.29),
        ("came_to", "kills_per_5_started", 0.9),
        ("came_to", "recovery_s", {"over_the_bar": 1}),
        ("done", "drained", False),
    ],
)
def test_each_bar_can_be_missed(where: str, name: str, value: Any) -> None:
    """A figure on its bar is met, and one beyond it is not."""
    assert all(bar["met"] for bar in command.bars(FOUND))
    worse = copy.deepcopy(FOUND)
    worse[where][name] = value
    assert [bar["met"] for bar in command.bars(worse)].count(False) == 1


def entry(kind: str, position: int, at_s: int, **body: Any) -> evidence.Entry:
    """Write one entry of the call `c`, `at_s` seconds into a minute."""
    at = f"2026-01-01T00:00:{at_s:02d}.000000Z"
    names = {"id": f"e{position}", "chain": "c", "kind": kind, "state": kind, "at": at}
    rest = {"actor": "interlock", "auth": "none", "previous": "", "hash": ""}
    return evidence.Entry(index=position, position=position, body=body, **names, **rest)


@pytest.mark.parametrize(
    ("hindered", "late"),
    [
        ([], 1),
        ([(5.0, 6.0)], 1),
        ([(1.0, 9.0)], 0),
        ([(5.0, 9.0), (2.0, 7.0)], 0),
        ([(3.0, 6.0), (3.0, 6.0)], 1),
        ([(0.0, 1.0), (50.0, 60.0)], 1),
    ],
)
def test_recovery_counts_where_nothing_hindered_it(
    hindered: list[tuple[float, float]], late: int
) -> None:
    """A call that stood still for 10 s is late, unless all but 3.5 s of it nobody could help."""
    call = evidence.Call("c", [entry("claimed", 0, 1, fence=1), entry("in_doubt", 1, 12, fence=1)])
    seen = evidence.Evidence(Path(), call.entries, {"c": call}, [], [])
    minute = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    spans = [(minute + start, minute + end) for start, end in hindered]
    found = figures.recovery(seen, [(figures.Run("c", 1, 7), minute + 2)], spans)
    assert (found["measured"], found["median"], found["over_the_bar"]) == (1, 10.0, late)
