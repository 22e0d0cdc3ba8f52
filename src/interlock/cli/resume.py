"""Go on: threads whose requests are decided, from any process that can load their application."""

import os
from collections.abc import Iterable, Iterator
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
        metavar="[ID]", help="Only this request's or call's thread; else every decided one."
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
    """Go on with threads whose requests are decided, once. What is overdue is expired first."""
    with opened(ledger) as gate:
        late = gate.inbox.expire_overdue()
        decided = wanted(gate, name, thread)
    went = list(go_on(decided, ledger, spec)) if decided else []
    if as_json:
        print_json({"expired": late, "threads": [each._asdict() for each in went]})
    else:
        report(late, [each for each in went if each.outcome != "idle"])
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


def go_on(decided: "Iterable[Decided]", ledger: str | None, spec: str | None) -> Iterator[Went]:
    """Ring once for each thread, then name the hosts that are not here.

    Raises `UnknownHost`; the verdicts stay in the ledger, and the other threads went on.
    """
    from interlock.cli.hosts import load_hosts

    os.environ[LEDGER_VARIABLE] = ledger or default_ledger()
    hosts = load_hosts(spec)
    missing: set[str] = set()
    for (host, thread), requests in by_thread(decided).items():
        if host not in hosts:
            missing.add(host)
            continue
        note(f"resuming {thread}…")
        yield ring(hosts[host], host, thread, requests)
    if missing:
        names = ", ".join(f"`{host}`" for host in sorted(missing))
        raise UnknownHost(
            f"no application {names} here; the verdicts are kept, name it with --app MODULE:FACTORY"
        )


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
