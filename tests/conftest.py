"""Every test runs with a state directory of its own, no Interlock settings and no tracing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from hypothesis import HealthCheck, settings

from .databases import BOTH, kept  # isort: skip
from .migrations import Upgrade, replaying  # isort: skip
from .postgres_server import PostgresServer  # isort: skip

settings.register_profile(
    "interlock",
    deadline=None,  # the 10 s cap per test is the deadline
    suppress_health_check=[HealthCheck.too_slow],  # two busy cores are slow, not wrong
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("interlock")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `just docs` write what a test compares."""
    parser.addoption("--write-docs", action="store_true", help="write docs/cli.md from the program")


@pytest.fixture(scope="session", autouse=True)
def migrate() -> Iterator[Upgrade]:
    """Run the migrations of an empty SQLite ledger once in each process; yield what runs them."""
    upgrade: Upgrade = command.upgrade
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "upgrade", replaying(upgrade))
        yield upgrade


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the user's state directory into the test's own folder; nobody's ledger is touched."""
    for name in [name for name in os.environ if name.startswith(("INTERLOCK_", "LANGSMITH_"))]:
        monkeypatch.delenv(name)
    state = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    return state


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one PostgreSQL server for this worker, started when the first test wants it."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the URL of a fresh, empty PostgreSQL database."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Keep the ledgers of the test's folder in one database, then in the other; say which."""
    if request.param == "sqlite":
        yield request.param
        return
    with kept(request.getfixturevalue("postgres_server"), tmp_path):
        yield request.param
