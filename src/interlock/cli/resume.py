"""Go on: threads whose requests are decided, from any process that can load their application."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from interlock.cli.hosts import LEDGER_VARIABLE, factories, load_hosts
from interlock.cli.options import AsJson, LedgerUrl, examples, family, opened
from interlock.cli.queue import Thread, doubt
from interlock.cli.screen import amount, local, note, print_json, print_table, say
from interlock.cli.worker import summed
from interlock.desk.display import visible
from interlock.errors import DeskError, UnknownHost
from interlock.settings import default_ledger

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.app.inbox import Decided
    from interlock.app.quarantine import LetOut
    from interlock.app.threads import Application, Went
    from interlock.conduct.timers import Fired

app = family()

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
        mine = gate.inbox.show(name).thread_id if name else thread
        woken = [each for each in gate.threads.woken() if mine in (None, each[1])]
        decided = [] if name and woken else wanted(gate, name, thread, let_out)
        went, missing = go_on(gate, by_thread(decided, let_out, woken), let_out, ledger, spec)
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
    return 1 if any(each.outcome in ("failed", "astray") for each in went) else 0


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
    gate: "Gate",
    threads: "Sequence[tuple[str, str]]",
    let_out: "Iterable[LetOut]",
    ledger: str | None,
    spec: str | None,
) -> tuple[list["Went"], "Missing"]:
    """Resume each thread once; return how they went, and what has no application here."""
    if not threads:
        return [], Missing({}, [])
    os.environ[LEDGER_VARIABLE] = ledger or default_ledger()
    hosts = load_hosts(spec, gate)
    results: dict[tuple[str, str], list[LetOut]] = {}
    for each in let_out:
        results.setdefault((each.host, each.thread_id), []).append(each)
    went: list[Went] = []
    missing: dict[str, list[str]] = {}
    for host, thread in threads:
        if host in hosts:
            note(f"resuming {thread}…")
            went.append(_told(ring(gate, hosts[host], host, thread), results.get((host, thread))))
        else:
            missing.setdefault(host, []).append(thread)
    return went, Missing(missing, sorted(hosts))


def absent(missing: "Missing", spec: str | None) -> str:
    """Say which applications are not here, for which threads, and what is here instead."""
    wanted = ", ".join(
        f"`{host}` here, for {_few(threads)}" for host, threads in sorted(missing.threads.items())
    )
    made = ", ".join(f"`{host}`" for host in missing.made) or "no application"
    named = ", ".join(f"`{each}`" for each in factories(spec))
    here = f"{named} makes {made}" if named else "none is named"
    return f"no application {wanted}; {here}; the verdicts are kept, add --app MODULE:FACTORY"


def _few(threads: list[str]) -> str:
    return f"thread `{threads[0]}`" if len(threads) == 1 else f"{len(threads)} threads"


def by_thread(*found: "Iterable[Decided | LetOut | tuple[str, str]]") -> list[tuple[str, str]]:
    """Return the host and thread of each, in their order, once."""
    both = (each for part in found for each in part)
    names = (each if isinstance(each, tuple) else (each.host, each.thread_id) for each in both)
    return list(dict.fromkeys(names))


def ring(gate: "Gate", application: "Application", host: str, thread: str) -> "Went":
    """Resume one thread, unless somebody else does."""
    from interlock.app.threads import Went

    if (held := gate.threads.call_up(host, thread)) is None:
        return Went(host, thread, "lost", "somebody else resumes it now")
    return gate.threads.resume(held, application)


def _told(went: "Went", let_out: "Sequence[LetOut] | None") -> "Went":
    """Say of a thread that got nothing how it gets its results that left quarantine."""
    return went._replace(about=_again(let_out)) if went.outcome == "idle" and let_out else went


def report(
    fired: "Sequence[Fired]", went: list["Went"], *, quiet: bool = False, is_named: bool = False
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


def _in_doubt(went: "Went") -> bool:
    return "in doubt: " in went.about


def _doubtful(went: "Went", gate: "Gate", ledger: str | None) -> "Went":
    """Add to a thread the calls of it that may have run."""
    told = doubt(gate, went.thread, ledger)
    about = "; ".join(part for part in (went.about, told) if part)
    return went._replace(about=about) if went.outcome != "unknown" else went
