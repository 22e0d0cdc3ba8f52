"""Settings: where things lie, and who answers."""

from pathlib import Path

import pytest

from interlock.settings import (
    default_ledger,
    reviewer_name,
    state_dir,
    worker_cpu_s,
    worker_memory_bytes,
)


def test_the_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The explicit variable wins over XDG, XDG over the home."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_dir() == tmp_path / "interlock"
    monkeypatch.setenv("INTERLOCK_STATE_DIR", str(tmp_path / "own"))
    assert state_dir() == tmp_path / "own"
    monkeypatch.delenv("INTERLOCK_STATE_DIR")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert state_dir() == Path.home() / ".local" / "state" / "interlock"


def test_the_ledger_and_the_reviewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both can be named in the environment."""
    assert default_ledger().startswith("sqlite:///")
    monkeypatch.setenv("INTERLOCK_LEDGER", "sqlite:///x.db")
    monkeypatch.setenv("INTERLOCK_REVIEWER", "ana")

    assert default_ledger() == "sqlite:///x.db"
    assert reviewer_name() == "ana"


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1e9", "²"])
def test_a_limit_that_is_no_number_still_limits(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A worker's memory and CPU time are bounded whatever the environment says."""
    monkeypatch.setenv("INTERLOCK_WORKER_MEMORY_MB", text)
    monkeypatch.setenv("INTERLOCK_WORKER_CPU_S", text)

    assert worker_memory_bytes() == 2048 * 1024 * 1024
    assert worker_cpu_s() == 600
