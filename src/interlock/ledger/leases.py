"""Renew: leases of running calls, on one daemon thread, so that a busy process keeps its claims."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from interlock.path.warrant import Warrant


class LeaseKeeper:
    """Renews each kept lease at a third of its length until it is let go."""

    def __init__(self, renew: Callable[[str, int, float], bool], lease_s: float) -> None:
        """Call `renew(call_id, fence, lease_s)` for each kept warrant."""
        self._renew = renew
        self._lease_s = lease_s
        self._kept: dict[tuple[str, int], None] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def keep(self, warrant: Warrant) -> Generator[None]:
        """Hold a warrant's lease while the block runs."""
        name = (warrant.call_id, warrant.fence)
        with self._lock:
            self._kept[name] = None
            self._start()
        try:
            yield
        finally:
            with self._lock:
                self._kept.pop(name, None)

    def close(self) -> None:
        """Stop renewing."""
        self._wake.set()

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="interlock-leases", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._wake.wait(self._lease_s / 3):
            for call_id, fence in list(self._kept):
                self._renew_one(call_id, fence)

    def _renew_one(self, call_id: str, fence: int) -> None:
        try:
            self._renew(call_id, fence, self._lease_s)
        except Exception:  # noqa: BLE001 - a lease that cannot be renewed lapses, which is safe
            return
