"""Contest: an engine that fails is reported, and answers are counted against the oracle."""

import json

import pytest
from benchmarks.policy.engines import Engine
from benchmarks.policy.problem import Decide, Problem

from benchmarks.policy import __main__ as side_by_side
from benchmarks.policy import contest


def broken(problem: Problem) -> Decide:
    raise ModuleNotFoundError(f"no engine for {problem.rules} rules")


def stubborn(problem: Problem) -> Decide:
    return lambda request: "deny"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "SECONDS", 0.0)
    engines = (
        Engine("broken", (), broken, "cannot be imported"),
        Engine("stubborn", (), stubborn, "always denies", globs=False),
    )
    monkeypatch.setattr(contest, "ENGINES", engines)
    monkeypatch.setattr(side_by_side, "ENGINES", engines)


def test_an_engine_that_cannot_be_asked_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """Its error stands in its place; nothing else fails."""
    contest.main("broken")

    assert json.loads(capsys.readouterr().out) == {"error": "ModuleNotFoundError"}


def test_wrong_answers_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """An engine that disagrees is measured all the same, and named."""
    contest.main("stubborn")
    found = json.loads(capsys.readouterr().out)

    assert set(found) == {"literals"}
    assert 0 < found["literals"]["10"]["agree"] < found["literals"]["10"]["of"]
    assert side_by_side.disagreeing({"stubborn": found}) == ["stubborn"]
    assert side_by_side.medians({"stubborn": found}, "globs") == {}
