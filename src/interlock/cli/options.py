"""Name: the options that commands share, and the gate that they open."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from interlock.errors import LedgerError
from interlock.settings import default_ledger, reviewer_name

if TYPE_CHECKING:
    from interlock.app.gate import Gate

BUSY_S: Final = 5.0
"""How long a command waits for a ledger that another process locks, seconds."""


def some(value: str | None) -> str | None:
    """Refuse an empty name, as an unset variable of a script leaves it; none given is fine."""
    if value is not None and not value.strip():
        raise typer.BadParameter("it is empty, and names nothing; give a name, or leave it out")
    return value


LedgerUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="URL|FILE",
        help="The ledger; else INTERLOCK_LEDGER, else the one in your state directory.",
        show_default=False,
        callback=some,
    ),
]
By: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        help="Who answers; else INTERLOCK_REVIEWER, else your login name.",
        show_default=False,
    ),
]
Reason: TypeAlias = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why; needed for high and critical risk and for every override.",
        show_default=False,
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Id: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="`req_…` or `call_…`, or any unique start of one.")
]
IdToChange: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="`req_…` or `call_…`, or a unique start with at least 6 characters after the `_`.",
    ),
]
Tenant: TypeAlias = Annotated[
    str | None,
    typer.Option("--tenant", metavar="NAME", help="Only this tenant's.", show_default=False),
]


def family() -> typer.Typer:
    """Make a parser for one family of commands, with help as plain text."""
    parser = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
    parser.callback()(_several)
    return parser


def _several() -> None:
    """Keep a family's commands named even when it has only one."""


def examples(*lines: str) -> str:
    """Write the examples that end a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def who(by: str | None) -> str:
    """Return who answers."""
    name = (by if by is not None else reviewer_name()).strip()
    if not name:
        raise typer.BadParameter("`--as` names nobody; give the reviewer's name")
    return name


@contextmanager
def opened(ledger: str | None) -> Generator["Gate"]:
    """Open the gate over an existing ledger, for reading and voting.

    Raises `LedgerError` where there is none: a wrong name must not make an empty one.
    """
    url = ledger or default_ledger()
    _require(url)
    from interlock.app.gate import Gate

    with Gate.open(ledger=url, busy_s=BUSY_S) as gate:
        yield gate


def _require(url: str) -> None:
    """Refuse a file or database that is not there, or has nothing in it yet."""
    if (path := ledger_file(url)) is None:
        from interlock.ledger.engine import pick, schema_of

        if schema_of(url) is None:
            raise LedgerError(f"no ledger in {pick(url).shown}; {_MISSING}")
        return
    try:
        missing = path.stat().st_size == 0
    except FileNotFoundError:
        missing = True
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}; check the folder and its rights") from error
    if missing:
        raise LedgerError(f"no ledger at {path}; {_MISSING}")


_MISSING: Final = (
    "run an agent through the gate first, make an empty one with `interlock db upgrade`, "
    "or name another --ledger"
)


def ledger_file(url: str) -> Path | None:
    """Return the file of an embedded ledger; None for a server's."""
    if "://" not in url:
        return Path(url)
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
