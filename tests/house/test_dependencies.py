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


IMPORTED_BY_NAME = {
    "jsonschema": ["interlock.tools.schema"],
    "referencing": ["interlock.tools.schema"],
}
"""Doors of packages that only `import_module` loads, which no import contract sees."""


def imported_by(path: Path) -> set[str]:
    """Name the packages that a module imports, Python's own left out."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            names |= {a.value.split(".")[0] for a in node.args if isinstance(a, ast.Constant)}
    return names - (sys.stdlib_module_names - {"sqlite3"}) - {"interlock"}


def importers() -> dict[str, set[str]]:
    """Map each package to the modules of ours that import it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "src").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for package in imported_by(path):
            found.setdefault(package, set()).add(module.removesuffix(".__init__"))
    return found


def doors() -> dict[str, list[str]]:
    """Map each package to the modules that may import it; a door of our own is left out."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    held = {
        package: contract["allowed_importers"]
        for contract in contracts
        if contract["type"] == "protected"
        for package in contract["protected_modules"]
        if not package.startswith("interlock.")
    }
    return {**held, **IMPORTED_BY_NAME}


def within(module: str, door: str) -> bool:
    return f"{module}.".startswith(f"{door}.")


@pytest.mark.parametrize("package", sorted(importers().keys() | doors().keys()))
def test_a_package_has_one_door(package: str) -> None:
    """Each package that the source imports is imported only where its door allows it."""
    allowed = doors().get(package, [])
    past = [
        module
        for module in sorted(importers()[package])
        if not any(within(module, door) for door in allowed)
    ]

    assert past == []


@pytest.mark.parametrize("package", sorted(doors()))
def test_a_door_is_no_wider_than_it_is_used(package: str) -> None:
    """Each module or package that a door allows does import what lies behind it."""
    users = importers()[package]
    unused = [d for d in doors()[package] if not any(within(module, d) for module in users)]

    assert unused == []


@pytest.mark.parametrize("package", sorted(importers().keys() - sys.stdlib_module_names))
def test_what_is_imported_is_declared(package: str) -> None:
    """A package that the source imports is a dependency by name, not by another's courtesy."""
    own = [*PROJECT["project"]["dependencies"], *extras()]
    declared = {normal(re.split(r"[\[<>=]", name)[0]) for name in own}

    assert declared & {normal(name) for name in packages_distributions()[package]}


def normal(name: str) -> str:
    """Write a distribution's name in its one form. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
