"""Signals: what was learned is printed for people and for programs, and nothing takes effect."""

import json

import pytest
from cli_kit import Desk, Shell

from interlock.conduct import Intent, Turn
from interlock.path.proposal import Agent, Context


def read(desk: Desk, count: int, model: str = "m1") -> None:
    """Read notes, sure of it each time."""
    for at in range(count):
        args = {"id": at % 3, "_interlock": {"confidence": 0.8}}
        intents = (Intent("notes.read", args, "c"),)
        context = Context(Agent("bot", model=model))
        turn = Turn(context, "shop", f"t{at}", "", f"n{at}{model}", intents)
        (call,) = desk.gate.conductor.propose(turn)
        desk.go(call)


def test_nothing_is_known_yet(desk: Desk, shell: Shell) -> None:
    """Before anything was learned it is said how to begin; an agent nobody knows is no answer."""
    desk.propose("notes.read", {})
    ran = shell("signals", "report")

    assert ran.code == 0
    assert "signals calibrate" in ran.out
    assert shell("signals", "report", "--agent", "x").code != 0


def test_learned_and_shown(desk: Desk, shell: Shell) -> None:
    """The same figures for people and programs: cold agents said, words weighed, thresholds."""
    read(desk, 24)
    told = json.loads(shell("signals", "calibrate", "--json").out)
    shown = shell("signals", "report", "--error-rate", "0.2")

    assert told["calls"] == 24
    assert told["agents"][0]["sources"][0]["quality"]["cases"] == 24
    assert json.loads(shell("signals", "report", "--json").out)[0]["agent"] == "bot"
    assert "no score yet: 24 of 30 calls known" in shown.out
    assert "`confidence_below: 0.8`: 0.0%" in shown.out
    assert "declared" in shell("signals", "calibrate").out


def test_names_take_no_effect(desk: Desk, shell: Shell) -> None:
    """A model's name is text: no escape sequence of it reaches the terminal."""
    read(desk, 2, model="a\x1b[2Jb")
    shell("signals", "calibrate")

    assert "\x1b" not in shell("signals", "report").out


@pytest.mark.parametrize("rate", ["0", "1", "2", "nan"])
def test_a_rate_that_is_none(desk: Desk, shell: Shell, rate: str) -> None:
    """A rate outside 0 to 1 is refused."""
    read(desk, 1)

    assert shell("signals", "report", "--error-rate", rate).code != 0
