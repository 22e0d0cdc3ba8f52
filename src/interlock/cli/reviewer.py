"""Enrol: people who answer, their keys and tokens, and who stands in for them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from interlock.cli.credentials import HeldAt, answering, new_passphrase
from interlock.cli.options import AsJson, By, LedgerUrl, examples, family, opened
from interlock.cli.screen import Columns, local, print_json, print_listing, say
from interlock.clock import parse_stamp
from interlock.desk.display import visible
from interlock.errors import DeskError
from interlock.path.people import BREAK_GLASS, REGISTRAR

if TYPE_CHECKING:
    from interlock.app.people import Reviewer

app = family()
reviewer, key, token = family(), family(), family()
app.add_typer(reviewer, name="reviewer", help="People who answer.")
reviewer.add_typer(key, name="key", help="Keys that sign answers.")
reviewer.add_typer(token, name="token", help="Tokens that go with answers.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The person.")]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="ROLE", help="As policies name it.", show_default=False),
]
Identities = Annotated[
    list[str] | None,
    typer.Option("--identity", metavar="NAME", help="Another name of theirs.", show_default=False),
]
Until = Annotated[
    str, typer.Option("--until", metavar="TIME", help="`8h`, `3d`, or a time with its date.")
]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
Last = Annotated[
    bool, typer.Option("--last", help="Also the last: nobody can change people any more.")
]
CredentialId = Annotated[str, typer.Argument(metavar="ID", help="`cred_…`, as `list` shows it.")]

_UNITS_S: Final = {"m": 60, "h": 3600, "d": 86400}


@reviewer.command(
    epilog=examples("interlock reviewer add ana --role finance --identity ana@example.org")
)
def add(
    name: Name,
    role: Roles = None,
    identity: Identities = None,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Add a person, or roles and other names of one who is here."""
    with opened(ledger) as gate:
        made = gate.reviewers.add(
            name, roles=role or (), identities=identity or (), **answering(by, held)
        )
    say(f"here: {visible(made)}")


@reviewer.command(
    "list", epilog=examples("interlock reviewer list", "interlock reviewer list --json")
)
def list_reviewers(ledger: LedgerUrl = None, as_json: AsJson = False) -> None:
    """List everyone, with what shows who they are and who stands in for them."""
    with opened(ledger) as gate:
        known = gate.reviewers.list()
    columns: Columns[Reviewer] = {
        "person": lambda one: visible(one.principal) + (" (revoked)" if one.is_revoked else ""),
        "roles": lambda one: visible(", ".join(one.roles)),
        "other names": lambda one: visible(", ".join(one.identities)),
        "shown by": lambda one: (
            ", ".join(
                visible(f"{each['kind']} {each['id']} added by {each['added_by']}")
                for each in one.credentials
                if not each["is_revoked"]
            )
            or ("revoked" if one.credentials else "name alone")
        ),
        "away until": lambda one: local(parse_stamp(one.away_until)) if one.away_until else "",
        "deputies": lambda one: visible(
            ", ".join(f"{each['deputy']} {each['id']}" for each in one.delegations)
        ),
    }
    if as_json:
        print_json([each.json() for each in known])
        return
    print_listing(known, columns, "nobody is enrolled; everyone answers under a name alone")
    for one in known:
        if {BREAK_GLASS, REGISTRAR} <= {*one.roles} and not one.is_revoked:
            say(f"{visible(one.principal)} holds two keys: take `{BREAK_GLASS}` or `{REGISTRAR}`")


@reviewer.command(
    epilog=examples(
        'interlock reviewer revoke ana --reason "left the company"',
        'interlock reviewer revoke ana --role finance --reason "moved"',
    )
)
def revoke(
    name: Name,
    reason: Why,
    role: Roles = None,
    last: Last = False,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Take roles from a person; without any named, everything: they answer for nothing any more."""
    with opened(ledger) as gate:
        gate.reviewers.revoke(
            name, reason=reason, roles=role or (), last=last, **answering(by, held)
        )
    say(f"revoked: {_stopped(visible(name), role or ())}")


def _stopped(name: str, roles: Sequence[str]) -> str:
    """Say what ends with a revocation: nothing but what its roles were for."""
    if roles and {*roles} == {"registrar"}:
        return f"{name} changes nobody else any more; what they approved counts on"
    under = f" as {' or '.join(map(visible, roles))}" if roles else ""
    return f"what {name} approved{under} and did not run yet counts no more"


@reviewer.command(
    epilog=examples('interlock reviewer delegate ana bob --until 8h --reason "on leave"')
)
def delegate(
    name: Annotated[str, typer.Argument(metavar="FROM", help="Who is away.")],
    deputy: Annotated[str, typer.Argument(metavar="TO", help="Who answers in their place.")],
    until: Until,
    reason: Why,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Let somebody answer where somebody else is asked, for a time. It is not handed on."""
    with opened(ledger) as gate:
        ends = _until(until, gate.ledger.clock.now())
        shown = answering(by, held)
        made = gate.reviewers.delegate(name, deputy, until=ends, reason=reason, **shown)
    say(f"{made}: {visible(deputy)} answers for {visible(name)} until {ends:%Y-%m-%d %H:%M} UTC")


@reviewer.command(epilog=examples('interlock reviewer recall dele_8k2m4x --reason "back"'))
def recall(
    name: Annotated[str, typer.Argument(metavar="ID", help="`dele_…`, as `list` shows it.")],
    reason: Why,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """End a delegation before its time."""
    with opened(ledger) as gate:
        gate.reviewers.end_delegation(name, reason=reason, **answering(by, held))
    say("ended")


@reviewer.command(epilog=examples('interlock reviewer away ana --until 3d --reason "on leave"'))
def away(
    name: Name,
    until: Until,
    reason: Why,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Say that somebody is away: where the policy rebalances, others are asked to look.

    They may answer all the same, and stay away for that. Somebody who stands in for them is named
    by `delegate`.
    """
    with opened(ledger) as gate:
        ends = _until(until, gate.ledger.clock.now())
        gate.reviewers.away(name, until=ends, reason=reason, **answering(by, held))
    say(f"away: {visible(name)} until {local(ends)}")


@reviewer.command(epilog=examples("interlock reviewer back ana"))
def back(name: Name, by: By = None, held: HeldAt = None, ledger: LedgerUrl = None) -> None:
    """Say that somebody is here again."""
    with opened(ledger) as gate:
        gate.reviewers.back(name, **answering(by, held))
    say(f"here: {visible(name)}")


@key.command(
    "new",
    epilog=examples(
        "interlock reviewer key new ana --out ana.key", "interlock reviewer key new --out ana.key"
    ),
)
def new_key_(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Whose; else it is only made.")
    ] = None,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE|keyring:NAME", help="Where it is kept.")
    ] = "interlock.key",
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Make a key under a passphrase; it stays where it is made. Prints its public part."""
    if name is None:
        say(_made(out))
        return
    with opened(ledger) as gate:
        public = _made(out)
        say(public)
        try:
            said = gate.reviewers.add_key(name, public, **answering(by, held))
        except DeskError as error:
            add = f"interlock reviewer key add {visible(name)} {public}"
            raise DeskError(f"{error}; {visible(out)} holds the key all the same: {add}") from error
    say(f"{said}: {visible(name)} signs by it")


def _made(out: str) -> str:
    """Make a key where it is kept, and return its public part."""
    from interlock.app.keys import save_key
    from interlock.signing import new_key

    made = new_key()
    save_key(made, out, new_passphrase())
    return made.public


@key.command("add", epilog=examples("interlock reviewer key add ana 3b6a27bc…"))
def add_key(
    name: Name,
    public: Annotated[str, typer.Argument(metavar="PUBLIC", help="32 bytes in hex.")],
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Let a person sign by a key of which you have the public part."""
    with opened(ledger) as gate:
        said = gate.reviewers.add_key(name, public.strip(), **answering(by, held))
    say(f"{said}: {visible(name)} signs by it")


@token.command("new", epilog=examples("interlock reviewer token new ana --out ana.token"))
def new_token(
    name: Name,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there, for its owner alone."),
    ] = None,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """Make a token for a person. It is shown once; a digest is all that is kept."""
    from interlock.app.keys import write_secret

    with opened(ledger) as gate:
        said, made = gate.reviewers.new_token(name, **answering(by, held))
    if out is None:
        say(made.secret)
    else:
        write_secret(out, made.secret.encode() + b"\n")
    say(f"{said}: {visible(name)} shows it with --token-file or as INTERLOCK_TOKEN")


@key.command("revoke", epilog=examples('interlock reviewer key revoke cred_8k2m4x --reason "lost"'))
@token.command(
    "revoke", epilog=examples('interlock reviewer token revoke cred_8k2m4x --reason "lost"')
)
def revoke_credential(
    name: CredentialId,
    reason: Why,
    last: Last = False,
    by: By = None,
    held: HeldAt = None,
    ledger: LedgerUrl = None,
) -> None:
    """End a key or a token; what it approved and did not run yet counts no more."""
    with opened(ledger) as gate:
        gate.reviewers.revoke_credential(name, reason=reason, last=last, **answering(by, held))
    say("revoked")


def _until(text: str, now: datetime) -> datetime:
    """Read a time, or how long from now."""
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS_S and number.isascii() and number.isdigit() and len(number) < 7:
        return now + timedelta(seconds=int(number) * _UNITS_S[unit])
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"--until: `{text}` is no time; write `8h`, `3d` or 2026-03-31T18:00+02:00"
        ) from error
