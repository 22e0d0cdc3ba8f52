"""Tests are the specification, so each states its law."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


def laws_in(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [function for function in functions if function.name.startswith("test_")]


@pytest.mark.parametrize("module", MODULES)
def test_every_test_states_its_law(module: str) -> None:
    """Each test function has a docstring: one sentence that would be false were it to fail."""
    functions = laws_in(ast.parse((TESTS / module).read_text()))
    silent = [function.name for function in functions if not ast.get_docstring(function)]

    assert not silent
