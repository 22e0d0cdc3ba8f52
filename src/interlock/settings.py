"""Set: every setting, with its unit, default and environment variable."""

import getpass
import os
from pathlib import Path
from typing import Final

LEASE_S: Final = 30.0
"""How long a claim on a call holds without renewal, seconds."""

POLL_S: Final = 0.05
"""How often a second deliverer of a running call looks for its end, seconds."""

SEAL_WAIT_S: Final = 10.0
"""How long a call that runs only after its seal waits for one, seconds."""

HELD_GRACE_S: Final = 1.0
"""How long a held sibling waits, when its thread is resumed, for the sibling's verdict, seconds."""

ARGUMENTS_BYTES: Final = 1_000_000
"""Largest arguments of one call, in bytes of text with `VALUE_BYTES` for each value besides."""

VALUE_BYTES: Final = 48
"""What each value in the arguments counts, beside its text."""

SIGNALS_BUDGET_S: Final = 0.05
"""How long the values of a turn's calls may be traced before it is decided, seconds."""

LEDGER_BUSY_S: Final = 30.0
"""How long a writer waits for the ledger's lock, seconds."""


def state_dir() -> Path:
    """Return the user's state directory for Interlock (not created here).

    `INTERLOCK_STATE_DIR`, else `$XDG_STATE_HOME/interlock`, else `~/.local/state/interlock`.
    Source: XDG Base Directory Specification.
    """
    if explicit := os.environ.get("INTERLOCK_STATE_DIR"):
        return Path(explicit)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "interlock"


def default_ledger() -> str:
    """Return the ledger's URL: `INTERLOCK_LEDGER`, else a SQLite file in the state directory.

    An empty variable is one that is not set.
    """
    return os.environ.get("INTERLOCK_LEDGER") or f"sqlite:///{state_dir() / 'ledger.db'}"


def reviewer_name() -> str:
    """Return who answers here: `INTERLOCK_REVIEWER`, else the login name."""
    return os.environ.get("INTERLOCK_REVIEWER") or getpass.getuser()


WORKER_START_S: Final = 30.0
"""How long a worker process may take to start and to import its tool, seconds."""

WORKER_RESULT_BYTES: Final = 64 * 1024 * 1024
"""Largest result that is read from a worker process, bytes."""

SPARE_WORKERS: Final = 4
"""Most worker processes that wait, started, for the next call of their tool."""

CANCEL_GRACE_S: Final = 1.0
"""How long an awaited tool that is cancelled may take to end before it is given up, seconds."""

_WORKER_NAMES: Final = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
)
"""Environment variables that worker processes get; `INTERLOCK_WORKER_ENV` names more."""


def signals_budget_s() -> float:
    """Return how long tracing may take: `INTERLOCK_SIGNALS_BUDGET_MS`, else 50 ms; seconds."""
    return _positive("INTERLOCK_SIGNALS_BUDGET_MS", int(SIGNALS_BUDGET_S * 1000)) / 1000


def worker_memory_bytes() -> int:
    """Return the address space of a worker process: `INTERLOCK_WORKER_MEMORY_MB`, else 2,048 MB."""
    return _positive("INTERLOCK_WORKER_MEMORY_MB", 2048) * 1024 * 1024


def worker_cpu_s() -> int:
    """Return a worker process's CPU time, seconds: `INTERLOCK_WORKER_CPU_S`, else 600."""
    return _positive("INTERLOCK_WORKER_CPU_S", 600)


def worker_environment() -> dict[str, str]:
    """Return the environment of worker processes: a short list, and what was named beside it."""
    more = os.environ.get("INTERLOCK_WORKER_ENV", "").replace(",", " ").split()
    return {name: os.environ[name] for name in (*_WORKER_NAMES, *more) if name in os.environ}


def _positive(name: str, default: int) -> int:
    """Read a whole number above 0; anything else is the default, which limits too."""
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else default
