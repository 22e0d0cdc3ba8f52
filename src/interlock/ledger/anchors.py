"""Anchor: keep the head of the record where whoever can change the record cannot.

Who has the database and the key can write the whole record anew, and an older copy of it verifies.
A head in a file of another host, or in a repository that others have, shows both.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

from interlock.errors import LedgerError
from interlock.ledger.attesting import Anchor, parsed_anchor, read_anchors
from interlock.ledger.sealing import Checkpoint, seal
from interlock.ledger.store import SqlLedger

GIT_FILE: Final = "interlock-anchors.jsonl"
"""Where heads lie in a repository."""

_GIT_S: Final = 30.0
"""How long git may take, seconds."""


def anchor_in_file(ledger: SqlLedger, path: Path) -> Checkpoint:
    """Append the newest head to a file, durably. Raises `LedgerError`."""
    head = _head(ledger)
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(_line(head))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise LedgerError(
            f"{path}: {error.strerror}; the anchor needs a file that can be written"
        ) from error
    return head


def anchor_in_git(ledger: SqlLedger, repository: Path) -> Checkpoint:
    """Append the newest head to a file of a repository and commit that. Raises `LedgerError`."""
    head = anchor_in_file(ledger, repository / GIT_FILE)
    _git(repository, "add", "--", GIT_FILE)
    _git(repository, "commit", "-q", "-m", f"{head.origin}: {head.size} entries", "--", GIT_FILE)
    return head


def read_places(path: Path) -> list[Anchor]:
    """Read the anchors of a file, or of a repository as far as they were ever committed.

    A line that a later commit took out still counts. Raises `LedgerError`, also where the file of a
    repository was edited and not committed.
    """
    if not path.is_dir():
        return read_anchors(path)
    if _git(path, "status", "--porcelain", "--", GIT_FILE):
        raise LedgerError(
            f"{path}: {GIT_FILE} was edited and not committed; commit it or take the edit back"
        )
    words = ("log", "--reverse", "-m", "-p", "--no-color", "--no-ext-diff", "--no-textconv")
    told = _git(path, *words, "--format=", "HEAD", "--", GIT_FILE).splitlines()
    lines = dict.fromkeys(line[1:] for line in told if line.startswith("+{"))
    if not lines:
        raise LedgerError(f"{path}: no anchors in this repository; see interlock audit anchor")
    return [parsed_anchor(line, f"{path}:{at}") for at, line in enumerate(lines, start=1)]


def _head(ledger: SqlLedger) -> Checkpoint:
    head = seal(ledger)
    if head is None:
        raise LedgerError(f"{ledger.url}: nothing is recorded yet")
    return head


def _line(head: Checkpoint) -> str:
    return json.dumps({"at": head.at, "size": head.size, "note": head.note}) + "\n"


def _git(repository: Path, *words: str) -> str:
    command = ["git", "-C", str(repository), *words]
    try:
        ran = subprocess.run(command, check=True, capture_output=True, timeout=_GIT_S, text=True)  # noqa: S603 - fixed words
    except FileNotFoundError:
        raise LedgerError("git is not here; use --file") from None
    except subprocess.TimeoutExpired:
        raise LedgerError(f"{repository}: git did not end within {_GIT_S:g} s") from None
    except subprocess.CalledProcessError as error:
        said = str(error.stderr).strip().splitlines()
        raise LedgerError(f"{repository}: git: {said[-1] if said else 'failed'}") from error
    return ran.stdout
