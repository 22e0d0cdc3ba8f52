"""Oversee: the audit, as a `Gate` offers it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlock.app.auditing import SampleDesk
from interlock.app.people import Credentials, Desk
from interlock.app.policy import Policy
from interlock.app.quarantine import Quarantine, need_reason
from interlock.conduct import Conductor
from interlock.conduct.values import Call, Posed
from interlock.errors import DeskError
from interlock.ledger import queries
from interlock.ledger.anchors import anchor_in_file, anchor_in_git, read_places
from interlock.ledger.answered import Recorded, answered
from interlock.ledger.archiving import ARCHIVED, Period, archive, period, quiet_threads
from interlock.ledger.audit import Verification, nobody, verify
from interlock.ledger.disclosures import Disclosed, outcomes
from interlock.ledger.erasure import (
    ERASED_KIND,
    Erased,
    erase_call,
    erase_principal,
    refuse_probe,
)
from interlock.ledger.evidence import case
from interlock.ledger.export import export, proof
from interlock.ledger.log import LogFilter, read_log
from interlock.ledger.sealing import KEY_CHANGED, Checkpoint, change_key, seal
from interlock.ledger.store import SqlLedger
from interlock.ledger.tail import Tail
from interlock.ledger.tree import Listener

if TYPE_CHECKING:
    from interlock.app.explaining import Explained


class AuditDesk:
    """The record: read, verified, proved to others, and kept within its time."""

    def __init__(self, conductor: Conductor, ledger: SqlLedger) -> None:
        """Read `ledger`; end held results through `conductor`."""
        self._conductor = conductor
        self._ledger = ledger
        self._desk = Desk(conductor, ledger)
        self.samples = SampleDesk(conductor, ledger)

    def verify(
        self,
        key: str | None = None,
        anchors: Sequence[Path] = (),
        progress: Listener = nobody,
    ) -> Verification:
        """Check every entry, chain, state and signed head; changes nothing that is there.

        `key` is the verifier key to check with, `anchors` are files of heads kept elsewhere, or
        repositories. When
        all is right, what is not sealed yet is sealed. Raises `LedgerError` for a file of another
        kind.
        """
        kept = [anchor for path in anchors for anchor in read_places(path)]
        return verify(self._ledger, key, kept, progress)

    def seal(self) -> Checkpoint | None:
        """Seal what is not sealed yet; return the newest signed head. Raises `LedgerError`."""
        return seal(self._ledger)

    def export(self, folder: Path) -> dict[str, Any]:
        """Write the record as files that others verify; return the manifest."""
        return export(self._ledger, folder)

    def proof(self, name: str) -> dict[str, Any]:
        """Prove that a call's entries are in the record. Raises `UnknownId`."""
        return proof(self._ledger, queries.find_call(self._ledger, name).id)

    def case(self, name: str, *, with_arguments: bool = False) -> dict[str, Any]:
        """Return a call's case as a DSSE envelope that verifies offline. Raises `UnknownId`.

        Nothing of a probe ran or could: there is no case of one. Raises `DeskError` for it.
        """
        found = queries.find_call(self._ledger, name)
        if isinstance(found, Posed):
            raise DeskError(
                f"there is no case of `{name}`; its entries: interlock audit log --call"
            )
        return case(self._ledger, found, with_arguments=with_arguments)

    def anchor(self, *, file: Path | None = None, git: Path | None = None) -> Checkpoint:
        """Append the newest head to a file elsewhere, or to a repository. Raises `LedgerError`."""
        if git is not None:
            return anchor_in_git(self._ledger, git)
        if file is None:
            raise DeskError("this names no place; give a file or a repository")
        return anchor_in_file(self._ledger, file)

    def erase(
        self,
        name: str,
        *,
        reason: str,
        by: str | None = None,
        dry_run: bool = False,
        held: Credentials | None = None,
    ) -> Erased:
        """Erase what a call said and returned; a held result is destroyed first.

        With `dry_run`, only say what would go. Raises `UnknownId`, `DeskError` where the call has
        not ended.
        """
        need_reason(reason)
        who = self._desk.who(by, held)
        call = queries.find_to_change(self._ledger, name)
        refuse_probe(call)
        if dry_run:
            if call.state == "quarantined":
                return Erased((call.id,), (), is_gone=False)
            return erase_call(self._ledger, call.id, who, reason, dry_run=True)
        if call.state == "quarantined":
            Quarantine(self._conductor, self._ledger).destroy(
                call.id, reason=reason, by=who, held=held
            )
        shown = self._desk.act(who, held, ERASED_KIND, {"call_id": call.id, "reason": reason})
        return erase_call(self._ledger, call.id, who, reason, shown=shown)

    def erase_principal(
        self,
        principal: str,
        *,
        reason: str,
        by: str | None = None,
        dry_run: bool = False,
        held: Credentials | None = None,
    ) -> Erased:
        """Erase all ended calls that were made on somebody's behalf.

        With `dry_run`, only say what would go. Raises `UnknownId`, `DeskError` where none has
        ended.
        """
        need_reason(reason)
        who = self._desk.who(by, held)
        if dry_run:
            return erase_principal(self._ledger, principal, who, reason, dry_run=True)
        asked = {"principal": principal, "reason": reason}
        shown = self._desk.act(who, held, ERASED_KIND, asked)
        return erase_principal(self._ledger, principal, who, reason, shown=shown)

    def period(self, before: str) -> Period:
        """Say what archiving would take out; changes nothing."""
        return period(self._ledger, before)

    def archive(
        self,
        before: str,
        folder: Path,
        *,
        by: str | None = None,
        held: Credentials | None = None,
    ) -> Period:
        """Export the record, then take out ended calls that began before a stamp.

        A key's signature lasts 300 s; where that is too short for the export, show a token.
        """
        who = self._desk.who(by, held)
        shown = self._desk.act(who, held, ARCHIVED, {"before": before})
        return archive(self._ledger, before, folder, who, shown)

    def quiet_threads(self, before: str) -> "list[tuple[str, str]]":
        """Return host and thread of all without an open call, the last one before a stamp."""
        return quiet_threads(self._ledger, before)

    def change_key(
        self, key: str, *, reason: str, by: str | None = None, held: Credentials | None = None
    ) -> Checkpoint:
        """Sign with another key from now on; the old one says so too. Raises `LedgerError`."""
        need_reason(reason)
        who = self._desk.who(by, held)
        shown = self._desk.act(who, held, KEY_CHANGED, {"reason": reason})
        return change_key(self._ledger, key, who, reason, shown)

    def log(
        self, limit: int | None = None, *, undisclosed: bool = False, **wanted: str | None
    ) -> list[dict[str, Any]]:
        """Return entries, oldest first, by the members of `LogFilter`. Raises `DeskError`."""
        return read_log(self._ledger, LogFilter(**wanted, undisclosed=undisclosed), limit)

    def answered(self, limit: int = 1000) -> "list[Recorded]":
        """Return the newest calls with how the question about each ended, oldest first."""
        return answered(self._ledger, limit)

    def disclosed(self) -> "list[Disclosed]":
        """Return what canaries and second looks came to, the oldest first; of teams."""
        return outcomes(self._ledger)

    def tail(self, back: int = 0) -> Tail:
        """Follow the record from now on, or from the last `back` entries on."""
        return Tail(self._ledger, back)

    def explain(self, name: str, policy: Policy | None = None) -> "Explained":
        """Explain what a policy, by default the one in force, says of a call or its question.

        By the signals, level and usage of then. `name` is an id, or a prefix that only one has.
        Raises `UnknownId`, and `DeskError` where nothing was decided about it.
        """
        from interlock.app.explaining import explained_call

        call = queries.find_call(self._ledger, name)
        return explained_call(policy or Policy(self._conductor.ports.policy()), call)

    def calls(self, thread: str | None = None, limit: int = 1000) -> list[Call]:
        """Return the newest calls, oldest first."""
        return queries.recent_calls(self._ledger, thread, limit)
