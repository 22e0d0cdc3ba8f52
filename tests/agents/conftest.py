"""The example agents' files, loaded by path as their users load them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from interlock import Gate
from interlock.testing.stage import LeapClock

SUPPORT = Path(__file__).parents[2] / "agents" / "customer_support"


def load_file(path: Path) -> ModuleType:
    """Load one file as a module of its own."""
    if (known := sys.modules.get(str(path))) is not None:
        return known
    spec = spec_from_file_location(str(path), path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[str(path)] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shop_module() -> ModuleType:
    return load_file(SUPPORT / "shop.py")


@pytest.fixture(scope="session")
def tools_module() -> ModuleType:
    return load_file(SUPPORT / "tools.py")


@pytest.fixture(scope="session")
def agent_module() -> ModuleType:
    return load_file(SUPPORT / "agent.py")


class Rig:
    """A shop, a ledger and a gate of their own, and the agent over them."""

    def __init__(self, agent: ModuleType, folder: Path) -> None:
        """Set up everything in `folder`."""
        self.agent = agent
        self.folder = folder
        self.clock = LeapClock()
        ledger = f"sqlite:///{folder / 'ledger.db'}"
        self.gate = Gate.open(agent.POLICY, ledger=ledger, clock=self.clock, state=folder)
        self.shop = agent.beside("shop").Shop.create(folder / "shop.db")

    def graph(self, saver: Any, model: Any = None) -> Any:
        """Compile the agent, by default with the model that plays the scenarios."""
        model = model or self.agent.scripted()
        return self.agent.build(self.gate, self.shop, model, self.gate.saver(saver))

    def file_saver(self) -> Any:
        """Open the file that keeps the threads."""
        return self.agent.threads(self.folder / "threads.db")


@pytest.fixture(scope="session")
def load() -> Callable[[Path], ModuleType]:
    return load_file


@pytest.fixture
def make_rig() -> Iterator[Callable[[ModuleType, Path], Rig]]:
    with ExitStack() as stack:

        def make(agent: ModuleType, folder: Path) -> Rig:
            folder.mkdir(exist_ok=True)
            made = Rig(agent, folder)
            stack.callback(made.gate.close)
            return made

        yield make


@pytest.fixture
def rig(agent_module: ModuleType, tmp_path: Path, make_rig: Callable[..., Rig]) -> Rig:
    return make_rig(agent_module, tmp_path / "rig")
