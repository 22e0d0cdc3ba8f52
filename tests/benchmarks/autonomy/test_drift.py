"""The watched agents: windows forget, and each contender is asked in the same way."""

import random

import pytest
from benchmarks.autonomy.drift import CONTENDERS, WINDOW, Window, run_length, steady


def test_a_window_forgets() -> None:
    """Errors of more than seven days ago do not count."""
    window = Window(lambda errors, _actions: errors > 0)
    window.alarmed(error=True)
    alarms = [window.alarmed(error=False) for _ in range(WINDOW)]

    assert (alarms[18], alarms[-2], alarms[-1]) == (True, True, False)


@pytest.mark.parametrize("name", CONTENDERS)
def test_everybody_notices_what_always_errs(name: str) -> None:
    """From the twentieth action on an agent that only errs is noticed at once."""
    assert run_length(CONTENDERS[name](), random.Random(1), 1.0, 100) == 20


def test_a_run_without_an_alarm_is_longer_than_the_longest() -> None:
    """No alarm is no number of actions within the run, and never a false alarm."""
    name = next(iter(CONTENDERS))

    assert run_length(CONTENDERS[name](), random.Random(1), 0.0, 50) == 51
    assert steady(name, 0.0, 1)["false_alarms"] == 0
