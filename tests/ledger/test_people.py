"""Keep people: what is put in is read back, what ended stays ended, and a nonce is used once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from interlock.app.gate import Gate
from interlock.ledger.people import SqlRegistry
from interlock.path.people import Credential, Delegation, People, Person

T = datetime(2026, 1, 1, tzinfo=UTC)
FOR_S = 300.0


def at(db: Connection, seconds: float = 0) -> SqlRegistry:
    """Return the registry, so many seconds after the first moment."""
    return SqlRegistry(db, T + timedelta(seconds=seconds))


def kept(gate: Gate, seconds: float = 0) -> People:
    """Read everyone."""
    with gate.ledger.engine.connect() as db:
        return at(db, seconds).people()


def test_what_is_put_in_is_read_back(gate: Gate) -> None:
    """A person, their other names, what shows them and who stands in for them."""
    credential = Credential("cred_1", "ana", "token", "ab" * 32)
    delegation = Delegation("del_1", "ana", "bo", T, T + timedelta(hours=1))
    with gate.ledger.engine.begin() as db:
        at(db).put_person(Person("ana", frozenset({"finance"})), ["a@example.org"])
        at(db).add_credential(credential)
        at(db).add_delegation(delegation)
    found = kept(gate, 60)

    assert found.persons == {"ana": Person("ana", frozenset({"finance"}))}
    assert found.behind("A@example.org") == "ana"
    assert (found.credentials, found.delegations) == ({"cred_1": credential}, (delegation,))


def test_what_ended_stays_ended(gate: Gate) -> None:
    """Ending twice keeps the first time; a person's end is that of what they have, too."""
    with gate.ledger.engine.begin() as db:
        at(db).put_person(Person("ana"), [])
        at(db).add_credential(Credential("cred_1", "ana", "key", "ab" * 32))
        at(db).add_delegation(Delegation("del_1", "ana", "bo", T, T + timedelta(hours=1)))
        at(db, 10).end_delegation("del_1")
        at(db, 20).end_delegation("del_1")
        at(db, 30).revoke_person("ana")
    found = kept(gate, 40)

    assert found.delegations[0].until == T + timedelta(seconds=10)
    assert found.is_revoked("ana")
    assert not found.is_in_force(found.credentials["cred_1"])


@pytest.mark.parametrize(
    ("nonce", "ref", "who", "seconds", "is_good"),
    [
        ("n", "req", "ana", 299, True),
        ("n", "req", "ana", 300, False),
        ("n", "req", "ana", -1, False),
        ("x", "req", "ana", 1, False),
        ("n", "other", "ana", 1, False),
        ("n", "req", "bo", 1, False),
    ],
)
def test_a_nonce_is_one_persons_for_one_thing_and_a_while(
    gate: Gate, nonce: str, ref: str, who: str, seconds: float, *, is_good: bool
) -> None:
    """A nonce of somebody else, for something else, too old, or of tomorrow is none."""
    with gate.ledger.engine.begin() as db:
        at(db).issue("n", "req", "ana", FOR_S)

        assert at(db, seconds).redeem(nonce, ref, who, FOR_S) is is_good


def test_a_nonce_is_used_once(gate: Gate) -> None:
    """The second answer over it is refused."""
    with gate.ledger.engine.begin() as db:
        at(db).issue("n", "req", "ana", FOR_S)

        assert [at(db, 1).redeem("n", "req", "ana", FOR_S) for _ in range(2)] == [True, False]
