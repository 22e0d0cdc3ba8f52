"""Watch: everything that calls come to, as it happens, with a hand on the switch."""

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.options import AsJson, By, LedgerUrl, examples, family, opened
from interlock.cli.screen import local, note, print_json, say
from interlock.clock import parse_stamp
from interlock.desk.display import visible
from interlock.errors import LedgerError
from interlock.policy.globs import compiled

if TYPE_CHECKING:
    from interlock.app.gate import Gate

app = family()

EVERY_S: Final = 0.2
"""How often the ledger is looked at, seconds."""

Line = dict[str, Any]
"""One entry of the record, with its call's agent and tool."""

_GATES: Final = frozenset({"halted", "unhalted", "level_set"})
"""Kinds of what concerns no single call, and everybody who watches."""


@app.command(epilog=examples("interlock watch", "interlock watch --agent bot-7 --json"))
def watch(
    agent: Annotated[
        str | None,
        typer.Option("--agent", metavar="ID", help="Only this agent.", show_default=False),
    ] = None,
    tool: Annotated[
        str | None,
        typer.Option("--tool", metavar="GLOB", help="Only these tools.", show_default=False),
    ] = None,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show every proposal, decision, execution and verdict as it is recorded, until stopped.

    At a terminal one line a call, with keys: arrows (or j, k) choose one, v vetoes it or denies
    what waits, h halts its agent, q ends; the passphrase of a key is asked for before. In a pipe
    one line for each entry. A ledger that is away for a while is waited for.
    """
    from interlock.cli.worker import stopped_by_signals

    with opened(ledger) as gate:
        feed = Feed(gate, agent, tool)
        if sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
            from interlock.cli.board import play

            play(gate, feed, answering(by, held))
            return
        with stopped_by_signals() as stop:
            follow(feed, stop, _print_json if as_json else lambda line: say(told(line)))


class Feed:
    """What is watched: the entries of the agent and tools that were asked for."""

    def __init__(self, gate: "Gate", agent: str | None, tool: str | None) -> None:
        """Begin now."""
        self._tail = gate.audit.tail()
        self._agent, self._tools = agent, compiled(tool) if tool else None
        self.away = ""
        """Why nothing is heard now; empty where all is well."""

    def next(self) -> list[Line]:
        """Return what came since; nothing while the ledger is away."""
        try:
            lines = self._tail.next()
        except LedgerError as error:
            self.away = str(error)
            return []
        self.away = ""
        return [line for line in lines if self._wants(line)]

    def _wants(self, line: Line) -> bool:
        if line["agent"] is None:
            return line["kind"] in _GATES
        if self._agent is not None and line["agent"] != self._agent:
            return False
        return self._tools is None or self._tools.match(line["tool"])


def follow(feed: Feed, stop: threading.Event, tell: Callable[[Line], None]) -> None:
    """Tell each entry, until stopped; say once that the ledger is away, and that it is back."""
    away = ""
    while True:
        for line in feed.next():
            tell(line)
        sys.stdout.flush()
        if bool(feed.away) != bool(away):
            note(f"waiting: {feed.away}" if feed.away else "the ledger is back")
        away = feed.away
        if stop.wait(EVERY_S):
            return


def _print_json(line: Line) -> None:
    print_json(line, indent=None)


def told(line: Line) -> str:
    """Say in one line what an entry tells: when, of which call, and what happened."""
    at = local(parse_stamp(line["at"]))
    if line["agent"] is None:
        return f"{at}  {event(line)}"
    return (
        f"{at}  {line['chain']}  {visible(line['agent'])}  {visible(line['tool'])}  {event(line)}"
    )


def event(line: Line) -> str:
    """Say what happened, by whom and why."""
    body: Line = line["body"]
    words = [line["kind"].replace("_", " ")]
    match line["kind"]:
        case "decided":
            words += [body["kind"], *(f"({rule})" for rule in body["rules"])]
        case "asked":
            words.append(body["request_id"])
        case "voted":
            words.append(body["answer"].replace("_", " "))
        case "held" if "veto_until" in body:
            words.append(f"until {local(parse_stamp(body['veto_until']))}")
        case "claimed":
            words = [f"runs ({body['fence']})"]
        case "inspected":
            words.append(body["output_safety_decision"])
        case "halted" | "unhalted" if "ref" in body:
            words += [body["kind"], body["ref"], body["tenant"]]
        case _:
            pass
    if line["auth"] != "none":
        words.append(f"by {line['actor']}")
    why = str(body.get("why") or body.get("reason") or "")
    return visible(" ".join(word for word in words if word)) + (f": {visible(why)}" if why else "")
