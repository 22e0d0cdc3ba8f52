"""What is installed is whole: code, types, migrations, and the demo with its policies."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it, as an installer would."""
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
        wheel.extractall(place / "site")
    return place / "site"


@pytest.mark.slow
@pytest.mark.timeout(60)  # builds a wheel
@pytest.mark.parametrize(
    "part",
    [
        "interlock/py.typed",
        "interlock/ledger/migrations/env.py",
        "interlock/_demo/agents/customer_support/agent.py",
        "interlock/_demo/agents/customer_support/shop.sql",
        "interlock/_demo/policies/customer_support/policy.yaml",
    ],
)
def test_the_wheel_holds(part: str, installed: Path) -> None:
    """Everything that the program reads at run time travels in the wheel."""
    assert (installed / part).is_file()


@pytest.mark.slow
@pytest.mark.timeout(120)  # the demo plays every scenario
def test_the_demo_runs_from_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    """Away from any checkout the demo plays, and its record verifies."""
    where = "import interlock, sys; sys.stderr.write(interlock.__file__); "
    start = "import sys; from interlock.cli.app import main; sys.argv[0] = 'interlock'; main()"
    told = subprocess.run(
        [sys.executable, "-c", where + start, "demo", "--yes", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stderr.startswith(str(installed))
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["audit_verified"] is True
