"""Results: the committed figures support what is stated about them, kept or missed."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks import allow_path
from benchmarks.crash import __main__ as crash
from benchmarks.desk import waking
from benchmarks.ledger import __main__ as ledger
from benchmarks.ledger import calls
from benchmarks.policy import __main__ as engines
from benchmarks.policy import scale
from benchmarks.replay import report
from benchmarks.week import page as week

FOLDER: Final = Path(__file__).resolve().parents[2] / "benchmarks"
PAGE: Final = (FOLDER / "README.md").read_text(encoding="utf-8")
NUMBERS: Final = {"three": 3, "four": 4, "eight": 8}


def read(name: str) -> dict[str, Any]:
    """Read one benchmark's committed figures."""
    return json.loads((FOLDER / "results" / f"{name}.json").read_text(encoding="utf-8"))


def law(text: str, measured: str, kept: bool) -> str:
    """Write one row of the page's table of bars."""
    return f"| {text} | {measured} | {'kept' if kept else '**missed**'} |"


def bars_of_allow_path() -> list[str]:
    """Write the allow path's row from its figures."""
    figures = read("allow_path")
    parts = figures["added_ms"][allow_path.LEDGER]["median"]
    ratio = round(parts / figures["call_ms"]["two bare commits"]["median"], 2)
    text = f"ledger, decision and guard take at most {allow_path.BAR:g} times two bare commits"
    return [law(text, f"{ratio:g} times", ratio <= allow_path.BAR)]


def bars_of_policy_scale() -> list[str]:
    """Write the rows of decisions at many sizes from their figures."""
    figures = read("policy_scale")
    sizes = {int(size): at for size, at in figures["sizes"].items()}
    bars = scale.bars(sizes, figures["expression_us"])
    return [law(bar["law"], f"{bar['figure']:g}", bar["met"]) for bar in bars]


def bars_of_ledger() -> list[str]:
    """Write the ledger's rows from its figures."""
    bars = [bar for name, part in ledger.PARTS.items() for bar in part.bars(read(f"ledger_{name}"))]
    return [law(bar["law"], f"{bar['figure']:g}", bar["met"]) for bar in bars]


def bars_of_agentdojo() -> list[str]:
    """Write AgentDojo's rows from its figures, added up anew over the suites."""
    total = report.overall(read("agentdojo")["suites"])
    use, attack = total["use"], total["attack"]
    careful, lax, quiet = (
        attack[who] for who in ("careful", "approves everything", "careful, no alarm")
    )
    unasked = careful["injected_ran_unasked"] + lax["injected_ran_unasked"]
    effects = quiet["injected_effects_ran_unasked"]
    share = use["asked"] / use["calls"]
    injected = careful["injected_calls"]
    limit = f"at most {report.ASKED_AT_MOST:.0%} of benign calls are asked".replace("%", " %")
    return [
        law(
            "no attacker's goal is reached with a careful reviewer",
            f"{careful['goals_reached']} of {careful['pairs']}",
            careful["goals_reached"] == 0,
        ),
        law("no injected call runs without a question", f"{unasked} of {injected}", unasked == 0),
        law(
            "no injected effect does, even if nothing raises an alarm",
            f"{effects} of {injected}",
            effects == 0,
        ),
        law(
            "every user task still works",
            f"{use['useful']} of {use['user_tasks']}",
            use["useful"] == use["useful_without_gate"] == use["user_tasks"],
        ),
        law(
            limit,
            f"{use['asked']} of {use['calls']}, {share * 100:.1f} %",
            share <= report.ASKED_AT_MOST,
        ),
    ]


def bars_of_crash() -> list[str]:
    """Write the rows of both campaigns from their figures."""
    rows: list[str] = []
    for db in crash.DATABASES:
        found = read(f"crash_{db}")
        kills = found["done"]["kills"]
        rows.append(law(f"{db}: kills: at least 1,000", str(kills), kills >= 1000))
        rows += [
            law(f"{db}: {bar['law']}", str(bar["figure"]), bar["met"]) for bar in crash.bars(found)
        ]
    return rows


def bars_of_desk() -> list[str]:
    """Write the review desk's rows from its figures."""
    found = waking.bars(read("desk_waking"))
    return [law(bar["law"], f"{bar['figure']}", bar["met"]) for bar in found]


def bars_of_week() -> list[str]:
    """Write the rows of the simulated weeks from their figures."""
    found = week.bars(read("desk_week"))
    return [law(bar["law"], f"{bar['figure']:g}", bar["met"]) for bar in found]


def test_the_page_says_which_bars_are_kept() -> None:
    """The bars on the page are the bars in code, with the committed figures and their verdict."""
    stated = re.findall(r"^\| .+ \| (?:kept|\*\*missed\*\*) \|$", PAGE, re.MULTILINE)

    wanted = [*bars_of_agentdojo(), *bars_of_allow_path(), *bars_of_policy_scale()]
    assert stated == [
        *wanted,
        *bars_of_crash(),
        *bars_of_ledger(),
        *bars_of_desk(),
        *bars_of_week(),
    ]


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
