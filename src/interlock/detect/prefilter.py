"""Prefilter: where in a text each of many expressions may match, in one pass.

Hyperscan says where a match may end, and misses no match: an expression that it knows only in part
it replaces by a broader one, and every expression counts as matching around each letter, digit and
space beyond ASCII, which it does not know at all. Without the package `hyperscan` there is no
prefilter, and every expression is searched for everywhere; what is found is the same.
"""

import hashlib
import logging
import os
import platform
import re
import stat
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeAlias

import regex

from interlock.settings import state_dir

TOGETHER: Final = 64
"""Expressions in one database; more take longer to compile than to look for in turn."""

SPARSE: Final = 16
"""With more than one letter in so many beyond ASCII, every expression is searched for."""

KEPT_FROM_S: Final = 0.5
"""A database that took longer to compile is kept for the next process, seconds."""

DATABASE_BYTES: Final = 64 * 1024 * 1024
"""Largest kept database that is read."""

Flagged: TypeAlias = tuple[str, int]
"""An expression and its flags, of the `regex` package."""
_Numbered: TypeAlias = tuple[int, Flagged]

Ends: TypeAlias = list[tuple[int, int]]
"""[first, last] of each run of offsets at which a match may end, ascending."""

_BEYOND: Final = re.compile(r"[^\x00-\x7f]")
_LETTERS: Final = regex.compile(r"(?![\x00-\x7f])[\w\s]")
_SHARP: Final = regex.compile(r"\\[uUxpPN]|\[\^[^\]]*\?|(?![\x00-\x7f])\W")
"""What may tell a sign beyond ASCII from a question mark; without it, none can: both are neither
letter nor digit nor space."""
_OFTEN: Final = re.compile(r"(?<!\\)\{(\d+),\d{3,}\}")
_IN_SET: Final = re.compile(r"\[[^\]]*\{\d+,\d{3,}\}")
"""What looks like a repetition, and within a set of characters is none."""

_LOG: Final = logging.getLogger("interlock.detect")


class Prefilter:
    """Looks for many expressions at once; safe for threads."""

    def __init__(self, databases: Sequence[Any], expressions: Sequence[str]) -> None:
        """Look with compiled databases of these expressions, which are numbered through."""
        self._databases = databases
        self._are_blunt = [_SHARP.search(one) is None for one in expressions]
        self._local = threading.local()

    def ends(self, text: str) -> list[Ends] | None:
        """Return, by expression, where a match may end; None: anywhere."""
        beyond: Ends = []
        letters: Ends = []
        if not text.isascii():
            beyond, letters = _around(_BEYOND, text), _around(_LETTERS, text)
            if len(letters) * SPARSE > len(text):
                return None
        flat: list[list[int]] = [[] for _ in self._are_blunt]

        def found(expression: int, _from: int, end: int, _flags: int, _context: object) -> None:
            its = flat[expression]
            if its and 0 <= end - its[-1] <= 1:
                its[-1] = end
            else:
                its += (end, end)

        # One byte a character, so that offsets are ours; "?" stands for what is beyond ASCII.
        encoded = text.encode("ascii", "replace")
        for database, scratch in zip(self._databases, self._scratches(), strict=True):
            database.scan(encoded, match_event_handler=found, scratch=scratch)
        return [
            sorted([*zip(its[::2], its[1::2], strict=True), *(letters if is_blunt else beyond)])
            for its, is_blunt in zip(flat, self._are_blunt, strict=True)
        ]

    def _scratches(self) -> list[Any]:
        """Return this thread's working memory, which no two scans may share."""
        scratches: list[Any] | None = getattr(self._local, "scratches", None)
        if scratches is None:
            import hyperscan

            scratches = self._local.scratches = [hyperscan.Scratch(d) for d in self._databases]
        return scratches


def _around(chars: "re.Pattern[str] | regex.Pattern[str]", text: str) -> Ends:
    """Return the ends of what ends with such a character, or before it, or with the next."""
    starts = (match.start() for match in chars.finditer(text))
    return [(max(1, at), min(at + 2, len(text))) for at in starts]


def prefilter(expressions: Sequence[Flagged]) -> Prefilter | None:
    """Return a prefilter of expressions; None without any, or without Hyperscan."""
    if not expressions:
        return None
    try:
        import hyperscan
    except ImportError:
        return None
    numbered = list(enumerate(expressions))
    groups = [numbered[at : at + TOGETHER] for at in range(0, len(numbered), TOGETHER)]
    try:
        return Prefilter([_database(group) for group in groups], [e for e, _ in expressions])
    except hyperscan.error as error:
        _LOG.warning("no prefilter, results are inspected slowly: %s", type(error).__name__)
        return None


def _database(numbered: Sequence[_Numbered]) -> Any:  # noqa: ANN401 - Hyperscan has no types
    """Return the database of some expressions, kept from before or compiled now."""
    import hyperscan

    key = _key(numbered)
    path = state_dir() / "detect" / f"{key}.hs"
    database = _kept(path, key)
    if database is None:
        began = time.monotonic()
        database = _compiled(numbered)
        if time.monotonic() - began > KEPT_FROM_S:
            _keep(path, key, hyperscan.dumpb(database))
    return database


def _compiled(numbered: Sequence[_Numbered]) -> Any:  # noqa: ANN401
    import hyperscan

    database = hyperscan.Database()
    database.compile(
        expressions=[_broader(expression).encode() for _, (expression, _) in numbered],
        ids=[number for number, _ in numbered],
        elements=len(numbered),
        flags=[_flags(flags) for _, (_, flags) in numbered],
    )
    return database


def _broader(expression: str) -> str:
    """Let what may be repeated often be repeated without end, which takes a tenth to compile."""
    if _IN_SET.search(expression):
        return expression
    return _OFTEN.sub(r"{\1,}", expression)


def _flags(flags: int) -> int:
    import hyperscan

    given = (
        (re.DOTALL, hyperscan.HS_FLAG_DOTALL),
        (re.MULTILINE, hyperscan.HS_FLAG_MULTILINE),
        (re.IGNORECASE, hyperscan.HS_FLAG_CASELESS),
    )
    common = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_ALLOWEMPTY
    return common | sum(theirs for ours, theirs in given if flags & ours)


# --- kept databases -----------------------------------------------------------------------------


def _key(numbered: Sequence[_Numbered]) -> str:
    """Name a database by all that it is made of; a different version has a different name."""
    made_of = repr((version("hyperscan"), platform.machine(), *numbered))
    return hashlib.sha256(made_of.encode()).hexdigest()


def _kept(path: Path, key: str) -> Any:  # noqa: ANN401
    """Return the database kept at `path`, if it is ours and whole."""
    import hyperscan

    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not _ours(os.fstat(file.fileno())):
                return None
            kept = file.read(DATABASE_BYTES)
    except OSError:
        return None
    digest, database = kept[:32], kept[32:]
    if digest != _digest(key, database):
        return None
    with suppress(hyperscan.error):  # built for another processor
        return hyperscan.loadb(database, hyperscan.HS_MODE_BLOCK)
    return None


def _ours(status: os.stat_result) -> bool:
    """Whether a file is a plain one that nobody but this user can have written."""
    is_mine = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    return stat.S_ISREG(status.st_mode) and is_mine and not status.st_mode & 0o022


def _keep(path: Path, key: str, database: bytes) -> None:
    """Keep a database for the next process, readable by this user only, or do without."""
    name = ""
    try:
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent)  # with mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(_digest(key, database) + database)
        Path(name).replace(path)
    except OSError:
        if name:
            Path(name).unlink(missing_ok=True)


def _digest(key: str, database: bytes) -> bytes:
    return hashlib.sha256(key.encode() + database).digest()
