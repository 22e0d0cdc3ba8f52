"""Count back: one human's approvals, under all names, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from interlock.app.gate import Gate
from interlock.ledger import rows, tables
from interlock.ledger.approvals import approvals, voters
from interlock.path.people import People, Person
from interlock.path.review import Vote, VoteAnswer

pytestmark = pytest.mark.usefixtures("database")

T = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = People(T, {"ana": Person("ana")}, {"a@x.org": "ana"})


def voted(gate: Gate, *votes: tuple[str, int, VoteAnswer]) -> None:
    """Keep votes: by whom, at which second, what."""
    with gate.ledger.engine.begin() as db:
        for by, second, answer in votes:
            vote = Vote("req_1", "d", answer, by, "local", T + timedelta(seconds=second))
            db.execute(tables.votes.insert(), rows.vote_row(vote))


def test_all_names_of_one_human_the_newest_first(gate: Gate) -> None:
    """Spellings and identities are put together; other people and other answers are not."""
    voted(gate, ("ana", 1, "approve"), ("Ana", 2, "approve"), ("A@X.org", 3, "approve"))
    voted(gate, ("local:ana", 4, "deny"), ("bo", 5, "approve"), ("anas", 6, "approve"))
    with gate.ledger.read() as db:
        assert sorted(voters(db)) == ["A@X.org", "Ana", "ana", "anas", "bo", "local:ana"]
        found = approvals(db, PEOPLE, "ana", T, 9)
        assert found == [T + timedelta(seconds=second) for second in (3, 2, 1)]
        assert approvals(db, PEOPLE, "ana", T + timedelta(seconds=2), 9) == found[:2]
        assert approvals(db, PEOPLE, "ana", T, 1) == found[:1]
        assert approvals(db, PEOPLE, "nobody", T, 9) == []


def test_nobody_ever_answered(gate: Gate) -> None:
    """An empty ledger has no voters."""
    with gate.ledger.read() as db:
        assert [*voters(db)] == []
