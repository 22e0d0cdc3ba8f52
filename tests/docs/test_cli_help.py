"""`docs/cli.md` is the program's own help, command by command."""

from pathlib import Path
from typing import Any

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
    from interlock.cli.app import app, root_help

    top = f"\n```text\n{root_help()}```\n"
    return HEAD + top + "".join(sections(typer.main.get_command(app), "interlock"))


def sections(command: Any, path: str) -> list[str]:
    """Render a command, or each command of a group."""
    inner = getattr(command, "commands", {})
    if not inner:
        return [] if command.hidden else [section(command, path)]
    own = [section(command, path)] if command.invoke_without_command else []
    return own + [
        text for name in sorted(inner) for text in sections(inner[name], f"{path} {name}")
    ]


def section(command: Any, path: str) -> str:
    """Render one command: usage, what it does, its parameters."""
    context = command.make_context(path, [], resilient_parsing=True)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    records = [each.get_help_record(context) for each in command.params if each.name != "help"]
    told = "".join(f"| `{row[0].replace('|', '/')}` | {row[1]} |\n" for row in records if row)
    table = f"\n| option | meaning |\n|---|---|\n{told}" if told else ""
    return f"\n## {path}\n\n```text\n{usage}\n```\n\n{(command.help or '').strip()}\n{table}"


def test_the_page_is_the_programs_help(request: pytest.FixtureRequest) -> None:
    """The page equals what the program says of itself; `just docs` writes it."""
    if request.config.getoption("--write-docs"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()
