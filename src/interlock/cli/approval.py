"""Approve: one call, by what its risk takes; and an approval that is taken back."""

from typing import Annotated

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.follow import follow
from interlock.cli.lines import tell
from interlock.cli.options import By, IdToChange, LedgerUrl, Reason, examples, family, opened
from interlock.cli.screen import say

app = family()

BreakGlass = Annotated[
    bool,
    typer.Option(
        "--break-glass",
        help="In an emergency: alone, whoever else is asked; needs the role `break-glass`.",
    ),
]


@app.command(
    epilog=examples(
        'interlock approve req_8k2m4x --reason "checked"',
        'interlock approve req_8k2m4x --break-glass --reason "plant on fire" --key gus.key',
    )
)
def approve(
    name: IdToChange,
    reason: Reason = "",
    break_glass: BreakGlass = False,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Let one call run, exactly as `show` shows it."""
    with opened(ledger) as gate:
        if break_glass:
            done = gate.inbox.break_glass(name, reason=reason, **answering(by, held))
            tell(done, "broke the glass", ledger)
            say("everybody is told; somebody else who was asked must look at it after:")
            say("  ", follow(f'ack {done.call_id} --finding fine --reason "…"', ledger))
            return
        tell(gate.inbox.approve(name, reason=reason, **answering(by, held)), "approved", ledger)


@app.command(epilog=examples('interlock retract req_8k2m4x --reason "wrong order"'))
def retract(
    name: IdToChange,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; the record and the agent say it.")
    ],
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Take your approval back, as long as nothing runs.

    While others must approve, too, yours counts no more and the call still waits; a call that was
    approved ends, as by `interlock cancel`.
    """
    with opened(ledger) as gate:
        done = gate.inbox.take_back(name, reason=reason, **answering(by, held))
        tell(done, "taken back", ledger)
