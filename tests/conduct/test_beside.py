"""Work beside: nobody waits longer than the budget; what never ends takes its share at most."""

import threading

import pytest

from interlock.conduct.beside import AT_WORK, TimedWork


def test_work_that_ends_in_time() -> None:
    """Nothing is said against it, and it is done when the caller goes on."""
    done: list[int] = []

    assert TimedWork("trying", "tried").in_time(lambda: done.append(1)) == ""
    assert done == [1]


@pytest.mark.parametrize("error", [ValueError("secret"), MemoryError(), SystemExit(1)])
def test_work_that_fails(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """The kind of error is said, and not what it says."""

    def fail() -> None:
        raise error

    assert (
        TimedWork("trying", "tried").in_time(fail) == f"trying it failed ({type(error).__name__})"
    )
    assert "a call was not tried" in caplog.text


def test_work_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller goes on after the budget; so many hang at most, and of more nothing is begun."""
    monkeypatch.setenv("INTERLOCK_SIGNALS_BUDGET_MS", "1")
    beside, ends, ended = TimedWork("trying", "tried"), threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        ends.wait()
        ended.release()

    said = [beside.in_time(hang) for _ in range(AT_WORK + 1)]
    ends.set()
    for _ in range(AT_WORK):
        ended.acquire()

    assert said == ["it took longer than 1 ms"] * AT_WORK + ["8 turns are being tried already"]
