"""Guard: which hosts a call may reach, checked where Python opens connections.

Names count as written, in any case of letters, and of addresses only those that such a name
resolved to during the call; loopback is no exception. Other kinds of sockets, listening, and new
processes and interpreters, whose connections nobody would see, are refused. What goes past Python,
native code first of all, is not seen: `docs/guarantees.md` says so.
"""

import ipaddress
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import thread as pool_threads
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

_INTERNET: Final = (socket.AF_INET, socket.AF_INET6)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_LOOKUPS: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_REVERSE: Final = frozenset({"socket.gethostbyaddr", "socket.getnameinfo"})
_SENDING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_PROGRAMS: Final = frozenset(
    {
        "cpython.PyInterpreterState_New",
        "os.exec",
        "os.fork",
        "os.fork_exec",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "subprocess.Popen",
    }
)
"""Audit events that start programs, and interpreters, which have hooks of their own.

Source: the Python documentation, audit events table; `os.fork_exec` is our own.
"""
_WATCHED: Final = ("cpython.", "import", "os.", "pty.", "socket.", "subprocess.")
_STARTER: Final = "_posixsubprocess"
"""The module whose `fork_exec` starts programs for `subprocess` and `multiprocessing`."""
_STARTERS: Final = frozenset(
    {_STARTER, "_interpreters", "_testcapi", "_testinternalcapi", "_xxsubinterpreters"}
)
"""Modules that start programs or interpreters, some without an event; none may be loaded."""


class ConnectionForbidden(PermissionError):
    """What a tool meets that reaches for a host which is not on its list."""


class Guard:
    """The hosts that one call may reach, and what it was refused."""

    def __init__(self, hosts: Iterable[str]) -> None:
        """Allow these host names."""
        self.hosts = frozenset(host.lower() for host in hosts)
        self.addresses: set[str] = set()
        self.refused: list[str] = []

    def learn(self, host: object, addresses: Iterable[str]) -> None:
        """Take note of what a name resolved to; only names on the list count."""
        if _named(host) in self.hosts:
            self.addresses.update(_plain(address) for address in addresses)

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        """Refuse one audit event. Raises `ConnectionForbidden`."""
        if event in _LOOKUPS:
            self._require(args[0] is None or _named(args[0]) in self.hosts, args[0])
        elif event in _SENDING:
            self._require(self._may_send(args[0], args[1]), args[1])
        elif event in _REVERSE:
            host = _host_of(args[0])
            self._require(_plain(host) in self.addresses, host)
        elif event == "socket.bind":
            # `urllib3` finds out so whether there is IPv6.
            self._require(args[1][1:2] == (0,) and _host_of(args[1]) in _LOOPBACK, "a listener")
        elif event in _PROGRAMS or (event == "import" and args[0] in _STARTERS):
            self._require(False, "another program")

    def _may_send(self, own: Any, address: Any) -> bool:  # noqa: ANN401 - a socket and its address
        if address is None:
            return True  # to where it is connected
        if own.family not in _INTERNET or not isinstance(address, tuple):
            return False
        host = _host_of(cast("object", address))
        return host in self.hosts or _plain(host) in self.addresses

    def _require(self, allowed: bool, to: object) -> None:
        if allowed:
            return
        name = _host_of(to)
        self.refused.append(name)
        raise ConnectionForbidden(f"`{name}` is not on the list of hosts that this call may reach")


_active: Final[list[Guard]] = []
"""The guards of calls that run now."""
_current: Final[ContextVar[Guard | None]] = ContextVar("interlock_network", default=None)
_of_thread: Final[WeakKeyDictionary[threading.Thread, Guard]] = WeakKeyDictionary()
"""Guards of threads that guarded calls started."""
_for_all: Final[list[Guard]] = []
"""The guard of a whole process that does nothing else."""
_installing: Final = threading.Lock()
_installed: Final[list[bool]] = []


@contextmanager
def guarded(guard: Guard) -> Generator[None]:
    """Guard what runs in the block, and the threads that it starts by itself."""
    _install()
    token = _current.set(guard)
    _active.append(guard)
    try:
        yield
    finally:
        _active.remove(guard)
        _current.reset(token)


def guard_process(guard: Guard) -> None:
    """Guard everything in this process, for good."""
    _install()
    _active.append(guard)
    _for_all.append(guard)


def _install() -> None:
    """Watch this process's sockets from now on; there is no way back, and it is done once."""
    with _installing:
        if not _installed:
            _installed.append(True)
            socket.getaddrinfo = _learning(socket.getaddrinfo, _addresses_in)
            socket.gethostbyname = _learning(socket.gethostbyname, lambda found: [found])
            setattr(threading.Thread, "start", _following(threading.Thread.start))  # noqa: B010 - its type names `self`
            for module, name in (
                (sys.modules.get(_STARTER), "fork_exec"),
                (subprocess, "_fork_exec"),
            ):
                if start := getattr(module, name, None):
                    setattr(module, name, _audited(start))
            sys.addaudithook(_watch)


def _audited(fork_exec: Callable[..., int]) -> Callable[..., int]:
    """Raise the audit event that `_posixsubprocess.fork_exec` does not."""

    def fork_exec_seen(*args: Any) -> int:  # noqa: ANN401 - as `fork_exec`
        sys.audit("os.fork_exec")
        return fork_exec(*args)

    return fork_exec_seen


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not _active or not event.startswith(_WATCHED):
        return
    guard = _for_all[0] if _for_all else _guard_here()
    if guard is not None:
        guard.check(event, args)


def _guard_here() -> Guard | None:
    guard = _current.get() or _of_thread.get(threading.current_thread())
    return guard if guard in _active else None


def _following(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """Guard the threads that guarded calls start; a pool's threads work for others too."""
    of_pool = getattr(pool_threads, "_worker", None)

    @wraps(start)
    def start_guarded(thread: threading.Thread) -> None:
        guard = _guard_here()
        if guard is not None and getattr(thread, "_target", None) is not of_pool:
            _of_thread[thread] = guard
        start(thread)

    return start_guarded


def _learning(
    resolve: Callable[..., Any], addresses: Callable[[Any], Iterable[str]]
) -> Callable[..., Any]:
    """Tell running guards what a name resolved to; an event loop asks in another thread."""

    @wraps(resolve)
    def resolve_and_tell(host: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as `resolve`
        found = resolve(host, *args, **kwargs)
        for guard in _active:
            guard.learn(host, addresses(found))
        return found

    return resolve_and_tell


def _addresses_in(found: Any) -> list[str]:  # noqa: ANN401 - as `socket.getaddrinfo` returns
    return [str(address[0]) for *_, address in found]


def _host_of(address: object) -> str:
    """Return the host in a socket's address, or the address itself where it has none."""
    parts = cast("tuple[object, ...]", address) if isinstance(address, tuple) else (address,)
    return _named(parts[0] if parts else "")


def _named(host: object) -> str:
    if isinstance(host, bytes | bytearray):
        return host.decode("ascii", "replace").lower()
    return str(host).lower()


def _plain(address: str) -> str:
    """Write an address in one form, without the zone of a link."""
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return address
