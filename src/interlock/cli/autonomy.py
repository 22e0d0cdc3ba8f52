"""Grade: how far each agent may go alone, what that rests on, and who agrees."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.credentials import Answering, HeldAt, answering
from interlock.cli.grades import (
    print_evidence,
    print_history,
    print_promotion,
    print_what_if,
)
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

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.autonomy.career import Promotion

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
AtLevel = Annotated[int, typer.Option("--level", min=0, max=3, help="The level to try.")]
Days = Annotated[float, typer.Option("--days", min=0.01, help="How far back, days.")]


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


@autonomy.command(
    epilog=examples("interlock autonomy explain bot-7", "interlock autonomy explain bot-7 --json")
)
def explain(
    agent: AgentId, tenant: OfTenant = "", ledger: LedgerUrl = None, as_json: AsJson = False
) -> None:
    """Show what an agent's level rests on, and what it lacks for the next one."""
    with opened(ledger) as gate:
        found = gate.autonomy.explain(agent, tenant)
    if as_json:
        print_json(found.json())
    else:
        print_evidence(found)


@autonomy.command(epilog=examples("interlock autonomy history bot-7"))
def history(agent: AgentId, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List how an agent's level came about: evidence, sign-offs, falls and incidents."""
    with opened(ledger) as gate:
        told = gate.autonomy.history(agent)
    if as_json:
        print_json([each._asdict() for each in told])
    else:
        print_history(told)


@autonomy.command(
    epilog=examples("interlock autonomy requests", "interlock autonomy requests --json")
)
def requests(ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List the promotions that wait for sign-off, each with its evidence."""
    with opened(ledger) as gate:
        asked = gate.autonomy.requests()
    if as_json:
        from interlock.app.grades import promotion_json

        print_json([promotion_json(each) for each in asked])
        return
    for each in asked:
        print_promotion(each)
    if not asked:
        say("no promotion waits for sign-off")


@autonomy.command(
    "what-if",
    epilog=examples(
        "interlock autonomy what-if bot-7 --level 2",
        "interlock autonomy what-if bot-7 --level 0 --days 30",
    ),
)
def what_if(
    agent: AgentId,
    level: AtLevel,
    days: Days = 7.0,
    tenant: Tenant = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Decide an agent's recent calls at another level, by the policy of now."""
    with opened(ledger) as gate:
        found = gate.autonomy.what_if(agent, level, days=days, tenant=tenant)
    if as_json:
        changed = [{"was": was, "now": now, "calls": n} for (was, now), n in found.changed]
        print_json({"agent": agent, "level": level, "calls": found.calls, "changed": changed})
    else:
        print_what_if(found, days)


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
    """Sign off an agent's open promotion; needs --reason. Counts from its next decision.

    Where the policy has no promotion_criteria, raise the level by hand.
    """
    with opened(ledger) as gate:
        asked = _asked(gate, agent, tenant)
        if asked is None:
            _move(gate, agent, tenant, to, +1, reason, answering(by, held))
            return
        if to not in (None, asked.to):
            raise DeskError(f"`{agent}` is asked about level {asked.to}; it rises one at a time")
        _sign(gate, asked, "approve", reason, answering(by, held))


@autonomy.command(epilog=examples('interlock autonomy decline bot-7 --reason "refunds to friends"'))
def decline(
    agent: AgentId,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    tenant: OfTenant = "",
    ledger: LedgerUrl = None,
) -> None:
    """Refuse an agent's open promotion; its evidence begins anew. Needs --reason."""
    with opened(ledger) as gate:
        asked = _asked(gate, agent, tenant)
        if asked is None:
            raise DeskError(f"no promotion of `{agent}` waits; see interlock autonomy requests")
        _sign(gate, asked, "deny", reason, answering(by, held))


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
    with opened(ledger) as gate:
        _move(gate, agent, tenant, to, -1, reason, answering(by, held))


def _asked(gate: "Gate", agent: str, tenant: str) -> "Promotion | None":
    mine = [one for one in gate.autonomy.requests() if (one.tenant, one.agent) == (tenant, agent)]
    return mine[0] if mine else None


def _sign(gate: "Gate", asked: "Promotion", answer: Any, reason: str, said: Answering) -> None:  # noqa: ANN401 - one of two words
    after = gate.autonomy.sign(asked.id, answer, reason=reason, **said)
    named, step = visible(asked.agent), f"level {asked.level} → {asked.to}"
    if after.ended is None:
        say(f"{named}: {step} waits for more people; see interlock autonomy requests")
    elif after.ended.kind == "promoted":
        say(f"{named}: {step}")
    else:
        say(f"{named}: stays at level {asked.level}; {visible(after.ended.body['why'])}")


def _move(
    gate: "Gate",
    agent: str,
    tenant: str,
    to: int | None,
    step: int,
    reason: str,
    said: Answering,
) -> None:
    set_before = [row["level"] for row in gate.autonomy.levels(tenant) if row["agent"] == agent]
    before = int(set_before[0]) if set_before else gate.policy.compiled.initial_level
    after = before + step if to is None else to
    if (after - before) * step <= 0:
        word = "above" if step > 0 else "below"
        raise DeskError(f"`{agent}` is at level {before}; name a level {word} it with --to")
    gate.autonomy.set(agent, after, reason=reason, tenant=tenant, **said)
    say(f"{visible(agent)}: level {before} → {after}")
