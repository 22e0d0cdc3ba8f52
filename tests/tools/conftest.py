"""Gates over tools that break limits."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock import Gate, Policy
from interlock.tools.isolation import SPARES

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def open_gate(tmp_path: Path) -> Iterator[Callable[..., Gate]]:
    """Open gates on one ledger."""
    opened: list[Gate] = []

    def open_one(policy: str, **options: Any) -> Gate:
        ledger = f"sqlite:///{tmp_path / 'ledger.db'}"
        opened.append(Gate.open(Policy.parse(policy), ledger=ledger, state=tmp_path, **options))
        return opened[-1]

    yield open_one
    for gate in opened:
        gate.close()


@pytest.fixture(autouse=True)
def no_spares() -> Iterator[None]:
    """Leave no worker waiting for the next test."""
    yield
    SPARES.end()
