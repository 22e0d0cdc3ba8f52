"""Documents point at things that exist: tests, files, invariants."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "agents/**/*.md", "policies/**/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
TEST = re.compile(r"(tests/[\w/]+\.py)((?:::\w+)*)")
ROW = re.compile(r"^\| I(\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)


def names_in(path: Path) -> set[str]:
    """Return `test_x` and `TestY::test_x` for each test in a file."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        found.add(getattr(node, "name", ""))
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            found.add(f"{getattr(node, 'name', '')}::{getattr(inner, 'name', '')}")
    return found


def exists(file: str, name: str) -> bool:
    """Tell whether the test file is there and holds the test, when one is named."""
    path = ROOT / file
    return path.is_file() and (not name or name.removeprefix("::") in names_in(path))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Each relative link of a document names a file or folder of the tree."""
    place = ROOT / document
    broken = [
        link for link in LINK.findall(place.read_text()) if not (place.parent / link).exists()
    ]

    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_tests_exist(document: str) -> None:
    """Each test that a document names as proof is there."""
    named = TEST.findall((ROOT / document).read_text())

    assert [file + name for file, name in named if not exists(file, name)] == []


def invariants() -> dict[int, str]:
    """Map each invariant's number to what ARCHITECTURE.md gives as its proof."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return {int(number): proof for number, _, proof in ROW.findall(text)}


def test_every_invariant_is_listed_with_its_state() -> None:
    """I1 to I18 stand in ARCHITECTURE.md, each with a test or the plain words `not yet`."""
    listed = invariants()

    assert sorted(listed) == list(range(1, 19))
    assert [
        n for n, proof in listed.items() if not TEST.search(proof) and "not yet" not in proof
    ] == []


def test_code_names_listed_invariants_only() -> None:
    """An invariant that a comment claims to keep is one that ARCHITECTURE.md lists."""
    comments = [
        line
        for path in (ROOT / "src").rglob("*.py")
        for line in path.read_text().splitlines()
        if "INVARIANT I" in line
    ]
    named = {int(n) for line in comments for n in re.findall(r"\bI(\d+)\b", line)}

    assert named <= invariants().keys()


def test_architecture_stays_short() -> None:
    """ARCHITECTURE.md is read in one sitting: at most 150 lines."""
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 150
