"""Settle: calls that may have run. A person checks, and says what is true."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.options import (
    AsJson,
    By,
    IdToChange,
    LedgerUrl,
    Tenant,
    examples,
    family,
    opened,
)
from interlock.cli.screen import Columns, amount, console, local, print_json, print_listing, say
from interlock.clock import parse_stamp
from interlock.conduct.doubts import Settlement
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.app.doubts import Doubt

app = family()
doubt = family()
app.add_typer(doubt, name="doubt", help="Calls that may have run.")

Why = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="What you saw; the agent is told.")
]
TookEffect = Annotated[bool, typer.Option("--done", help="It took effect.")]
NoEffect = Annotated[bool, typer.Option("--failed", help="It did not take effect.")]
Retry = Annotated[
    bool, typer.Option("--retry", help="It did not; let it run once more, guarded again.")
]
Compensate = Annotated[bool, typer.Option("--compensate", help="It did, and you undid it.")]

SETTLED: dict[Settlement, str] = {
    "done": "done: the agent is told that it took effect and its result is not known",
    "failed": "failed: the agent is told that it did not take effect",
    "compensated": "compensated: the agent is told that it was undone",
    "retried": "retried: it runs once more when a worker, `resume` or its host delivers it again",
}
"""What becomes of a call, for people."""

UNSETTLED: Final = (
    "noted; it is in doubt still: as many people as had to approve it must have it run again"
)


@doubt.command("list", epilog=examples("interlock doubt list", "interlock doubt list --json"))
def list_doubts(tenant: Tenant = None, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List calls that may have run, the oldest first, with why nobody knows."""
    from interlock.cli.case import summary

    with opened(ledger) as gate:
        doubts, left = gate.doubts.list(tenant), gate.doubts.unrecovered()
    columns: Columns[Doubt] = {
        "call": lambda one: one.call_id,
        "tool": lambda one: visible(one.tool),
        "agent": lambda one: visible(one.agent),
        "proposed at": lambda one: local(parse_stamp(one.proposed_at)),
        "why": lambda one: visible("; ".join((one.why, *one.later))),
        "arguments": lambda one: summary(one.args),
    }
    if as_json:
        print_json([each.json() for each in doubts])
    else:
        print_listing(
            doubts, columns, "nothing is known to be in doubt" if left else "nothing is in doubt"
        )
    if left:
        say_unrecovered(left)


def say_unrecovered(left: int) -> None:
    """Say that calls may be in doubt which nobody could settle, and who can."""
    console(to_stderr=True).print(
        f"interlock: {amount(left, 'call')} of lost processes may have run, too; run this where "
        "the ledger can be written",
        markup=False,
    )


@doubt.command(
    epilog=examples(
        'interlock doubt settle call_3xd7qa --done --reason "the refund is in the books"',
        'interlock doubt settle call_3xd7qa --retry --reason "nothing in the books"',
    )
)
def settle(  # noqa: PLR0913, PLR0917 - one option for each way in which it may have ended
    name: IdToChange,
    reason: Why,
    done: TookEffect = False,
    failed: NoEffect = False,
    retry: Retry = False,
    compensate: Compensate = False,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Say how a call in doubt ended, after a look at what it should have done."""
    said = {"done": done, "failed": failed, "retried": retry, "compensated": compensate}
    given: list[Settlement] = [how for how in SETTLED if said[how]]
    if len(given) != 1:
        raise typer.BadParameter("say one of --done, --failed, --retry and --compensate")
    with opened(ledger) as gate:
        state = gate.doubts.settle(name, given[0], reason=reason, **answering(by, held))
    say(SETTLED[given[0]] if state != "in_doubt" else UNSETTLED)
