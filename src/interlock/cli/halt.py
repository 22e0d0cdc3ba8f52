"""Stop: the kill switch, for an agent, a tool, a topic or everything."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.options import AsJson, By, LedgerUrl, Tenant, examples, family, opened
from interlock.cli.screen import Columns, local, print_json, print_listing, say
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.conduct.values import Halt

app = family()

OfAgent = Annotated[
    str | None,
    typer.Option("--agent", metavar="ID", help="An agent, with its subagents.", show_default=False),
]
OfTool = Annotated[
    str | None,
    typer.Option("--tool", metavar="GLOB", help="A tool, or several.", show_default=False),
]
OfTopic = Annotated[
    str | None,
    typer.Option("--topic", metavar="GLOB", help="A topic, or several.", show_default=False),
]
Everything = Annotated[bool, typer.Option("--all", help="Everything.")]
OfTenant = Annotated[
    str,
    typer.Option("--tenant", metavar="NAME", help="Only this tenant's.", show_default=False),
]
Why = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; agents and the record are told.")
]


@app.command(
    epilog=examples(
        'interlock halt --agent bot-7 --reason "pays the wrong people"',
        'interlock halt --tool "refund.*" --reason "audit"',
        'interlock halt --all --reason "incident 12"',
    )
)
def halt(  # noqa: PLR0913, PLR0917 - one option for each thing that can be halted
    reason: Why,
    agent: OfAgent = None,
    tool: OfTool = None,
    topic: OfTopic = None,
    everything: Everything = False,
    tenant: OfTenant = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Switch off an agent, a tool, a topic or everything, for every process over this ledger.

    No call of it takes another step: what is proposed, approved or held does not run. A tool that
    runs already runs on, and its result is inspected as ever. To stop, a name is enough; one
    that has a key or a token, which is not shown, is recorded as unverified. Case, width and white
    space around a name make no other agent, tool, topic or tenant.
    """
    scope: dict[str, Any] = {"agent": agent, "tool": tool, "topic": topic, "tenant": tenant}
    with opened(ledger) as gate:
        done = gate.halt(**scope, everything=everything, reason=reason, **answering(by, held))
        running = gate.halts.running(done)
        unknown = not gate.halts.was_seen(done)
    say(f"halted: {visible(done.what)}; nothing of it runs from now on")
    if unknown:
        say(f"no call in this ledger was ever of {visible(done.what)}; is the name right?")
    for case in running:
        say(f"  still runs: {case.call_id}  {visible(case.tool)} of {visible(case.agent)}")


@app.command(epilog=examples('interlock unhalt --agent bot-7 --reason "payee fixed, tested"'))
def unhalt(  # noqa: PLR0913, PLR0917 - as `halt`
    reason: Why,
    agent: OfAgent = None,
    tool: OfTool = None,
    topic: OfTopic = None,
    everything: Everything = False,
    tenant: OfTenant = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Lift a halt, named as it was made. Calls that it stopped stay stopped."""
    scope: dict[str, Any] = {"agent": agent, "tool": tool, "topic": topic, "tenant": tenant}
    with opened(ledger) as gate:
        done = gate.unhalt(**scope, everything=everything, reason=reason, **answering(by, held))
        left = gate.halts.list()
    say(f"no longer halted: {visible(done.what)}")
    for other in left:
        say(f"  still halted: {visible(other.what)}, by {visible(other.by)}")


@app.command(epilog=examples("interlock halts", "interlock halts --json"))
def halts(tenant: Tenant = None, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List what is switched off, since when, by whom and why."""
    with opened(ledger) as gate:
        found = gate.halts.list(tenant)
    if as_json:
        from interlock.app.cases import halt_json

        print_json([halt_json(each) for each in found])
        return
    columns: Columns[Halt] = {
        "halted": lambda each: visible(each.what),
        "since": lambda each: local(each.at),
        "by": lambda each: visible(each.by),
        "reason": lambda each: visible(each.reason),
    }
    print_listing(found, columns, "nothing is halted")
