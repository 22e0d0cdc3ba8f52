"""What stands above code is worth reading: a test states its law, a module what it settles."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SRC = TESTS.parent / "src"
MODULES = sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))
SOURCES = sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*.py"))
OPENING = re.compile(r"[A-Z][a-z]+(?: [a-z]+){0,2}: \S")
"""A verb, or a phrase of up to three words around one, and a colon."""


def laws_in(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return [function for function in functions if function.name.startswith("test_")]


@pytest.mark.parametrize("module", MODULES)
def test_every_test_states_its_law(module: str) -> None:
    """Each test function has a docstring: one sentence that would be false were it to fail."""
    functions = laws_in(ast.parse((TESTS / module).read_text()))
    silent = [function.name for function in functions if not ast.get_docstring(function)]

    assert not silent


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_says_what_it_settles(module: str) -> None:
    """Each module's docstring begins `Verb: …`, on its first line."""
    text = ast.get_docstring(ast.parse((SRC / module).read_text())) or ""

    assert OPENING.match(text)
