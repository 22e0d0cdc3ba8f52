"""Report: what an agent must not have done, and when that is over."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.options import AsJson, By, LedgerUrl, examples, family, opened
from interlock.cli.screen import Columns, local, print_json, print_listing, say
from interlock.clock import parse_stamp
from interlock.conduct.values import Halt
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.autonomy.career import Incident

app = family()
incident = family()
app.add_typer(incident, name="incident", help="Safety incidents.")

AgentId = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's id.")]
IncidentId = Annotated[str, typer.Argument(metavar="ID", help="`incident_…`, whole.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the record is told.")]
Severity = Annotated[
    Literal["low", "medium", "high", "critical"],
    typer.Option("--severity", help="From high on the agent falls to level 0."),
]
OfTenant = Annotated[
    str,
    typer.Option("--tenant", metavar="NAME", help="Else of all tenants.", show_default=False),
]
OfCall = Annotated[
    str, typer.Option("--call", metavar="ID", help="The call it is about.", show_default=False)
]


@incident.command(
    "open", epilog=examples('interlock incident open bot-7 --reason "paid a stranger"')
)
def open_(
    agent: AgentId,
    reason: Why,
    severity: Severity = "high",
    tenant: OfTenant = "",
    call: OfCall = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Open a safety incident: the agent's level falls at once, also for calls under way.

    A tool that runs already runs on; `interlock halt` stops the rest. To stop, a name is enough.
    """
    with opened(ledger) as gate:
        done = gate.autonomy.open_incident(
            agent,
            reason=reason,
            severity=severity,
            tenant=tenant,
            call_id=call,
            **answering(by, held),
        )
        unknown = not gate.halts.was_seen(
            Halt("agent", agent, tenant, "", gate.ledger.clock.now(), reason)
        )
    say(f"opened {done.incident}")
    for whose, (before, after) in sorted(done.levels.items()):
        of = f" of tenant {visible(whose)}" if whose else ""
        say(f"{visible(agent)}{of}: level {before} → {after}")
    if not done.levels:
        say(f"{visible(agent)} was at the lowest level; nothing fell")
    if unknown:
        say(f"no call in this ledger was ever of agent {visible(agent)}; is the name right?")


@incident.command(epilog=examples('interlock incident close incident_… --reason "payee fixed"'))
def close(
    ident: IncidentId,
    reason: Why,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Close an incident: from then on its agent may be asked about again. It rises by evidence."""
    with opened(ledger) as gate:
        gate.autonomy.close_incident(ident, reason=reason, **answering(by, held))
    say(f"closed {visible(ident)}")


@incident.command(
    "list", epilog=examples("interlock incident list", "interlock incident list --all --json")
)
def list_(
    every: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """List open incidents, the oldest first."""
    with opened(ledger) as gate:
        found = gate.autonomy.incidents(closed=every)
    if as_json:
        from interlock.app.grades import incident_json

        print_json([incident_json(each) for each in found])
        return
    columns: Columns[Incident] = {
        "incident": lambda each: each.id,
        "agent": lambda each: visible(each.agent),
        "since": lambda each: local(parse_stamp(each.opened.at)),
        "by": lambda each: visible(each.opened.actor),
        "what": lambda each: visible(each.concerns),
        "closed": lambda each: visible(each.closed.actor) if each.closed else "",
    }
    print_listing(found, columns, "no incident is open")
