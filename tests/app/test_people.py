"""Enrol, as a gate offers it: who is listed, who a key or a token stands for, and no secrets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.people import Desk
from interlock.errors import NotEligible
from interlock.signing import new_key


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate without people."""
    with Gate.open(ledger=tmp_path / "l.db", state=tmp_path) as made:
        yield made


def test_a_token_stands_for_its_owner(gate: Gate) -> None:
    """Until it is revoked; what is listed of it does not give it away."""
    gate.reviewers.add("ana", roles=["finance"])
    _, held = gate.reviewers.new_token("ana")
    desk = Desk(gate.conductor, gate.ledger)
    (listed,) = gate.reviewers.list()

    assert desk.who(None, held) == "ana"
    assert (listed.principal, listed.roles) == ("ana", ("finance", "registrar"))
    assert held.secret not in str(listed.json())
    gate.reviewers.revoke("ana", reason="left", last=True, by="ana", held=held)
    with pytest.raises(NotEligible, match="nobody's here"):
        desk.who(None, held)


def test_a_key_that_nobody_enrolled_is_nobodys(gate: Gate) -> None:
    """Whoever makes a key of their own is not let in by it."""
    with pytest.raises(NotEligible, match="nobody's here"):
        Desk(gate.conductor, gate.ledger).who(None, new_key())
