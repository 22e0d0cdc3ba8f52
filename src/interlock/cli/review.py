"""Review: the queue at a terminal, by keys."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.options import By, LedgerUrl, Tenant, examples, family, opened, who
from interlock.cli.queue import Mine, Thread
from interlock.cli.screen import say
from interlock.errors import DeskError
from interlock.path.people import named

if TYPE_CHECKING:
    from interlock.app.cases import Case
    from interlock.app.people import Credentials
    from interlock.terminal.hand import Operator
    from interlock.terminal.page import PagePart

app = family()


@app.command(epilog=examples("interlock review", "interlock review --as ana --key ana.pem"))
def review(
    thread: Thread = None,
    tenant: Tenant = None,
    mine: Mine = None,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Decide what waits at a terminal: queue, case, differences, times, and keys that answer.

    Low risk is approved by one key, medium by two; high and critical take the whole case read to
    its end, a typed reason and, where policy wants one, a signature. Where the policy caps what
    reviewers are asked to look at, it is only your share, unless --all. Needs interlock[review].
    """
    try:
        from interlock.terminal.app import ReviewApp
        from interlock.terminal.reading import QueueScope
    except ImportError:
        raise DeskError(
            "interlock review needs textual; install `interlock[review]`, or use interlock inbox"
        ) from None
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise DeskError("interlock review needs a terminal; in a pipe use interlock inbox")
    me = reviewer(by, held)
    with opened(ledger) as gate:
        app = ReviewApp(gate, parts, me, QueueScope(thread, tenant, mine))
        app.run()
    if app.doing is not None:
        say(f"you left while this was under way: {app.doing.what}; see interlock show")


def parts(case: "Case", now: datetime) -> "list[PagePart]":
    """Say everything of a case but the commands to type next."""
    from interlock.cli.case import describe
    from interlock.terminal.page import PagePart

    return [PagePart(each.title, each.rows) for each in describe(case, now) if not each.typed]


def reviewer(by: str | None, place: str | None) -> "Operator":
    """Return who answers; a key stays locked until an answer needs it."""
    from interlock.app.keys import load_held
    from interlock.terminal.hand import Operator

    if place is None:
        said = answering(by, None)
        return Operator(said["by"] and named(said["by"]), said["held"])

    def unlock(passphrase: str) -> "Credentials":
        return load_held(place, lambda: passphrase)

    name = named(who(by)) if by is not None else None
    try:
        return Operator(name, load_held(place, _locked))
    except _LockedError:
        return Operator(name, unlock=unlock)


class _LockedError(Exception):
    """There is a passphrase to be asked for."""


def _locked() -> str:
    raise _LockedError
