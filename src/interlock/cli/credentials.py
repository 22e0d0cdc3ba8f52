"""Show: who answers, by a key or a token of theirs; the passphrase is asked for or comes along."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypedDict

import typer

from interlock.cli.options import who
from interlock.errors import DeskError

if TYPE_CHECKING:
    from interlock.app.keys import Credentials

HeldAt: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        "--token-file",
        metavar="FILE|keyring:NAME",
        help="Your key or token; else INTERLOCK_TOKEN, else your name alone.",
        show_default=False,
    ),
]


class Answering(TypedDict):
    """Who answers, and what they hold."""

    by: str | None
    held: "Credentials | None"


def answering(by: str | None, place: str | None) -> Answering:
    """Return who answers; whose key or token it is, where no name is given."""
    held = _held(place)
    return {"by": who(by) if held is None or by is not None else None, "held": held}


PASSPHRASE_MIN: Final = 8
"""Characters of a new key's passphrase, at least. Source: NIST SP 800-63B, 5.1.1."""


def _held(place: str | None) -> "Credentials | None":
    if place is not None:
        from interlock.app.keys import load_held

        return load_held(place, passphrase)
    if token := os.environ.get("INTERLOCK_TOKEN"):
        from interlock.app.keys import Token

        return Token(token)
    return None


def passphrase() -> str:
    """Return the passphrase: `INTERLOCK_PASSPHRASE`, else from a file that is named, else typed."""
    if given := os.environ.get("INTERLOCK_PASSPHRASE"):
        return given
    if named := os.environ.get("INTERLOCK_PASSPHRASE_FILE"):
        try:
            return Path(named).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DeskError(f"{named}: cannot be read as a passphrase") from error
    if not sys.stdin.isatty():
        raise DeskError(
            "the key needs its passphrase; set INTERLOCK_PASSPHRASE or INTERLOCK_PASSPHRASE_FILE"
        )
    return str(typer.prompt("passphrase", hide_input=True, err=True))


def new_passphrase() -> str:
    """Return the passphrase of a key that is made now; typed twice where it is typed."""
    given = passphrase()
    if len(given) < PASSPHRASE_MIN:
        raise DeskError(
            f"a passphrase of under {PASSPHRASE_MIN} characters is soon guessed by whoever has the "
            "file; nothing was made"
        )
    typed = not (
        os.environ.get("INTERLOCK_PASSPHRASE") or os.environ.get("INTERLOCK_PASSPHRASE_FILE")
    )
    if typed and typer.prompt("again", hide_input=True, err=True) != given:
        raise DeskError("the two differ; nothing was made")
    return given
