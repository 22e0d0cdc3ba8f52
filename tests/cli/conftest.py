"""The program as a user runs it, over a ledger on which an agent has been at work."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.cli.app import run

sys.path.insert(0, str(Path(__file__).parent))

from cli_kit import POLICY, Desk, Ran, Shell


@pytest.fixture
def desk() -> Iterator[Desk]:
    """An agent's gate over the ledger that commands find by themselves."""
    with Gate.open(Policy.parse(POLICY)) as gate:
        yield Desk(gate)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Run a command as typed, with text on stdin, as the reviewer `rita`."""
    monkeypatch.setenv("INTERLOCK_REVIEWER", "rita")
    monkeypatch.setenv("TZ", "UTC")

    def typed(*words: str, stdin: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = run(list(words))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return typed
