"""The tests mirror the source: who looks for a module's test finds it in its place."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "interlock"
TESTS = ROOT / "tests"

TESTED_ELSEWHERE: dict[str, str] = {
    "conduct/values.py": "plain values; a call's identity is tested where turns are taken in",
}
"""Module to where and why its tests stand; it may only shrink."""

BESIDE_SOURCE = {"house", "agents", "policies", "notebooks", "benchmarks", "docs", "demo"}
"""Folders under tests/ that test what is not a module of the package."""


def holds_logic(module: str) -> bool:
    """Tell whether any function of the module does something."""
    tree = ast.parse((SRC / module).read_text())
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(not is_declaration(function) for function in functions)


def is_declaration(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether the body is only a docstring, `...` or nothing."""
    return all(
        isinstance(part, ast.Pass)
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        for part in function.body
    )


def own_tests(module: str) -> list[Path]:
    """Find `a/test_b.py`, `a/test_b_*.py` or `a/b/test_*.py` for `a/b.py`."""
    place = TESTS / Path(module).with_suffix("")
    name = place.name
    beside = [*place.parent.glob(f"test_{name}.py"), *place.parent.glob(f"test_{name}_*.py")]
    return beside + list(place.glob("test_*.py"))


LOGIC = sorted(
    module
    for path in SRC.rglob("*.py")
    if path.name != "__init__.py" and "migrations" not in path.parts
    if holds_logic(module := path.relative_to(SRC).as_posix())
)


@pytest.mark.parametrize("module", LOGIC)
def test_a_module_with_logic_has_its_test(module: str) -> None:
    """Each module that does something has a test module of its name, or a reason."""
    assert own_tests(module) or TESTED_ELSEWHERE.get(module)


def test_a_reason_is_dropped_with_its_need() -> None:
    """A reason for a module that has its own test by now, or is gone, is taken out."""
    assert [m for m in TESTED_ELSEWHERE if m not in LOGIC or own_tests(m)] == []


def test_no_test_is_left_behind() -> None:
    """A folder of tests belongs to a package of the source or is one of the named others."""
    packages = {path.name for path in SRC.iterdir() if path.is_dir()}
    folders = {path.parent.relative_to(TESTS).parts[0] for path in TESTS.glob("*/**/test_*.py")}

    assert folders <= packages | BESIDE_SOURCE


def test_every_package_says_what_it_is_for() -> None:
    """Each module and package starts with a docstring."""
    silent = [
        path.relative_to(SRC).as_posix()
        for path in SRC.rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert not silent
