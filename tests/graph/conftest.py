"""Gates for the tests of the graph."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock import Gate

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from gate_rig import POLICY, Rig, open_gate


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Give a gate with a ledger of its own."""
    with open_gate(tmp_path) as gate:
        yield Rig(gate, tmp_path)


@pytest.fixture
def open_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Open gates with other options on one ledger."""
    opened: list[Gate] = []

    def open_one(policy: str = POLICY, **options: Any) -> Rig:
        opened.append(open_gate(tmp_path, policy, **options))
        return Rig(opened[-1], tmp_path)

    yield open_one
    for gate in opened:
        gate.close()
