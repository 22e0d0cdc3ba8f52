"""Grade: the host's functions say how sure one may be; what fails vouches for nothing."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.app.policy import Policy
from interlock.conduct.grading import GradedCall, Grader
from interlock.conduct.measured import Measured
from interlock.errors import InterlockError, PolicyError

from .conftest import World, open_world  # isort: skip

POLICY = """
signals: {confidence: {source: [SOURCES]}}
rules:
  - {id: rest, decision: allow}
  - {id: unsure, match: {confidence_below: 0.7}, decision: require_approval}
"""
SURE = {"to": "ana", "_interlock": {"confidence": 0.99}}


@pytest.fixture
def ends() -> Iterator[threading.Event]:
    """Something that a grader may wait for as long as the test runs."""
    made = threading.Event()
    yield made
    made.set()


def measured(
    folder: Path, grader: Grader | None, sources: str = "callable:judge, declared", **more: Any
) -> tuple[Measured, World]:
    """Measure one call whose agent is sure of itself."""
    world = open_world(folder, POLICY.replace("SOURCES", sources))
    if grader is not None:
        world.gate.confidence("judge")(grader)
    conductor = world.gate.conductor
    (found,) = conductor.measurer.measure(conductor.ports, world.turn(("pay", {**SURE, **more})))
    world.gate.close()
    return found, world


def test_its_word_counts_as_that_of_any_source(tmp_path: Path) -> None:
    """What it says is the confidence, said as its own, before the agent's word."""
    found, _ = measured(tmp_path, lambda _: 0.25)

    assert found.signals["confidence"] == 0.25
    assert found.words["confidence"] == ("callable:judge: the host's function says 0.25",)


def test_it_sees_a_copy(tmp_path: Path) -> None:
    """It is told whose call it is, and what it does to the arguments changes no call."""
    seen: list[GradedCall] = []

    def judge(call: GradedCall) -> float:
        seen.append(call._replace(args=dict(call.args)))
        call.args["to"] = "eve"
        return 0.9

    world = open_world(tmp_path, POLICY.replace("SOURCES", "callable:judge"))
    world.gate.confidence("judge")(judge)
    (call,) = world.gate.conductor.propose(world.turn(("pay", SURE)))

    assert world.gate.inbox.show(call).args == {"to": "ana"}
    assert (seen[0].tool, seen[0].args, seen[0].agent) == ("pay", {"to": "ana"}, "bot")
    world.gate.close()


def test_none_is_no_word(tmp_path: Path) -> None:
    """Whoever has nothing to say is passed over for the next source."""
    found, _ = measured(tmp_path, lambda _: None)

    assert found.signals["confidence"] == 0.99
    assert found.words["confidence"] == ("declared: the agent says 0.99 of itself",)


def fails(_: GradedCall) -> float:
    """Fail, and tell a secret."""
    raise ValueError("secret")


@pytest.mark.parametrize(
    ("grader", "why"),
    [
        (None, "no such function is registered with the gate"),
        (fails, "it failed (ValueError)"),
        (lambda _: float("nan"), "it returned no number from 0 to 1"),
        (lambda _: float("inf"), "it returned no number from 0 to 1"),
        (lambda _: -0.1, "it returned no number from 0 to 1"),
        (lambda _: 95, "it returned no number from 0 to 1"),
        (lambda _: True, "it returned no number from 0 to 1"),
        (lambda _: "0.9", "it returned no number from 0 to 1"),
    ],
)
def test_one_that_fails_is_missing(grader: Any, why: str, tmp_path: Path) -> None:
    """It is said why, and the agent's own word behind it does not stand in: people are asked."""
    found, world = measured(tmp_path, grader)

    assert "confidence" not in found.signals
    assert found.words["confidence"] == (f"could not be told: callable:judge: {why}",)
    world = open_world(tmp_path / "again", POLICY.replace("SOURCES", "callable:judge, declared"))
    if grader is not None:
        world.gate.confidence("judge")(grader)
    (call,) = world.gate.conductor.propose(world.turn(("pay", SURE)))
    case = world.gate.inbox.show(call)
    assert (case.state, case.not_evaluable) == ("pending", ("unsure",))
    world.gate.close()


def test_one_that_hangs_is_missing(tmp_path: Path, ends: threading.Event) -> None:
    """The decision waits for the budget and no longer, and its late word counts for nothing."""

    def hang(_: GradedCall) -> float:
        ends.wait()
        return 1.0

    found, _ = measured(tmp_path, hang)

    assert found.missing == {"confidence": "callable:judge: it took longer than 50 ms"}


def test_arguments_that_cannot_be_read(tmp_path: Path) -> None:
    """What cannot be copied is shown to nobody, and is missing."""
    found, _ = measured(tmp_path, lambda _: 1.0, much=float("nan"))

    assert found.missing["confidence"].startswith("callable:judge: it failed (")


def test_a_source_before_it_has_spoken(tmp_path: Path) -> None:
    """A grader that fails behind a source that says something takes nothing from it."""
    found, _ = measured(tmp_path, fails, "declared, callable:judge")

    assert found.signals["confidence"] == 0.99


def test_behind_a_function_nothing_is_declared() -> None:
    """Where nothing was measured the agent's word does not pass for the function's."""
    policy = Policy.parse(POLICY.replace("SOURCES", "callable:judge, declared"))

    assert policy.decide({"name": "pay", "args": SURE}).rules == ("unsure",)
    assert policy.decide({"name": "pay"}, signals={"confidence": 0.9}).rules == ("rest",)


def test_names(tmp_path: Path) -> None:
    """A name is of small letters, taken once; a coroutine would never be awaited."""
    world = open_world(tmp_path, POLICY.replace("SOURCES", "callable:judge"))

    async def later(_: GradedCall) -> float:
        return 1.0

    gate = world.gate
    gate.confidence("judge")(lambda _: 1.0)
    with pytest.raises(InterlockError, match="registered already"):
        gate.confidence("judge")(lambda _: 1.0)
    with pytest.raises(InterlockError, match="names no grader"):
        gate.confidence("Judge!")(lambda _: 1.0)
    with pytest.raises(InterlockError, match="is async"):
        gate.confidence("later")(later)  # pyright: ignore[reportArgumentType] - what is refused
    world.gate.close()


@pytest.mark.parametrize("source", ["callable:", "callable:Judge", "callable:a b", "judge", "7"])
def test_names_in_a_policy(source: str) -> None:
    """A name that no function can have is refused with its place."""
    with pytest.raises(PolicyError, match="<text>:2:"):
        Policy.parse(POLICY.replace("SOURCES", f'"{source}"' if source != "7" else source))
