"""Tell: what runs under `notify`, for the people who are told of it and may stop it."""

from typing import Annotated

import typer

from interlock.cli.follow import follow_resume
from interlock.cli.options import (
    AsJson,
    By,
    IdToChange,
    LedgerUrl,
    Tenant,
    examples,
    family,
    opened,
    who,
)
from interlock.cli.screen import local, print_json, print_table, say
from interlock.desk.display import visible

app = family()

Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most the newest N.")]


@app.command(epilog=examples("interlock oversight", "interlock oversight --limit 20 --json"))
def oversight(
    limit: Limit = 100,
    tenant: Tenant = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the calls that policy let run and wants you told of, newest last."""
    from interlock.cli.case import summary

    with opened(ledger) as gate:
        cases = gate.inbox.oversight(limit, tenant)
    if as_json:
        print_json([case.json() for case in cases])
    elif not cases:
        say("nothing runs under `notify`")
    else:
        rows = [
            (
                case.call_id,
                visible(case.tool),
                case.state,
                visible(case.agent),
                local(case.created_at),
                local(case.veto_until) if case.veto_until else "",
                summary(case),
            )
            for case in cases
        ]
        heads = ("call", "tool", "state", "agent", "proposed at", "veto until", "arguments")
        print_table(heads, rows)


@app.command(epilog=examples('interlock veto call_3xd7qa --reason "not this customer"'))
def veto(
    name: IdToChange,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; the agent is told.")
    ],
    by: By = None,
    ledger: LedgerUrl = None,
) -> None:
    """Stop one call that policy lets run, before its veto window is over."""
    with opened(ledger) as gate:
        case = gate.inbox.veto(name, by=who(by), reason=reason)
    say(f"vetoed: {visible(case.tool)} does not run; tell its thread with:")
    say("  ", follow_resume(case.call_id, case.host, ledger))
