"""Approve: one call, by what its risk takes; and an approval that is taken back."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.follow import follow
from interlock.cli.lines import tell
from interlock.cli.options import By, IdToChange, LedgerUrl, Reason, examples, family, opened
from interlock.cli.queue import print_case
from interlock.cli.screen import say
from interlock.errors import DeskError
from interlock.terminal.friction import friction, says_why, typed_names

if TYPE_CHECKING:
    from datetime import datetime

    from interlock.app.cases import Case

app = family()

BreakGlass = Annotated[
    bool,
    typer.Option(
        "--break-glass",
        help="In an emergency: alone, whoever else is asked; needs the role `break-glass`.",
    ),
]


Confirm = Annotated[
    str,
    typer.Option(
        "--confirm",
        metavar="TOOL",
        help="The tool's name, which critical risk takes; else it is asked for at a terminal.",
        show_default=False,
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
    confirm: Confirm = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Let one call run, exactly as `show` shows it.

    High and critical risk take a reason that says something; critical the tool's name, too: at a
    terminal it is shown and asked for, elsewhere --confirm gives it.
    """
    with opened(ledger) as gate:
        require_meant(gate.inbox.show(name), reason, confirm, gate.ledger.clock.now(), ledger)
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


def require_meant(
    case: "Case", reason: str, confirm: str, now: "datetime", ledger: str | None = None
) -> None:
    """Ask for what the risk of a call takes besides `approve`. Raises `DeskError`."""
    takes, names = friction(case), typed_names(case)
    if case.state != "pending":
        return
    if takes.reads and reason.strip() and not says_why(reason):
        raise DeskError(f"`{reason}` is no reason for a {case.risk}-risk approval; say why")
    if takes.types and not confirm and sys.stdin.isatty():
        print_case(case, now, ledger)
        confirm = str(typer.prompt(f"type {names[0]} to approve it", err=True))
    if takes.types and not confirm:
        raise DeskError(
            f"`{case.id}` is of critical risk: to approve it takes the tool's name; look at it "
            "with interlock show, then add --confirm TOOL"
        )
    if confirm and confirm.strip() not in names:
        raise DeskError(f"`{case.id}` is a call of `{names[0]}`, not what was typed; look again")
