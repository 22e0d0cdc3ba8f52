"""Learning: in the order of the log, once, whatever dies; what cannot be read is learned anew."""

import signal
from pathlib import Path

import pytest

from interlock.conduct import faults
from interlock.conduct.learning import (
    LearnedName,
    Lesson,
    Taught,
    learn,
    read_profile,
    read_reputation,
)
from interlock.ledger.learned import LearnedRows
from interlock.signals.observation import Observation, observe
from interlock.signals.profile import before
from interlock.signals.sighting import Sighting

from .conftest import open_world  # isort: skip
from .test_faults import FORK  # isort: skip

BOT = LearnedName("", "bot", "profile")


def lesson(at: int, *, usual: bool = True, thread: bool = True) -> Lesson:
    """One payment of the agent `bot`."""
    call = observe("pay", {"amount": at % 5}, b"k", at_s=3600.0 * at)
    assert isinstance(call, Observation)
    seen = Sighting(call, before(call, []) if thread else None, said={"declared": 0.9})
    return Lesson("", "bot", "m1", "t", "pay", "write", seen, usual, usual)


def taught(lessons: list[Lesson], known: dict[LearnedName, str]) -> dict[LearnedName, str]:
    """Return what is known after some lessons."""
    pupil = Taught(known, 30.0)
    pupil.add(lessons)
    return known | pupil.texts()


class TestTaught:
    def test_in_parts_is_as_at_once(self) -> None:
        """Wherever passes begin and end, and whatever dies between, the same is known."""
        lessons = [lesson(at) for at in range(40)]
        parts: dict[LearnedName, str] = {}
        for start in range(0, 40, 7):
            parts = taught(lessons[start : start + 7], parts)

        once = taught(lessons, {})
        assert parts[BOT] == once[BOT]
        assert parts.keys() == once.keys()

    def test_what_was_at_fault_is_not_usual(self) -> None:
        """A refused call lowers the record, and leaves the profile as it was."""
        good = taught([lesson(at) for at in range(3)], {})
        after = taught([lesson(9, usual=False)], good)

        assert after[BOT] == good[BOT]
        (name,) = (name for name in after if name.kind == "reputation")
        before_, now = (read_reputation(each[name], name).record for each in (good, after))
        assert (now.confidence("bot", "pay") or 1) < (before_.confidence("bot", "pay") or 0)

    def test_what_turns_out_wrong_is_taken_back(self) -> None:
        """A call learned as usual and right counts as wrong, and what it named is new again."""
        known = taught([lesson(at) for at in range(4)], {})
        after = taught([lesson(3)._replace(corrects=True)], known)
        name = LearnedName("", "bot", "reputation", "m1")
        profile, reputation = read_profile(after[BOT], 30.0), read_reputation(after[name], name)

        assert profile.calls == pytest.approx(3)
        assert reputation.record.agents["bot"] == (3, 4)
        assert [each.right for each in reputation.cases["declared", ""]].count(False) == 1

    def test_calls_of_before_stand_in_their_thread(self) -> None:
        """Where nobody noted what stood before a call, the calls of its thread tell."""
        known = taught([lesson(at, thread=False) for at in range(4)], {})
        profile = read_profile(known[BOT], 30.0)

        assert profile.seen("after", "pay").total == 3

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"v": 9}', '{"v": 1}'])
    def test_what_cannot_be_read_is_learned_anew(self, text: str) -> None:
        """A spoiled row is as none: learning goes on, and nothing raises on a call's way."""
        name = LearnedName("", "bot", "reputation", "m1")

        assert read_profile(text, 30.0).calls == 0
        assert read_reputation(text, name).record.agents == {}


class TestKilled:
    @pytest.mark.timeout(60)  # one child process, and a database server at first
    @pytest.mark.usefixtures("database")
    def test_killed_while_it_learns(self, tmp_path: Path) -> None:
        """Killed before it is kept, nothing was learned; done again, everything once."""
        world = open_world(tmp_path)
        world.gate.ledger.wrote = lambda _: None
        for at in range(3):
            (call,) = world.propose(("orders.get", {"id": at}))
            world.go(call)
        world.gate.ledger.seal_entries()
        world.gate.close()
        child = FORK.Process(target=_learn_and_die, args=(tmp_path,))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL

        again = open_world(tmp_path)
        memory = LearnedRows(again.gate.ledger)
        assert memory.upto() == 0
        for _ in range(2):
            while learn(memory, 30.0):
                pass
        name = LearnedName("", "bot", "reputation")
        known = read_reputation(memory.recall([name])[name], name)
        assert known.record.agents["bot"].of == 3
        again.gate.close()


def _learn_and_die(folder: Path) -> None:
    faults._AT = "learned"  # type: ignore[misc] - what the environment sets
    world = open_world(folder)
    learn(LearnedRows(world.gate.ledger), 30.0)
