"""Set: how far each agent may go alone."""

from typing import Annotated, Any

import typer

from interlock.cli.credentials import Answering, HeldAt, answering
from interlock.cli.options import (
    AsJson,
    By,
    LedgerUrl,
    Reason,
    Tenant,
    examples,
    family,
    opened,
)
from interlock.cli.screen import Columns, local, print_json, print_listing, say
from interlock.clock import parse_stamp
from interlock.desk.display import visible
from interlock.errors import DeskError

app = family()
autonomy = family()
app.add_typer(autonomy, name="autonomy", help="Levels of agents.")

AgentId = Annotated[str, typer.Argument(metavar="AGENT", help="The agent's id.")]
To = Annotated[
    int | None,
    typer.Option("--to", min=0, max=3, help="The level; else one step.", show_default=False),
]
OfTenant = Annotated[
    str,
    typer.Option("--tenant", metavar="NAME", help="The agent's tenant.", show_default=False),
]


@autonomy.command(epilog=examples("interlock autonomy show", "interlock autonomy show --json"))
def show(tenant: Tenant = None, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List every level that was set, since when, by whom and why."""
    with opened(ledger) as gate:
        levels = gate.autonomy.levels(tenant)
    if as_json:
        print_json(levels)
        return
    columns: Columns[dict[str, Any]] = {
        "agent": lambda row: visible(row["agent"]),
        "tenant": lambda row: visible(row["tenant"]),
        "level": lambda row: str(row["level"]),
        "since": lambda row: local(parse_stamp(row["since"])),
        "by": lambda row: visible(row["by"]),
        "reason": lambda row: visible(row["reason"]),
    }
    none = "no level was ever set; agents start at the policy's initial level"
    print_listing(levels, columns, none)


@autonomy.command(epilog=examples('interlock autonomy promote bot-7 --reason "50 clean refunds"'))
def promote(
    agent: AgentId,
    to: To = None,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    tenant: OfTenant = "",
    ledger: LedgerUrl = None,
) -> None:
    """Raise an agent's level; needs --reason. Counts from its next decision."""
    _move(ledger, agent, tenant, to, +1, reason, answering(by, held))


@autonomy.command(epilog=examples('interlock autonomy demote bot-7 --to 0 --reason "wrong payee"'))
def demote(
    agent: AgentId,
    to: To = None,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    tenant: OfTenant = "",
    ledger: LedgerUrl = None,
) -> None:
    """Lower an agent's level; needs --reason. Counts at once, also for calls under way."""
    _move(ledger, agent, tenant, to, -1, reason, answering(by, held))


def _move(
    ledger: str | None,
    agent: str,
    tenant: str,
    to: int | None,
    step: int,
    reason: str,
    said: Answering,
) -> None:
    with opened(ledger) as gate:
        set_before = [row["level"] for row in gate.autonomy.levels(tenant) if row["agent"] == agent]
        before = int(set_before[0]) if set_before else gate.policy.compiled.initial_level
        after = before + step if to is None else to
        if (after - before) * step <= 0:
            word = "above" if step > 0 else "below"
            raise DeskError(f"`{agent}` is at level {before}; name a level {word} it with --to")
        gate.autonomy.set(agent, after, reason=reason, tenant=tenant, **said)
    say(f"{visible(agent)}: level {before} → {after}")
