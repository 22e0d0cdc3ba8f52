"""Answer: in the name of who sits at the keyboard, by the key or token that they brought."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from interlock.app.cases import Case
from interlock.app.inbox import Inbox
from interlock.app.people import Credentials
from interlock.terminal.dialogs import Given

ReviewVerb: TypeAlias = Literal["approve", "deny", "respond", "cancel"]


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

    def __init__(self, inbox: Inbox, me: Operator) -> None:
        """Answer in `inbox`."""
        self._inbox, self._me = inbox, me
        self._held = me.held

    @property
    def signs(self) -> bool:
        """Whether there is a key."""
        return self._me.unlock is not None

    def locked(self, afresh: bool) -> bool:
        """Whether the key's passphrase must be typed: once, or `afresh` for each answer."""
        return self.signs and (afresh or self._held is None)

    def give(self, verb: ReviewVerb, case: Case, given: Given) -> Case:
        """Give an answer; return what the call became."""
        held, name, by = self._unlocked(given), case.id, self._me.by
        match verb:
            case "approve":
                return self._inbox.approve(name, by=by, held=held, reason=given.text)
            case "deny":
                return self._inbox.deny(name, by=by, held=held, reason=given.text)
            case "respond":
                return self._inbox.respond(name, by=by, held=held, message=given.text)
            case "cancel":
                return self._inbox.cancel(name, by=by, held=held, reason=given.text)

    def take_back(self, name: str, given: Given) -> None:
        """Take an approval back."""
        held = self._unlocked(given)
        self._inbox.take_back(name, by=self._me.by, held=held, reason=given.text)

    def _unlocked(self, given: Given) -> Credentials | None:
        if self._me.unlock is not None and given.passphrase:
            self._held = self._me.unlock(given.passphrase)
        return self._held
