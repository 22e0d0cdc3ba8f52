"""Account: the record, read and verified."""

from typing import Annotated, Any, Final, Literal, TypeAlias

import typer

from interlock.cli.options import AsJson, LedgerUrl, Tenant, examples, family, opened
from interlock.cli.screen import amount, console, local, note, print_json, print_table, say
from interlock.clock import parse_stamp, stamp
from interlock.desk.display import visible
from interlock.path.record import State
from interlock.policy.decisions import Kind

app = family()
audit = family()
app.add_typer(audit, name="audit", help="The record.")

Reached: TypeAlias = Literal[Kind, State]
"""What policy decided, or a state that a call reached."""


def wanted(name: str, meaning: str) -> Any:  # noqa: ANN401 - typer's own value
    """Make the option of one filter."""
    return typer.Option(f"--{name}", metavar=name.upper(), help=meaning, show_default=False)


@audit.command(
    epilog=examples(
        "interlock audit log --agent support-bot --since 2026-11-01",
        "interlock audit log --call call_3xd7qa --json",
    )
)
def log(  # noqa: PLR0913, PLR0917 - one option per filter
    since: Annotated[
        str | None, wanted("since", "From this time on: a date, or date and time.")
    ] = None,
    until: Annotated[str | None, wanted("until", "Before this time.")] = None,
    agent: Annotated[str | None, wanted("agent", "Only this agent's calls.")] = None,
    tool: Annotated[str | None, wanted("tool", "Only calls of this tool.")] = None,
    reviewer: Annotated[str | None, wanted("reviewer", "Only this person's answers.")] = None,
    decision: Annotated[
        Reached | None,
        wanted("decision", "Only calls so decided, or that reached this state."),
    ] = None,
    call: Annotated[str | None, wanted("call", "Only this call.")] = None,
    tenant: Tenant = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Print the record, oldest entry first."""
    with opened(ledger) as gate:
        chain = gate.inbox.show(call).call_id if call else None
        entries = gate.audit.log(
            since=moment(since),
            until=moment(until),
            agent=agent,
            tool=tool,
            reviewer=reviewer,
            decision=decision,
            call=chain,
            tenant=tenant,
        )
    if as_json:
        print_json(entries)
    elif not entries:
        say("no entry fits; names are matched whole")
    else:
        rows = [_row(entry) for entry in entries]
        print_table(("entry", "at", "chain", "what", "state", "by", "about"), rows)


@audit.command(
    epilog=examples("interlock audit verify", "interlock audit verify --ledger copy.db --json")
)
def verify(ledger: LedgerUrl = None, as_json: AsJson = False) -> int:
    """Check every entry, chain and state; exit 1 and name each entry that does not verify."""
    with opened(ledger) as gate:
        note("verifying…")
        found = gate.audit.verify()
        url = gate.ledger.url
    if as_json:
        print_json(
            {"audit_verified": found.ok, "entries": found.entries, "problems": found.problems}
        )
    elif found.ok:
        say(f"verified: {found.entries} {'entry' if found.entries == 1 else 'entries'} of {url}")
    else:
        for problem in found.problems:
            say(visible(problem))
        console(to_stderr=True).print(
            f"interlock: {url} does not verify: {amount(len(found.problems), 'problem')}; "
            "keep the file, and compare it with a copy you trust",
            markup=False,
        )
    return 0 if found.ok else 1


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


def when(text: str) -> str:
    """Write an entry's time in the reader's zone; one that was edited, as it stands."""
    try:
        return local(parse_stamp(text))
    except ValueError:
        return visible(text)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    body: dict[str, Any] = entry["body"]
    told = ("call_id", *_TOLD) if entry["kind"] == "revealed" else _TOLD
    about = [f"{name}={visible(str(body[name]))}" for name in told if body.get(name)]
    return (
        str(entry["id"]),
        when(str(entry["at"])),
        visible(str(entry.get("chain", ""))),
        str(entry["kind"]),
        str(entry.get("state", "")),
        visible(str(entry.get("actor", ""))),
        ", ".join(about),
    )


_TOLD: Final = ("tool", "kind", "rules", "answer", "reason", "outcome", "output_safety_decision")
