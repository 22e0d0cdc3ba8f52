"""`docs/cli.md` is the program's own help, command by command."""

from pathlib import Path

import click
import pytest
import typer

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"

HEAD = """\
# The command line

Written by `just docs` from the program's own help; a test compares the two. Every listing takes
`--json`. Exit codes: 0 fine, 1 the answer is no, 2 misuse, 3 something is not reachable.
"""


def page() -> str:
    """Render all commands of the program."""
    from interlock.cli.app import app

    return HEAD + "".join(sections(typer.main.get_command(app), "interlock"))


def sections(command: click.Command, path: str) -> list[str]:
    """Render a command, or each command of a group."""
    if isinstance(command, click.Group):
        own = [] if not command.invoke_without_command else [section(command, path)]
        inner = [
            sections(each, f"{path} {name}") for name, each in sorted(command.commands.items())
        ]
        return own + [text for texts in inner for text in texts]
    return [] if command.hidden else [section(command, path)]


def section(command: click.Command, path: str) -> str:
    """Render one command: usage, what it does, its parameters."""
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    rows = [row for p in command.params if (row := p.get_help_record(context)) and p.name != "help"]
    told = "".join(f"| `{name}` | {text or ''} |\n" for name, text in rows)
    table = f"\n| option | meaning |\n|---|---|\n{told}" if told else ""
    return f"\n## {path}\n\n```text\n{usage}\n```\n\n{(command.help or '').strip()}\n{table}"


def test_the_page_is_the_programs_help(request: pytest.FixtureRequest) -> None:
    """The page equals what the program says of itself; `just docs` writes it."""
    if request.config.getoption("--write-docs"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()
