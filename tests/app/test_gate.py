"""Open: what a gate needs, and what it says when it is not there."""

import re
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


def pay(amount: float) -> str:
    """Pay."""
    return f"paid {amount}"


def typed(when: str) -> str:
    match = f'{{tools: [pay], when: "{when}"}}'
    return f"tools: {{pay: {{}}}}\nrules: [{{match: {match}, decision: allow}}]"


@pytest.mark.parametrize("when", ["args.amont > 5", "args.amount.startsWith('x')"])
def test_tools_are_wrapped_only_where_the_policy_fits_them(tmp_path: Path, when: str) -> None:
    """A misspelt argument or one of another type is named at its place, now and at a reload."""
    file = tmp_path / "policy.yaml"
    file.write_text(typed(when))
    with Gate.open(file, str(tmp_path / "l.db")) as gate:
        for wrap in (gate.tool_node, gate.graph):
            with pytest.raises(PolicyError, match=re.escape(f"{file}:2:")):
                wrap([pay])
        file.write_text(typed("args.amount > 5"))
        assert gate.reload().error is None
        gate.tool_node([pay])
        gate.graph([pay])
        file.write_text(typed(when))
        assert str(file) in str(gate.reload().error)
        assert gate.policy.decide({"name": "pay", "args": {"amount": 9}}).kind == "allow"


def test_a_ledger_in_memory_is_refused() -> None:
    """A record that dies with its process is none."""
    with pytest.raises(LedgerError):
        Gate.open(Policy.parse(POLICY), "sqlite://")


@pytest.mark.parametrize("kind", [str, Path])
def test_the_state_is_a_folder_however_it_is_written(tmp_path: Path, kind: type) -> None:
    """A folder as text is the folder as a path: the key of held results lies in it."""
    folder = tmp_path / "state"
    with Gate.open(Policy.parse(POLICY), str(tmp_path / "l.db"), state=kind(folder)) as gate:
        gate.ledger.vault.seal(b"held", "call")
    assert (folder / "vault.key").is_file()


@pytest.mark.parametrize("kind", [str, Path])
def test_the_ledger_is_a_file_however_it_is_written(tmp_path: Path, kind: type) -> None:
    """A path is taken as a text is; neither makes another file."""
    with Gate.open(ledger=kind(tmp_path / "l.db")):
        assert (tmp_path / "l.db").is_file()
