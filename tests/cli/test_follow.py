"""Follow: what is printed to be typed next is whole, and quoted for a shell."""

from pathlib import Path
from shlex import split

import pytest

from interlock.cli.follow import follow, follow_resume


def test_a_ledger_that_was_given_is_repeated() -> None:
    """A ledger that was named stands in the next command; one of the environment counts anyway."""
    words = split(follow("approve req_1", "sqlite:////tmp/a folder/l.db"))

    assert words[-2:] == ["--ledger", "sqlite:////tmp/a folder/l.db"]
    assert "--ledger" not in follow("approve req_1", None)


def test_an_application_is_named_or_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resuming wants an application: the demo's is known, any other is the reader's to fill in."""
    monkeypatch.chdir(tmp_path)
    assert follow_resume("req_1", "default", None).endswith("--app MODULE:FACTORY")
    for name in ("shop.db", "threads.db", "ledger.db"):
        (tmp_path / name).touch()
    command = follow_resume("req_1", "customer_support", str(tmp_path / "ledger.db"))

    assert command.startswith("INTERLOCK_DEMO_DIR=")
    assert command.endswith("agent.py:apps")
    monkeypatch.setenv("INTERLOCK_LEDGER", str(tmp_path / "ledger.db"))
    of_environment = follow_resume("req_1", "customer_support", None)

    assert of_environment == command.replace(f" --ledger {tmp_path / 'ledger.db'}", "")
