"""The example agents' files, loaded by path as their users load them."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

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
