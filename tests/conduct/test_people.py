"""Enrol: who may answer, and who may say so."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from interlock.app.people import Token
from interlock.errors import DeskError, NotEligible, UnknownId
from interlock.signing import PersonKey, new_key

from .conftest import World, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


def _ask(world: World, amount: int = 200) -> tuple[str, Any]:
    (call,) = world.propose(("refund.issue", {"amount": amount}))
    return call, waiting(world.go(call)).request


def _enrolled(world: World, name: str, **said: Any) -> PersonKey:
    """Enrol somebody with a key, by the last one enrolled before."""
    key = new_key()
    world.gate.reviewers.add(name, **said)
    world.gate.reviewers.add_key(name, key.public, **said)
    return key


class TestNames:
    def test_who_is_left_out_is_left_out_under_all_names(self, world: World) -> None:
        """Q1: the requester does not approve under any identity that is enrolled."""
        world.gate.reviewers.add("carla", identities=["cust", "c@example.org"])
        _, request = _ask(world)

        for name in ("carla", "c@example.org", "local:Carla"):
            with pytest.raises(NotEligible, match="asked for this call"):
                world.gate.inbox.approve(request.id, by=name, reason="mine")
        world.gate.inbox.approve(request.id, by="ana", reason="checked")

    def test_who_turns_out_to_be_the_requester_did_not_approve(self, world: World) -> None:
        """I7: at the execution, too: an identity that is known by then voids the approval."""
        call, request = _ask(world)
        world.gate.inbox.approve(request.id, by="ana", reason="checked")
        world.gate.reviewers.add("ana", identities=["cust"])

        assert waiting(world.go(call)).request.id != request.id
        assert world.effects == []

    @pytest.mark.parametrize("name", ["LUCAS", "local:lucas", "l@example.org"])
    def test_a_name_is_one_persons(self, world: World, name: str) -> None:
        """A name that somebody has is theirs, however it is written, and nobody else's."""
        desk = world.gate.reviewers
        desk.add("lucas", identities=["l@example.org"])

        assert desk.add(name) == "lucas"
        with pytest.raises(DeskError, match="somebody else"):
            desk.add("bob", identities=[name])

    @pytest.mark.parametrize("name", ["Iucas", "1ucas", "luc\u0251s"])
    def test_nobody_is_enrolled_under_a_name_that_looks_like_anothers(
        self, world: World, name: str
    ) -> None:
        """In a list of reviewers, two names that are drawn the same would be one."""
        world.gate.reviewers.add("lucas")

        with pytest.raises(DeskError, match="somebody else"):
            world.gate.reviewers.add(name)
        with pytest.raises(DeskError, match="somebody else"):
            world.gate.reviewers.add("bob", identities=[name])


class TestRevoked:
    @pytest.mark.parametrize("what", ["person", "token"])
    def test_an_approval_counts_no_more(self, world: World, what: str) -> None:
        """Q4: who is revoked before the call runs did not approve it; it is asked anew."""
        desk = world.gate.reviewers
        desk.add("ana")
        name, token = desk.new_token("ana")
        call, request = _ask(world)
        world.gate.inbox.approve(request.id, held=token, reason="checked")
        if what == "person":
            desk.revoke("ana", reason="left", last=True, held=token)
        else:
            desk.revoke_credential(name, reason="lost", last=True, held=token)

        again = waiting(world.go(call)).request

        assert again.id != request.id
        assert world.effects == []
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(again.id, held=token, reason="checked")
        with pytest.raises(NotEligible):
            world.gate.inbox.deny(again.id, by="ana", reason="typed")

    def test_roles_are_taken_one_by_one(self, world: World) -> None:
        """What is left is left; a role that nobody gave is not taken."""
        desk = world.gate.reviewers
        desk.add("ana", roles=["finance", "ops"])
        desk.revoke("ana", reason="moved", roles=["ops"])

        assert [one.roles for one in desk.list()] == [("finance",)]
        with pytest.raises(UnknownId, match="no role"):
            desk.revoke("ana", reason="moved", roles=["ops"])
        desk.revoke("ana", reason="left")
        assert [one.is_revoked for one in desk.list()] == [True]

    def test_who_comes_back_has_no_old_key(self, world: World) -> None:
        """A key that was revoked with its owner stays so when they are enrolled again."""
        desk = world.gate.reviewers
        ana = _enrolled(world, "ana")
        bob = _enrolled(world, "bob", held=ana)
        desk.add("bob", roles=["registrar"], held=ana)
        desk.revoke("ana", reason="left", held=bob)
        desk.add("ana", roles=["ops"], held=bob)
        _, request = _ask(world)

        with pytest.raises(NotEligible):
            world.gate.inbox.approve(request.id, by="ana", held=ana, reason="checked")
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(request.id, by="ana", reason="checked")


class TestRights:
    def test_a_name_alone_enrols_nobody_once_there_are_credentials(self, world: World) -> None:
        """Whoever has the ledger cannot add a key to somebody, or themselves, without one."""
        desk = world.gate.reviewers
        ana = _enrolled(world, "ana")
        for change in (
            lambda: desk.add("mallory"),
            lambda: desk.add_key("ana", new_key().public),
            lambda: desk.new_token("ana"),
            lambda: desk.revoke("ana", reason="x"),
            lambda: desk.add("ana", roles=["ops"], by="ana"),
        ):
            with pytest.raises(NotEligible):
                change()

        assert desk.add("bob", held=ana) == "bob"
        assert len(desk.list()) == 2

    def test_who_gets_the_first_credential_is_the_registrar(self, world: World) -> None:
        """It stands in their roles and in the record; whoever was meant to be one gets it first."""
        desk = world.gate.reviewers
        desk.add("reg", roles=["registrar"])
        desk.add("ana")
        with pytest.raises(DeskError, match="`reg` has the role"):
            desk.new_token("ana")
        desk.revoke("reg", roles=["registrar"], reason="thought again")
        _, ana = desk.new_token("ana")
        desk.add("bob", held=ana)
        desk.new_token("bob", held=ana)

        assert [one.roles for one in desk.list()] == [("registrar",), (), ()]
        assert world.gate.audit.log()[-3]["body"]["roles"] == ["registrar"]
        assert world.gate.audit.verify().ok

    def test_nobody_with_a_key_becomes_somebody_who_has_none(self, world: World) -> None:
        """Whom a policy's group names and nobody enrolled, nor who is a name alone, is no way in.

        Under no spelling: not by a key of theirs, a name, a place, a role or an absence.
        """
        desk, until = world.gate.reviewers, world.clock.now() + timedelta(hours=1)
        ana = _enrolled(world, "ana")
        mal = _enrolled(world, "mal", held=ana)
        desk.add("bo", held=ana)
        desk.add("cy", held=ana)
        before = desk.list()
        for name in ("bo", "BO", "local:Bo", "\uff42\uff4f", "lee", "LEE"):
            for change in (
                lambda name=name: desk.add(name, held=mal),
                lambda name=name: desk.add("mal", identities=[name], held=mal),
                lambda name=name: desk.add(name, identities=["mal"], held=mal),
                lambda name=name: desk.add_key(name, new_key().public, held=mal),
                lambda name=name: desk.new_token(name, held=mal),
                lambda name=name: desk.new_token(name, by=name, held=mal),
                lambda name=name: desk.delegate(name, "mal", until=until, reason="x", held=mal),
                lambda name=name: desk.delegate(name, "cy", until=until, reason="x", held=mal),
                lambda name=name: desk.away(name, until=until, reason="x", held=mal),
                lambda name=name: desk.revoke(name, reason="x", held=mal),
            ):
                with pytest.raises((NotEligible, UnknownId, DeskError)):
                    change()
        for own in (["registrar"], ["finance"]):
            with pytest.raises(NotEligible, match="no `registrar`"):
                desk.add("mal", roles=own, held=mal)

        assert desk.list() == before

    def test_what_is_ones_own_takes_no_registrar(self, world: World) -> None:
        """Credentials, absences and the place of somebody who has a credential are theirs alone."""
        desk, until = world.gate.reviewers, world.clock.now() + timedelta(hours=1)
        ana = _enrolled(world, "ana")
        bob = _enrolled(world, "bob", held=ana)
        for change in (
            lambda: desk.add_key("bob", new_key().public, held=ana),
            lambda: desk.delegate("bob", "ana", until=until, reason="x", held=ana),
        ):
            with pytest.raises(NotEligible, match="themselves"):
                change()
        name, token = desk.new_token("bob", held=bob)
        made = desk.delegate("bob", "ana", until=until, reason="leave", held=token)
        desk.end_delegation(made, reason="back", held=bob)
        desk.away("bob", until=until, reason="leave", held=bob)
        desk.back("bob", held=bob)
        desk.revoke_credential(name, reason="lost", held=bob)

        assert world.gate.audit.verify().ok

    def test_a_registrar_lends_anothers_place_but_not_to_themselves(self, world: World) -> None:
        """Of who has no credential; nobody else lends it."""
        desk, until = world.gate.reviewers, world.clock.now() + timedelta(hours=1)
        reg = _enrolled(world, "reg")
        desk.add("bo", held=reg)
        desk.add("cy", held=reg)
        with pytest.raises(NotEligible, match="nobody's to take"):
            desk.delegate("bo", "reg", until=until, reason="x", held=reg)
        assert desk.delegate("bo", "cy", until=until, reason="on leave", held=reg)

    @pytest.mark.parametrize("what", ["person", "credential"])
    def test_the_last_credential_is_not_ended_in_passing(self, world: World, what: str) -> None:
        """It takes a word; after it a bare name changes nothing, and the record verifies."""
        desk = world.gate.reviewers
        desk.add("ana")
        name, token = desk.new_token("ana")

        def end(**said: Any) -> None:
            if what == "person":
                desk.revoke("ana", reason="left", held=token, **said)
            else:
                desk.revoke_credential(name, reason="lost", held=token, **said)

        with pytest.raises(DeskError, match="--last"):
            end()
        end(last=True)
        with pytest.raises(NotEligible, match="or did"):
            desk.add("mallory")
        with pytest.raises((NotEligible, UnknownId)):
            desk.new_token("ana")
        assert world.gate.audit.verify().ok

    @pytest.mark.parametrize("roles", [(), ("registrar",)])
    def test_without_the_last_registrar_nobody_else_enrols(
        self, world: World, roles: tuple[str, ...]
    ) -> None:
        """Who holds a key does not become one who enrols when the last registrar goes."""
        desk = world.gate.reviewers
        reg = new_key()
        desk.add("reg", roles=["registrar"])
        desk.add_key("reg", reg.public)
        bob = _enrolled(world, "bob", held=reg)
        for lost in (["registrar"], []):
            with pytest.raises(DeskError, match="--last"):
                desk.revoke("reg", roles=lost, reason="left", held=reg)
        desk.revoke("reg", roles=roles, reason="left", last=True, held=reg)

        for change in (
            lambda: desk.add("mallory", held=bob),
            lambda: desk.add("bob", roles=["registrar"], held=bob),
        ):
            with pytest.raises(NotEligible, match="registrar"):
                change()
        assert world.gate.audit.verify().ok

    @pytest.mark.parametrize("word", ["delegate", "away"])
    def test_a_time_has_its_zone(self, world: World, word: str) -> None:
        """A time of nowhere in particular is refused, not taken for one of here."""
        desk, naive = world.gate.reviewers, world.clock.now().replace(tzinfo=None)
        desk.add("ana")
        desk.add("bob")
        whom = ("ana", "bob") if word == "delegate" else ("ana",)
        with pytest.raises(DeskError, match="time zone"):
            getattr(desk, word)(*whom, until=naive + timedelta(hours=1), reason="x")

    def test_a_change_cannot_be_replayed_or_swapped(self, world: World) -> None:
        """A signature enrols who it says, once."""
        from dataclasses import replace

        from interlock.conduct.people import Enrolment, change_ballot, enrol
        from interlock.conduct.proving import Signature, challenge
        from interlock.path.proof import PEOPLE

        ana, ports = _enrolled(world, "ana"), world.gate.conductor.ports
        asked = {"name": "bob", "roles": ["ops"], "identities": []}
        given = challenge(ports, PEOPLE, "ana")
        said = change_ballot("person_added", asked, "ana", given._asdict()).signed
        shown = Signature(ana.sign(said), given.nonce, given.policy)
        good = Enrolment("person_added", asked, "ana", shown)

        with pytest.raises(NotEligible, match="not of this answer"):
            enrol(ports, replace(good, asked={**asked, "name": "mallory"}))
        with pytest.raises(NotEligible, match="not of this answer"):
            enrol(ports, replace(good, kind="person_revoked", asked=asked))
        assert enrol(ports, good)["principal"] == "bob"
        with pytest.raises(NotEligible, match="used before"):
            enrol(ports, good)


class TestDeputies:
    def test_a_deputy_answers_for_the_time_and_the_record_names_both(self, world: World) -> None:
        """Q11: within the time, in the place of who is asked; after it, not at all."""
        desk = world.gate.reviewers
        for name in ("ana", "bob", "carl"):
            desk.add(name)
        until = world.clock.now() + timedelta(hours=1)
        with pytest.raises(DeskError, match="deputy"):
            desk.delegate("ana", "ANA", until=until, reason="x")
        for wrong in (world.clock.now(), world.clock.now() + timedelta(days=91)):
            with pytest.raises(DeskError, match="ends"):
                desk.delegate("ana", "bob", until=wrong, reason="x")
        with pytest.raises(UnknownId, match="stranger"):
            desk.delegate("ana", "stranger", until=until, reason="x")
        with pytest.raises(DeskError, match="reason"):
            desk.delegate("ana", "bob", until=until, reason=" ")
        made = desk.delegate("ana", "bob", until=until, reason="away")

        assert [one["id"] for each in desk.list() for one in each.delegations] == [made]
        desk.end_delegation(made, reason="back")
        assert not any(one.delegations for one in desk.list())
        with pytest.raises(UnknownId):
            desk.end_delegation(made, reason="back")


def test_the_record_tells_of_everyone(world: World) -> None:
    """I9: each change has its entry, and what the tables say is what the entries do."""
    desk = world.gate.reviewers
    key = new_key()
    desk.add("ana", roles=["finance"], identities=["a@example.org"])
    desk.add_key("ana", key.public)
    name, token = desk.new_token("ana", held=key)
    desk.add("bob", held=token)
    made = desk.delegate(
        "ana", "bob", until=world.clock.now() + timedelta(hours=1), reason="x", held=key
    )
    desk.end_delegation(made, reason="back", held=token)
    desk.revoke_credential(name, reason="lost", held=token)
    desk.revoke("bob", reason="left", held=key)

    verified = world.gate.audit.verify()

    assert verified.ok, verified.problems
    kinds = [entry["kind"] for entry in world.gate.audit.log()]
    assert kinds == [
        *("person_added", "credential_added", "credential_added", "person_added", "delegated"),
        *("delegation_ended", "credential_revoked", "person_revoked"),
    ]
    assert isinstance(token, Token)
    assert token.secret not in str(world.gate.audit.log())
    assert token.secret not in repr(token)


class TestAway:
    """Who is away is passed over, and may answer all the same."""

    def test_until_a_time_or_until_they_are_back(self, world: World) -> None:
        """It ends by itself; `back` ends it before, once."""
        desk, day = world.gate.reviewers, timedelta(days=1)
        desk.add("ana", identities=["a@example.org"])
        desk.add("bob")
        desk.away("A@example.org", until=world.clock.now() + day, reason="on leave")
        desk.away("bob", until=world.clock.now() + day, reason="ill")
        desk.back("bob")

        assert [one.away_until is not None for one in desk.list()] == [True, False]
        with pytest.raises(UnknownId, match="not away"):
            desk.back("bob")
        world.clock.advance(day.total_seconds())
        assert [one.away_until for one in desk.list()] == [None, None]
        assert world.gate.audit.verify().ok

    def test_who_is_away_may_answer_and_stays_away(self, world: World) -> None:
        """An answer counts, and ends nothing."""
        desk = world.gate.reviewers
        desk.add("ana")
        desk.away("ana", until=world.clock.now() + timedelta(days=1), reason="on leave")
        call, request = _ask(world)
        world.gate.inbox.approve(request.id, by="ana", reason="checked")

        assert world.state(call) == "approved"
        assert desk.list()[0].away_until is not None

    @pytest.mark.parametrize(
        ("days", "reason", "words"),
        [(0, "x", "to come"), (-1, "x", "to come"), (367, "x", "366 days"), (1, " ", "reason")],
    )
    def test_for_a_time_to_come_that_is_not_endless_and_for_a_reason(
        self, world: World, days: int, reason: str, words: str
    ) -> None:
        """What is refused changes nothing; nobody who is not here is away."""
        desk, until = world.gate.reviewers, world.clock.now() + timedelta(days=days)
        desk.add("ana")

        with pytest.raises(DeskError, match=words):
            desk.away("ana", until=until, reason=reason)
        with pytest.raises(UnknownId, match="nobody"):
            desk.away("zoe", until=world.clock.now() + timedelta(days=1), reason="x")
        assert desk.list()[0].away_until is None

    def test_roles_and_returning_keep_it(self, world: World) -> None:
        """Who gets a role, is revoked, or comes back, is away as long as was said; it verifies."""
        desk = world.gate.reviewers
        desk.add("ana")
        desk.away("ana", until=world.clock.now() + timedelta(days=2), reason="on leave")
        desk.add("ana", roles=["ops"])
        desk.revoke("ana", reason="left")
        desk.add("ana", roles=["finance"])

        assert desk.list()[0].away_until is not None
        verified = world.gate.audit.verify()
        assert verified.ok, verified.problems

    def test_where_there_is_a_registrar_people_say_it_of_themselves(self, world: World) -> None:
        """Whoever holds a credential says that they are away; of others a registrar says it."""
        desk, until = world.gate.reviewers, world.clock.now() + timedelta(days=1)
        boss, ana = new_key(), new_key()
        desk.add("boss", roles=["registrar"])
        desk.add_key("boss", boss.public)
        desk.add("ana", held=boss)
        desk.add_key("ana", ana.public, held=boss)
        desk.add("bob", held=boss)
        desk.away("ana", until=until, reason="on leave", held=ana)
        desk.away("bob", until=until, reason="ill", held=boss)

        for said in ({"held": ana}, {"by": "bob"}):
            with pytest.raises(NotEligible):
                desk.back("bob", **said)
        assert [one.away_until is not None for one in desk.list()] == [True, True, False]
        assert world.gate.audit.verify().ok


def test_a_case_tells_nobody_why_somebody_was_away(world: World) -> None:
    """Who gets the evidence of a call learns who answered, not who was ill."""
    desk = world.gate.reviewers
    desk.add("ana")
    desk.away("ana", until=world.clock.now() + timedelta(days=1), reason="in hospital")
    call, request = _ask(world)
    world.gate.inbox.approve(request.id, by="ana", reason="checked")
    told = world.gate.audit.case(call)

    assert "hospital" in str(world.gate.audit.log())
    assert "hospital" not in base64.b64decode(told["payload"]).decode()
    assert "person_added" in base64.b64decode(told["payload"]).decode()


class TestRoles:
    def test_one_string_is_no_list_of_roles(self, world: World) -> None:
        """`roles="finance"` would be seven roles of one letter; it is refused, and takes none."""
        desk = world.gate.reviewers
        for change in (
            lambda: desk.add("ana", roles="finance"),
            lambda: desk.add("ana", identities="ana@x"),
        ):
            with pytest.raises(DeskError, match="lists"):
                change()
        desk.add("ana", roles=["finance"])
        with pytest.raises(DeskError, match="lists"):
            desk.revoke("ana", roles="finance", reason="left")

        assert [one.roles for one in desk.list()] == [("finance",)]

    @pytest.mark.parametrize("role", ["REGISTRAR", "Break-Glass", "break_glass"])
    def test_our_roles_have_one_spelling(self, world: World, role: str) -> None:
        """A role that looks like one of ours and means nothing is refused, with the right one."""
        with pytest.raises(DeskError, match="the role is written"):
            world.gate.reviewers.add("ana", roles=[role])
