"""Renew: a claim lives while its tool runs, and not after."""

import threading

from interlock.canon import encode
from interlock.ledger.leases import LeaseKeeper
from interlock.path.proposal import Agent, CallKey, Claim, Context, fix
from interlock.path.warrant import Warrant


def warrant(call_id: str) -> Warrant:
    """Make a warrant for a call."""
    key = CallKey("", "h", "t", "", "m", "c")
    proposal = fix(key, "tool", encode({}), Context(Agent("bot")), Claim(), "", 0)
    return Warrant(call_id, proposal, 3, "read")


def test_a_kept_lease_is_renewed_until_it_is_let_go() -> None:
    """A running call's lease is renewed at a third of its length, and no longer than it runs."""
    renewed: list[tuple[str, int]] = []
    twice = threading.Event()

    def renew(call_id: str, fence: int, lease_s: float) -> bool:
        renewed.append((call_id, fence))
        if len(renewed) >= 2:
            twice.set()
        return True

    keeper = LeaseKeeper(renew, 0.03)
    with keeper.keep(warrant("call_1")):
        assert twice.wait(5)
    seen = len(renewed)
    threading.Event().wait(0.1)
    keeper.close()

    assert set(renewed) == {("call_1", 3)}
    assert len(renewed) <= seen + 1  # one may have been under way


def test_a_lease_that_cannot_be_renewed_only_lapses() -> None:
    """An error of the ledger ends neither the keeper nor the call."""
    tried = threading.Event()
    calls: list[str] = []

    def renew(call_id: str, fence: int, lease_s: float) -> bool:
        calls.append(call_id)
        if len(calls) >= 2:
            tried.set()
        raise OSError

    keeper = LeaseKeeper(renew, 0.03)
    with keeper.keep(warrant("call_1")):
        assert tried.wait(5)
    keeper.close()
