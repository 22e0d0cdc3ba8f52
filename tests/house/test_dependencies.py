"""What the project leans on is named with bounds, and the lock that names hosts stays out."""

import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def direct_dependencies() -> list[str]:
    """List all requirements of the project, its extras and groups, save its own extras."""
    project = PROJECT["project"]
    extras = [name for names in project["optional-dependencies"].values() for name in names]
    groups = [name for names in PROJECT["dependency-groups"].values() for name in names]
    every = [*project["dependencies"], *extras, *groups, *PROJECT["build-system"]["requires"]]
    return sorted({name for name in every if not name.startswith("interlock[")})


@pytest.mark.parametrize("requirement", direct_dependencies())
def test_a_dependency_has_both_bounds(requirement: str) -> None:
    """A direct dependency names the oldest version that works and the first that may not."""
    assert ">=" in requirement
    assert "<" in requirement


def test_the_lock_file_is_ignored() -> None:
    """`uv.lock` is ignored, because it names package hosts."""
    assert "uv.lock" in (ROOT / ".gitignore").read_text().split()


def test_ci_runs_what_the_readme_says() -> None:
    """The README's test command and every part of `just check` stand in `.ci/run`."""
    ci = (ROOT / ".ci" / "run").read_text()
    recipes = (ROOT / "justfile").read_text()
    parts = ["pytest", "ruff check", "ruff format --check", "basedpyright", "lint-imports"]

    assert "uv run pytest" in (ROOT / "README.md").read_text()
    assert [part for part in parts if f"uv run {part}" not in ci] == []
    assert [part for part in parts if f"uv run {part}" not in recipes] == []


def test_ci_is_a_script_that_bash_reads() -> None:
    """`.ci/run` is executable and has no syntax error."""
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
