"""Tell: weeks are held against the targets of their own policy, plainly."""

from typing import Any

import pytest

from benchmarks.week import told
from interlock import Policy

from benchmarks.week.office import ALL, policy  # isort: skip


def week(median_s: float, p95_s: float = 1800.0, expired: int = 0) -> dict[str, Any]:
    """Make what is told of a week."""
    waits = {"median_s": median_s, "p95_s": p95_s, "expired": expired, "n": 200}
    return {"others": waits}


@pytest.mark.parametrize(
    ("weeks", "words"),
    [
        ([week(900)], "of 15.0 min is within the target of 15; 95 % wait up to 30.0 min, within"),
        ([week(901, 1801)], "is beyond the target of 15; 95 % wait up to 30.0 min, beyond the"),
        ([week(60), week(900), week(901)], "is within the target of 15 in 2 of 3 weeks"),
        ([week(60, expired=5)], "; 5 of 200 requests (2.5 %) expired unanswered."),
    ],
)
def test_an_arm_is_held_against_the_targets(weeks: list[Any], words: str) -> None:
    """Within counts its bound; several weeks say in how many of them; who waited out is counted."""
    assert words in told.against_targets("all", weeks)


def test_the_targets_are_the_policys() -> None:
    """What the weeks are held against is what the program itself was told."""
    queue = Policy.parse(policy(ALL)).compiled.source["approval_queue_policy"]
    targets = (queue["target_median_wait_sec"], queue["target_p95_wait_sec"])

    assert targets == (told.MEDIAN_S, told.P95_S)
