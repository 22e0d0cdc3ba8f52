"""Set: every setting, with its unit, default and environment variable."""

import getpass
import os
from pathlib import Path
from typing import Final

LEASE_S: Final = 30.0
"""How long a claim on a call holds without renewal, seconds."""

POLL_S: Final = 0.05
"""How often a second deliverer of a running call looks for its end, seconds."""

HELD_GRACE_S: Final = 1.0
"""How long a held sibling waits, when its thread is resumed, for the sibling's verdict, seconds."""

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
    """Return the ledger's URL: `INTERLOCK_LEDGER`, else a SQLite file in the state directory."""
    return os.environ.get("INTERLOCK_LEDGER") or f"sqlite:///{state_dir() / 'ledger.db'}"


def reviewer_name() -> str:
    """Return who answers here: `INTERLOCK_REVIEWER`, else the login name."""
    return os.environ.get("INTERLOCK_REVIEWER") or getpass.getuser()
