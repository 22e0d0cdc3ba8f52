"""Answer: in the name of who sits at the keyboard, by the key or token that they brought."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from interlock.app.batches import BatchAnswers, CallBatch
from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.app.people import Credentials, Desk
from interlock.errors import DeskError
from interlock.signing import PersonKey
from interlock.terminal.dialogs import Given

ReviewVerb: TypeAlias = Literal["approve", "deny", "respond", "cancel"]
BatchVerb: TypeAlias = Literal["approve", "deny"]

SNOOZE_S: Final = 1800.0
"""For how long `s` puts a question off, seconds."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who sits at the keyboard, and what shows it."""

    by: str | None = None
    """None: whose key or token it is."""
    held: Credentials | None = None
    unlock: Callable[[str], Credentials] | None = None
    """Opens the key by its passphrase."""


class Hand:
    """What gives answers. Errors of the ledger's are raised as they are."""

    def __init__(self, gate: Gate, me: Operator) -> None:
        """Answer in `gate`."""
        self._gate, self._inbox, self._me = gate, gate.inbox, me
        self._held, self._name = me.held, me.by

    @property
    def signs(self) -> bool:
        """Whether there is a key."""
        return self._me.unlock is not None or isinstance(self._held, PersonKey)

    @property
    def shows(self) -> bool:
        """Whether anything shows who sits here besides their name."""
        return self.signs or self._held is not None

    @property
    def name(self) -> str | None:
        """Who sits here: as named, else whose key or token it is; None as long as it is locked."""
        if self._name is None and self._held is not None:
            self._name = Desk(self._gate.conductor, self._gate.ledger).who(None, self._held)
        return self._name

    def locked(self, afresh: bool) -> bool:
        """Whether the key's passphrase must be typed: once, or `afresh` for each answer."""
        return self._me.unlock is not None and (afresh or self._held is None)

    def give(self, verb: ReviewVerb, case: Case, given: Given, looked_s: float) -> Case:
        """Give an answer to what was looked at for so long; return what the call became."""
        said = self._said(given, looked_s)
        match verb:
            case "approve":
                return self._inbox.approve(case.id, reason=given.text, **said)
            case "deny":
                return self._inbox.deny(case.id, reason=given.text, **said)
            case "respond":
                return self._inbox.respond(case.id, message=given.text, **said)
            case "cancel":
                return self._inbox.cancel(case.id, reason=given.text, **said)

    def edit(self, case: Case, args: Mapping[str, Any], given: Given, looked_s: float) -> Case:
        """Propose other arguments instead; return the call that has them."""
        said = self._said(given, looked_s)
        return self._inbox.edit(case.id, args=args, reason=given.text, **said)

    def give_all(
        self, verb: BatchVerb, batch: CallBatch, given: Given, looked_s: float
    ) -> BatchAnswers:
        """Give one answer to each call of a batch; return what each came to."""
        said, batches = self._said(given, looked_s), self._gate.batches
        answer = batches.approve if verb == "approve" else batches.deny
        return answer(batch.name, reason=given.text, **said)

    def batch(self, case: Case) -> CallBatch | None:
        """Return what may be answered together with a case; None where nothing may."""
        try:
            return self._gate.batches.of(case.id)
        except DeskError:
            return None

    def put_off(self, name: str, given: Given) -> datetime:
        """Take a question out of one's own view for `SNOOZE_S`; return until when."""
        said: dict[str, Any] = {"by": self._me.by, "held": self._unlocked(given)}
        return self._inbox.snooze(name, for_s=SNOOZE_S, reason=given.text, **said)

    def take_back(self, name: str, given: Given) -> Case:
        """Take an approval back; return what the call became."""
        held = self._unlocked(given)
        return self._inbox.take_back(name, by=self._me.by, held=held, reason=given.text)

    def _said(self, given: Given, looked_s: float) -> dict[str, Any]:
        return {"by": self._me.by, "held": self._unlocked(given), "on_screen_s": looked_s}

    def _unlocked(self, given: Given) -> Credentials | None:
        if self._me.unlock is not None and given.passphrase:
            self._held = self._me.unlock(given.passphrase)
        return self._held
