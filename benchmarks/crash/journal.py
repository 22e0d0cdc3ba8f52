"""Witness: what tools did and what people saw, kept where the ledger has no hand in it.

Each process appends to a file of its own; a line is on the disk before its writer goes on, so that
what a kill leaves behind is true. A torn last line is no line.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


class Journal:
    """One process's lines in a folder of journals."""

    def __init__(self, folder: Path, ahead_s: float = 0.0) -> None:
        """Write into `folder`; `ahead_s` is how far this process's clock is off."""
        self._folder = folder
        self._ahead = timedelta(seconds=ahead_s)
        self._pid = -1
        self._file = -1

    def write(self, **said: Any) -> None:
        """Append a line; it is durable when this returns."""
        at = (datetime.now(UTC) + self._ahead).isoformat(timespec="microseconds")
        line = {"at": at.removesuffix("+00:00") + "Z", "pid": os.getpid(), **said}
        os.write(self._opened(), json.dumps(line, ensure_ascii=False).encode() + b"\n")
        os.fsync(self._file)

    def _opened(self) -> int:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            path = self._folder / f"{self._pid}.jsonl"
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self._file
