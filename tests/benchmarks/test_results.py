"""Results: the committed figures support what is stated about them, kept or missed."""

import re
import shlex
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from benchmarks.laws import read

from benchmarks import allow_path, laws
from benchmarks.crash import __main__ as crash
from benchmarks.desk import flood, votes, waking
from benchmarks.ledger import __main__ as ledger
from benchmarks.ledger import calls
from benchmarks.policy import __main__ as engines
from benchmarks.policy import scale
from benchmarks.replay import report
from benchmarks.week import __main__ as weeks
from benchmarks.week import page as week

FOLDER: Final = Path(__file__).resolve().parents[2] / "benchmarks"
PAGE: Final = (FOLDER / "README.md").read_text(encoding="utf-8")
DESK: Final = (flood, votes, waking)
NUMBERS: Final = {"three": 3, "four": 4, "eight": 8}


def test_the_page_says_which_bars_are_kept() -> None:
    """The bars on the page are the bars in code, with the committed figures and their verdict."""
    assert laws.ROW.findall(PAGE) == laws.rows()
    assert laws.page(PAGE) == PAGE


def test_another_figure_makes_another_page() -> None:
    """The command puts what the figures say in the table's place, and leaves the rest alone."""
    row = next(row for row in laws.rows() if row.endswith("| kept |"))
    spoilt = PAGE.replace(row, row.replace("| kept |", "| **missed** |"))

    assert spoilt != PAGE
    assert laws.page(spoilt) == PAGE


def test_the_page_counts_the_tasks() -> None:
    """Suites, user tasks, injection tasks and those not played are as many as the figures hold."""
    suites = read("agentdojo")["suites"]
    users = sum(one["use"]["user_tasks"] for one in suites.values())
    unplayed = {name: len(one["injection_tasks_without_calls"]) for name, one in suites.items()}
    played = sum(
        one["attack"]["careful"]["pairs"] // one["use"]["user_tasks"] for one in suites.values()
    )

    stated = re.search(
        r"has (\w+) suites of tools.*?, (\d+) user tasks and (\d+) in", PAGE, re.DOTALL
    )
    left_out = re.search(r"\*\*Not played:\*\* (\w+) later workspace injection tasks", PAGE)
    assert stated is not None
    assert left_out is not None
    assert NUMBERS[stated[1]] == len(suites)
    assert (int(stated[2]), int(stated[3])) == (users, played + sum(unplayed.values()))
    assert NUMBERS[left_out[1]] == unplayed["workspace"]


def test_the_command_column_states_the_measured_bars() -> None:
    """The bars in words, beside the commands, are the ones in code."""
    times = re.search(r"at most (\w+) times two bare durable commits", PAGE)
    asked = re.search(r"at most (\d+) % of benign calls asked", PAGE)

    assert times is not None
    assert asked is not None
    assert NUMBERS[times[1]] == allow_path.BAR
    assert int(asked[1]) == round(report.ASKED_AT_MOST * 100)


def test_allow_paths_bar_is_its_figures() -> None:
    """The verdict in the file is what the file's own medians come to, under the bar in code."""
    figures = read("allow_path")
    parts = figures["added_ms"][allow_path.LEDGER]["median"]
    ratio = round(parts / figures["call_ms"]["two bare commits"]["median"], 2)

    assert figures["bar"] == {
        "at_most": allow_path.BAR,
        "ratio": ratio,
        "met": ratio <= allow_path.BAR,
    }


def test_every_decision_of_every_size_is_right() -> None:
    """A fast answer that is wrong is no figure: all calls agreed with the oracle."""
    sizes = read("policy_scale")["sizes"].values()

    assert all(size["agree"] == size["calls"] > 0 for size in sizes)


def test_engines_that_can_say_the_policy_say_it() -> None:
    """Nobody is compared on wrong answers, and pictures are drawn from the same figures."""
    found = read("policy_engines")["engines"]

    assert engines.disagreeing(found) == []
    for form, title in engines.FORMS.items():
        drawn = (FOLDER / "results" / f"policy_engines_{form}.svg").read_text(encoding="utf-8")
        picture = engines.svg(f"{title}: median time of a decision", engines.medians(found, form))
        assert drawn == picture


def test_the_ledgers_pictures_are_of_its_figures() -> None:
    """What is drawn of calls a second is what was measured, on both databases."""
    figures = read("ledger_calls")

    assert list(figures["databases"]) == ["SQLite", "PostgreSQL"]
    for database in figures["databases"]:
        drawn = FOLDER / "results" / calls.PICTURE.format(database.lower())
        assert drawn.read_text(encoding="utf-8") == ledger.picture(figures, database)


def test_agentdojos_figures_break_no_law() -> None:
    """All four suites were played, and every law held."""
    figures = read("agentdojo")

    assert figures["complete"]
    assert report.broken(figures) == []


def test_agentdojos_sums_are_sums() -> None:
    """What stands for all suites is the suites added up."""
    figures = read("agentdojo")

    assert report.overall(figures["suites"]) == figures["overall"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("agentdojo", report.markdown),
        ("allow_path", allow_path.markdown),
        ("policy_scale", scale.markdown),
        ("policy_engines", engines.markdown),
        ("desk_week", week.markdown),
        *[(part.NAME, part.markdown) for part in DESK],
        *[(f"ledger_{name}", partial(ledger.markdown, name)) for name in ledger.PARTS],
    ],
)
def test_the_table_is_of_the_same_run(name: str, written: Any) -> None:
    """The page for people was written from the figures beside it."""
    assert (FOLDER / "results" / f"{name}.md").read_text(encoding="utf-8") == written(read(name))


@pytest.mark.parametrize("db", crash.DATABASES)
def test_every_invariant_was_looked_at(db: str) -> None:
    """None of I1 to I18 is left out, and one of which nothing was seen says why."""
    found = read(f"crash_{db}")
    assert list(found["invariants"]) == [f"I{number}" for number in range(1, 19)]
    for one in found["invariants"].values():
        assert one["checked"] > 0 or one["unseen"]
    assert found["done"]["database_outages"] > 0 or db == "sqlite"


@pytest.mark.parametrize(
    ("name", "drawn"), [("desk_week", week.pictures), *[(one.NAME, one.pictures) for one in DESK]]
)
def test_the_desks_pictures_are_of_its_figures(name: str, drawn: Any) -> None:
    """Each is drawn of the figures beside it."""
    pictures = drawn(read(name))

    assert pictures
    for called, picture in pictures.items():
        kept = FOLDER / "results" / f"{name}_{called}.svg"
        assert kept.read_text(encoding="utf-8") == picture


def test_the_desks_commands_play_what_their_pages_show() -> None:
    """The sizes of the committed runs are those that their commands say."""
    of = {part.NAME: part._options(said(part)) for part in DESK}
    answers, waits, window = (read(part.NAME) for part in (votes, waking, flood))
    one = of["desk_votes"]
    for voters in votes.VOTERS:
        found = answers["databases"]["SQLite"][str(voters)]
        assert {each["n"] for each in found.values()} == {voters * one.votes * one.rounds}
    assert waits["threads"] == of["desk_waking"].threads
    for found in waits["databases"].values():
        assert found["one_by_one_ms"]["n"] == of["desk_waking"].votes - waking._WARM
    one = of["desk_flood"]
    for found in window["databases"].values():
        assert 0 < found["alone"]["n"] <= one.rounds * one.window / flood._EVERY_S


def said(part: Any) -> list[str]:
    """Return the options that a committed page's command has."""
    return shlex.split(read(part.NAME)["conditions"]["command"].removeprefix(part.COMMAND))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (votes._options, ["--votes", "10"]),
        (waking._options, ["--threads", "8", "--votes", "6"]),
        (flood._options, ["--window", "1"]),
        (weeks._options, ["--seeds", "1"]),
        (weeks._options, ["--arms", "none"]),
    ],
)
def test_a_smaller_run_is_not_kept(
    options: Any, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused before anything is measured; without `--write` it is printed."""
    assert not options(words).write
    assert options(["--write"]).write
    with pytest.raises(SystemExit):
        options([*words, "--write"])
    assert f"only a full run is kept: leave out {words[0]}" in capsys.readouterr().err


def test_the_weeks_command_plays_what_its_page_shows() -> None:
    """Arms and seeds of the committed weeks are those that their command plays."""
    found = read("desk_week")
    words = shlex.split(found["conditions"]["command"].removeprefix(weeks.COMMAND))
    options = weeks._options(words)

    assert [*found["weeks"]] == options.arms
    assert {len(each) for each in found["weeks"].values()} == {options.seeds}
    assert (found["asks"], found["flood"]) == (options.asks, options.flood)
