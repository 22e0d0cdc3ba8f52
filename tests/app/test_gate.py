"""Open: what a gate needs, and what it says when it is not there."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.errors import LedgerError, PolicyError

POLICY = "version: v1\nrules:\n  - {tool: orders.get, action: allow}\n"


def test_opens_a_file_a_folder_and_a_policy(tmp_path: Path) -> None:
    """A policy may be a file, a folder with `policy.yaml`, or loaded already."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    snapshots: set[str] = set()
    for policy in (tmp_path, tmp_path / "policy.yaml", str(tmp_path), Policy.parse(POLICY)):
        with Gate.open(policy, str(tmp_path / "l.db")) as gate:
            snapshots.add(gate.policy.snapshot)
    assert len(snapshots) == 1


def test_a_broken_or_missing_policy_opens_nothing(tmp_path: Path) -> None:
    """Without a policy that loads there is no gate and no ledger."""
    (tmp_path / "bad.yaml").write_text("rules: [{tool: x, action: alow}]\n")
    for policy in (tmp_path / "bad.yaml", tmp_path / "nowhere.yaml"):
        with pytest.raises(PolicyError):
            Gate.open(policy, str(tmp_path / "l.db"))
    assert not (tmp_path / "l.db").exists()


def test_without_a_policy_a_fresh_ledger_decides_nothing(tmp_path: Path) -> None:
    """A gate without a policy reads and answers; deciding by none is an error."""
    with Gate.open(ledger=str(tmp_path / "l.db")) as gate:
        assert gate.inbox.pending() == []
        with pytest.raises(PolicyError, match="open the gate with one"):
            _ = gate.policy


def test_a_ledger_in_memory_is_refused() -> None:
    """A record that dies with its process is none."""
    with pytest.raises(LedgerError):
        Gate.open(Policy.parse(POLICY), "sqlite://")
