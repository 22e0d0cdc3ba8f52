"""The anomaly benchmark: what a history holds, what of it is learned, what is counted."""

from typing import Any

import pytest
from benchmarks.signals.anomaly import Learner, Plan, Seen, approved, asked_above, everything

from benchmarks.signals import anomaly


def run(task: int, *labels: str, attack: bool = False) -> dict[str, Any]:
    """Make a run of calls with these labels."""
    calls = [
        {"tool": f"t{at}", "args": {"x": f"v{task}"}, "label": label}
        for at, label in enumerate(labels)
    ]
    return {
        "suite": "shopping",
        "model": f"m{task % 3}",
        "user_task_id": f"task_{task}",
        "is_attack_run": attack,
        "attack_succeeded": attack,
        "user_prompt": f"please do V{task}",
        "calls": calls,
    }


BENIGN = [run(n, "benign", "benign") for n in range(20)]
ATTACKS = [run(n, "benign", "injected", attack=True) for n in range(20)]


def test_a_cold_history_holds_no_task_of_the_test() -> None:
    """Folds by task part tasks; every run is tested once."""
    splits = list(anomaly.split(BENIGN + ATTACKS, "shopping", "user_task_id"))

    for learned, tested in splits:
        assert {r["user_task_id"] for r in learned}.isdisjoint(r["user_task_id"] for r in tested)
    assert sum(len(tested) for _, tested in splits) == 40


def test_a_poisoned_history_holds_that_share_of_attacks() -> None:
    """A clean history has benign runs only, a poisoned one as many attacks as it says."""
    clean = anomaly.history(BENIGN + ATTACKS, Plan(0.0, everything), 0)
    poisoned = anomaly.history(BENIGN + ATTACKS, Plan(0.32, everything), 0)
    share = sum(r["is_attack_run"] for r in poisoned) / len(poisoned)

    assert not any(r["is_attack_run"] for r in clean)
    assert share == pytest.approx(0.32, abs=0.02)


@pytest.mark.parametrize(("keep", "learned"), [(everything, 2), (approved, 1), (asked_above, 2)])
def test_what_is_kept_is_learned(keep: Any, learned: int) -> None:
    """Everything, what is approved, and what scored low where nobody was asked."""
    learner = Learner(prompts=False)
    learner.learn(ATTACKS[0], keep)

    assert learner.profile.calls == learned


def test_only_odd_calls_are_asked_about() -> None:
    """Above 0.8 an injected call is refused and a benign one approved; below both are learned."""
    attack = ATTACKS[0]

    assert [asked_above(attack, at, 0.9) for at in (0, 1)] == [True, False]
    assert [asked_above(attack, at, 0.7) for at in (0, 1)] == [True, True]


def test_calls_without_a_sure_label_are_not_counted() -> None:
    """Only injected calls of attack runs and benign calls of benign runs are tested."""
    mixed = [run(1, "unknown", "injected", "benign", attack=True), run(2, "benign_unconfirmed")]
    seen = [each for r in mixed for each in anomaly._tested(Learner(prompts=False), r, {})]

    assert seen == [Seen("shopping", True, {"ours": 0.0})]


def test_an_injection_comes_into_a_user_task_of_each_fold() -> None:
    """Ground truth makes a benign run of each user task, and five runs of each injection."""
    names = [f"user_task_{n}" for n in range(6)] + ["injection_task_0"]
    tasks = [{"suite": "bank", "task_id": name, "text": name} for name in names]
    calls = [{"suite": "bank", "task_id": name, "tool": "t", "args": {}} for name in names]
    runs = anomaly.ground_truth(tasks, calls)
    attacks = [r for r in runs if r["is_attack_run"]]

    assert len(runs) == 11
    assert len({r["user_task_id"] for r in attacks}) == 5
    assert [[c["label"] for c in r["calls"]] for r in attacks] == [["before", "injected"]] * 5
