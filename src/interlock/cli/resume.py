"""Go on: threads whose requests are decided, from any process that can load their application."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from interlock.cli.options import AsJson, LedgerUrl, examples, family, opened
from interlock.cli.queue import Thread
from interlock.cli.screen import note, print_json, print_table, say
from interlock.desk.display import visible
from interlock.errors import DeskError, UnknownHost
from interlock.settings import default_ledger

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.app.inbox import Decided

app = family()

LEDGER_VARIABLE: Final = "INTERLOCK_LEDGER"
"""Tells the application which ledger to open: the one that is resumed from."""

AppSpec = Annotated[
    str | None,
    typer.Option(
        "--app",
        metavar="MODULE:FACTORY|FILE.py:FACTORY",
        help="Makes {host: graph}; else INTERLOCK_APP, else [tool.interlock] apps in pyproject.",
        show_default=False,
    ),
]
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="ID", help="Only this request's or call's thread; else every decided one."
    ),
]


class Went(NamedTuple):
    """How one thread went on."""

    host: str
    thread: str
    outcome: str
    """`finished`, `waits` for another answer, `idle` when it waited for nothing, `failed`."""
    about: str
    """The requests that it waits for, or what its application raised."""


@app.command(
    epilog=examples(
        "interlock resume --app myagent:apps",
        "interlock resume req_8k2 --app agent.py:apps",
        "interlock resume --thread 42",
    )
)
def resume(
    name: Name = None,
    thread: Thread = None,
    spec: AppSpec = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> int:
    """Go on with threads whose requests are decided, once. What is overdue is expired first.

    Exit 3 when an application is not here; the other threads have gone on.
    """
    with opened(ledger) as gate:
        late = gate.inbox.expire_overdue()
        decided = wanted(gate, name, thread)
    went, missing = go_on(decided, ledger, spec) if decided else ([], [])
    if as_json:
        print_json({"expired": late, "threads": [each._asdict() for each in went]})
    else:
        report(late, [each for each in went if each.outcome != "idle"])
    if missing:
        raise UnknownHost(
            f"no application {', '.join(f'`{host}`' for host in missing)} here; "
            "the verdicts are kept, name it with --app MODULE:FACTORY"
        )
    return 1 if any(each.outcome == "failed" for each in went) else 0


def wanted(gate: "Gate", name: str | None, thread: str | None) -> "list[Decided]":
    """Return the decided requests to ring for. Raises `DeskError` for one that is still open."""
    decided = gate.inbox.decided(name, thread)
    if name is not None and not decided:
        case = gate.inbox.show(name)
        if case.state == "pending":
            raise DeskError(f"`{case.id}` waits for an answer; first: interlock show {case.id}")
        raise DeskError(f"nobody was asked about `{case.id}`; it is {case.state}")
    return decided


def go_on(
    decided: "Iterable[Decided]", ledger: str | None, spec: str | None
) -> tuple[list[Went], list[str]]:
    """Ring once for each thread; return how they went, and the hosts that are not here."""
    from interlock.cli.hosts import load_hosts

    os.environ[LEDGER_VARIABLE] = ledger or default_ledger()
    hosts = load_hosts(spec)
    went: list[Went] = []
    threads = by_thread(decided)
    for (host, thread), requests in threads.items():
        if host in hosts:
            note(f"resuming {thread}…")
            went.append(ring(hosts[host], host, thread, requests))
    return went, sorted({host for host, _ in threads} - hosts.keys())


def by_thread(decided: "Iterable[Decided]") -> dict[tuple[str, str], list[str]]:
    """Collect request ids by host and thread, in the order of the calls."""
    threads: dict[tuple[str, str], list[str]] = {}
    for each in decided:
        threads.setdefault((each.host, each.thread_id), []).append(each.request_id)
    return threads


def ring(graph: Any, host: str, thread: str, requests: Iterable[str]) -> Went:  # noqa: ANN401 - a compiled graph
    """Resume one thread for each of its decided requests that it still waits for."""
    from interlock.graph.resume import paused
    from interlock.graph.resume import resume as ring_for

    config: Any = {"configurable": {"thread_id": thread}}
    rung = 0
    try:
        for request in requests:
            if any(request in each.requests for each in paused(graph, config)):
                ring_for(graph, config, request)
                rung += 1
        open_now = [each.requests[0] for each in paused(graph, config) if each.requests[0]]
    except Exception as error:  # noqa: BLE001 - whatever the application raises ends its thread only
        return Went(host, thread, "failed", f"{type(error).__name__}: {error}")
    if not rung:
        return Went(host, thread, "idle", "")
    return Went(host, thread, "waits" if open_now else "finished", ", ".join(open_now))


def report(late: int, went: list[Went]) -> None:
    """Say what became of each thread."""
    if late:
        say(f"{late} expired")
    if not went:
        say("no thread waits for a decided request")
        return
    rows = [
        (visible(each.thread), visible(each.host), each.outcome, visible(each.about))
        for each in went
    ]
    print_table(("thread", "application", "went", "about"), rows)
