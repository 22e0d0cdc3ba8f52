"""Run: the program as a whole."""

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.app.gate import Gate
from interlock.cli import app
from interlock.errors import (
    AlreadyDecided,
    CanonError,
    InterlockError,
    LedgerBusy,
    PolicyError,
    UnknownHost,
    UnknownId,
)


def test_help_lists_every_command(shell: Shell) -> None:
    """Help names each command; without words it is the same."""
    ran = shell("--help")

    assert ran.code == 0
    assert all(f"  {name} " in ran.out for name in app.COMMANDS)
    assert shell().out == shell("-h").out == shell("help").out == ran.out


@pytest.mark.parametrize("name", sorted(app.COMMANDS))
def test_every_command_has_help_with_examples(name: str, shell: Shell) -> None:
    """Each command, and each command of a group, says what it does and gives an example."""
    ran = shell(name, "--help")

    assert ran.code == 0
    assert "Usage: interlock" in ran.out
    assert all("Examples:" in page for page in pages(shell, name))


def pages(shell: Shell, *words: str) -> Iterator[str]:
    """Yield the help of a command, or of every command of a group."""
    out = shell(*words, "--help").out
    if "Commands:" not in out:
        yield out
        return
    inner = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line]
    assert inner
    for each in inner:
        yield from pages(shell, *words, each)


CHANGING = {
    "review": None,
    "approve": "req_aaaaaa",
    "deny": "req_aaaaaa --reason x",
    "edit": "req_aaaaaa --args {}",
    "respond": "req_aaaaaa --message x",
    "cancel": "req_aaaaaa",
    "retract": "req_aaaaaa --reason x",
    "batch approve": "batch_0123456789abcdef --reason x",
    "batch deny": "batch_0123456789abcdef --reason x",
    "ack": "call_aaaaaa",
    "veto": "req_aaaaaa --reason x",
    "snooze": "req_aaaaaa --for 5m --reason x",
    "worker": "--once",
    "halt": "--agent bot --reason x",
    "unhalt": "--all --reason x",
    "doubt settle": "req_aaaaaa --done --reason x",
    "quarantine release": "call_aaaaaa --reason x",
    "quarantine destroy": "call_aaaaaa --reason x",
    "autonomy promote": "bot --reason x",
    "autonomy decline": "bot --reason x",
    "autonomy demote": "bot --to 0 --reason x",
    "incident open": "bot --reason x",
    "incident close": "incident_aaaaaa --reason x",
    "db upgrade": "",
    "reviewer add": "ana",
    "reviewer revoke": "ana --reason x",
    "reviewer delegate": "ana bob --until 1h --reason x",
    "reviewer recall": "dele_aaaaaa --reason x",
    "reviewer away": "ana --until 1h --reason x",
    "reviewer back": "ana",
    "reviewer key new": "ana --out DIR/ana.key",
    "reviewer key add": "ana 00",
    "reviewer key revoke": "cred_aaaaaa --reason x",
    "reviewer token new": "ana",
    "reviewer token revoke": "cred_aaaaaa --reason x",
}
"""Commands that change one thing and list nothing, with words that they understand; None where a
terminal is needed."""

TELLING = {
    "demo": None,
    "inbox": "",
    "desk": "",
    "show": "req_aaaaaa",
    "batch list": "",
    "batch show": "batch_0123456789abcdef",
    "resume": "",
    "oversight": "",
    "watch": "",
    "halts": "",
    "doubt list": "",
    "quarantine list": "",
    "quarantine show": "call_aaaaaa",
    "policy check": None,
    "policy show": None,
    "policy explain": None,
    "policy test": None,
    "policy diff": None,
    "policy suggest": None,
    "policy schema": None,
    "autonomy show": "",
    "autonomy explain": "bot",
    "autonomy history": "bot",
    "autonomy requests": "",
    "autonomy what-if": "bot --level 1",
    "incident list": "",
    "reviewer list": "",
    "audit log": "",
    "audit verify": "",
    "audit export": "DIR",
    "audit anchor": "--file DIR",
    "audit erase": "call_aaaaaa --reason x",
    "audit archive": "--before 2020-01-01 --to DIR",
    "audit check-case": None,
    "audit prune-checkpoints": "--before 2020-01-01",
    "audit sample": "",
    "audit next": "",
    "audit finding": "call_aaaaaa fine",
    "audit plan": None,
    "feedback export": "--out DIR/pairs.jsonl",
    "signals report": "",
    "signals calibrate": "",
    "db status": None,
}
"""Commands that tell something, all with --json; None where none is needed, or its state told."""

OTHERS = {"audit proof": "call_aaaaaa", "audit case": "call_aaaaaa"}
"""Commands that print JSON only."""


def leaves(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each command that does something, by its words."""
    inner = getattr(command, "commands", {})
    if not inner and not command.hidden:
        yield path, command
    for name, each in inner.items():
        yield from leaves(each, f"{path} {name}".strip())


def test_every_command_that_tells_has_json() -> None:
    """Each command stands in one of the tables: what lists, shows or sums up has `--json`."""
    import typer

    found = dict(leaves(typer.main.get_command(app.app)))
    has_json = {
        name for name, each in found.items() if any("--json" in p.opts for p in each.params)
    }

    assert has_json == TELLING.keys()
    assert found.keys() == TELLING.keys() | CHANGING.keys() | OTHERS.keys()
    assert [name for name, each in found.items() if "Examples:" not in (each.epilog or "")] == []


def test_every_example_is_understood() -> None:
    """Each example of each command's help is words that the parser takes."""
    import typer

    parser = typer.main.get_command(app.app)
    for name, command in leaves(parser):
        shown = re.findall(rf"interlock {name}(.*)", command.epilog)
        assert shown, name
        for words in shown:
            given = shlex.split(re.split(r" [|>] ", words)[0])
            command.make_context(name, given).close()


def no_database(path: Path) -> None:
    """Write a text where the ledger should be."""
    path.write_bytes(b"not a database at all, but long enough to be one")


def of_others(path: Path) -> None:
    """Make a database of something else where the ledger should be."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table orders (id text)")


def newer(path: Path) -> None:
    """Put a ledger of a later version there."""
    path.write_bytes(_newer_bytes())


@cache
def _newer_bytes() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "ledger.db")
        Gate.open(ledger=str(path)).close()
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("update alembic_version set version_num = '9999'")
        return path.read_bytes()


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (no_database, "other"),
        (of_others, "something else"),
        (newer, "upgrade interlock"),
        (Path.mkdir, "other"),
    ],
)
@pytest.mark.parametrize(
    ("name", "rest"),
    [
        pair
        for table in (CHANGING, TELLING, OTHERS)
        for pair in table.items()
        if pair[1] is not None
    ],
)
def test_every_command_over_a_broken_ledger(
    name: str, rest: str, broken: Callable[[Path], None], says: str, shell: Shell, tmp_path: Path
) -> None:
    """What is no ledger of ours is one line and 3 for each command, and stays as it was."""
    path = tmp_path / "other"
    broken(path)
    before = path.read_bytes() if path.is_file() else sorted(path.iterdir())
    words = [each.replace("DIR", str(tmp_path / "new")) for each in shlex.split(rest)]
    ran = shell(*name.split(), *words, "--ledger", str(path))

    assert ran.code == 3
    assert says in one_line(ran)
    assert (path.read_bytes() if path.is_file() else sorted(path.iterdir())) == before
    assert [each.name for each in tmp_path.iterdir()] == ["other"]


def test_exit_codes_are_told(shell: Shell) -> None:
    """Help and the page of commands say what each code means."""
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    for text in (shell("--help").out, page):
        told = " ".join(text.split())
        codes = (app.FINE, "fine"), (app.NO, "the answer is no"), (app.MISUSE, "misuse")
        assert all(f"{code} {means}" in told for code, means in codes)
        assert f"{app.NOT_REACHABLE} something is not reachable" in told


def test_the_whole_parser_has_the_tables_commands() -> None:
    """What documentation reads is what the table dispatches to."""
    import typer

    commands = typer.main.get_command(app.app).commands

    assert set(commands) == set(app.COMMANDS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("inbocks",), "did you mean `inbox`?"),
        (("zzz",), "see interlock --help"),
        (("show",), "missing argument 'ID'"),
        (("inbox", "--nope"), "no such option: --nope"),
        (("audit", "verifi"), "no such command 'verifi'"),
    ],
)
def test_misuse_is_one_line_and_2(words: tuple[str, ...], says: str, shell: Shell) -> None:
    """Words that mean nothing are named, with where to look."""
    ran = shell(*words)

    assert ran.code == 2
    assert says.lower() in one_line(ran).lower()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LedgerBusy("x"), 3),
        (UnknownHost("x"), 3),
        (UnknownId("x"), 2),
        (CanonError("x"), 2),
        (AlreadyDecided("x"), 1),
        (PolicyError("x"), 1),
        (InterlockError("x"), 1),
    ],
)
def test_an_error_has_its_exit_code(error: InterlockError, code: int) -> None:
    """1 says no, 2 is misuse, 3 is not reachable."""
    assert app.exit_code(error) == code


def test_an_errors_text_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever an error quotes, it neither breaks the line nor reaches the terminal."""
    assert app.complain("a\nb \x1b[2J", 1) == 1
    assert capsys.readouterr().err == "interlock: a\\nb ⟨U+001B⟩[2J\n"


def test_a_stop_at_the_keyboard_is_said(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C ends with 130 and one line."""

    def stopped(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "_dispatch", stopped)
    ran = shell("inbox")

    assert ran.code == 130
    assert one_line(ran)


def test_the_version_is_told(shell: Shell) -> None:
    """`--version` names the package."""
    assert shell("--version").out.startswith("interlock 0.")


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    """Only `app` is made on demand."""
    with pytest.raises(AttributeError, match="no attribute `appp`"):
        app.appp  # noqa: B018 - reading it is the test


@pytest.mark.slow
@pytest.mark.timeout(60)  # starts interpreters
class TestAsAProcess:
    def test_a_pipe_that_closes_early_is_no_error(self, desk: Desk) -> None:
        """`interlock … | head -1` ends quietly."""
        for amount in range(60, 90):
            desk.ask(amount)
        code = "import sys; from interlock.cli.app import main; main(['inbox', '--json'])"
        piped = subprocess.run(
            f'"{sys.executable}" -c "{code}" | head -1',
            shell=True,
            capture_output=True,
            text=True,
            check=True,
        )

        assert piped.stdout == "[\n"
        assert piped.stderr == ""

    def test_errors_go_to_stderr_with_their_code(self, tmp_path: Path) -> None:
        """A real process ends with the code, an empty stdout and one line on stderr."""
        ended = subprocess.run(
            [Path(sys.executable).with_name("interlock"), "inbox", "--ledger", tmp_path / "no.db"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert (ended.returncode, ended.stdout) == (3, "")
        assert ended.stderr.count("\n") == 1

    def test_a_narrow_encoding_loses_nothing(self, desk: Desk) -> None:
        """Where the terminal cannot print a sign it is escaped; no command stops half-way."""
        request = desk.ask(80, note="é \u202e")
        shown = subprocess.run(
            [Path(sys.executable).with_name("interlock"), "show", request],
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            capture_output=True,
            check=True,
        )

        assert b'"\\xe9 \\u27e8U+202E\\u27e9"' in shown.stdout

    def test_help_is_fast(self) -> None:
        """`interlock --help` loads neither typer nor rich."""
        code = (
            "import sys; from interlock.cli.app import run; run(['--help']); "
            "sys.exit(bool({'typer', 'rich', 'pydantic'} & set(sys.modules)))"
        )
        began = perf_counter()

        assert (
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, check=False
            ).returncode
            == 0
        )
        assert perf_counter() - began < 5


@pytest.mark.parametrize("name", ["quarantine", "policy", "autonomy", "audit", "db"])
def test_a_family_without_a_command(name: str, shell: Shell) -> None:
    """What is missing is said in one line with the commands that there are."""
    ran = shell(name)

    assert ran.code == 2
    assert f"interlock {name} needs a command: " in one_line(ran)
    assert f"see interlock {name} --help" in ran.err
    assert "Usage" not in ran.err
