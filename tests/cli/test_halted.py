"""Word: a halt is told whole, and the command that lifts it is one that can be typed."""

import shlex
from datetime import UTC, datetime

import pytest

from interlock.cli.halted import halted, lift
from interlock.conduct.values import Halt, HaltKind

AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "ref", "tenant", "words"),
    [
        ("agent", "bot-7", "", ["unhalt", "--agent", "bot-7"]),
        ("tool", "refund.*; rm -r $HOME", "", ["unhalt", "--tool", "refund.*; rm -r $HOME"]),
        ("topic", "job.**", "acme", ["unhalt", "--topic", "job.**", "--tenant", "acme"]),
        ("everything", "", "", ["unhalt", "--all"]),
    ],
)
def test_what_lifts_it(kind: HaltKind, ref: str, tenant: str, words: list[str]) -> None:
    """Named as it was made; a name never ends its word."""
    typed = shlex.split(lift(Halt(kind, ref, tenant, "ana", AT, "odd")))

    assert typed == [*words, "--reason", "…"]


def test_what_is_said_of_it() -> None:
    """Whoever wrote the reason, it is one line and looks like nothing else."""
    told = halted(Halt("agent", "bot", "acme", "ana", AT, "odd\x1b[2J\nall is well"))

    assert told.startswith("agent `bot` of tenant `acme` is halted since 2026-01-0")
    assert "by ana: odd" in told
    assert "\x1b" not in told
    assert "\n" not in told
