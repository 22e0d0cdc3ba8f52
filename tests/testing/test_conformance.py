"""Every host of ours keeps the contract."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from interlock.testing.conformance import cases, check_host


def load(name: str) -> ModuleType:
    """Load a file beside this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOSTS = load("hosts_under_test")


@pytest.mark.timeout(40)  # a killed process, and its lease
@pytest.mark.parametrize("case", cases())
@pytest.mark.parametrize("host", ["make_listed", "make_sent", "make_graph", "make_plain"])
def test_a_host_keeps_the_contract(host: str, case: str, tmp_path: Path) -> None:
    """The case holds for the host."""
    report = check_host(getattr(HOSTS, host), tmp_path, only=case)

    assert report.passed, str(report)


@pytest.mark.timeout(40)  # a killed process, and its lease
@pytest.mark.parametrize("case", cases())
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_host_keeps_the_contract_on_a_server(case: str, tmp_path: Path, database: str) -> None:
    """The case holds where the ledger lies in PostgreSQL."""
    report = check_host(HOSTS.make_graph, tmp_path, only=case)

    assert report.passed, str(report)
