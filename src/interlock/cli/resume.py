"""Go on: threads whose requests are decided, from any process that can load their application."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from interlock.cli.options import AsJson, LedgerUrl, examples, family, opened
from interlock.cli.queue import Thread, doubt
from interlock.cli.screen import amount, local, note, print_json, print_table, say
from interlock.cli.worker import summed
from interlock.desk.display import visible
from interlock.errors import DeskError, UnknownHost
from interlock.settings import default_ledger

if TYPE_CHECKING:
    from interlock.app.desks import LetOut
    from interlock.app.gate import Gate
    from interlock.app.inbox import Decided
    from interlock.conduct.timers import Fired

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
    """`finished`, `waits` for another answer, `delivered` a result that left quarantine, `idle`
    when it waited for nothing, `failed`, `unknown` to its application's saver."""
    about: str
    """The requests that it waits for, the results that it got, what its application raised, or the
    calls in doubt."""


class Missing(NamedTuple):
    """What cannot go on here."""

    threads: dict[str, list[str]]
    """By the host to which they belong."""
    made: list[str]
    """Hosts that the applications make instead."""


@app.command(
    epilog=examples(
        "interlock resume --app myagent:apps",
        "interlock resume req_8k2m4x --app agent.py:apps",
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
    """Go on with threads whose requests are decided, once. What is due is fired first.

    A result that left quarantine takes its place in its thread's messages.

    Exit 3 when an application is not here; the other threads have gone on.
    """
    with opened(ledger) as gate:
        fired = gate.recover()
        let_out = gate.quarantine.ended(name, thread)
        decided = wanted(gate, name, thread, let_out)
    nothing: tuple[list[Went], Missing] = ([], Missing({}, []))
    went, missing = go_on(decided, let_out, ledger, spec) if decided or let_out else nothing
    with opened(ledger) as gate:
        went = [_doubtful(each, gate, ledger) for each in went]
    if as_json:
        late = sum(each.came_to == "expired" for each in fired)
        told = [each._asdict() for each in fired]
        threads = [each._asdict() for each in went]
        print_json({"expired": late, "fired": told, "threads": threads})
    else:
        report(fired, went, quiet=bool(missing.threads), is_named=name is not None)
    if missing.threads:
        raise UnknownHost(absent(missing, spec))
    strange = [each for each in went if each.outcome == "unknown"]
    if strange and (name or thread):
        raise DeskError(
            f"thread `{strange[0].thread}` is not in the saver of application "
            f"`{strange[0].host}`; name the application that keeps it"
        )
    return 1 if any(each.outcome == "failed" for each in went) else 0


def wanted(
    gate: "Gate", name: str | None, thread: str | None, let_out: "Sequence[LetOut]" = ()
) -> "list[Decided]":
    """Return the decided requests to ring for. Raises `DeskError` for one that is still open."""
    decided = gate.inbox.decided(name, thread)
    if name is not None and not decided and not let_out:
        case = gate.inbox.show(name)
        if case.state == "pending":
            raise DeskError(f"`{case.id}` waits for an answer; first: interlock show {case.id}")
        if case.veto_until is not None:
            raise DeskError(f"`{case.id}` can be vetoed until {local(case.veto_until)}; it waits")
        raise DeskError(f"nobody was asked about `{case.id}`; it is {case.state}")
    return decided


def go_on(
    decided: "Iterable[Decided]", let_out: "Iterable[LetOut]", ledger: str | None, spec: str | None
) -> tuple[list[Went], "Missing"]:
    """Ring once for each thread; return how they went, and what has no application here."""
    from interlock.cli.hosts import load_hosts

    os.environ[LEDGER_VARIABLE] = ledger or default_ledger()
    hosts = load_hosts(spec)
    went: list[Went] = []
    threads = by_thread(decided)
    results: dict[tuple[str, str], list[LetOut]] = {}
    for each in let_out:
        threads.setdefault((each.host, each.thread_id), [])
        results.setdefault((each.host, each.thread_id), []).append(each)
    for (host, thread), requests in threads.items():
        if host in hosts:
            note(f"resuming {thread}…")
            mine = results.get((host, thread), [])
            went.append(ring(hosts[host], host, thread, requests, mine))
    missing: dict[str, list[str]] = {}
    for host, thread in threads:
        if host not in hosts:
            missing.setdefault(host, []).append(thread)
    return went, Missing(missing, sorted(hosts))


def absent(missing: "Missing", spec: str | None) -> str:
    """Say which applications are not here, for which threads, and what is here instead."""
    from interlock.cli.hosts import factories

    wanted = ", ".join(
        f"`{host}` here, for {_few(threads)}" for host, threads in sorted(missing.threads.items())
    )
    made = ", ".join(f"`{host}`" for host in missing.made) or "no application"
    named = ", ".join(f"`{each}`" for each in factories(spec))
    here = f"{named} makes {made}" if named else "none is named"
    return f"no application {wanted}; {here}; the verdicts are kept, add --app MODULE:FACTORY"


def _few(threads: list[str]) -> str:
    return f"thread `{threads[0]}`" if len(threads) == 1 else f"{len(threads)} threads"


def by_thread(decided: "Iterable[Decided]") -> dict[tuple[str, str], list[str]]:
    """Collect request ids by host and thread, in the order of the calls."""
    threads: dict[tuple[str, str], list[str]] = {}
    for each in decided:
        threads.setdefault((each.host, each.thread_id), []).append(each.request_id)
    return threads


def ring(
    graph: Any,  # noqa: ANN401 - a compiled graph
    host: str,
    thread: str,
    requests: Iterable[str],
    let_out: "Sequence[LetOut]" = (),
) -> Went:
    """Resume one thread for each of its decided requests that it still waits for.

    Where it waits for nothing more, it is given the results that left quarantine.
    """
    from interlock.graph.repair import deliver
    from interlock.graph.results import write_message
    from interlock.graph.resume import paused
    from interlock.graph.resume import resume as ring_for

    config: Any = {"configurable": {"thread_id": thread}}
    rung = 0
    try:
        if graph.get_state(config, subgraphs=True).created_at is None:
            return Went(host, thread, "unknown", "not in the application's saver")
        for request in requests:
            if any(request in each.requests for each in paused(graph, config)):
                ring_for(graph, config, request)
                rung += 1
        open_now = [next(filter(None, each.requests), "") for each in paused(graph, config)]
        answers = [write_message(one.answer, one.tool, one.tool_call_id) for one in let_out]
        got = deliver(graph, config, answers)
    except Exception as error:  # noqa: BLE001 - whatever the application raises ends its thread only
        return Went(host, thread, "failed", f"{type(error).__name__}: {error}")
    if got:
        return Went(host, thread, "delivered", f"the result of {', '.join(got)}")
    if not rung and not (let_out and open_now):
        return Went(host, thread, "idle", _again(let_out))
    about = ", ".join(dict.fromkeys(open_now))
    return Went(host, thread, "waits" if open_now else "finished", about)


def report(
    fired: "Sequence[Fired]", went: list[Went], *, quiet: bool = False, is_named: bool = False
) -> None:
    """Say what became of each thread; `quiet` where something else is said of none.

    Of a call that was named, it is said too why its thread got nothing.
    """
    if fired:
        say(summed(fired))
    told = [
        each
        for each in went
        if each.outcome not in ("idle", "unknown") or _in_doubt(each) or (is_named and each.about)
    ]
    if told:
        rows = [
            (visible(each.thread), visible(each.host), each.outcome, visible(each.about))
            for each in told
        ]
        print_table(("thread", "application", "went", "about"), rows)
    elif not quiet:
        say("no thread waits for a decided request")
    if strange := sum(each.outcome == "unknown" for each in went):
        say(f"{amount(strange, 'thread')} not in the application's saver, left alone")


def _again(let_out: "Sequence[LetOut]") -> str:
    """Say how a host that keeps no messages gets a result that left quarantine."""
    return "; ".join(
        f"result of {one.call_id}: no message says it is held; deliver call {one.tool_call_id} of "
        f"turn {one.turn_id} again"
        for one in let_out
    )


def _in_doubt(went: Went) -> bool:
    return "in doubt: " in went.about


def _doubtful(went: Went, gate: "Gate", ledger: str | None) -> Went:
    """Add to a thread the calls of it that may have run."""
    told = doubt(gate, went.thread, ledger)
    about = "; ".join(part for part in (went.about, told) if part)
    return went._replace(about=about) if went.outcome != "unknown" else went
