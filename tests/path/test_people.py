"""People: who answers, behind all of their names."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from interlock.errors import NotEligible
from interlock.path.people import (
    BREAK_GLASS,
    REGISTRAR,
    Credential,
    Delegation,
    People,
    Person,
    named,
    two_keys,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DESK = People(
    NOW,
    {
        "ana": Person("ana", frozenset({"finance"})),
        "bob": Person("bob", frozenset({"finance", "ops"})),
        "eve": Person("eve", frozenset({"finance"}), is_revoked=True),
    },
    {"ana@example.org": "ana", "github:ana": "ana", "robert": "bob"},
    {"cred": Credential("cred", "ana", "token", "0" * 64, is_revoked=True)},
)


def _deputy(who: str, instead_of: str, since: datetime = NOW - HOUR) -> Delegation:
    return Delegation(f"{who}-{instead_of}", instead_of, who, since, since + 2 * HOUR)


def test_all_names_of_a_human_are_one_human() -> None:
    """Q1: who is left out under one name is left out under each, and nobody else is."""
    assert DESK.behind("local:ANA@example.org") == "ana"
    assert DESK.behind("stranger") == "stranger"
    assert not DESK.is_apart("github:ana", ["ana@example.org"])
    assert not DESK.is_apart("an\u0430@example.org", ["ana"])
    assert DESK.is_apart("robert", ["ana@example.org"])


def test_roles_are_of_those_who_are_here() -> None:
    """A person who was revoked has no role any more."""
    assert DESK.with_role("finance") == ("ana", "bob")
    assert DESK.with_role("nobody") == ()


def test_who_holds_two_keys() -> None:
    """Of those who are here, whatever else they have."""
    roles = {"a": {BREAK_GLASS, REGISTRAR, "x"}, "b": {BREAK_GLASS}, "c": {REGISTRAR}}
    people = {name: Person(name, frozenset(each)) for name, each in roles.items()}
    assert two_keys(People(NOW, people)) == {"a"}
    assert two_keys(People(NOW, {"a": people["a"]._replace(is_revoked=True)})) == frozenset()


def test_an_empty_registry_knows_each_name_as_its_own() -> None:
    """Where nobody was added, everyone may answer under their name, as before."""
    empty = People(NOW)

    assert empty.seats("Ana", None, NOW) == ("ana",)
    assert empty.seats("local:Ana", ["ANA"], NOW) == ("ana",)
    assert empty.seats("bob", ["ana"], NOW) == ()
    assert not empty.must_prove("ana")


def test_who_was_revoked_answers_for_nothing() -> None:
    """Q4: not even where everyone may answer, nor by a deputy."""
    desk = replace(DESK, delegations=(_deputy("bob", "eve"),))

    assert desk.seats("eve", None, NOW) == ()
    assert desk.seats("eve", ["eve"], NOW) == ()
    assert desk.seats("bob", ["eve"], NOW) == ()


def test_a_credential_that_once_was_keeps_the_name_from_being_typed() -> None:
    """A revoked credential does not give the name to whoever types it."""
    assert DESK.must_prove("github:ana")
    assert DESK.credential("ana", "cred", "token") is None
    assert not DESK.must_prove("bob")


def test_a_credential_shows_one_person_and_is_of_one_kind() -> None:
    """Somebody else's credential, or one of the other kind, shows nothing."""
    desk = replace(DESK, credentials={"cred": Credential("cred", "ana", "token", "0" * 64)})

    assert desk.credential("ana@example.org", "cred", "token") is not None
    assert desk.credential("bob", "cred", "token") is None
    assert desk.credential("ana", "cred", "key") is None
    assert desk.credential("ana", "other", "token") is None


def test_a_deputy_answers_in_the_place_of_who_is_asked() -> None:
    """Q11: explicit; and whoever is asked themselves answers for themselves."""
    desk = replace(DESK, delegations=(_deputy("bob", "ana"),))

    assert desk.seats("robert", ["github:ana"], NOW) == ("ana",)
    assert desk.seats("bob", ["ana", "bob"], NOW) == ("bob",)
    assert desk.seats("ana", ["bob"], NOW) == ()


def test_a_delegation_has_its_time() -> None:
    """Q11: it holds when the answer is given and when the call runs, its end not included."""
    desk = replace(DESK, delegations=(_deputy("bob", "ana"),))

    assert desk.seats("bob", ["ana"], NOW - 2 * HOUR) == ()
    assert desk.seats("bob", ["ana"], NOW - HOUR) == ("ana",)
    assert replace(desk, at=NOW + HOUR).seats("bob", ["ana"], NOW) == ()


def test_a_deputys_deputy_is_nobodys() -> None:
    """Q11: a delegation is not handed on."""
    desk = replace(DESK, delegations=(_deputy("bob", "ana"), _deputy("carl", "bob")))

    assert desk.seats("carl", ["ana"], NOW) == ()
    assert desk.seats("carl", ["bob"], NOW) == ("bob",)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "nobody"),
        ("  ", "nobody"),
        ("local:", "nobody"),
        ("policy:timeout", "gate's own"),
        ("Policy:Timeout", "gate's own"),
        ("\uff50olicy:timeout", "gate's own"),
        ("local:policy:x", "gate's own"),
        ("local:local:interlock", "gate's own"),
        ("interlock", "gate's own"),
        ("INTERLOCK-bot", "gate's own"),
        ("ana\u200b", "U+200B"),
        ("a\u00adna", "U+00AD"),
        ("a\nb", "U+000A"),
        ("a\x1bb", "U+001B"),
        ("ana\u202eeve", "U+202E"),
        ("ana\u3164", "U+3164"),
        ("ana\ufe0f", "U+FE0F"),
        ("ana\u00a0b", "U+00A0"),
        ("\ud800", "U+D800"),
        ("\u0440\u0430yments-team", "mixes scripts"),
        ("payments-te\u0430m", "mixes scripts"),
        ("\u0391na", "mixes scripts"),
        ("local:\u0430na", "mixes scripts"),
        ("a\u0578a", "mixes scripts"),
        (5, "not int"),
        (None, "not NoneType"),
        (["ana"], "not list"),
    ],
)
def test_a_name_that_is_no_persons_is_refused(name: Any, why: str) -> None:
    """Q1: nobody decides under the gate's names, under none, or in what nobody sees."""
    with pytest.raises(NotEligible, match=re.escape(why)):
        named(name)


@pytest.mark.parametrize(
    "name",
    [
        "ana",
        " ana ",
        "ana\n",
        "Ana María",
        "local:ana",
        "a-b@c.org",
        "李雷",
        "policy",
        "Анна",
        "local:Анна",
        "анна@example.org",
        "山田タロウ",
        "Li雷",
        "José2",
    ],
)
def test_a_persons_name_is_taken_as_it_is(name: str) -> None:
    """A name in any script stands in the record as it was given, without the space around it."""
    assert named(name) == name.strip()
