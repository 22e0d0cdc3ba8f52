"""Level: what counts is the lower row, and of two who read the same entries one is heard."""

from interlock.app.gate import Gate
from interlock.autonomy.evidence import Evidence
from interlock.autonomy.tally import AgentWork

AT = "2026-01-01T00:00:00.000000Z"


def test_the_lower_of_its_own_and_of_all(gate: Gate) -> None:
    """A level set for all tenants is a ceiling of each, and none is nobody's."""
    with gate.ledger.begin() as tx:
        for tenant, level in (("acme", 3), ("", 1)):
            tx.levels.put((tenant, "bot"), level, "ana", "x", AT)
        assert tx.levels.of("acme", "bot") == tx.levels.of("globex", "bot") == 1
        assert tx.levels.of("acme", "cat") is None
        assert tx.levels.rows("bot") == {"": 1, "acme": 3}
        tx.levels.put(("acme", "bot"), 0, "ana", "x", AT)
        assert tx.levels.of("acme", "bot") == 0


def test_who_reads_from_elsewhere_is_not_heard(gate: Gate) -> None:
    """What is kept moves on from where it stood, by compare-and-set, and not from elsewhere."""
    work = AgentWork(Evidence(level=2), own=2)
    with gate.ledger.begin() as tx:
        assert tx.levels.work(("", "bot")) is None
        assert tx.levels.keep(0, 7, {("", "bot"): work})
        assert not tx.levels.keep(0, 9, {("", "bot"): AgentWork()})
        assert tx.levels.work(("", "bot")) == work
        assert tx.levels.work(("", "")) is None
