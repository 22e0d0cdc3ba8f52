"""Load: the applications whose threads can be resumed.

The ledger stores names, never code to run. An application is named by `--app`, else INTERLOCK_APP,
else `[tool.interlock] apps` in the nearest pyproject.toml: `package.module:factory` or
`path/to/file.py:factory`. The factory takes nothing and returns `{host: compiled graph}`; graphs of
an `async def` factory are awaited, on the event loop that it is called on. A graph that runs in a
LangGraph Server is `langgraph+http://SERVER/GRAPH` or `langgraph+https:`; its host is the graph's
name there, or what `#NAME` says.
"""

import asyncio
import os
import sys
import threading
import tomllib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from interlock.canon import type_name
from interlock.errors import InterlockError, UnknownHost

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.app.threads import Application

VARIABLE: Final = "INTERLOCK_APP"

LEDGER_VARIABLE: Final = "INTERLOCK_LEDGER"
"""Tells an application which ledger to open: the one that is resumed from."""


SERVER: Final = "langgraph+"
"""Begins the name of a LangGraph Server's graph, before its URL."""


def load_hosts(
    named: str | Sequence[str] | None, gate: "Gate | None" = None
) -> "dict[str, Application]":
    """Call the factories and return their graphs by host, whose threads `gate` is to resume.

    Raises `UnknownHost` for an application that cannot be loaded, whose host another one has, or
    whose own gates open other ledgers than `gate` alone: what people answered stands in that one.
    """
    from interlock.app.threads import gates_opened

    hosts: dict[str, Application] = {}
    for spec in factories(named):
        with gates_opened() as own:
            made = served(spec) if spec.startswith(SERVER) else _checked(spec, *_made(spec))
        if gate is not None and own and not any(map(gate.threads.are_of_one_ledger, own)):
            raise UnknownHost(
                f"`{spec}` opens ledger {own[0].place}, and what people answered is looked for in "
                f"{gate.threads.place}; name the same one: --ledger or INTERLOCK_LEDGER here, or "
                "`ledger=` of its `Gate.open`"
            )
        if twice := sorted(hosts.keys() & made.keys()):
            raise UnknownHost(f"`{spec}` makes `{twice[0]}`, which another application makes too")
        hosts.update(made)
    return hosts


def served(spec: str) -> "dict[str, Application]":
    """Return the graph that a LangGraph Server runs. Raises `UnknownHost`."""
    url = urlsplit(spec.removeprefix(SERVER))
    base, _, graph = url.path.rpartition("/")
    if url.scheme not in ("http", "https") or not url.hostname or not graph or url.query:
        scheme = spec.partition(":")[0]
        raise UnknownHost(f"a `{scheme}:` URL names no graph; expected {SERVER}http://SERVER/GRAPH")
    if url.username or url.password:
        raise UnknownHost(f"`{url.hostname}`: a key goes into LANGGRAPH_API_KEY, never into a URL")
    from interlock.app.threads import Application
    from interlock.graph.served import ServedGraph

    place = f"{url.scheme}://{url.netloc}{base}"
    return {url.fragment or graph: Application(ServedGraph(graph, url=place))}


def _checked(
    spec: str, made: object, loop: asyncio.AbstractEventLoop | None
) -> "Mapping[str, Application]":
    from interlock.app.threads import Application

    if not isinstance(made, Mapping):
        raise UnknownHost(f"`{spec}` returned no mapping; return {{host name: compiled graph}}")
    for host, graph in cast("Mapping[str, Any]", made).items():
        if not callable(getattr(graph, "get_state", None)):
            raise UnknownHost(
                f"`{spec}` gives {type_name(graph)} for `{host}`; expected a compiled graph"
            )
    return {
        host: Application(graph, loop) for host, graph in cast("Mapping[str, Any]", made).items()
    }


@cache
def event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop on which graphs are awaited; it runs in a thread as long as the process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="interlock-loop", daemon=True).start()
    return loop


def factories(named: str | Sequence[str] | None) -> list[str]:
    """Return which factories to call: those named, the environment's or the project's."""
    if named:
        return [named] if isinstance(named, str) else [*named]
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


def _made(spec: str) -> tuple[object, asyncio.AbstractEventLoop | None]:
    """Call one factory, on the event loop where it is awaited; its errors are told in one line."""
    try:
        made = _factory(spec)()
        if not asyncio.iscoroutine(made):
            return made, None
        awaited = cast("Coroutine[Any, Any, object]", made)
        return asyncio.run_coroutine_threadsafe(awaited, event_loop()).result(), event_loop()
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
