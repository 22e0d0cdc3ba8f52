"""Load: the applications whose threads can be resumed.

The ledger stores names, never code to run. An application is named by `--app`, else INTERLOCK_APP,
else `[tool.interlock] apps` in the nearest pyproject.toml: `package.module:factory` or
`path/to/file.py:factory`. The factory takes nothing and returns `{host: compiled graph}`.
"""

import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

from interlock.canon import type_name
from interlock.errors import InterlockError, UnknownHost

VARIABLE: Final = "INTERLOCK_APP"


def load_hosts(named: str | None) -> dict[str, Any]:
    """Call the factories and return their graphs by host.

    Raises `UnknownHost` for an application that cannot be loaded.
    """
    hosts: dict[str, Any] = {}
    for spec in factories(named):
        made = _made(spec)
        if not isinstance(made, Mapping):
            raise UnknownHost(f"`{spec}` returned no mapping; return {{host name: compiled graph}}")
        hosts.update(_graphs(spec, cast("Mapping[str, Any]", made)))
    return hosts


def _graphs(spec: str, made: Mapping[str, Any]) -> Mapping[str, Any]:
    for host, graph in made.items():
        if not callable(getattr(graph, "get_state", None)):
            raise UnknownHost(
                f"`{spec}` gives {type_name(graph)} for `{host}`; expected a compiled graph"
            )
    return made


def factories(named: str | None) -> list[str]:
    """Return which factories to call: the option's, the environment's or the project's."""
    if named:
        return [named]
    if given := os.environ.get(VARIABLE):
        return [part for part in given.split(",") if part]
    return _of_project(Path.cwd())


def _of_project(start: Path) -> list[str]:
    for folder in (start, *start.parents):
        if (path := folder / "pyproject.toml").is_file():
            return _listed(path)
    return []


def _listed(path: Path) -> list[str]:
    try:
        tables = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnknownHost(f"{path}: cannot be read: {error}; mend it, or pass --app") from error
    apps = tables.get("tool", {}).get("interlock", {}).get("apps", [])
    return [apps] if isinstance(apps, str) else list(apps)


def _made(spec: str) -> Any:  # noqa: ANN401 - whatever the factory returns
    """Call one factory; what it raises is told in one line."""
    try:
        return _factory(spec)()
    except InterlockError:
        raise
    except (Exception, SystemExit) as error:  # a script that exits would end this command, well
        raise UnknownHost(f"`{spec}` cannot be loaded: {type_name(error)}: {error}") from error


def _factory(spec: str) -> Callable[[], Any]:
    place, _, name = spec.rpartition(":")
    if not place or not name:
        raise UnknownHost(f"`{spec}` names no factory; expected MODULE:FACTORY or FILE.py:FACTORY")
    module = load_file(Path(place)) if place.endswith(".py") else _module(place)
    factory = getattr(module, name, None)
    if not callable(factory):
        raise UnknownHost(f"`{place}` has no function `{name}`; expected {place}:FACTORY")
    return factory


def _module(name: str) -> ModuleType:
    _reachable(Path.cwd())
    return import_module(name)


def load_file(path: Path) -> ModuleType:
    """Load a file as a module of its own, with its folder importable as for a script."""
    path = path.resolve()
    if not path.is_file():
        raise UnknownHost(f"no file {path}; name the application with --app FILE.py:FACTORY")
    _reachable(path.parent)
    spec = spec_from_file_location(str(path), path)
    if spec is None or spec.loader is None:
        raise UnknownHost(f"{path}: no Python file")
    module = sys.modules[str(path)] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _reachable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
