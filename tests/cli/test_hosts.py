"""Load: applications by name."""

from pathlib import Path

import pytest

from interlock.cli.hosts import factories, load_hosts
from interlock.errors import UnknownHost

APP = """
class Graph:
    def get_state(self, config):
        return config

    def __eq__(self, other):
        return other == 'graph'

def make():
    return {'shop': Graph()}

def number():
    return {'shop': 5}

def leaves():
    raise SystemExit(0)

def wrong():
    return 7

def breaks():
    return {}[0]

thing = 1
"""


@pytest.fixture
def app_file(tmp_path: Path) -> Path:
    """An application's file."""
    file = tmp_path / "shop_app.py"
    file.write_text(APP)
    return file


def test_a_file_and_a_module(app_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both forms find the factory; a module is looked for from the present folder."""
    monkeypatch.chdir(app_file.parent)
    monkeypatch.setattr("sys.path", ["", *__import__("sys").path])

    for spec in (f"{app_file}:make", "shop_app:make", "shop_app.py:make"):
        (application,) = load_hosts(spec).values()
        assert (application.graph, application.loop) == ("graph", None)


def test_where_the_name_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over the variable, and that over the nearest project."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)

    assert factories(None) == []
    (tmp_path / "pyproject.toml").write_text('[tool.interlock]\napps = ["x:y", "z:w"]\n')
    assert factories(None) == ["x:y", "z:w"]
    monkeypatch.setenv("INTERLOCK_APP", "m:f,n:g")
    assert factories(None) == ["m:f", "n:g"]
    assert factories("o:h") == ["o:h"]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("shop_app.py", "names no factory"),
        (":make", "names no factory"),
        ("shop_app.py:number", "gives int for `shop`; expected a compiled graph"),
        ("shop_app.py:leaves", "cannot be loaded: SystemExit"),
        ("missing.py:make", "no file"),
        ("no_such_module_anywhere:make", "ModuleNotFoundError"),
        ("shop_app.py:breaks", "KeyError: 0"),
        ("broken.py:make", "SyntaxError"),
        ("shop_app.py:nothing", "has no function `nothing`"),
        ("shop_app.py:thing", "has no function `thing`"),
        ("shop_app.py:wrong", "returned no mapping"),
    ],
)
def test_what_is_no_application(
    spec: str, says: str, app_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each mistake is named, with the form that was expected."""
    monkeypatch.chdir(app_file.parent)
    app_file.with_name("broken.py").write_text("def make(:")
    with pytest.raises(UnknownHost, match=says):
        load_hosts(spec)


def test_a_broken_project_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyproject.toml that cannot be read is said, not skipped."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.interlock\n")

    with pytest.raises(UnknownHost, match="cannot be read"):
        factories(None)
