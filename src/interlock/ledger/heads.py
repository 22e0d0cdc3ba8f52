"""Remember: the newest head that was signed here, outside the database.

Who can write the database and nothing else could take checkpoints and tiles back to an older head,
rewrite what came after it, and have the record's own process sign that. The note that it signed
last lies in the state directory: a record without that head is neither right nor sealed further.
"""

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from interlock.errors import LedgerError
from interlock.ledger.notes import Head

_FOLDER: Final = "audit.heads"
_NAME_CHARS: Final = 16


class Heads:
    """The newest signed note of one ledger, as a file of the state directory."""

    def __init__(self, folder: Path, url: str) -> None:
        """Use the state directory `folder` for the ledger at a URL or file."""
        name = hashlib.sha256(_place(url).encode()).hexdigest()[:_NAME_CHARS]
        self.path = folder / _FOLDER / name

    def note(self) -> str | None:
        """Return the note that was signed last, None where none was. Raises `LedgerError`."""
        try:
            text = self.path.read_text(encoding="utf-8")
            Head.read(text)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise LedgerError(f"{self.path}: no signed head; {self.advice}") from error
        return text

    def newest(self) -> Head | None:
        """Return what that note says. Raises `LedgerError`."""
        text = self.note()
        return Head.read(text) if text else None

    def remember(self, note: str) -> None:
        """Keep a note if it is of a later head, as far as the state directory can be written.

        Two processes at once may leave the smaller of two heads, until the next one is signed.
        """
        known = self.newest()
        if known and known.size >= Head.read(note).size:
            return
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        with suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(note)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)

    @property
    def advice(self) -> str:
        """What to do when it was the operator who put another record in place."""
        return (
            f"if you put another copy of the ledger in place yourself, or made it anew, remove "
            f"{self.path}: what was signed here until now is then not asked for any more"
        )


def _place(url: str) -> str:
    """Name where a ledger lies, whoever opens it and however."""
    target = make_url(url if "://" in url else f"sqlite:///{url}")
    if target.drivername.startswith("sqlite"):
        return str(Path(target.database or "").resolve())
    host, port = (target.query.get(name, "") for name in ("host", "port"))
    return f"{target.host or host}:{target.port or port}/{target.database}"
