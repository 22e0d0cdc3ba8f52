"""Decide: what waits for a human, and the answers to it."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.doubt import say_unrecovered
from interlock.cli.follow import follow
from interlock.cli.lines import (
    QueueFilter,
    deny_each,
    lines,
    print_inbox,
    tell,
    told_with,
    whole,
)
from interlock.cli.objects import read_object
from interlock.cli.options import (
    AsJson,
    By,
    Id,
    IdToChange,
    LedgerUrl,
    Reason,
    Tenant,
    examples,
    family,
    opened,
    who,
)
from interlock.cli.screen import amount, print_fields, print_json, say

if TYPE_CHECKING:
    from interlock.app.cases import Case
    from interlock.app.gate import Gate

app = family()

_NONE_OF_MINE: Final = "nothing waits that you are asked to look at; --all shows what others are"

PAGE: Final = 50
"""Calls that the queue shows at once on a terminal."""

Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=1,
        help=f"At most the oldest N; else {PAGE}, or all with --json.",
        show_default=False,
    ),
]
After = Annotated[
    str | None,
    typer.Option(
        "--after", metavar="ID", help="Only what came behind this one.", show_default=False
    ),
]
Mine = Annotated[
    bool | None,
    typer.Option(
        "--mine/--all",
        help="What you are asked to look at, else what others are; or all, also what you put off.",
        show_default=False,
    ),
]
Thread = Annotated[
    str | None, typer.Option("--thread", metavar="T", help="Only this thread.", show_default=False)
]
Message = Annotated[
    str,
    typer.Option("--message", metavar="TEXT", help="What the agent is told.", show_default=False),
]
Duplicates = Annotated[
    bool,
    typer.Option(
        "--duplicates",
        help="Also what this agent asks with the same tool and arguments, each by its own answer.",
    ),
]
NewArgs = Annotated[
    str,
    typer.Option("--args", metavar="FILE|-|JSON", help="All the new arguments: a JSON object."),
]
NewTool = Annotated[
    str | None,
    typer.Option("--tool", metavar="NAME", help="Another tool, if it changes.", show_default=False),
]
UnknownTool = Annotated[
    bool,
    typer.Option("--unknown-tool", help="Also name a tool that neither host nor policy knows."),
]


@app.command(epilog=examples("interlock inbox", "interlock inbox --thread 42 --json"))
def inbox(
    thread: Thread = None,
    tenant: Tenant = None,
    limit: Limit = None,
    after: After = None,
    by: By = None,
    mine: Mine = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a human, oldest first. What is overdue is expired first, if it can be.

    Questions of one agent about the same tool with the same arguments are one line, with their
    number: `deny --duplicates` denies all of them, and each is approved for itself. Where the
    policy shares questions out, `with` says who is asked to look at each; --mine lists yours, or
    where you have none those of others that you may answer.
    """
    if mine and after:
        raise typer.BadParameter("`--mine` is no page behind another; leave out `--after`")
    page = limit if limit or as_json else PAGE
    name = who(by)
    asked: QueueFilter
    asked = {"thread": thread, "tenant": tenant, "viewer": name, "snoozed": mine is False}
    with opened(ledger) as gate:
        own = gate.queue.at_hand(name, thread, tenant, viewer=name) if mine else None
        assigned = gate.queue.assigned() if gate.queue.is_shared else None
        if as_json:
            found = whole(gate, page, after, asked, own)
            print_json([told_with(case, assigned) for case in found])
            return
        found, last = lines(gate, page or PAGE, after, asked, own)
        if own and own.told:
            say(own.told)
        print_inbox(found, gate.ledger.clock.now(), assigned, *([_NONE_OF_MINE] if mine else []))
        if last is not None:
            tell_more(gate.inbox.count(**asked, after=last), last, ledger)
        if told := doubt(gate, thread, ledger):
            say(told)
        if left := gate.doubts.unrecovered():
            say_unrecovered(left)
        if rising := gate.autonomy.waiting():
            say(f"{amount(rising, 'promotion')} to sign off: interlock autonomy requests")


def tell_more(left: int, last: str, ledger: str | None = None) -> None:
    """Say how many calls wait behind the last one shown, and how to see them."""
    if left:
        say(f"{amount(left, 'more call')} behind these; see")
        say("  ", follow(f"inbox --after {last}", ledger))


@app.command(epilog=examples("interlock show req_8k2m4x", "interlock show call_3xd7qa --json"))
def show(name: Id, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """Show one call: what, why it is asked, what follows, what silence means."""
    with opened(ledger) as gate:
        case = gate.inbox.show(name)
        if as_json:
            print_json(case.json())
        else:
            print_case(case, gate.ledger.clock.now(), ledger)


@app.command(
    epilog=examples(
        'interlock deny req_8k2m4x --reason "not this customer"',
        'interlock deny req_8k2m4x --duplicates --reason "it repeats itself"',
    )
)
def deny(
    name: IdToChange,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; the agent is told.")
    ],
    duplicates: Duplicates = False,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Refuse one call; nothing runs, and the agent is told the reason."""
    if not reason.strip():
        raise typer.BadParameter("`--reason` says nothing; the agent is told it")
    with opened(ledger) as gate:
        if not duplicates:
            tell(gate.inbox.deny(name, reason=reason, **answering(by, held)), "denied", ledger)
            return
        first, left = deny_each(gate, name, reason, answering(by, held))
        tell(first, "denied", ledger)
        for why in left:
            say(f"not denied: {why}")
    if left:
        raise typer.Exit(1)


@app.command(
    epilog=examples(
        "interlock edit req_8k2m4x --args new.json",
        "interlock edit req_8k2m4x --args '{\"amount\": 40}'",
        "jq .amount=40 old.json | interlock edit req_8k2m4x --args -",
    )
)
def edit(
    name: IdToChange,
    args: NewArgs,
    tool: NewTool = None,
    unknown_tool: UnknownTool = False,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Propose other arguments instead. That is a new call: policy decides it again."""
    wanted = read_object(args, "--args")
    with opened(ledger) as gate:
        said: dict[str, Any] = {"reason": reason, "unknown_tool": unknown_tool}
        said |= answering(by, held)
        tell(gate.inbox.edit(name, args=wanted, tool=tool, **said), "edited", ledger)


@app.command(epilog=examples('interlock respond req_8k2m4x --message "use the other order"'))
def respond(
    name: IdToChange,
    message: Message,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Answer the agent yourself; the call does not run."""
    with opened(ledger) as gate:
        tell(gate.inbox.respond(name, message=message, **answering(by, held)), "answered", ledger)


@app.command(epilog=examples("interlock cancel req_8k2m4x"))
def cancel(
    name: IdToChange,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Withdraw one call that waits, or was approved and did not run; nothing runs."""
    with opened(ledger) as gate:
        tell(gate.inbox.cancel(name, reason=reason, **answering(by, held)), "cancelled", ledger)


def doubt(gate: "Gate", thread: str | None, ledger: str | None) -> str:
    """Say in one line which calls may have run; nothing where none is in doubt."""
    known = gate.doubts.list()
    calls = [each.call_id for each in known if thread is None or each.thread_id == thread]
    if not calls:
        return ""
    see = follow(f"show {calls[-1]}", ledger)
    return f"in doubt: {amount(len(calls), 'call')} may have run; see {see}"


def print_case(case: "Case", now: Any, ledger: str | None = None) -> None:  # noqa: ANN401 - a datetime
    """Print everything about one call, and the next commands over `ledger`."""
    from rich.text import Text

    from interlock.cli.case import describe

    for section in describe(case, now, ledger):
        say(Text(section.title, style="bold"))
        print_fields(section.rows, typed=section.typed)
