"""`docs/python.md` names everything that a program may use."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import interlock
from interlock import Gate, Policy, errors
from interlock.app.autonomy import AutonomyDesk
from interlock.app.desks import AuditDesk
from interlock.app.doubts import Doubts
from interlock.app.inbox import Inbox
from interlock.app.quarantine import Quarantine
from interlock.graph.gate_graph import GateInput, GateOutput, build_gate_graph
from interlock.graph.tool_node import GateToolNode
from interlock.ledger.log import LogFilter
from interlock.path.release import Ending

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text()
CODE = [path.read_text() for name in ("src", "agents") for path in (ROOT / name).rglob("*.py")]


def offered(owner: type[Any]) -> list[str]:
    """Name the public methods of a class."""
    return [name for name, member in vars(owner).items() if name[0] != "_" and callable(member)]


def options(function: Any) -> Iterator[str]:
    """Name what a caller may pass by name."""
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    given = inspect.signature(function).parameters.values()
    return (one.name for one in given if one.kind in kinds)


def said(name: str) -> bool:
    """Tell whether the page has a word."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", PAGE) is not None


def test_every_public_name_is_on_the_page() -> None:
    """Each name that the package offers is named."""
    assert [name for name in interlock.__all__ if not said(name)] == []


@pytest.mark.parametrize(
    "owner", [Gate, Policy, Inbox, Quarantine, Doubts, AuditDesk, AutonomyDesk]
)
def test_every_method_is_on_the_page(owner: type[Any]) -> None:
    """Each public method of what a gate offers is named."""
    assert [name for name in offered(owner) if not said(name)] == []


@pytest.mark.parametrize("owner", [Inbox, Quarantine, Doubts, AuditDesk, AutonomyDesk, Policy])
def test_every_argument_is_on_the_page(owner: type[Any]) -> None:
    """Each argument that those methods take by name is named, save the id they begin with."""
    own = {"self", "name", "text", "path", "call", "pack", "wanted"}
    asked = {name for one in offered(owner) for name in options(getattr(owner, one))} - own

    assert [name for name in sorted(asked) if not said(name)] == []


def test_every_option_is_on_the_page() -> None:
    """What `Gate.open`, `gate.tool_node`, `gate.graph` and `audit.log` take is named."""
    own = {"self", "conductor", "runner", "tools"}
    taken = {
        *options(Gate.open),
        *options(GateToolNode.__init__),
        *options(build_gate_graph),
        *LogFilter.__dataclass_fields__,
    }

    assert [name for name in sorted(taken - own) if not said(name)] == []


def test_every_key_of_the_graph_is_on_the_page() -> None:
    """What goes into `gate.graph` and comes out is named."""
    keys = {*GateInput.__annotations__, *GateOutput.__annotations__}

    assert [name for name in sorted(keys) if f"`{name}`" not in PAGE] == []


def test_the_page_has_every_outcome() -> None:
    """The table of outcomes has each ending of a call, once, and no other."""
    table = PAGE.split("| outcome |")[1].split("\n\n")[0]

    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(get_args(Ending))


def test_the_page_has_every_error() -> None:
    """The table of errors has each class of the tree."""
    known = [
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.InterlockError)
    ]

    assert [name for name in known if f"`{name}`" not in PAGE] == []


def test_the_page_has_every_variable() -> None:
    """The environment's table has each variable that the code reads, and no other."""
    read = {name for text in CODE for name in re.findall(r"INTERLOCK_[A-Z_]*[A-Z]", text)}
    listed = PAGE.split("## Environment")[1]

    assert set(re.findall(r"INTERLOCK_[A-Z_]*[A-Z]", listed)) == read
