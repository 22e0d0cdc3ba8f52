"""Answer: a key is opened by what was typed, and asked for again where more is at risk."""

from pathlib import Path

import pytest

from interlock.app.keys import load_held, save_key
from interlock.errors import DeskError
from interlock.signing import new_key
from interlock.terminal.dialogs import Given
from interlock.terminal.hand import Hand, Operator

from .conftest import Seat  # isort: skip


def test_a_passphrase_once_or_each_time(seat: Seat, tmp_path: Path) -> None:
    """An opened key answers on; the highest risks have it opened again; a wrong one opens none."""
    key, place = new_key(), str(tmp_path / "a.key")
    save_key(key, place, "words")
    seat.gate.reviewers.add("ana", by="ana")
    seat.gate.reviewers.add_key("ana", key.public, by="ana")
    me = Operator(unlock=lambda typed: load_held(place, lambda: typed))
    hand, case = Hand(seat.gate, me), seat.gate.inbox.show(seat.ask())

    assert hand.signs
    assert hand.locked(afresh=False)
    with pytest.raises(DeskError):
        hand.give("approve", case, Given(passphrase="guess"), 1.0)
    assert hand.locked(afresh=False)
    assert hand.give("approve", case, Given(passphrase="words"), 1.0).state == "approved"
    assert (hand.locked(afresh=False), hand.locked(afresh=True)) == (False, True)


def test_what_is_done_besides_answers_shows_the_key_too(seat: Seat, tmp_path: Path) -> None:
    """Who sits here is whose key it is, once it is open; a question is put off under it."""
    key, place = new_key(), str(tmp_path / "a.key")
    save_key(key, place, "words")
    seat.gate.reviewers.add("ana", by="ana")
    seat.gate.reviewers.add_key("ana", key.public, by="ana")
    hand = Hand(seat.gate, Operator(unlock=lambda typed: load_held(place, lambda: typed)))
    request = seat.ask()

    assert hand.name is None
    assert hand.put_off(request, Given("later", "words")) > seat.clock.now()
    assert hand.name == "ana"
    assert seat.gate.inbox.pending(viewer="ana") == []
    assert seat.gate.audit.verify().ok


def test_a_name_alone_is_never_asked(seat: Seat) -> None:
    """Without a key there is nothing to open."""
    hand = Hand(seat.gate, Operator("rita"))

    assert (hand.signs, hand.locked(afresh=True)) == (False, False)
