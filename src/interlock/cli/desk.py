"""Tend: how long questions wait against what policy wants, and what you put off."""

import re
from typing import Annotated, Final

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.follow import follow
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
from interlock.cli.screen import amount, local, print_json, say

app = family()

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Check = Annotated[
    bool,
    typer.Option("--check", help="Exit 1 on a warning, a target missed or a review overdue."),
]
Days = Annotated[
    float,
    typer.Option("--days", metavar="N", min=0.01, max=3650, help="Over how long, but for waits."),
]
For = Annotated[
    str, typer.Option("--for", metavar="TIME", help="How long: a number and `s`, `m`, `h` or `d`.")
]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")]


@app.command(epilog=examples("interlock desk", "interlock desk --days 30 --check --json"))
def desk(
    tenant: Tenant = None,
    days: Days = 7.0,
    check: Check = False,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show how the review desk does, and what that warns of.

    First how long questions wait, those that are open and those that ended within a day; then how
    much agents and rules ask, what people say to it and how fast, what each is asked to look at,
    what teams catch of canaries, and how second looks agree.

    Median and 95th percentile count what is open with its time so far, and what nobody answered
    with all of its time. Targets are the `approval_queue_policy` of the policy used last. A
    review after somebody broke the glass is overdue when nobody looked within a day.
    """
    from interlock.cli.figures import print_figures

    with opened(ledger) as gate:
        found = gate.figures(tenant, days)
        broken, now = gate.inbox.unreviewed(tenant), gate.ledger.clock.now()
    if as_json:
        print_json(found.json())
    else:
        print_figures(found)
        if broken:
            say(f"{amount(len(broken), 'call')} to look at after the glass was broken; see")
            say("  ", follow("oversight", ledger))
    overdue = [one for one in broken if one.acknowledge_until and one.acknowledge_until <= now]
    missed = any(queue.missed for queue in found.queues)
    if check and (overdue or missed or found.warnings):
        raise typer.Exit(1)


@app.command(epilog=examples('interlock snooze req_8k2m4x --for 30m --reason "asking finance"'))
def snooze(
    name: IdToChange,
    time: For,
    reason: Why,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Take one question out of your own inbox for a while; all others see it as before.

    It expires, escalates and may be answered when it would have. `interlock inbox --all` shows it.
    """
    if not reason.strip():
        raise typer.BadParameter("`--reason` says nothing; it is recorded")
    with opened(ledger) as gate:
        until = gate.inbox.snooze(name, for_s=_seconds(time), reason=reason, **answering(by, held))
    say(f"out of your inbox until {local(until)}; its time goes on")


def _seconds(time: str) -> float:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", time.strip())
    if found is None:
        raise typer.BadParameter("`--for` takes a number and a unit: 90s, 30m, 2h or 1d")
    return int(found[1]) * _UNITS[found[2]]
