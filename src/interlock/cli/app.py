"""Run: the `interlock` command, one module per family of commands.

The table is all that `interlock --help` needs; typer and a command's own module are imported when
that command runs. Every error of ours becomes one line on stderr and an exit code: 1 says no, 2
misuse, 3 something is not reachable.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from interlock.errors import CanonError, InterlockError, LedgerError, UnknownHost, UnknownId

if TYPE_CHECKING:
    import typer


class Family(NamedTuple):
    """Where a command lives, and what it does in a few words."""

    module: str
    does: str


COMMANDS: Final[Mapping[str, Family]] = {
    "demo": Family("demo", "play the support agent through the gate, and ask you"),
    "inbox": Family("queue", "list what waits for a human"),
    "review": Family("review", "decide what waits at a terminal, by keys"),
    "show": Family("queue", "show one call: what, why it is asked, what follows"),
    "approve": Family("approval", "let one call run"),
    "deny": Family("queue", "refuse one call"),
    "edit": Family("queue", "change one call's arguments; policy decides again"),
    "respond": Family("queue", "answer the agent yourself, without running the call"),
    "cancel": Family("queue", "withdraw one call"),
    "retract": Family("approval", "take your approval back"),
    "batch": Family("batch", "like questions, answered by one look: list, show, approve, deny"),
    "snooze": Family("desk", "take one question out of your inbox for a while"),
    "desk": Family("desk", "show how long questions wait, against what policy wants"),
    "resume": Family("resume", "go on with threads whose requests are decided"),
    "worker": Family("worker", "fire timers: expiry, veto windows, leases of lost processes"),
    "oversight": Family("oversight", "list what runs under `notify`, to be looked at"),
    "ack": Family("oversight", "take notice of one call that runs under `notify`"),
    "veto": Family("oversight", "stop one call within its veto window"),
    "watch": Family("watch", "see every call live; veto it, or halt its agent"),
    "halt": Family("halt", "switch off an agent, a tool, a topic or everything"),
    "unhalt": Family("halt", "lift a halt"),
    "halts": Family("halt", "list what is switched off"),
    "doubt": Family("doubt", "calls that may have run: list, settle"),
    "quarantine": Family("quarantine", "held results: list, show, release, destroy"),
    "policy": Family("policy", "check, show, explain, test and describe policies"),
    "reviewer": Family("reviewer", "people who answer: add, list, revoke, delegate, keys, tokens"),
    "autonomy": Family("autonomy", "levels of agents: explain, requests, promote, demote"),
    "incident": Family("incident", "safety incidents of agents: open, close, list"),
    "signals": Family("signals", "what was learned of agents: report, calibrate"),
    "audit": Family("audit", "the record: log, verify, export, erase; sample, next, finding"),
    "feedback": Family("feedback", "what people corrected, as training data: export"),
    "db": Family("db", "the ledger's schema: status, upgrade"),
}
"""Every command, in the order in which a newcomer meets it."""

FINE: Final = 0
NO: Final = 1
MISUSE: Final = 2
NOT_REACHABLE: Final = 3
INTERRUPTED: Final = 130
"""Source: POSIX shells, 128 + SIGINT."""

_HEAD: Final = """\
Usage: interlock COMMAND [OPTIONS]

The safety interlock between an LLM agent and its tools.

Commands:
"""
_FOOT: Final = """
Examples:
  interlock demo                          see the whole idea in a minute
  interlock inbox                         what waits for you
  interlock show req_8k2m4x               everything about it; a unique start of an id will do
  interlock approve req_8k2m4x --reason "order checked"
  interlock audit verify                  is the record whole?

`interlock COMMAND --help` says more. Exit codes: 0 fine, 1 the answer is no, 2 misuse,
3 something is not reachable.
"""


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a narrow encoding escapes, and never stops half-way
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(list(sys.argv[1:] if words is None else words)))


def run(words: list[str]) -> int:
    """Run one command and return its exit code; no error of ours leaves."""
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except InterlockError as error:
        return complain(str(error), exit_code(error))
    except KeyboardInterrupt:
        return complain("stopped; what was recorded stays, run the command again", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO
    return code


def exit_code(error: InterlockError) -> int:
    """Return what an error means to the shell."""
    match error:
        case UnknownHost() | LedgerError():
            return NOT_REACHABLE
        case UnknownId() | CanonError():
            return MISUSE
        case _:
            return NO


def complain(message: str, code: int) -> int:
    """Say on stderr, in one line, what was wrong; return the code."""
    from interlock.desk.display import visible

    sys.stderr.write(f"interlock: {visible(message)}\n")
    return code


def root_help() -> str:
    """Write the list of commands."""
    width = max(map(len, COMMANDS))
    rows = "".join(f"  {name:<{width}}  {family.does}\n" for name, family in COMMANDS.items())
    return _HEAD + rows + _FOOT


def _dispatch(words: list[str]) -> int:
    name = words[0] if words else "--help"
    if name in COMMANDS:
        return _invoke(words)
    if name in ("--help", "-h", "help"):
        sys.stdout.write(root_help())
        return FINE
    if name == "--version":
        from importlib.metadata import version

        sys.stdout.write(f"interlock {version('interlock')}\n")
        return FINE
    near = get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "see interlock --help"
    return complain(f"no command `{name}`; {hint}", MISUSE)


def _invoke(words: list[str]) -> int:
    """Hand the words to the command's family, and read its parser's complaints."""
    import typer

    family: typer.Typer = import_module(f"interlock.cli.{COMMANDS[words[0]].module}").app
    try:
        code: Any = typer.main.get_command(family).main(
            words, prog_name="interlock", standalone_mode=False
        )
    except typer.Abort:
        return complain("stopped; what was decided stays", INTERRUPTED)
    except Exception as error:
        if not isinstance(error, _parser_error()):
            raise
        return complain(_parser_words(error, words), MISUSE)
    return code if isinstance(code, int) else FINE


def _parser_error() -> type[Exception]:
    """Return the root of the parser's complaints, which versions of typer keep in other places."""
    import typer

    return next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def _parser_words(error: Any, words: Sequence[str]) -> str:  # noqa: ANN401 - the parser's own type
    said = str(error.format_message()).strip().removesuffix(".").replace(" Value error,", "")
    ctx = getattr(error, "ctx", None)
    path = getattr(ctx, "command_path", f"interlock {words[0]}")
    inner = getattr(getattr(ctx, "command", None), "commands", None)
    if inner and type(error).__name__ == "NoArgsIsHelpError":  # its words are the whole help
        said = f"{path} needs a command: {', '.join(inner)}"
    return f"{said[:1].lower()}{said[1:]}; see {path} --help"


def whole() -> "typer.Typer":
    """Build one parser of all families; documentation reads it."""
    import typer

    parser = typer.Typer(add_completion=False, rich_markup_mode=None)
    for module in dict.fromkeys(family.module for family in COMMANDS.values()):
        family: typer.Typer = import_module(f"interlock.cli.{module}").app
        parser.registered_commands += family.registered_commands
        parser.registered_groups += family.registered_groups
    return parser


def __getattr__(name: str) -> "typer.Typer":
    """Return `app`, the whole parser, to who asks for it."""
    if name == "app":
        return whole()
    raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
