"""What the project leans on is named with bounds, and the lock that names hosts stays out."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def extras() -> list[str]:
    """List the requirements of all extras."""
    every = PROJECT["project"]["optional-dependencies"].values()
    return [name for names in every for name in names]


def direct_dependencies() -> list[str]:
    """List all requirements of the project, its extras and groups, save its own extras."""
    groups = [name for names in PROJECT["dependency-groups"].values() for name in names]
    own = [*PROJECT["project"]["dependencies"], *extras()]
    every = [*own, *groups, *PROJECT["build-system"]["requires"]]
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


def third_party(folder: str) -> set[str]:
    """Name the packages that the modules of a folder import, ours and Python's own left out."""
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                names |= {a.value.split(".")[0] for a in node.args if isinstance(a, ast.Constant)}
    return names - sys.stdlib_module_names - {"interlock"}


@pytest.mark.parametrize("package", sorted(third_party("src")))
def test_what_is_imported_is_declared(package: str) -> None:
    """A package that the source imports is a dependency by name, not by another's courtesy."""
    own = [*PROJECT["project"]["dependencies"], *extras()]
    declared = {normal(re.split(r"[\[<>=]", name)[0]) for name in own}

    assert declared & {normal(name) for name in packages_distributions()[package]}


def normal(name: str) -> str:
    """Write a distribution's name in its one form. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
