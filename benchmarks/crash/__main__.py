"""Kill and check: `uv run python -m benchmarks.crash --db sqlite|postgresql --kills N --seed S`.

Runs a campaign in a folder of its own, recovers, exports the log, and has `check.py` look at it.
Writes `results/crash_<db>.json` and `results/crash.md` with `--keep`. Exit 1 when an invariant or a
bar is broken; the folder is then left for a look.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks import machine  # noqa: E402 - after the path is right
from benchmarks.crash import figures  # noqa: E402
from benchmarks.crash.campaign import Campaign, describe  # noqa: E402
from benchmarks.crash.check import as_json, check, violations  # noqa: E402
from benchmarks.crash.keeping import earlier_exports, recovered  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
COMMAND = (
    "uv run python -m benchmarks.crash --db {db} --kills {kills} --seed {seed} --workers {workers}"
)
DATABASES = ("sqlite", "postgresql")


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign, print what it came to, and return 1 when a bar is broken."""
    options = _options(arguments)
    folder = Path(options.folder or tempfile.mkdtemp(prefix="interlock-crash-"))
    folder.mkdir(parents=True, exist_ok=True)
    with database(options.db, folder) as (url, outage):
        found = played(folder, url, outage, options.seed, options.kills, options.workers)
    command = COMMAND.format(**vars(options))
    found["conditions"] = machine.conditions(command) | {"shared": options.shared}
    missed = [bar for bar in bars(found) if not bar["met"]]
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if options.keep:
        (RESULTS / f"crash_{options.db}.json").write_text(text + "\n", encoding="utf-8")
        (RESULTS / "crash.md").write_text(markdown(committed()), encoding="utf-8")
    print(text if options.json else markdown({options.db: found}))
    for bar in missed:
        print(f"broken: {bar['law']}: {bar['figure']}; see {folder}", file=sys.stderr)
    if not missed and not options.folder:
        shutil.rmtree(folder)
    return 1 if missed else 0


def played(
    folder: Path, url: str, outage: Callable[[], None] | None, seed: int, kills: int, workers: int
) -> dict[str, Any]:
    """Run a campaign and check what it left."""
    campaign = Campaign(folder, url, seed, kills, workers, outage)
    campaign.run()
    once = recovered(url, folder, "export")
    twice = recovered(url, folder, "again")
    laws = check(once, folder / "journals", earlier_exports(folder), twice)
    return {
        "done": describe(campaign),
        "came_to": figures.measure(campaign, once),
        "errors": errors(folder),
        "violations": violations(laws),
        "invariants": as_json(laws),
    }


def errors(folder: Path) -> dict[str, int]:
    """Count what processes met and survived, by kind; whose it is, by who has to act."""
    path = folder / "errors.jsonl"
    counted: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        said = json.loads(line)
        name = f"{said['role']}: {said['error']}"
        counted[name] = counted.get(name, 0) + 1
    return dict(sorted(counted.items(), key=lambda item: -item[1]))


def bars(found: dict[str, Any]) -> list[dict[str, Any]]:
    """State each bar, its figure, and whether it is met."""
    came, done = found["came_to"], found["done"]
    broken = sum(found["violations"].values())
    doubts, late = came["in_doubt_share_but_for_those"], came["recovery_s"].get("over_the_bar", 0)
    return [
        {"law": "violations of I1 to I18: 0", "figure": broken, "met": broken == 0},
        {
            "law": "in doubt without a kill between claim and result: at most 3 % of started calls",
            "figure": doubts,
            "met": doubts <= figures.DOUBT_AT_MOST,
        },
        {
            "law": "kills between claim and result: at least 30 %",
            "figure": came["killed_between_share"],
            "met": came["killed_between_share"] >= figures.BETWEEN_AT_LEAST,
        },
        {
            "law": "kills for every five started calls: at least 1",
            "figure": came["kills_per_5_started"],
            "met": came["kills_per_5_started"] >= 1,
        },
        {"law": "recoveries later than lease + 2 s: 0", "figure": late, "met": late == 0},
        {
            "law": "every thread that was begun came to its end",
            "figure": done["drained"],
            "met": done["drained"],
        },
    ]


def committed() -> dict[str, Any]:
    """Read the results that are kept."""
    paths = {db: RESULTS / f"crash_{db}.json" for db in DATABASES}
    return {
        db: json.loads(path.read_text(encoding="utf-8"))
        for db, path in paths.items()
        if path.exists()
    }


def markdown(found: dict[str, Any]) -> str:
    """Write the table of one or both databases."""
    rows: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
        ("kills", lambda one: one["done"]["kills"]),
        ("a second", lambda one: one["done"]["kills_per_s"]),
        ("calls, started", lambda o: f"{o['came_to']['calls']}, {o['came_to']['started']}"),
        ("effects of tools", lambda one: one["came_to"]["effects"]),
        ("answers of people", lambda one: one["came_to"]["answers_of_people"]),
        ("entries in the log", lambda one: one["came_to"]["entries"]),
        ("pauses beyond the lease", lambda one: one["done"]["pauses_beyond_the_lease"]),
        ("processes with a clock an hour off", lambda one: one["done"]["stepped_clocks"]),
        ("database killed and restarted", lambda one: one["done"]["database_outages"]),
        ("killed between claim and result",
         lambda one: f"{one['came_to']['killed_between_share']:.0%}"),
        ("calls in doubt after such a kill", _doubts_after_kill),
        ("calls in doubt otherwise, of started",
         lambda one: f"{one['came_to']['in_doubt_share_but_for_those']:.2%}"),
        ("seconds until a lost call was seen to: median, most",
         lambda one: f"{one['came_to']['recovery_s'].get('median')}, "
                     f"{one['came_to']['recovery_s'].get('most')}"),
        ("**violations of I1 to I18**", lambda one: f"**{sum(one['violations'].values())}**"),
    ]  # fmt: skip
    lines = ["| | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    lines += [f"| {name} | " + " | ".join(str(say(one)) for one in found.values()) + " |"
              for name, say in rows]  # fmt: skip
    said = [machine.markdown(one["conditions"]) for one in found.values()]
    return "\n".join(lines) + "\n\n" + "\n".join(said)


def _doubts_after_kill(found: dict[str, Any]) -> int:
    return found["came_to"]["in_doubt_by_cause"].get("killed between claim and result", 0)


@contextmanager
def database(kind: str, folder: Path) -> Generator[tuple[str, Callable[[], None] | None]]:
    """Provide a ledger's place, and what kills its server and starts it again."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}", None
        return
    sys.path.append(str(ROOT / "tests"))
    from postgres_server import PostgresServer

    server = PostgresServer()
    durable = {"fsync": "on", "full_page_writes": "on"}
    server.start(**durable)

    def outage() -> None:
        server.kill9()
        server.start(**durable)

    try:
        yield server.url(server.create()).replace("postgresql:", "postgresql+psycopg:"), outage
    finally:
        server.stop()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", choices=DATABASES, default="sqlite")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3, help="at a time; more on a busy machine")
    parser.add_argument("--folder", help="where to run; left as it is afterwards")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="write the committed results")
    parser.add_argument("--shared", action="store_true", help="others were at work on the machine")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
