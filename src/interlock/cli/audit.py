"""Account: the record, read and verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import typer

from interlock.cli import auditing, checkpoints, evidence, retention
from interlock.cli.options import (
    AsJson,
    Id,
    LedgerUrl,
    Tenant,
    examples,
    family,
    opened,
)
from interlock.cli.retention import moment
from interlock.cli.screen import (
    advancing,
    amount,
    console,
    local,
    print_json,
    print_table,
    say,
)
from interlock.clock import parse_stamp
from interlock.desk.display import visible
from interlock.path.record import State
from interlock.policy.decisions import Kind

if TYPE_CHECKING:
    from interlock.ledger.audit import Verification

app = family()
audit = family()
app.add_typer(audit, name="audit", help="The record.")
audit.add_typer(retention.app)
audit.add_typer(checkpoints.app)
audit.add_typer(evidence.app)
audit.add_typer(auditing.app)

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
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also of probes that are not disclosed: then you know them."),
    ] = False,
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
            undisclosed=everything,
        )
    if as_json:
        print_json(entries)
    elif not entries:
        say("no entry fits; names are matched whole")
    else:
        rows = [_row(entry) for entry in entries]
        print_table(("entry", "at", "chain", "what", "state", "by", "about"), rows)


Pinned: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="VKEY",
        help="Verifier key that must have signed; else the one that lies here.",
        show_default=False,
    ),
]
Anchors: TypeAlias = Annotated[
    list[Path],
    typer.Option(
        "--anchor",
        metavar="FILE",
        help="Heads that were kept elsewhere; may be given again.",
        show_default=False,
    ),
]


@audit.command(
    epilog=examples(
        "interlock audit verify",
        "interlock audit verify --anchor /mnt/elsewhere/anchors.jsonl",
        "interlock audit verify --ledger copy.db --key interlock/ledger_…+… --json",
    )
)
def verify(
    key: Pinned = None,
    anchor: Anchors = [],  # noqa: B006 - typer's own value
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> int:
    """Check every entry, chain, state and signed head; exit 1 and name what does not verify."""
    with opened(ledger) as gate, advancing("verifying") as progress:
        found = gate.audit.verify(key, anchor, progress)
        url = gate.ledger.url
    if as_json:
        print_json(_told(found))
    elif found.ok:
        entries = "entry" if found.entries == 1 else "entries"
        say(f"verified: {found.entries} {entries} of {url}")
        say(_attested(found))
        if found.unsealable:
            say(visible(found.unsealable))
    else:
        for problem in found.problems:
            say(visible(problem))
        console(to_stderr=True).print(
            f"interlock: {url} does not verify: {amount(len(found.problems), 'problem')}; "
            "keep the file, and compare it with a copy you trust",
            markup=False,
        )
    return 0 if found.ok else 1


def _told(found: "Verification") -> dict[str, Any]:
    return {
        "audit_verified": found.ok,
        "attested": found.attested,
        "entries": found.entries,
        "sealed": found.sealed,
        "checkpoints": found.checkpoints,
        "anchors": found.anchors,
        "key": found.key,
        "archived": found.archived,
        "unsealable": found.unsealable,
        "problems": found.problems,
    }


def _attested(found: "Verification") -> str:
    heads = amount(found.checkpoints, "signed head")
    gone = sum(last - first + 1 for first, last in found.archived)
    archived = f"; {gone} archived and not here" if gone else ""
    if found.anchors:
        return f"anchored: {amount(found.anchors, 'anchor')} and {heads} agree{archived}"
    return f"self-attested: {heads}, and nothing elsewhere to compare with{archived}"


@audit.command(
    epilog=examples("interlock audit export record/", "interlock audit export /mnt/auditor --json")
)
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write the record as files that others verify with their own programs (C2SP tlog-tiles)."""
    with opened(ledger) as gate:
        manifest = gate.audit.export(folder)
    if as_json:
        print_json(manifest)
    else:
        say(f"{manifest['entries']} entries in {folder}, root {manifest['root']}")


_CUT: Final = (
    "interlock: `{call}` had not ended by its last entry here: that none was cut off behind it "
    "is not proved; compare with the record"
)


@audit.command(
    epilog=examples(
        "interlock audit proof call_3xd7qa",
        "interlock audit proof call_3xd7qarhb5 --from /mnt/archive/2025 --key VKEY",
    )
)
def proof(
    name: Id,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="An export, also of before an archive.",
            show_default=False,
        ),
    ] = None,
    key: Pinned = None,
    ledger: LedgerUrl = None,
) -> None:
    """Print the proof, as JSON, that a call's entries are in the record, or in an export of it."""
    if folder is not None:
        from interlock.ledger.exported import proof_from

        made = proof_from(folder, name, key)
        print_json(made)
        if not made["ended"]:
            console(to_stderr=True).print(_CUT.format(call=visible(name)), markup=False)
        return
    with opened(ledger) as gate:
        print_json(gate.audit.proof(name))


@audit.command(
    epilog=examples(
        "interlock audit anchor --file /mnt/elsewhere/anchors.jsonl",
        "interlock audit anchor --git ~/anchors",
    )
)
def anchor(
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="PATH", help="Append to this file.", show_default=False),
    ] = None,
    git: Annotated[
        Path | None,
        typer.Option(
            "--git", metavar="REPO", help="Commit to this repository.", show_default=False
        ),
    ] = None,
    ledger: LedgerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Keep the record's head where whoever can change the record cannot."""
    if (file is None) == (git is None):
        raise typer.BadParameter("give one place: --file PATH or --git REPO")
    with opened(ledger) as gate:
        head = gate.audit.anchor(file=file, git=git)
    if as_json:
        print_json({"size": head.size, "root": head.root, "note": head.note, "key": head.key})
    else:
        say(f"anchored {amount(head.size, 'sealed entry').replace('entrys', 'entries')}")
        say(f"verify with --key {head.key}")


def when(text: str) -> str:
    """Write an entry's time in the reader's zone; one that was edited, as it stands."""
    try:
        return local(parse_stamp(text))
    except ValueError:
        return visible(text)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    body: dict[str, Any] = entry["body"]
    told = ("call_id", *_TOLD) if entry["kind"] in _ABOUT else _TOLD
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


_ABOUT: Final = frozenset({"revealed", "audit_taken", "finding"})
"""Kinds of the ledger's own entries that are about one call."""

_TOLD: Final = (
    *("tool", "kind", "rules", "answer", "finding", "verdict", "reason", "outcome"),
    "output_safety_decision",
)
