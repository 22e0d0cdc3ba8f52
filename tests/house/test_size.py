"""Nothing grows until nobody can read it; these limits may only tighten."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "interlock"
MODULES = sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*.py"))

MODULE_LIMIT = 500
"""Lines no module may have."""
MODULE_NEEDS_REASON = 300
"""Lines from which a module needs a reason in `LONG_MODULES`."""
FUNCTION_LIMIT = 60
"""Lines no function may have."""
SHORT_FUNCTION = 30
"""Nine in ten functions are shorter."""

LONG_MODULES: dict[str, str] = {
    "conduct/ports.py": "one list: all that the conductor needs of the world",
    "ledger/differences.py": "one comparison: what a story tells of calls, and every table",
    "ledger/replay.py": "one story: everything that entries tell",
    "ledger/store.py": "one unit of work, with everything that a transaction can do",
    "ledger/tables.py": "one schema, in one place",
    "path/inspection.py": "a step is one module: what is found, and the rules over it",
    "path/review.py": "a step is one module: what is asked, and every answer that counts",
}
"""Module to the reason why it is one."""


def line_count(module: str) -> int:
    return len((SRC / module).read_text().splitlines())


def function_sizes(module: str) -> dict[str, int]:
    """Map `module:line name` to the lines of each function, its docstring left out."""
    sizes: dict[str, int] = {}
    for node in ast.walk(ast.parse((SRC / module).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=False) or ""
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            sizes[f"{module}:{node.lineno} {node.name}"] = lines - (text.count("\n") + bool(text))
    return sizes


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_read_in_one_sitting(module: str) -> None:
    """No module passes 500 lines, and one over 300 says why it is one."""
    lines = line_count(module)

    assert lines <= MODULE_LIMIT
    assert lines <= MODULE_NEEDS_REASON or LONG_MODULES.get(module)


def test_a_reason_is_dropped_with_its_need() -> None:
    """A reason for a module that is short again, or gone, is taken out."""
    assert LONG_MODULES.keys() <= set(MODULES)
    assert [m for m in LONG_MODULES if line_count(m) <= MODULE_NEEDS_REASON] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_function_fits_on_a_screen(module: str) -> None:
    """No function passes 60 lines."""
    long = {name: size for name, size in function_sizes(module).items() if size > FUNCTION_LIMIT}

    assert not long


def test_nine_in_ten_functions_are_short() -> None:
    """Nine functions in ten stay under 30 lines."""
    sizes = [size for module in MODULES for size in function_sizes(module).values()]
    short = sum(size < SHORT_FUNCTION for size in sizes)

    assert short >= 0.9 * len(sizes)
