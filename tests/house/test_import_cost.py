"""Nobody pays for what is not used: imports stay cheap."""

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from statistics import median

import pytest

HEAVY = (
    "alembic",
    "langchain_core",
    "langgraph",
    "presidio_analyzer",
    "rich",
    "spacy",
    "sqlalchemy",
    "typer",
)
RUNS = 7
"""Runs of which the median counts; the two sides take turns, so that load hits both."""
LIMIT = 3.0
"""How many times `import pydantic` may be spent."""

POLICY = """\
tools:
  refund.issue: {risk_tags: [write], facts: {amount_usd: args.amount}}
rules:
  - {id: small, match: {tools: [refund.issue], amount_usd_at_most: 50}, decision: allow}
  - {id: big, match: {tools: [refund.issue], amount_usd_above: 50}, decision: require_approval}
"""

IMPORT_PYDANTIC = "import pydantic"
FIRST_DECISION = """\
from interlock import Policy
policy = Policy.load({path!r})
decision = policy.decide({{"name": "refund.issue", "args": {{"amount": 80}}}})
assert decision.kind == "require_approval"
"""
HELP = """\
import sys
from interlock.cli.app import main
sys.argv = ["interlock", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code
"""


@cache
def compiled() -> dict[str, str]:
    """Return an environment in which bytecode is kept, as an installer leaves it for every package.

    Else each run would time the compiler, and ours against none of what pydantic has compiled.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": tempfile.mkdtemp(prefix="interlock-bytecode-")}


def run(code: str) -> str:
    """Run code in a fresh interpreter and return what it printed."""
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=compiled())
    return shown.stdout


def seconds(code: str) -> float:
    """Time code in a fresh interpreter, without the interpreter's own start."""
    timed = (
        "from time import perf_counter as read\nbegan = read()\n"
        f"{code}\n"
        "import sys\nsys.stderr.flush()\nprint(read() - began)"
    )
    return float(run(timed).splitlines()[-1])


def times_pydantic(code: str) -> float:
    """Return how many times `import pydantic` the code takes, medians of alternate runs."""
    run(code), run(IMPORT_PYDANTIC)  # compiles
    pairs = [(seconds(code), seconds(IMPORT_PYDANTIC)) for _ in range(RUNS)]
    return median(ours for ours, _ in pairs) / median(theirs for _, theirs in pairs)


def loaded_by(code: str) -> set[str]:
    """Return which heavy packages are in `sys.modules` after the code."""
    names = run(f"{code}\nimport sys, json; print(json.dumps(list(sys.modules)))").splitlines()[-1]
    return set(json.loads(names)) & set(HEAVY)


def test_importing_the_package_loads_no_framework() -> None:
    """`import interlock` leaves every framework, database and detector unloaded."""
    assert loaded_by("import interlock") == set()


def test_deciding_loads_no_framework(tmp_path: Path) -> None:
    """A policy is loaded and asked without a framework, database or detector."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)

    assert loaded_by(FIRST_DECISION.format(path=str(path))) == set()


def test_help_loads_no_framework() -> None:
    """`interlock --help` needs the command line's own two packages and no other."""
    assert loaded_by(HELP) <= {"rich", "typer"}


@pytest.mark.slow
@pytest.mark.timeout(60)  # a dozen interpreters
def test_a_first_decision_is_cheap(tmp_path: Path) -> None:
    """`Policy.load` with a first decision costs at most three times `import pydantic`."""
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)

    assert times_pydantic(FIRST_DECISION.format(path=str(path))) <= LIMIT


@pytest.mark.slow
@pytest.mark.timeout(60)  # a dozen interpreters
def test_help_is_cheap() -> None:
    """`interlock --help` costs at most three times `import pydantic`."""
    assert times_pydantic(HELP) <= LIMIT
