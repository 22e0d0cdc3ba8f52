"""Resume: threads that were woken, some at a time, until stopped.

As many threads of this process as are asked for, each with one thread of an application in hand;
nothing is taken before somebody is free for it.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from interlock.app.gate import Gate
from interlock.app.threads import Application, Resumption, Went
from interlock.cli.screen import amount, local, say
from interlock.desk.display import visible
from interlock.errors import LedgerBusy, LedgerError

_LOOK_S: Final = 60.0
"""How long a free one waits to be rung, and until the others' threads are counted again, seconds.

Who keeps time rings whatever falls due.
"""

_log = logging.getLogger("interlock.threads")


class Crew:
    """Threads of this process that resume those of applications."""

    def __init__(self, gate: Gate, hosts: Mapping[str, Application], size: int) -> None:
        """Be ready to resume the threads of `hosts`, `size` at a time."""
        self._gate, self._hosts = gate, hosts
        self._bell = threading.Condition()
        self._rings = 0
        self._stopped = False
        self._in_hand: dict[str, Resumption] = {}
        self._next_census = time.monotonic()
        self.resumed = 0
        self.failed = 0
        self.absent: set[str] = set()
        """Hosts whose threads could go on, and that no application here makes."""
        names = range(size if hosts else 0)
        self._members = [
            threading.Thread(target=self._work, args=(at,), daemon=True) for at in names
        ]

    def start(self) -> None:
        """Begin."""
        for member in self._members:
            member.start()

    def ring(self) -> None:
        """Have whoever is free look for what is due."""
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def look(self, *, fired: bool = False) -> None:
        """Ring where something is due; say once which applications are not here.

        That is looked for now and then, and when a timer `fired`. Raises `LedgerError`.
        """
        if self._hosts and self._gate.threads.due(self._hosts):
            self.ring()
        if not fired and time.monotonic() < self._next_census:
            return
        self._next_census = time.monotonic() + _LOOK_S
        for host, count in self._gate.threads.waiting(apart_from=self._hosts).items():
            if host not in self.absent:
                self.absent.add(host)
                say(
                    f"{amount(count, 'thread')} of `{visible(host)}` can go on, and no application "
                    "named here makes it; the verdicts are kept"
                )

    def drain(self, stop: threading.Event) -> None:
        """Resume all that is due now, in this thread, until stopped. Raises `LedgerError`."""
        while self._hosts and not stop.is_set() and any(map(self._resumed, self._due(0))):
            pass

    def stop(self, grace_s: float) -> list[Resumption]:
        """Take nothing more, and wait for what is in hand; return what is still, given back.

        Whoever has it is to be ended by its process: its thread may be taken over from now on.
        """
        with self._bell:
            self._stopped = True
            self._bell.notify_all()
        until = time.monotonic() + grace_s
        for member in self._members:
            member.join(max(0.0, until - time.monotonic()))
        left = [*self._in_hand.values()]
        for held in left:
            self._gate.threads.give_back(held)
        return left

    def _work(self, place: int) -> None:
        heard = -1
        while not self._stopped:
            with self._bell:
                if heard == self._rings:
                    self._bell.wait(_LOOK_S)
                heard = self._rings
            try:
                self._clear(place)
            except LedgerError as error:
                say(f"{'busy' if isinstance(error, LedgerBusy) else 'waiting'}: {error}")
            except Exception:  # noqa: BLE001 - a defect in one thread ends no other
                _log.exception("a thread could not be resumed; others are")

    def _clear(self, place: int) -> None:
        """Resume what is due until there is nothing."""
        while not self._stopped and any(map(self._resumed, self._due(place))):
            pass

    def _due(self, place: int) -> list[tuple[str, str]]:
        """Return some of what is due, for each member from another place on."""
        found = self._gate.threads.due(self._hosts, 2 * max(1, len(self._members)))
        place %= max(1, len(found))
        return found[place:] + found[:place]

    def _resumed(self, thread: tuple[str, str]) -> bool:
        """Resume a thread unless somebody else is faster."""
        if self._stopped or (held := self._gate.threads.take(*thread)) is None:
            return False
        self._in_hand[held.lease] = held
        try:
            self._tell(held, self._gate.threads.resume(held, self._hosts[held.host]))
        finally:
            del self._in_hand[held.lease]
        return True

    def _tell(self, held: Resumption, went: Went) -> None:
        self.resumed += went.outcome in ("finished", "waits", "delivered")
        self.failed += went.outcome in ("failed", "astray")
        again = self._gate.threads.pause_s(held, went)
        later = "" if again is None else f"; again in {again:g} s"
        if went.outcome != "idle":
            said = (local(datetime.now(UTC)), visible(f"{went.host}/{went.thread}"), went.outcome)
            say("  ".join(filter(None, (*said, visible(went.about) + later))))


def words(hosts: Sequence[str]) -> str:
    """Name applications, for people."""
    return ", ".join(f"`{visible(host)}`" for host in sorted(hosts)) or "no application"
