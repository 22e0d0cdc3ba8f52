"""Experience: at hand, bounded, and only as old as the last pass."""

import pytest

from interlock.app.policy import Policy
from interlock.conduct.experience import AGENTS, EVERY_S, Experience
from interlock.conduct.learning import LearnedName
from interlock.errors import LedgerBusy, PolicyError
from interlock.ledger.learned import LearnedRows
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.signals.reputation import Reputation

from .conftest import World  # isort: skip

HEEDING = """
tools: {"orders.*": {risk_tags: [read], effect: read}}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: unsure, match: {tools: [pay], confidence_below: 0.5}, decision: require_approval}
"""


def experience(world: World) -> Experience:
    """Know what a world's ledger has learned."""
    ports = world.gate.conductor.ports
    return Experience(LearnedRows(world.gate.ledger), ports.policy, ports.clock)


class TestBounds:
    def test_a_few_agents_are_at_hand(self, world: World) -> None:
        """However many agents a process sees, it keeps those it saw last."""
        known = experience(world)
        first = known.of("", "agent 0", "")
        for at in range(2 * AGENTS):
            known.of("", f"agent {at}", "")
        last = known.of("", f"agent {2 * AGENTS - 1}", "")

        assert known.of("", "agent 0", "") is not first
        assert known.of("", f"agent {2 * AGENTS - 1}", "") is last


class TestWarm:
    def test_what_was_learned_last_is_at_hand(self, world: World) -> None:
        """After it no call reads the ledger for the agents that were learned of last."""
        world.gate.reload(Policy.parse(HEEDING))
        world.gate.ledger.wrote = lambda _: None
        memory = LearnedRows(world.gate.ledger)
        for at in range(3):
            name = LearnedName("", f"bot {at}", "reputation", "m")
            assert memory.keep(at, at + 1, {name: Reputation(name.agent, "m").to_text()})
        known = experience(world)
        known.warm(agents=2)
        for at in range(3):  # what nobody tells it of
            newer = Reputation(f"bot {at}", "m")
            newer.version = 9
            name = LearnedName("", newer.agent, "reputation", "m")
            assert memory.keep(3 + at, 4 + at, {name: newer.to_text()})

        versions = [known.of("", f"bot {at}", "m").reputation.version for at in range(3)]
        assert versions == [9, 0, 0]

    def test_where_nothing_looks_nothing_is_read(self, world: World) -> None:
        """A policy without such rules costs nothing at the start."""
        known, memory = experience(world), LearnedRows(world.gate.ledger)
        name = LearnedName("", "bot", "reputation", "m")
        assert memory.keep(0, 1, {name: Reputation("bot", "m").to_text()})
        known.warm()
        newer = Reputation("bot", "m")
        newer.version = 9
        assert memory.keep(1, 2, {name: newer.to_text()})

        assert known.of("", "bot", "m").reputation.version == 9


class TestDue:
    @pytest.mark.parametrize("heeds", [True, False])
    def test_is_learned_now_and_then_where_a_rule_looks(self, world: World, *, heeds: bool) -> None:
        """No rule, nothing learned; and no more often than once in some seconds."""
        if heeds:
            world.gate.reload(Policy.parse(HEEDING))
        world.gate.ledger.wrote = lambda _: None
        known, memory = experience(world), LearnedRows(world.gate.ledger)
        found: list[bool] = []
        for at in range(2):
            (call,) = world.propose(("orders.get", {"id": at}))
            world.go(call)
            world.gate.ledger.seal_entries()
            before = memory.upto()
            known.learn_due()
            found.append(memory.upto() > before)
        world.clock.advance(EVERY_S)
        before = memory.upto()
        known.learn_due()

        assert [*found, memory.upto() > before] == [heeds, False, heeds]

    @pytest.mark.parametrize("error", [LedgerBusy("held"), ValueError("a defect")])
    def test_nobody_stops_for_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        """Whatever goes wrong, whoever seals goes on; it is tried again the next time."""
        world.gate.reload(Policy.parse(HEEDING))
        known, tries = experience(world), list[int]()

        def upto(_: LearnedRows) -> int:
            tries.append(1)
            raise error

        monkeypatch.setattr(LearnedRows, "upto", upto)
        for _ in range(2):
            world.clock.advance(EVERY_S)
            known.learn_due()

        assert len(tries) == 2

    def test_no_policy_is_no_failure(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        """Commands about people, in a ledger where no policy was used yet, say nothing of it."""

        def none() -> CompiledPolicy:
            raise PolicyError("no policy was ever used here")

        ports = world.gate.conductor.ports
        with caplog.at_level("INFO"):
            Experience(LearnedRows(world.gate.ledger), none, ports.clock).learn_due()

        assert caplog.messages == []
