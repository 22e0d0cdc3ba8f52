"""One word for one thing: the glossary holds the vocabulary of the path and the policy."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "interlock"
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
ENTRIES = re.findall(r"^\| `(\w+)` \|", GLOSSARY, re.MULTILINE)


def public_classes(*packages: str) -> list[str]:
    """Name the public classes at the top level of these packages' modules."""
    trees = [
        ast.parse(path.read_text()) for name in packages for path in (SRC / name).rglob("*.py")
    ]
    nodes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    return sorted({node.name for node in nodes if not node.name.startswith("_")})


@pytest.mark.parametrize("name", public_classes("path", "policy"))
def test_a_public_class_is_explained(name: str) -> None:
    """Each public class of the path and the policy has an entry."""
    assert name in ENTRIES


def test_no_entry_is_left_behind() -> None:
    """An entry in code font names a class that exists, once."""
    assert set(ENTRIES) <= set(public_classes("."))
    assert len(ENTRIES) == len(set(ENTRIES))


def test_entries_are_easy_to_find() -> None:
    """Within each table the entries stand in alphabetical order."""
    tables = re.split(r"^## ", GLOSSARY, flags=re.MULTILINE)
    rows = [re.findall(r"^\| `?([\w -]+?)`? \|", table, re.MULTILINE) for table in tables]
    words = [[word.lower() for word in table if word != "word"] for table in rows]

    assert words == [sorted(table) for table in words]


def public_names() -> Iterator[tuple[str, str]]:
    """Name each class and each type that a module defines; an option of a command is no type."""
    for path in SRC.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            match node:
                case ast.ClassDef(name=name):
                    yield name, path.name
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=value)
                ) if not re.match(r"Annotated|TypeVar", ast.unparse(value) if value else ""):
                    yield name, path.name
                case _:
                    pass


def test_a_public_name_means_one_thing() -> None:
    """No two modules give their own meaning to one name of a class or a type."""
    meanings: dict[str, list[str]] = defaultdict(list)
    for name, module in public_names():
        if name[0].isupper() and not name.isupper():
            meanings[name].append(module)

    assert not {name: modules for name, modules in meanings.items() if len(modules) > 1}
