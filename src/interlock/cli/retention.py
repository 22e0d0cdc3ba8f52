"""Retire: erase what a call said, archive what is old."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.options import AsJson, By, LedgerUrl, Reason, examples, opened, some
from interlock.cli.screen import amount, print_json, say
from interlock.clock import stamp

if TYPE_CHECKING:
    from interlock.ledger.erasure import Erased

app = typer.Typer()
"""Commands of `interlock audit`, which stand beside its others."""

DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Say what would go.")]


@app.command(
    epilog=examples(
        'interlock audit erase call_3xd7qa --reason "erasure request 12"',
        'interlock audit erase --principal cust-7 --reason "erasure request 12" --dry-run',
    )
)
def erase(  # noqa: PLR0913, PLR0917 - one option for each thing that is said
    name: Annotated[
        str | None,
        typer.Argument(metavar="CALL", help="`call_…` or `req_…`.", show_default=False),
    ] = None,
    principal: Annotated[
        str | None,
        typer.Option(
            "--principal",
            metavar="P",
            help="All calls made for this one.",
            show_default=False,
            callback=some,
        ),
    ] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Erase arguments, answers and context of calls that have ended; the record stays whole."""
    if (name is None) == (principal is None):
        raise typer.BadParameter("give a call, or --principal")
    with opened(ledger) as gate:
        audit, said = gate.audit, answering(by, held)

        def go(*, dry_run: bool) -> "Erased":
            if principal is not None:
                return audit.erase_principal(principal, reason=reason, dry_run=dry_run, **said)
            return audit.erase(str(name), reason=reason, dry_run=dry_run, **said)

        erased = go(dry_run=True)
        if not dry_run:
            _confirm(erased, yes=yes)
            erased = go(dry_run=False)
    if as_json:
        print_json({**erased._asdict(), "dry_run": dry_run})
        return
    did = "would be erased" if dry_run else "erased"
    say(f"{did}: {amount(len(erased.calls), 'call')}")
    _list(erased)
    if not erased.is_gone and not dry_run:
        say("files may hold copies yet: a server's dead rows and logs are its own to clear")


def _confirm(erased: "Erased", *, yes: bool) -> None:
    """Ask a person at a terminal; without one, `--yes` must have been given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("say --yes to erase, or look first with --dry-run")
    _list(erased)
    typer.confirm("erase this for good?", abort=True, err=True)


def _list(erased: "Erased") -> None:
    for call in erased.calls:
        say(f"  {call}")
    for copy in erased.copies:
        say(f"  {copy}, which an upgrade left, whole")
    if erased.left:
        say(f"not ended, and left: {', '.join(erased.left)}")


@app.command(
    epilog=examples(
        "interlock audit archive --before 2026-01-01 --dry-run",
        "interlock audit archive --before 2026-01-01 --to /mnt/archive/2025",
    )
)
def archive(
    before: Annotated[
        str,
        typer.Option(
            "--before", metavar="DATE", help="Calls that began before this date, or date and time."
        ),
    ],
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="A new or empty folder.", show_default=False),
    ] = None,
    dry_run: DryRun = False,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Export the record, then take ended calls of an old period out; proofs stay."""
    at = str(moment(before))
    if to is None and not dry_run:
        raise typer.BadParameter("say where to with --to DIR, or look first with --dry-run")
    with opened(ledger) as gate:
        if dry_run or to is None:
            found = gate.audit.period(at)
        else:
            found = gate.audit.archive(at, to, **answering(by, held))
    if as_json:
        print_json({**found._asdict(), "dry_run": dry_run})
    else:
        did = "would go" if dry_run else "went"
        say(f"{amount(found.calls, 'call')} and {found.entries} of their entries {did}")
        say(f"{amount(found.kept, 'call')} of that time not ended, and kept")


def moment(text: str | None) -> str | None:
    """Read a time as a person writes it, local unless it has an offset; return a UTC stamp."""
    if text is None:
        return None
    from datetime import datetime

    try:
        return stamp(datetime.fromisoformat(text).astimezone())
    except ValueError as error:
        raise typer.BadParameter(
            f"`{text}` is no time; write 2026-11-01 or 2026-11-01T14:30+01:00"
        ) from error
