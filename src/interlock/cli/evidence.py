"""Prove: one case to somebody who has neither the ledger nor a reason to trust it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from interlock.cli.options import AsJson, Id, LedgerUrl, examples, opened
from interlock.cli.screen import amount, console, print_json, say
from interlock.desk.display import visible
from interlock.errors import DeskError, LedgerError
from interlock.signing import is_public_key

if TYPE_CHECKING:
    from interlock.ledger.weighing import Weighed

app = typer.Typer()
"""Commands of `interlock audit`, which stand beside its others."""

_LARGEST_BYTES: Final = 64 * 1024 * 1024
"""Largest file that is read as a case."""


@app.command(
    epilog=examples(
        "interlock audit case call_3xd7qa --out case.json",
        "interlock audit case call_3xd7qa --with-arguments",
    )
)
def case(
    name: Id,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="A new file; else stdout.", show_default=False),
    ] = None,
    with_arguments: Annotated[
        bool,
        typer.Option("--with-arguments", help="With what was to be done, where it is not erased."),
    ] = False,
    ledger: LedgerUrl = None,
) -> None:
    """Write one call's case, signed: entries, answers, policy, proofs (in-toto, DSSE)."""
    from interlock.app.keys import write_secret

    with opened(ledger) as gate:
        envelope = gate.audit.case(name, with_arguments=with_arguments)
    if out is None:
        print_json(envelope)
        return
    try:
        write_secret(out, json.dumps(envelope, indent=1).encode() + b"\n")
    except DeskError as error:
        raise LedgerError(str(error)) from error
    say(f"the case is in {visible(str(out))}; check it with interlock audit check-case")


@app.command(
    "check-case",
    epilog=examples(
        "interlock audit check-case case.json --key interlock/ledger_…+…",
        "interlock audit check-case case.json --key VKEY --reviewer-key 5f0c… --json",
    ),
)
def check_case(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As `audit case` wrote it.")],
    key: Annotated[
        str,
        typer.Option("--key", metavar="VKEY", help="The record's verifier key, from elsewhere."),
    ],
    reviewer_key: Annotated[
        list[str],
        typer.Option(
            "--reviewer-key",
            metavar="PUB",
            help="Public key of a reviewer, from elsewhere; may be given again.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer's own value
    as_json: AsJson = False,
) -> int:
    """Check a case by public keys alone, without a ledger; exit 1 and name what is wrong."""
    from interlock.ledger.notes import Verifier
    from interlock.ledger.weighing import read_case, weigh

    try:
        verifier = Verifier.read(key)
    except ValueError:
        raise typer.BadParameter("--key is no verifier key; see `key` of an export") from None
    for each in reviewer_key:
        if not is_public_key(each):
            raise typer.BadParameter("--reviewer-key is no public key: 32 bytes in hex")
    found = weigh(read_case(_text(file)), verifier, reviewer_key)
    if as_json:
        print_json(_told(found, reviewer_key))
    elif found.ok:
        _say(found, reviewer_key)
    else:
        for problem in found.problems:
            say(visible(problem))
        console(to_stderr=True).print(
            f"interlock: the case does not hold: {amount(len(found.problems), 'problem')}",
            markup=False,
        )
    return 0 if found.ok else 1


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise LedgerError(f"{file}: is too large to be a case")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{file}: no file to read as text; name a case") from error


def _told(found: "Weighed", reviewers: list[str]) -> dict[str, Any]:
    return {
        "case_verified": found.ok,
        "call": found.call,
        "state": found.state,
        "ended": found.ended,
        "entries": found.entries,
        "sealed": found.size,
        "votes": [
            {**vote, "shown": _shown(vote, reviewers), "added_by": found.adders.get(vote["entry"])}
            for vote in found.votes
        ],
        "seen": [
            {name: getattr(each, name) for name in ("actor", "auth", "at", "body")}
            for each in found.seen
        ],
        "arguments": found.arguments,
        "problems": found.problems,
    }


def _say(found: "Weighed", reviewers: list[str]) -> None:
    say(
        f"holds: {amount(found.entries, 'entry').replace('entrys', 'entries')} of "
        f"`{visible(found.call)}`, {visible(found.state)} at a head of {found.size}"
    )
    for vote in found.votes:
        told = f"{vote['answer']} by {vote['by']} at {vote['at']}: {_shown(vote, reviewers)}"
        adder = found.adders.get(vote["entry"])
        say("  ", visible(told + (f"; {adder} added it" if adder else "")))
    for seen in found.seen:
        word, why = seen.body.get("finding", "taken notice of"), seen.body.get("reason", "")
        told = f"finding: {word} by {seen.actor} at {seen.at} ({seen.auth}): {why}"
        say("  ", visible(told))
    for name, canonical in (found.arguments or {}).items():
        say("  ", visible(f"arguments of {name}: {canonical}"))
    if found.arguments is None:
        say("  arguments are not in the case; their digest is")
    if found.ended:
        say("ended: nothing can follow its last entry")
    else:
        say("unproved: that nothing came after its last entry; who has the record's key says so")


def _shown(vote: Mapping[str, Any], reviewers: list[str]) -> str:
    """Say what shows who gave an answer."""
    match vote["auth"]:
        case "signed" if reviewers:
            return "signed, by a key that you gave"
        case "signed":
            key = vote["signature"]["public"]
            return f"signed, by the key {key}; that it is theirs the record says"
        case "token":
            return "token: unproved, the record says that one was shown"
        case auth:
            return f"{auth}: unproved, a name that somebody gave"
