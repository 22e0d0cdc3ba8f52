"""Read: each end of a call tells of its agent what it is, or nothing."""

from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.autonomy.evidence import Acted
from interlock.ledger.tallies import TallyRows

from .everything import BAD, Agency  # isort: skip


def outcomes(gate: Gate) -> list[Any]:
    """Return how calls went, as facts tell."""
    gate.ledger.seal_entries()
    memory = TallyRows(gate.ledger)
    return [one.outcome for one in memory.page(0, 10_000).facts if isinstance(one, Acted)]


class TestEnds:
    def test_what_people_say(self, tmp_path: Path) -> None:
        """Approved and run it went right; refused or edited it did not; unanswered says nothing."""
        own, inbox = Agency(tmp_path), None
        inbox = own.gate.inbox
        call, request = own.ask(60)
        inbox.approve(request, by="ana", reason="because")
        own.go(call)
        inbox.deny(own.ask(61)[1], by="ana", reason="no")
        inbox.edit(own.ask(62)[1], args={"amount": 30}, by="ana", reason="less")
        inbox.respond(own.ask(63)[1], message="no need", by="ana")
        inbox.cancel(own.ask(64)[1], by="ana", reason="over")
        own.propose("pay", amount=20_000)
        own.propose("read", id=1)

        assert outcomes(own.gate) == ["right", "rejected", "edited", "unseen"]
        own.gate.close()

    @pytest.mark.parametrize(
        ("ends", "told"), [("release", "right"), ("destroy", "quarantine_confirmed")]
    )
    def test_what_was_held(self, tmp_path: Path, ends: str, told: str) -> None:
        """A held result that was let out was fine; one that was not let out was rightly held."""
        own = Agency(tmp_path)
        own.result = BAD
        call = own.propose("read", id=1)
        assert outcomes(own.gate) == []
        getattr(own.gate.quarantine, ends)(call, by="ana", reason="looked at it")

        assert outcomes(own.gate) == [told]
        own.gate.close()

    def test_what_nobody_knows(self, tmp_path: Path) -> None:
        """A call in doubt is no fact; settled as failed it is its tool's failure."""
        own = Agency(tmp_path)
        call = own.doubt(20)
        assert outcomes(own.gate) == []
        own.gate.doubts.settle(call, "failed", by="bea", reason="it did not run")

        assert outcomes(own.gate) == ["tool_failed"]
        own.gate.close()


def test_facts_are_of_entries_alone(tmp_path: Path) -> None:
    """What a call said may be erased, and how it went is told all the same; unsealed is unread."""
    own = Agency(tmp_path)
    call = own.propose("pay", amount=5)
    memory = TallyRows(own.gate.ledger)
    assert memory.page(0, 100).facts == ()
    own.gate.ledger.seal_entries()
    before = memory.page(0, 100).facts
    own.gate.audit.erase(call, reason="asked to", by="dpo")

    (fact,) = (one for one in memory.page(0, 100).facts if isinstance(one, Acted))
    assert fact == before[0]
    assert (fact.place.agent, fact.owner, fact.call_id) == ("bot", "olga", call)
    own.gate.close()
