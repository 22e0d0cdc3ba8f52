"""Measure answers: `uv run --extra bench python -m benchmarks.desk.votes`.

Voters are processes that approve, each its own requests, as fast as they can: by a name, and with
an Ed25519 signature over a nonce that they ask for first. Beside each they write bare commits, as
many and as large as an answer's. All take short turns in one run.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from benchmarks import machine
from benchmarks.desk.kept import keep, parsed
from benchmarks.ledger.contenders import BARE, Place, open_contender
from benchmarks.ledger.figures import percentiles, share
from benchmarks.ledger.servers import serving
from benchmarks.pace.rounds import rotated
from benchmarks.policy.plot import svg
from interlock import Agent, Context, Gate, Policy
from interlock.conduct import Intent, Turn
from interlock.signing import new_key, read_pem

NAME: Final = "desk_votes"
COMMAND: Final = "uv run --extra bench python -m benchmarks.desk.votes"
VOTERS: Final = (1, 4, 8)
LOCAL, SIGNED = "local", "signed"
BESIDE: Final = {LOCAL: f"{BARE} of local", SIGNED: f"{BARE} of signed"}
KINDS: Final = (LOCAL, SIGNED, *BESIDE.values())
_WARM: Final = 2
TAIL: Final = 100
"""Of fewer answers the 99th percentile, by nearest rank, is the longest, and is called so."""
_WAIT_S: Final = 300.0
_PASSPHRASE: Final = "bench"  # noqa: S105 - of keys that last as long as a run
POLICY: Final = """
version: v1
tools: {order.refund: {risk_tags: [write]}}
approval_queue_policy:
  {max_open_requests_per_agent: 1000000, max_requests_per_agent_per_hour: 1000000}
rules: [{id: refunds, match: {tools: [order.refund]}, decision: require_approval}]
"""
WHAT: Final = (
    "Each voter is a process that approves its own requests by `gate.inbox`: read, checked, "
    "counted and recorded. `local` is a name; `signed` asks for a nonce, signs and is verified. "
    "Bare commits write rows of about the same sizes in as many commits, to one table without an "
    "index; the share is the median of the ratios of windows that lie beside each other. Of fewer "
    f"than {TAIL} answers the tail is the longest.\n"
)

Sizes: TypeAlias = dict[str, tuple[list[int], ...]]
"""Bytes of each row of each commit, by kind."""


class Voter(NamedTuple):
    """One process: where it works, on what, and with which key."""

    ledger: str
    place: Place
    number: int
    pem: bytes
    requests: dict[str, list[list[str]]]
    """Of each kind those of each round; the first is to warm up."""
    sizes: Sizes


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and with `--write` keep the figures."""
    options = _options(arguments)
    before = round(os.getloadavg()[0], 1)
    databases: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as made, serving() as server:
        sizes = row_sizes(Path(made, "sizes"))
        for name in ("SQLite", "PostgreSQL"):
            for voters in VOTERS:
                folder = Path(made, f"{name}-{voters}")
                folder.mkdir()
                urls = (server.fresh(), server.fresh()) if name == "PostgreSQL" else ("", "")
                found = measured(folder, urls, voters, options, sizes)
                databases.setdefault(name, {})[str(voters)] = found
    command = f"{COMMAND} --votes {options.votes} --rounds {options.rounds}"
    conditions = machine.conditions(command) | {"load_before": before}
    commits = {kind: [sum(rows) for rows in each] for kind, each in sizes.items()}
    figures = {"databases": databases, "commit_bytes": commits, "conditions": conditions}
    if options.write:
        keep(NAME, figures, markdown(figures), pictures(figures))
    print(json.dumps(figures, ensure_ascii=False) if options.json else markdown(figures))
    return 0


def opened(ledger: str, folder: str) -> Gate:
    """Open the gate over a file, or a database on a server."""
    url = ledger.replace("postgresql://", "postgresql+psycopg://", 1) or f"{folder}/ledger.db"
    return Gate.open(Policy.parse(POLICY), ledger=url, state=Path(folder))


def row_sizes(folder: Path) -> Sizes:
    """Return the bytes of each row that each commit of an answer of a kind writes."""
    folder.mkdir()
    with opened("", str(folder)) as gate:
        keys = enrolled(gate, 1)
        local, signed = ask(gate, 2, "sized")
        gate.inbox.approve(local, by="name-0", reason="checked")
        gate.inbox.approve(
            signed, by="voter-0", reason="checked", held=read_pem(keys[0], _PASSPHRASE)
        )
        voted = [entry for entry in gate.audit.log() if entry["kind"] == "voted"]
        rows = [len(json.dumps(entry)) for entry in voted]
    return {LOCAL: ([rows[0], 200],), SIGNED: ([160], [rows[1], 600])}


def enrolled(gate: Gate, voters: int) -> list[bytes]:
    """Give each voter a key; return the keys as their owners keep them."""
    keys = [new_key() for _ in range(voters)]
    for number, key in enumerate(keys):
        held, by = (keys[0], "voter-0") if number else (None, None)
        gate.reviewers.add(f"voter-{number}", held=held, by=by)
        gate.reviewers.add_key(f"voter-{number}", key.public, held=held, by=by)
    return [key.pem(_PASSPHRASE) for key in keys]


def ask(gate: Gate, count: int, name: str) -> list[str]:
    """Make calls that wait for a person; return their requests."""
    intents = tuple(Intent("order.refund", {"number": at}, f"c{at}") for at in range(count))
    turn = Turn(Context(Agent(name)), "bench", name, "", "m", intents)
    calls = gate.conductor.propose(turn)
    return [gate.inbox.show(call).id for call in calls]


def measured(
    folder: Path, urls: tuple[str, str], voters: int, options: argparse.Namespace, sizes: Sizes
) -> dict[str, Any]:
    """Let voters answer side by side in turns; return each kind's rate, latency and share."""
    rounds = [_WARM, *[options.votes] * options.rounds]
    with opened(urls[0], str(folder)) as gate:
        keys = enrolled(gate, voters)
        crew = [
            Voter(
                urls[0],
                Place(str(folder), urls[1], ()),
                number,
                keys[number],
                {
                    kind: [
                        ask(gate, count, f"{kind}-{number}-{at}") for at, count in enumerate(rounds)
                    ]
                    for kind in (LOCAL, SIGNED)
                },
                sizes,
            )
            for number in range(voters)
        ]
        gate.audit.seal()
    return tabled(played(crew), options.rounds)


def played(crew: Sequence[Voter]) -> list[list[dict[str, Any]]]:
    """Run the voters to their end; return what each tells, window by window."""
    spawn = multiprocessing.get_context("spawn")
    barrier, told = spawn.Barrier(len(crew)), spawn.Queue()
    running = [spawn.Process(target=vote, args=(one, barrier, told)) for one in crew]
    for each in running:
        each.start()
    found = [told.get(timeout=_WAIT_S) for _ in running]
    for each in running:
        each.join()
    return found


def vote(mine: Voter, barrier: Any, told: Any) -> None:  # noqa: ANN401 - of a context
    """Be one voter: answer, window by window, when all are ready."""
    windows: list[dict[str, Any]] = []
    with opened(mine.ledger, mine.place.folder) as gate:
        acts = _acts(gate, mine)
        for at in range(len(mine.requests[LOCAL])):
            for kind in rotated(list(KINDS), at):
                names = mine.requests[kind.removeprefix(f"{BARE} of ")][at]
                barrier.wait(_WAIT_S)
                ms, began = list[float](), time.time()
                for name in names:
                    start = time.perf_counter()
                    acts[kind](name)
                    ms.append((time.perf_counter() - start) * 1000)
                windows.append({"round": at, "kind": kind, "began": began, "ms": ms})
                windows[-1]["ended"] = time.time()
    told.put(windows)


def _acts(gate: Gate, mine: Voter) -> dict[str, Callable[[str], object]]:
    key, who = read_pem(mine.pem, _PASSPHRASE), f"voter-{mine.number}"
    bare = {
        kind: open_contender(BARE, mine.place._replace(sizes=mine.sizes[kind]))
        for kind in (LOCAL, SIGNED)
    }
    return {
        LOCAL: lambda name: gate.inbox.approve(name, by=f"name-{mine.number}", reason="checked"),
        SIGNED: lambda name: gate.inbox.approve(name, by=who, reason="checked", held=key),
        **{BESIDE[kind]: bare[kind].call for kind in (LOCAL, SIGNED)},
    }


def tabled(told: Sequence[Sequence[dict[str, Any]]], rounds: int) -> dict[str, Any]:
    """Add up what voters tell of windows that they began together."""
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    ms: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for at in range(1, rounds + 1):
        for kind in KINDS:
            windows = [
                one for each in told for one in each if (one["round"], one["kind"]) == (at, kind)
            ]
            spent = max(one["ended"] for one in windows) - min(one["began"] for one in windows)
            rates[kind].append(sum(len(one["ms"]) for one in windows) / spent)
            ms[kind] += [each for one in windows for each in one["ms"]]
    return {
        kind: {
            "votes_s": round(sorted(rates[kind])[len(rates[kind]) // 2], 1),
            **percentiles(ms[kind]),
            "share": share(rates[kind], rates[BESIDE.get(kind, kind)]),
            "n": len(ms[kind]),
        }
        for kind in KINDS
    }


def pictures(figures: dict[str, Any]) -> dict[str, str]:
    """Draw answers a second over voters, of each database."""
    return {
        name.lower(): svg(
            f"{name}: answers a second",
            {
                kind: {int(count): kinds[kind]["votes_s"] for count, kinds in found.items()}
                for kind in KINDS
            },
            unit="a second",
            size="voters",
        )
        for name, found in figures["databases"].items()
    }


def markdown(figures: dict[str, Any]) -> str:
    """Write the figures as tables."""
    conditions = figures["conditions"]
    lines = ["# Answers a second\n", machine.markdown(conditions).rstrip() + "  "]
    lines += [f"load {conditions['load_before']:g} before it began.\n", WHAT]
    for name, found in figures["databases"].items():
        lines += [
            f"## {name}\n",
            "| voters | answers | a second | p50 ms | p95 ms | tail ms | of bare commits | n |",
            "|---|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {voters} | {kind} | {one['votes_s']:,g} | {one['p50_ms']} | {one['p95_ms']} "
            f"| {_tail(one)} | {one['share']:g} | {one['n']} |"
            for voters, kinds in found.items()
            for kind, one in kinds.items()
        ]
        lines.append("")
    return "\n".join(lines)


def _tail(one: dict[str, Any]) -> str:
    return f"{one['p99_ms']} ({'p99' if one['n'] >= TAIL else 'longest'})"


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.desk.votes", description=__doc__)
    parser.add_argument("--votes", type=int, default=40, help="of each voter in a window (40)")
    parser.add_argument("--rounds", type=int, default=5, help="windows of each kind (5)")
    parser.add_argument("--folder", type=Path, help="where databases lie; a real disk")
    return parsed(parser, arguments, ("votes", "rounds"))


if __name__ == "__main__":
    raise SystemExit(main())
