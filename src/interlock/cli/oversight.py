"""Tell: what runs under `notify`, for the people who are told of it and may stop it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.follow import follow_resume
from interlock.cli.options import (
    AsJson,
    By,
    IdToChange,
    LedgerUrl,
    Reason,
    Tenant,
    examples,
    family,
    opened,
)
from interlock.cli.screen import Columns, local, print_json, print_listing, say
from interlock.conduct.glass import GlassFinding
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.app.cases import Case

app = family()

Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most the newest N.")]


@app.command(epilog=examples("interlock oversight", "interlock oversight --limit 20 --json"))
def oversight(
    limit: Limit = 100,
    tenant: Tenant = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the calls that you are told of and not asked about, newest last.

    Policy let them run and wants you told, or one person broke the glass for them.
    """
    from interlock.cli.case import summary

    with opened(ledger) as gate:
        cases, now = gate.inbox.oversight(limit, tenant), gate.ledger.clock.now()
    columns: Columns[Case] = {
        "call": lambda case: case.call_id,
        "tool": lambda case: visible(case.tool),
        "state": lambda case: case.state,
        "agent": lambda case: visible(case.agent),
        "proposed at": lambda case: local(case.created_at),
        "veto until": lambda case: local(case.veto_until) if case.veto_until else "",
        "acknowledge by": lambda case: _until(case, now),
        "broke the glass": lambda case: visible(case.broken_by),
        "arguments": lambda case: summary(case.args),
    }
    if as_json:
        print_json([case.json() for case in cases])
    else:
        print_listing(cases, columns, "there is nothing to be told of")


def _until(case: "Case", now: datetime) -> str:
    if (until := case.acknowledge_until) is None:
        return ""
    return f"{local(until)}, overdue" if until <= now else local(until)


@app.command(
    epilog=examples(
        "interlock ack call_3xd7qa",
        'interlock ack call_3xd7qa --finding harm --reason "paid twice"',
    )
)
def ack(
    name: IdToChange,
    finding: Annotated[
        GlassFinding | None,
        typer.Option(
            "--finding",
            help="Of a call for which somebody broke the glass: what you found.",
            show_default=False,
        ),
    ] = None,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Take notice of a call that you are told of; or say how it was that one person let it run."""
    with opened(ledger) as gate:
        said = answering(by, held)
        case = gate.inbox.acknowledge(name, finding=finding, reason=reason, **said)
    say(f"acknowledged: {visible(case.tool)} of {visible(case.agent)}, {case.state}")


@app.command(epilog=examples('interlock veto call_3xd7qa --reason "not this customer"'))
def veto(
    name: IdToChange,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; the agent is told.")
    ],
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Stop one call that policy lets run, before its veto window is over."""
    with opened(ledger) as gate:
        case = gate.inbox.veto(name, reason=reason, **answering(by, held))
    say(f"vetoed: {visible(case.tool)} does not run; tell its thread with:")
    say("  ", follow_resume(case.call_id, case.host, ledger))
