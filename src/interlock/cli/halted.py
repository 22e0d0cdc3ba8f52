"""Word: what is switched off, since when, by whom and why, and what lifts it."""

from shlex import quote

from interlock.cli.screen import local
from interlock.conduct.values import Halt
from interlock.desk.display import visible


def halt_rows(halt: Halt | None) -> list[tuple[str, str]]:
    """Say what is halted of a call that could still run, and what becomes of it."""
    if halt is None:
        return []
    then = "it does not run: its next step ends it, whatever anybody answers, unless that is lifted"
    return [("", halted(halt)), ("then", then)]


def halted(halt: Halt) -> str:
    """Say what is halted, since when, by whom and why."""
    since, why = local(halt.at), visible(halt.reason)
    return f"{visible(halt.what)} is halted since {since} by {visible(halt.by)}: {why}"


def lift(halt: Halt) -> str:
    """Return the command that lifts a halt."""
    about = "all" if halt.kind == "everything" else f"{halt.kind} {quote(visible(halt.ref))}"
    whose = f" --tenant {quote(visible(halt.tenant))}" if halt.tenant else ""
    return f'unhalt --{about}{whose} --reason "…"'
