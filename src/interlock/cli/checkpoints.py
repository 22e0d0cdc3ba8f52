"""Prune: checkpoints of threads that have come to their end."""

import os
from collections import Counter
from typing import Annotated, Final

import typer

from interlock.cli.hosts import LEDGER_VARIABLE, load_hosts
from interlock.cli.options import AsJson, LedgerUrl, examples, opened
from interlock.cli.queue import Thread
from interlock.cli.resume import AppSpec
from interlock.cli.retention import DryRun, moment
from interlock.cli.screen import amount, note, print_json, say
from interlock.settings import default_ledger

app = typer.Typer()
"""A command of `interlock audit`, which stands beside its others."""

_TOLD: Final = {
    "pruned": "keep their newest checkpoint only",
    "deleted": "lose all checkpoints",
    "unfinished": "run or wait still, and were left",
    "unable": "were left: their saver cannot prune; --delete takes all of a thread's checkpoints",
    "unknown": "are not in their application's saver",
    "elsewhere": "belong to an application that is not here",
}


@app.command(
    "prune-checkpoints",
    epilog=examples(
        "interlock audit prune-checkpoints --app myagent:apps --before 2026-01-01 --dry-run",
        "interlock audit prune-checkpoints --app myagent:apps --before 2026-01-01 --delete",
    ),
)
def prune_checkpoints(
    before: Annotated[
        str, typer.Option("--before", metavar="DATE", help="Threads without a call since then.")
    ],
    thread: Thread = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Take the newest checkpoint, too.")
    ] = False,
    dry_run: DryRun = False,
    spec: AppSpec = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Take old checkpoints of finished threads out of their application's saver.

    A thread with a call that waits, is held or is in doubt is left. The ledger stays as it is.
    """
    from interlock.graph.pruning import prune

    with opened(ledger) as gate:
        found = gate.audit.quiet_threads(str(moment(before)))
    os.environ[LEDGER_VARIABLE] = ledger or default_ledger()
    hosts = load_hosts(spec)
    went: list[dict[str, str]] = []
    for host, name in found:
        if thread in (None, name):
            note(f"looking at {name}…")
            graph = hosts[host].graph if host in hosts else None
            how = (
                prune(graph, name, delete=delete, dry_run=dry_run)
                if hasattr(graph, "checkpointer")
                else "elsewhere"
            )
            went.append({"host": host, "thread": name, "outcome": how})
    if as_json:
        print_json({"dry_run": dry_run, "threads": went})
        return
    for how, count in Counter(each["outcome"] for each in went).items():
        say(f"{amount(count, 'thread')} {'would ' if dry_run else ''}{_TOLD[how]}")
    if not went:
        say("no thread came to its end before that")
