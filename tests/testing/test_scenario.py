"""Scenario files: what they say, and what is wrong with one that does not load."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from interlock.errors import InterlockError
from interlock.testing.scenario import Approve, Edit, Refuse, Scenario, load, load_all, scripted

GOOD = """\
name: small
title: A title
shows: Something
says: Hello
turns:
  - calls: [{id: a, tool: mail.send, args: {to: [p, q], k: 1}, confidence: 0.5}]
  - text: Bye
human:
  - {answer: approve, about: mail.send, by: ana, reason: fine}
  - {answer: edit, args: {to: [r]}}
  - {answer: deny}
expect:
  calls: 1
  world: [{sql: SELECT 1, rows: [[1]]}]
"""


def written(folder: Path, text: str, name: str = "one.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_says_who_does_what(tmp_path: Path) -> None:
    """Turns, people and expectations come out as they stand in the file, lists as lists."""
    scenario = load(written(tmp_path, GOOD))

    assert scenario.turns[0].calls[0].args == {"to": ["p", "q"], "k": 1}
    assert scenario.human == (
        Approve(about="mail.send", by="ana", reason="fine"),
        Edit(args={"to": ["r"]}),
        Refuse(),
    )
    assert scenario.expect.world[0].rows == ((1,),)
    assert scenario.expect.asked == 0


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("title: A title", "titel: A title", "one.yaml:1:1: `title`: Field required"),
        ("confidence: 0.5", "confidence: 5", "one.yaml:6:76"),
        ("answer: deny", "answer: shrug", "one.yaml:11:5: `human.2`"),
        ("calls: 1\n", "calls: 1\n  asekd: 2\n", "one.yaml:14:3: `expect.asekd`"),
        ("says: Hello", "says: Hello\nsays: Bye", "one.yaml:5:1: duplicate key `says`"),
        ("name: small", "name: &x small", "anchor `&x` is not allowed"),
    ],
)
def test_a_mistake_is_a_line_and_a_column(old: str, new: str, place: str, tmp_path: Path) -> None:
    """A scenario that does not load says where and why."""
    path = written(tmp_path, GOOD.replace(old, new, 1))

    with pytest.raises(InterlockError) as raised:
        load(path)
    assert place in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """A missing file is our error, not Python's."""
    with pytest.raises(InterlockError, match="cannot be read as a scenario"):
        load(tmp_path / "none.yaml")


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    """Scenarios play in the order of their file names."""
    written(tmp_path, GOOD.replace("small", "second").replace("Hello", "Hi"), "02.yaml")
    written(tmp_path, GOOD, "01.yaml")

    assert [scenario.name for scenario in load_all(tmp_path)] == ["small", "second"]


@pytest.mark.parametrize("what", ["name", "says"])
def test_two_scenarios_never_open_alike(what: str, tmp_path: Path) -> None:
    """Two scenarios with one name, or one opening, could not be told apart and do not load."""
    other = {"name": ("Hello", "Hi"), "says": ("name: small", "name: other")}[what]
    written(tmp_path, GOOD, "01.yaml")
    written(tmp_path, GOOD.replace(*other), "02.yaml")

    with pytest.raises(InterlockError, match=f"have the same `{what}`"):
        load_all(tmp_path)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    """No scenario is a mistake in the path, not a play of nothing."""
    with pytest.raises(InterlockError, match="no scenario in"):
        load_all(tmp_path)


def test_people_answer_what_their_step_is_about(tmp_path: Path) -> None:
    """A step answers the first question that it is about, once; then nobody is there."""
    scenario: Scenario = load(written(tmp_path, GOOD))
    human = scripted(scenario)
    mail, other = SimpleNamespace(tool="mail.send"), SimpleNamespace(tool="x.y")

    assert human(other) == Edit(args={"to": ["r"]})
    assert human(mail) == Approve(about="mail.send", by="ana", reason="fine")
    assert human(mail) == Refuse()
    assert human(mail) is None
