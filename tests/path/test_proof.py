"""Proof: that who answered is who they say."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.path.people import Credential, People, Person
from interlock.path.proof import STRENGTH, Auth, Ballot, content_of, is_hex, is_shown
from interlock.policy.decisions import Proof
from interlock.signing import new_key

KEY = new_key()
DESK = People(
    datetime(2026, 1, 1, tzinfo=UTC),
    {"ana": Person("ana"), "bob": Person("bob")},
    {"a@example.org": "ana"},
    {
        "key": Credential("key", "ana", "key", KEY.public),
        "token": Credential("token", "ana", "token", "0" * 64),
    },
)
BALLOT = Ballot("req", "call", "d" * 64, "approve", "p" * 64, "ana", "n" * 64, "checked")
SIGNED = {"credential": "key", "signature": KEY.sign(BALLOT.signed)}


def test_every_way_has_a_strength() -> None:
    """What a rule may ask for is what somebody can show, in this order."""
    assert STRENGTH.keys() == {*get_args(Auth)}
    asked = get_args(Proof)
    assert sorted(asked, key=lambda each: STRENGTH[each]) == [*asked]
    assert STRENGTH["inline"] == STRENGTH["local"] == 0


@pytest.mark.parametrize("by", ["ana", "Ana", "a@example.org"])
def test_what_is_shown_is_theirs_under_each_name(by: str) -> None:
    """A key and a token show their owner, whatever name stands there; a name shows nobody."""
    assert is_shown(DESK, by, "signed", SIGNED, BALLOT)
    assert is_shown(DESK, by, "token", {"credential": "token"}, BALLOT)
    assert not is_shown(DESK, by, "local", None, BALLOT)
    assert not is_shown(DESK, by, "inline", None, BALLOT)


def test_nothing_is_shown_by_what_is_not_theirs_or_not_there() -> None:
    """Another's, one of the other kind, none, one that was revoked or whose owner was."""
    for auth in ("token", "signed"):
        assert not is_shown(DESK, "bob", auth, SIGNED, BALLOT)
        assert not is_shown(DESK, "ana", auth, None, BALLOT)
        assert not is_shown(DESK, "ana", auth, {}, BALLOT)
    assert not is_shown(DESK, "ana", "signed", {**SIGNED, "credential": "token"}, BALLOT)
    assert not is_shown(DESK, "ana", "token", {"credential": "key"}, BALLOT)
    ended = {name: one._replace(is_revoked=True) for name, one in DESK.credentials.items()}
    assert not is_shown(replace(DESK, credentials=ended), "ana", "signed", SIGNED, BALLOT)
    gone = {**DESK.persons, "ana": Person("ana", is_revoked=True)}
    assert not is_shown(replace(DESK, persons=gone), "ana", "signed", SIGNED, BALLOT)
    assert is_shown(DESK, "bob", "local", None, BALLOT)


@given(st.sampled_from(Ballot._fields), st.text(max_size=8))
def test_a_signature_covers_every_member(name: str, value: str) -> None:
    """A ballot that differs in one member is another's."""
    altered = BALLOT._replace(**{name: value})

    assert is_shown(DESK, "ana", "signed", SIGNED, altered) == (altered == BALLOT)


@given(st.lists(st.text(max_size=4), min_size=2, max_size=2))
def test_no_two_ballots_have_the_same_bytes(ends: list[str]) -> None:
    """Text that moves from one member to the next is another ballot."""
    one, other = ends
    first, second = (
        BALLOT._replace(nonce=one, reason=other),
        BALLOT._replace(nonce=other, reason=one),
    )

    assert (first.signed == second.signed) == (one == other)


def test_what_an_edit_says_is_hidden_and_fixed() -> None:
    """The same words under another salt commit to something else, and so do other words."""
    said = content_of("pay", {"amount": 1}, "", "s")

    assert said == content_of("pay", {"amount": 1}, "", "s")
    assert (
        len({said, content_of("pay", {"amount": 1}, "", "t"), content_of(None, {}, "", "s")}) == 3
    )


@pytest.mark.parametrize("text", ["", "ab" * 31, "AB" * 32, "zz" * 32, "ab" * 33, None, 5])
def test_hex_is_of_one_form(text: object) -> None:
    """So many bytes in lower case, and nothing else."""
    assert not is_hex(text, 32)
    assert is_hex("ab" * 32, 32)
