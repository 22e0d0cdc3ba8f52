"""Due: people who look see what time asked for meanwhile, as old as it is."""

from pathlib import Path

from ..conduct.conftest import open_world  # isort: skip
from ..conduct.test_probing import ASKS, LOOKS  # isort: skip


def test_whoever_looks_does_what_time_asks(tmp_path: Path) -> None:
    """With no worker about, what ran out is over, and what is new is not as new as the look."""
    world = open_world(tmp_path, ASKS + LOOKS)
    (call,) = world.propose(("refund.issue", {"amount": 60}))
    world.gate.inbox.approve(call, by="ana", reason="so")
    world.clock.advance(3600)
    assert world.gate.inbox.expire_overdue() == 0
    (shown,) = world.gate.inbox.pending()
    assert shown.created_at < world.clock.now()
    world.clock.advance(7200)
    assert world.gate.inbox.expire_overdue() == 1
    assert world.gate.inbox.pending() == []
    world.gate.close()
