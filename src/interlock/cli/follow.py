"""Follow: the command to type next, whole, so that it works as it is printed."""

import os
from pathlib import Path
from shlex import quote
from typing import Final

from interlock.cli.hosts import factories
from interlock.cli.options import ledger_file
from interlock.errors import InterlockError
from interlock.settings import default_ledger

DEMO_AGENT: Final = "customer_support"
"""Folder and host of the example agent."""

DEMO_VARIABLE: Final = "INTERLOCK_DEMO_DIR"
"""Tells the example agent where its shop and its threads lie."""

UV_MARK: Final = "UV_RUN_RECURSION_DEPTH"
"""Set by `uv run` for what it starts."""


def program() -> str:
    """Return what a person types before a command, as they started this one."""
    return "uv run interlock" if UV_MARK in os.environ else "interlock"


def follow(words: str, ledger: str | None) -> str:
    """Write a command over the ledger that was given; one from the environment counts anyway."""
    return f"{program()} {words}" + (f" --ledger {quote(ledger)}" if ledger else "")


def follow_resume(name: str, host: str, ledger: str | None) -> str:
    """Write the `resume` of a request, with its application where that is known."""
    command = follow(f"resume {name}", ledger)
    if host == DEMO_AGENT and (folder := demo_folder(ledger)) is not None:
        agent = quote(f"{agent_home() / 'agent.py'}:apps")
        return f"{DEMO_VARIABLE}={quote(str(folder))} {command} --app {agent}"
    return command if factories(None) else f"{command} --app MODULE:FACTORY"


def demo_folder(ledger: str | None) -> Path | None:
    """Return the folder of the demo that made a ledger; None for any other ledger.

    Without one, the ledger is the one that commands take without `--ledger`.
    """
    file = ledger_file(ledger or default_ledger())
    if file is None:
        return None
    folder = file.absolute().parent
    made = all((folder / name).is_file() for name in ("shop.db", "threads.db"))
    return folder if made else None


def agent_home() -> Path:
    """Find the example agent's folder: in a checkout, else as data in the installed package."""
    package = Path(__file__).resolve().parents[1]
    for root in (package.parents[1], package / "_demo"):
        if (home := root / "agents" / DEMO_AGENT / "agent.py").is_file():
            return home.parent
    raise InterlockError("the example agent is not installed; reinstall interlock")
