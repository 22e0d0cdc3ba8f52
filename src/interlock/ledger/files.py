"""Place: the files of an embedded ledger, their rights, and how they may be read.

SQLite reads a WAL database only where it can make the index of its log. Where it cannot, a ledger
without a log is read as `immutable`, which needs nothing beside it and misses what is written
meanwhile: compare `seen` before and after. One with a log is never read so: its newest entries
would be left out.
"""

import os
import re
import warnings
from pathlib import Path
from typing import Final, NamedTuple

from interlock.errors import LedgerError, LedgerReadOnly, NotALedger

_MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = frozenset(
    {
        *("9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "fuse.ceph", "fuse.gcsfuse"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs"),
        *("lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "pvfs2", "smb3", "smbfs"),
    }
)
"""File systems on which SQLite's locks do not keep two machines apart."""


def refuse_network(path: Path, mounts: Path = _MOUNTS) -> None:
    """Refuse a ledger on a network file system. Raises `LedgerError`.

    Where the system does not list its mounts, nothing is known and nothing refused.
    Source: SQLite, How To Corrupt An SQLite Database File, section 2.1; proc(5), mountinfo.
    """
    kind = file_system(path, mounts)
    if kind in _NETWORK:
        raise LedgerError(
            f"{path}: lies on a network file system ({kind}), where two writers can destroy it; "
            "name a local file, or use postgresql://USER@HOST/DATABASE"
        )


def file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the kind of file system that a path is, or would be, on; None where unknown."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    found: tuple[int, str | None] = (-1, None)
    place = path.resolve()
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", _unescaped, before.split()[4]))
        deep = len(point.parts)
        if place.is_relative_to(point) and deep >= found[0]:  # the later hides the earlier
            found = (deep, after.split()[0])
    return found[1]


def _unescaped(octal: re.Match[str]) -> str:
    return chr(int(octal[1], 8))


def make(path: Path) -> bool:
    """Make the file if it is missing or empty, for its user alone; return whether it is new."""
    if path.is_dir():
        raise NotALedger(f"{path}: is a folder; name a file for the ledger")
    try:
        if path.exists() and path.stat().st_size:
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise LedgerReadOnly(
            f"{path}: {error.strerror}; the ledger needs a place to write"
        ) from error
    return True


def beside(path: Path) -> tuple[Path, Path, Path]:
    """Return the ledger, its log and the log's index."""
    return path, Path(f"{path}-wal"), Path(f"{path}-shm")


def may_write(path: Path) -> bool:
    """Whether this user may write the file, and make a log beside it."""
    return _writable(path) and _writable(path.absolute().parent)


def _writable(place: Path) -> bool:
    return os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def close_to_others(path: Path) -> None:
    """Leave ledger and log to their user alone; SQLite gives a new log the ledger's mode."""
    for file in beside(path):
        try:
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)
        except FileNotFoundError:
            continue
        except OSError:
            told = f"{file}: other users may read it; its owner can close it with chmod 600"
            warnings.warn(told, stacklevel=2)


class FileMark(NamedTuple):
    """What a file and its log looked like."""

    modified_ns: int
    size_bytes: int
    log_bytes: int


def seen(path: Path) -> FileMark:
    """Return what the ledger's files look like now."""
    ledger, log, _ = beside(path)
    found = ledger.stat()
    return FileMark(found.st_mtime_ns, found.st_size, log.stat().st_size if log.exists() else 0)


def how_to_read(path: Path) -> dict[str, str]:
    """Return how to open a file for reading.

    Raises `LedgerReadOnly` where its newest entries cannot be reached: they are not left out.
    """
    how = {"mode": "ro", "uri": "true"}
    _, log, index = beside(path)
    if not may_write(path) and not seen(path).log_bytes:
        return {**how, "immutable": "1"}
    if not (index.exists() or _writable(path.absolute().parent)):
        raise LedgerReadOnly(
            f"{path}: its newest entries lie in {log.name}, which is only read where the folder "
            "may be written; copy both files to such a folder"
        )
    return how


def flush_tree(folder: Path) -> None:
    """Have the disk keep every file below a folder, and the folder itself in the one above it.

    Raises `LedgerError`.
    """
    below = sorted(folder.rglob("*"), reverse=True)  # what is in a folder before the folder
    try:
        for path in (*below, folder, folder.resolve().parent):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    except OSError as error:
        raise LedgerError(f"{folder}: {error.strerror}; the disk does not keep it") from error
