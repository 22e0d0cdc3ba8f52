"""Tell: what ran under `notify`, for the people who are told of it afterwards."""

from typing import Annotated

import typer

from interlock.cli.options import AsJson, LedgerUrl, Tenant, examples, family, opened
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
        say("nothing ran under `notify`")
    else:
        rows = [
            (
                case.call_id,
                visible(case.tool),
                case.state,
                visible(case.agent),
                local(case.created_at),
                summary(case),
            )
            for case in cases
        ]
        print_table(("call", "tool", "state", "agent", "proposed at", "arguments"), rows)
