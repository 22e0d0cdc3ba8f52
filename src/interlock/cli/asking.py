"""Ask: the person at the terminal, one request at a time."""

from typing import TYPE_CHECKING

import typer

from interlock.cli.objects import read_object
from interlock.cli.options import who
from interlock.cli.queue import print_case
from interlock.cli.screen import say
from interlock.testing.scenario import Approve, Edit, HumanStep, Refuse, Respond

if TYPE_CHECKING:
    from datetime import datetime

    from interlock.app.cases import Case

_CHOICES = "[a]pprove, [d]eny, [e]dit, [r]espond, [s]kip, [q]uit"


class Quit(Exception):
    """Raised when the person leaves; what waits goes on waiting."""


def ask(case: "Case", now: "datetime", ledger: str | None = None) -> HumanStep | None:
    """Show a case and take an answer; None leaves it open. Raises `Quit`."""
    say()
    print_case(case, now, ledger)
    while True:
        try:
            given = _line(f"{_CHOICES}: ").lower()[:1]
            if given == "s":
                return None
            if given == "q":
                raise Quit
            if (step := _step(given, case)) is not None:
                return step
            say("understood are a, d, e, r, s and q, or the whole words")
        except typer.BadParameter as error:
            say(error.format_message())
        except EOFError:
            raise Quit from None


def _step(given: str, case: "Case") -> HumanStep | None:
    by = who(None)
    match given:
        case "a":
            needed = " (needed)" if case.reason_required else ""
            return Approve(by=by, reason=_line(f"reason{needed}: "))
        case "d":
            return Refuse(by=by, reason=_line("reason, for the agent: ") or "no reason given")
        case "e":
            args = read_object(_line('new arguments, {"…": …} or a file: '), "arguments")
            return Edit(by=by, args=args, reason=_line("reason: "))
        case "r":
            return Respond(by=by, message=_line("what the agent is told: "))
        case _:
            return None


def _line(prompt: str) -> str:
    return input(prompt).strip()
