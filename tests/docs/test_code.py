"""What the documents show is what happens: their code runs, their output is the program's."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "policy.md"  # each example has a policy of its own: tests/policy/test_manual.py
)
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document: str) -> list[tuple[str, str, str]]:
    """Return language, file name and text of each fenced block."""
    return BLOCK.findall((ROOT / document).read_text())


def with_code(language: str) -> list[str]:
    """List the documents that hold code of a language."""
    return [doc for doc in DOCUMENTS if any(kind == language for kind, _, _ in blocks(doc))]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that holds what a checkout's reader has beside the documents."""
    for name in ("policies", "agents"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.db"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.timeout(60)  # loads the detectors
@pytest.mark.parametrize("document", with_code("python"))
def test_python_runs(document: str, workplace: Path) -> None:
    """Blocks of a document run in order, as one program, beside the files that it shows."""
    code = ""
    for language, file, text in blocks(document):
        if file:
            (workplace / file).parent.mkdir(parents=True, exist_ok=True)
            (workplace / file).write_text(text)
        elif language == "python":
            code += text
    exec(compile(code, document, "exec"), {"__name__": "__main__"})


def commands(document: str) -> list[tuple[str, str]]:
    """Return each `$ interlock …` of console blocks with what is shown below it."""
    shown: list[tuple[str, str]] = []
    for language, _, text in blocks(document):
        for part in (
            re.split(r"^\$ ", text, flags=re.MULTILINE)[1:] if language == "console" else ()
        ):
            line, _, output = part.partition("\n")
            shown += [(line.removeprefix("uv run "), output)] if "interlock " in line else []
    return shown


def shape(output: str) -> list[str]:
    """Take out what differs between two runs: ids, ledgers, digits and widths."""
    text = re.sub(r"sqlite:\S+", "LEDGER", re.sub(r"\x1b\[[0-9;]*m", "", output))
    text = re.sub(r"\b(call|req|out|thr)_\w+", "ID", text).replace("uv run interlock", "interlock")
    lines = (re.sub(r"[\d.,]+", "0", re.sub(r"\s+", " ", line)) for line in text.splitlines())
    return [line.strip() for line in lines if line.strip()]


def shows(shown: str, told: str) -> bool:
    """Tell whether what is shown is what was told; a line `…` stands for any lines."""
    lines, at = shape(told), 0
    parts = [shape(part) for part in re.split(r"^…$", shown, flags=re.MULTILINE)]
    for number, part in enumerate(parts):
        last = len(lines) - len(part) if number else 0
        places = range(at, last + 1)
        found = next((place for place in places if lines[place : place + len(part)] == part), None)
        if found is None:
            return False
        at = found + len(part)
    return at == len(lines)


@pytest.mark.slow
@pytest.mark.timeout(120)  # the demo plays every scenario
@pytest.mark.parametrize("document", with_code("console"))
def test_shown_output_is_the_programs(
    document: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of a console block prints what stands below it, ids and numbers aside."""
    monkeypatch.setenv("COLUMNS", "100")
    start = "import sys; from interlock.cli.app import main; main()"
    for line, shown in commands(document):
        words = shlex.split(line, comments=True)[1:]
        told = subprocess.run(
            [sys.executable, "-c", start, *words], capture_output=True, text=True, check=False
        )
        assert shows(shown, told.stdout + told.stderr), f"{line}\n{told.stdout}{told.stderr}"
