"""Fold: questions of one agent that are the same are one line, and are denied together or not."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict

from interlock.cli.credentials import Answering
from interlock.cli.follow import follow, follow_resume
from interlock.cli.screen import Columns, amount, print_listing, say
from interlock.desk.disclosing import disclosure
from interlock.desk.display import visible
from interlock.errors import DeskError

if TYPE_CHECKING:
    from interlock.app.cases import Case
    from interlock.app.gate import Gate
    from interlock.app.queue import AtHand

LINES_READ: Final = 1000
"""Questions that are read to fill one page of lines, at most."""


class QueueFilter(TypedDict):
    """Which questions are asked for, as `gate.inbox.pending` takes it."""

    thread: str | None
    tenant: str | None
    viewer: str | None
    snoozed: bool


def whole(
    gate: "Gate", page: int | None, after: str | None, asked: QueueFilter, mine: "AtHand | None"
) -> "list[Case]":
    """Return questions as they come, the oldest first; of `mine`, in its order."""
    if mine is not None:
        return mine.cases[:page]
    return gate.inbox.pending(**asked, limit=page, after=after)


def lines(
    gate: "Gate", page: int, after: str | None, asked: QueueFilter, mine: "AtHand | None"
) -> "tuple[list[Case], str | None]":
    """Return the next `page` lines of the queue, and behind which question it goes on, if it does.

    Of questions that are the same the oldest is a line, and stands for the others, also where it
    was put off.
    """
    if mine is not None:
        return [each for each in mine.cases if not each.duplicate_of][:page], None
    found: list[Case] = []
    last, read = after, 0
    while read < LINES_READ:
        cases = gate.inbox.pending(**asked, limit=page, after=last)
        for each in cases:
            last, read = each.id, read + 1
            found += [] if each.duplicate_of else [each]
            if len(found) == page:
                return found, last
        if len(cases) < page:
            return found, None
    return found, last


def deny_each(gate: "Gate", name: str, reason: str, by: Answering) -> "tuple[Case, list[str]]":
    """Deny a question and those that are the same, each by an answer of its own.

    Returns the first, and what was not denied, with why. Raises `DeskError` where the first is not.
    """
    from interlock.app.people import Desk

    viewer = Desk(gate.conductor, gate.ledger).who(**by)
    others: Sequence[str] = gate.inbox.show(name, viewer=viewer).duplicates
    first = gate.inbox.deny(name, reason=reason, **by)
    left: list[str] = []
    for each in others:
        try:
            gate.inbox.deny(each, reason=reason, **by)
        except DeskError as error:
            left.append(f"{each}: {error}")
    if others:
        say(f"denied, too: {amount(len(others) - len(left), 'question')} of the same agent, alike")
    return first, left


def told_with(case: "Case", assigned: "Mapping[str, Sequence[str]] | None") -> dict[str, Any]:
    """Return a question as JSON, with who is asked to look at it; None where that is nobody's."""
    return case.json() | {"assigned_to": assigned and assigned.get(case.id, ())}


def print_inbox(
    cases: "list[Case]",
    now: Any,  # noqa: ANN401 - a datetime
    assigned: "Mapping[str, Sequence[str]] | None" = None,
    nothing: str = "nothing waits for a human",
) -> None:
    """Print the queue as a table, most urgent facts first; `assigned`: who looks at what."""
    from interlock.cli.case import silence, summary

    columns: Columns[Case] = {
        "request": lambda case: case.id,
        "tool": lambda case: visible(case.tool),
        "risk": lambda case: case.risk,
        "agent": lambda case: visible(case.agent),
        "answer within": lambda case: _left(case, now),
        "else": silence,
        "same": lambda case: f"x {len(case.duplicates) + 1}" if case.duplicates else "",
        "arguments": lambda case: summary(case.args),
    }
    if assigned is not None:
        columns["with"] = lambda case: visible(", ".join(assigned.get(case.id, ())))
    print_listing(cases, columns, nothing)


def _left(case: "Case", now: Any) -> str:  # noqa: ANN401 - a datetime
    from interlock.cli.screen import span

    left_s = (case.expires_at - now).total_seconds() if case.expires_at else None
    return "" if left_s is None else span(left_s) if left_s > 0 else "overdue"


def tell(case: "Case", done: str, ledger: str | None = None) -> None:
    """Say what an answer came to, and what to do next."""
    tool = visible(case.tool)
    if case.state == "pending":
        from interlock.terminal.page import missing

        still = f"waits for {missing(case.missing)} to approve{', too' if case.approved_by else ''}"
        say(f"{done}: {tool} {still if case.votes else 'is a new call and still asks'}:")
        say("  ", follow(f"show {case.id}", ledger))
        return
    if case.probe is not None:
        first, *changed = disclosure(case.probe)
        say("\n".join([f"{done}: {first}", *changed]))
        return
    if case.halt is not None:
        from interlock.cli.halted import halted, lift

        say(f"{done}, but {tool} does not run: {halted(case.halt)}")
        say("once its thread goes on it has ended `halted`; lifted before that, it may run:")
        say("  ", follow(lift(case.halt), ledger))
        say("its thread goes on with:")
    elif case.state in ("decided", "approved", "held"):
        say(f"{done}: {tool} may run; its thread goes on with:")
    elif case.state == "denied":
        say(f"{done}: policy denies {tool}: {visible(case.reason)}; tell its thread with:")
    else:
        say(f"{done}: {tool} does not run; tell its thread with:")
    say("  ", follow_resume(case.id, case.host, ledger))
