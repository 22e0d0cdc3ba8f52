"""Batch: like questions, answered by one look at what differs; each by a vote of its own."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from interlock.cli.app import FINE, NO
from interlock.cli.credentials import HeldAt, answering
from interlock.cli.follow import follow
from interlock.cli.options import AsJson, By, LedgerUrl, Reason, Tenant, examples, family, opened
from interlock.cli.screen import (
    Columns,
    amount,
    print_fields,
    print_json,
    print_listing,
    say,
)
from interlock.desk.display import visible

if TYPE_CHECKING:
    from datetime import datetime

    from interlock.app.batches import BatchAnswers, CallBatch

app = family()
batch = typer.Typer(add_completion=False, rich_markup_mode=None)
app.add_typer(batch, name="batch", help="Like questions, answered by one look.")

Name = Annotated[
    str, typer.Argument(metavar="BATCH", help="`batch_…`, as `interlock batch` lists it.")
]
_EXAMPLE: Final = "batch_1f0a2b3c4d5e6f70"


@batch.callback(invoke_without_command=True)
def without_command(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List what one look may answer, where no command says otherwise."""
    if ctx.invoked_subcommand is None:
        list_batches(as_json=as_json)
    elif as_json:
        raise typer.BadParameter(f"`--json` stands behind `{ctx.invoked_subcommand}`")


@batch.command("list", epilog=examples("interlock batch", "interlock batch list --json"))
def list_batches(tenant: Tenant = None, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List like questions that one look may answer, where their rules say `review.batch`."""
    with opened(ledger) as gate:
        found = gate.batches.list(tenant)
    if as_json:
        print_json([each.json() for each in found])
        return
    columns: Columns[CallBatch] = {
        "batch": lambda one: one.name,
        "tool": lambda one: visible(one.cases[0].tool),
        "risk": lambda one: one.cases[0].risk,
        "agent": lambda one: visible(one.cases[0].agent),
        "rules": lambda one: visible(", ".join(one.cases[0].rules)),
        "calls": lambda one: str(len(one.cases)),
        "what varies": lambda one: ", ".join(one.table.varies) or "nothing",
    }
    print_listing(found, columns, "nothing waits that one look could answer")


@batch.command("show", epilog=examples(f"interlock batch show {_EXAMPLE}"))
def show(name: Name, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """Show one batch: once what is the same of its calls, and of each what is not."""
    with opened(ledger) as gate:
        found = gate.batches.show(name)
        if as_json:
            print_json(found.json())
        else:
            print_batch(found, gate.ledger.clock.now(), ledger)


@batch.command(
    "approve", epilog=examples(f'interlock batch approve {_EXAMPLE} --reason "all checked"')
)
def approve(
    name: Name,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> int:
    """Let each call of a batch run, as `show` shows it; each is a vote and a signature of its own.

    Exit 1 where an answer did not count, or the batch is another one by now.
    """
    with opened(ledger) as gate:
        given: dict[str, Any] = {"reason": reason, **answering(by, held)}
        return tell(gate.batches.approve(name, **given), "approved")


@batch.command("deny", epilog=examples(f'interlock batch deny {_EXAMPLE} --reason "not today"'))
def deny(
    name: Name,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; the agent is told.")
    ],
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> int:
    """Refuse each call of a batch; nothing runs, and the agent is told the reason."""
    with opened(ledger) as gate:
        given: dict[str, Any] = {"reason": reason, **answering(by, held)}
        return tell(gate.batches.deny(name, **given), "denied")


def print_batch(found: "CallBatch", now: "datetime", ledger: str | None = None) -> None:
    """Print what is not the same of its calls, what is, and the next commands."""
    from interlock.terminal.batch_page import batch_parts

    for part in batch_parts(found, now):
        say(Text(part.title, style="bold"))
        print_fields(part.rows)
    because = ' --reason "…"' if any(one.reason_required for one in found.cases) else ""
    commands = (f"batch approve {found.name}{because}", f'batch deny {found.name} --reason "…"')
    say(Text("next", style="bold"))
    print_fields([("", follow(words, ledger)) for words in commands], typed=True)


def tell(found: "BatchAnswers", done: str) -> int:
    """Say of each answer whether it counted; return the exit code."""
    from interlock.terminal.batch_page import counted_of, told_of

    say(f"{done}: {counted_of(found)}")
    if waiting := [each for each in found if each.state == "pending"]:
        say(f"{amount(len(waiting), 'call')} of them still wait for others to approve, too")
    for line in told_of(found):
        say(line)
    return FINE if all(each.counted for each in found) else NO
