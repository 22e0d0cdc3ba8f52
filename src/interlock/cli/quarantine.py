"""Release: results that are held for a human. Nothing held is printed unless it is asked for."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlock.cli.credentials import HeldAt, answering
from interlock.cli.follow import follow_resume
from interlock.cli.options import (
    AsJson,
    By,
    Id,
    IdToChange,
    LedgerUrl,
    Reason,
    Tenant,
    examples,
    family,
    opened,
)
from interlock.cli.screen import (
    Columns,
    local,
    print_fields,
    print_json,
    print_listing,
    print_table,
    say,
)
from interlock.clock import parse_stamp
from interlock.desk.display import render_args, visible

if TYPE_CHECKING:
    from interlock.app.quarantine import HeldResult

app = family()
quarantine = family()
app.add_typer(quarantine, name="quarantine", help="Held results.")

Reveal = Annotated[
    bool,
    typer.Option("--reveal", help="Print the held result itself; needs --reason and is recorded."),
]
Redact = Annotated[bool, typer.Option("--redact", help="Replace what was found before it leaves.")]


@quarantine.command("list", epilog=examples("interlock quarantine list --json"))
def list_held(tenant: Tenant = None, ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List held results, oldest first, with what was found in them."""
    with opened(ledger) as gate:
        held = gate.quarantine.list(tenant)
    columns: Columns[HeldResult] = {
        "call": lambda one: one.call_id,
        "tool": lambda one: visible(one.tool),
        "agent": lambda one: visible(one.agent),
        "held since": lambda one: at(one.held_at),
        "found": lambda one: kinds(one.findings),
    }
    if as_json:
        print_json([each.json() for each in held])
    else:
        print_listing(held, columns, "nothing is held")


@quarantine.command(
    epilog=examples(
        "interlock quarantine show call_3xd7qa",
        'interlock quarantine show call_3xd7qa --reveal --reason "ticket 812"',
    )
)
def show(
    name: Id,
    reveal: Reveal = False,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what was found in a held result, and where; the result itself only with --reveal."""
    with opened(ledger) as gate:
        result = gate.quarantine.show(name)
        said = answering(by, held) if reveal else None
        content = gate.quarantine.reveal(name, reason=reason, **said) if said else None
    if as_json:
        print_json({**result.json(), **({"content": content} if reveal else {})})
        return
    say(f"{result.call_id}  {visible(result.tool)}, held since {at(result.held_at)}")
    rows = [
        (visible(f["path"]), f["kind"], place(f), f["action"], f"{f['score_0_1']:g}", f["detector"])
        for f in result.findings
    ]
    print_table(("where", "found", "characters", "action", "score", "by"), rows)
    if reveal:
        print_fields(render_args({"response": content}))
    else:
        again = f'quarantine show {result.call_id} --reveal --reason "…"'
        say(f"the result is masked; interlock {again}")


@quarantine.command(
    epilog=examples('interlock quarantine release call_3xd7qa --redact --reason "ok"')
)
def release(
    name: IdToChange,
    redact: Redact = False,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Let a held result go to its agent, as it is or redacted; needs --reason."""
    with opened(ledger) as gate:
        state = gate.quarantine.release(name, reason=reason, redact=redact, **answering(by, held))
        case = gate.inbox.show(name)
    say(f"{state}: its thread gets the result with:")
    say("  ", follow_resume(case.call_id, case.host, ledger))


@quarantine.command(epilog=examples('interlock quarantine destroy call_3xd7qa --reason "not ours"'))
def destroy(
    name: IdToChange,
    reason: Reason = "",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Delete a held result for good; needs --reason."""
    with opened(ledger) as gate:
        state = gate.quarantine.destroy(name, reason=reason, **answering(by, held))
        case = gate.inbox.show(name)
    say(f"{state}: nothing of the result is left but the record of its findings; tell its thread:")
    say("  ", follow_resume(case.call_id, case.host, ledger))


def at(stamp: str) -> str:
    """Write a stamp in the reader's zone."""
    return local(parse_stamp(stamp))


def kinds(findings: tuple[dict[str, Any], ...]) -> str:
    """List what was found, each kind once."""
    return ", ".join(sorted({str(each["kind"]) for each in findings}))


def place(finding: dict[str, Any]) -> str:
    """Write where in its text a finding lies."""
    found = finding["span"]
    return f"{found[0]}-{found[1]}" if found else "all"
