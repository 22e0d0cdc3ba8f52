"""Prove: whose answer it is, at the vote and when the call runs."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from interlock.app.people import Token
from interlock.app.policy import Policy
from interlock.conduct.proving import Signature, challenge, vote_ballot
from interlock.errors import AlreadyDecided, NotEligible
from interlock.path.review import ReviewRequest, Vote
from interlock.signing import PersonKey, new_key, new_token

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
version: v1
tools:
  pay: {risk_tags: [write]}
  flag: {risk_tags: [write]}
  note: {risk_tags: [write]}
rules:
  - {id: pay, match: {tools: [pay]}, decision: require_approval, review: {auth: signed}}
  - {id: flag, match: {tools: [flag]}, decision: require_approval, review: {auth: token}}
  - {id: note, match: {tools: [note]}, decision: require_approval}
"""


class Staffed:
    """A world in which ana and bob have keys, tim a token, and liz her name."""

    def __init__(self, world: World) -> None:
        self.world, desk = world, world.gate.reviewers
        self.ana, self.bob = new_key(), new_key()
        for name in ("ana", "bob", "tim", "liz"):
            desk.add(name)
        self.ana_id = desk.add_key("ana", self.ana.public)
        desk.add_key("bob", self.bob.public, held=self.ana)
        self.tim_id, self.tim = desk.new_token("tim", held=self.ana)

    def ask(self, tool: str = "pay") -> tuple[str, ReviewRequest]:
        """Propose a call that somebody is asked about."""
        (call,) = self.world.propose((tool, {"amount": 1}))
        return call, waiting(self.world.go(call)).request

    def signed(
        self, request: ReviewRequest, by: str = "ana", key: PersonKey | None = None, **said: Any
    ) -> tuple[Vote, Signature]:
        """Sign an answer, as the inbox does."""
        given = Vote(request.id, request.digest, "approve", by, "local", request.created_at)
        given = replace(given, **said)
        asked = challenge(self.world.gate.conductor.ports, request.id, by)
        salt = "ab" * 16
        signature = (key or self.ana).sign(vote_ballot(given, request.call_id, asked, salt).signed)
        return given, Signature(signature, asked.nonce, asked.policy, salt)

    def vote(self, given: Vote, shown: Signature | Token | None = None) -> str:
        """Give an answer, and return the state that it leads to."""
        return self.world.gate.conductor.vote(given, shown).state


@pytest.fixture
def staffed(tmp_path: Path, database: str) -> Iterator[Staffed]:
    """A staffed world."""
    world = open_world(tmp_path, POLICY)
    yield Staffed(world)
    world.gate.close()


class TestStrength:
    @pytest.mark.parametrize(
        ("tool", "who", "counts"),
        [
            ("pay", "ana", True),
            ("pay", "tim", False),
            ("pay", "liz", False),
            ("flag", "ana", True),
            ("flag", "tim", True),
            ("flag", "liz", False),
            ("note", "ana", True),
            ("note", "tim", True),
            ("note", "liz", True),
            ("note", "stranger", True),
        ],
    )
    def test_an_approval_is_as_sure_as_the_rule_asks(
        self, staffed: Staffed, tool: str, who: str, counts: bool
    ) -> None:
        """A name is less than a token, and a token less than a signature."""
        held = {"ana": staffed.ana, "tim": staffed.tim}.get(who)
        call, request = staffed.ask(tool)
        inbox, world = staffed.world.gate.inbox, staffed.world

        if not counts:
            with pytest.raises(NotEligible, match="takes no answer"):
                inbox.approve(request.id, by=who, held=held)
            assert inbox.show(call).state == "pending"
            return
        inbox.approve(request.id, by=who, held=held)
        assert answer(world.go(call)).ending == "released"
        assert len(world.effects) == 1
        assert world.gate.audit.verify().problems == ()

    @pytest.mark.parametrize("who", ["ana", "ANA", "local:tim"])
    @pytest.mark.parametrize("verb", ["approve", "deny", "cancel"])
    def test_a_name_with_a_credential_is_not_typed(
        self, staffed: Staffed, who: str, verb: str
    ) -> None:
        """Not even where a name would do, and not to say no: it would stand in the record."""
        call, request = staffed.ask("note")

        with pytest.raises(NotEligible, match="--token-file"):
            getattr(staffed.world.gate.inbox, verb)(request.id, by=who, reason="typed")
        assert staffed.world.gate.inbox.show(call).state == "pending"

    def test_who_has_a_credential_is_known_by_it(self, staffed: Staffed) -> None:
        """Without a name, a key or a token says who answers, and the record says how."""
        call, request = staffed.ask("note")
        staffed.world.gate.inbox.deny(request.id, held=staffed.tim, reason="no")

        voted = staffed.world.gate.audit.log(call=call)[-1]
        assert (voted["actor"], voted["auth"]) == ("tim", "token")
        assert voted["body"]["proof"] == {"principal": "tim", "credential": staffed.tim_id}

    def test_what_a_vote_says_of_itself_is_not_believed(self, staffed: Staffed) -> None:
        """A vote that calls itself signed, with a proof of its own making, is a bare name's."""
        _, request = staffed.ask()
        given, shown = staffed.signed(request)
        proof = {"credential": staffed.ana_id, "nonce": shown.nonce, "signature": shown.signature}

        for by in ("ana", "liz"):
            with pytest.raises(NotEligible):
                staffed.vote(replace(given, by=by, auth="signed", proof=proof))


class TestTokens:
    def test_a_token_is_its_holders(self, staffed: Staffed) -> None:
        """Another's token, one that nobody has, and one that is nearly right show nothing."""
        _, request = staffed.ask("flag")
        inbox = staffed.world.gate.inbox

        for by, token in (
            ("liz", staffed.tim),
            ("tim", Token(new_token())),
            ("tim", Token(staffed.tim.secret[:-1])),
            ("tim", Token("")),
            (None, Token(new_token())),
        ):
            with pytest.raises(NotEligible):
                inbox.approve(request.id, by=by, held=token)
        inbox.approve(request.id, by="tim", held=token_with_space(staffed.tim))


def token_with_space(token: Token) -> Token:
    """Return a token as a file has it."""
    return Token(f"{token.secret}\n")


Swap = Callable[[Vote, Signature], tuple[Vote, Signature]]

SWAPS: dict[str, Swap] = {
    "answer": lambda vote, shown: (replace(vote, answer="deny"), shown),
    "reason": lambda vote, shown: (replace(vote, reason="another"), shown),
    "person": lambda vote, shown: (replace(vote, by="bob"), shown),
    "nonce": lambda vote, shown: (vote, shown._replace(nonce="00" * 32)),
    "short nonce": lambda vote, shown: (vote, shown._replace(nonce="00")),
    "policy": lambda vote, shown: (vote, shown._replace(policy="0" * 64)),
    "signature": lambda vote, shown: (vote, shown._replace(signature="00" * 64)),
    "no hex": lambda vote, shown: (vote, shown._replace(signature="zz")),
}


class TestSignatures:
    @pytest.mark.parametrize("what", list(SWAPS))
    def test_nothing_of_it_is_swapped(self, staffed: Staffed, what: str) -> None:
        """A signature is of one answer, for one reason, by one person, over one nonce."""
        call, request = staffed.ask()
        given, shown = staffed.signed(request, reason="checked")

        with pytest.raises(NotEligible):
            staffed.vote(*SWAPS[what](given, shown))
        assert staffed.world.gate.inbox.show(call).state == "pending"
        assert staffed.vote(given, shown) == "approved"

    def test_another_request_is_not_answered_by_it(self, staffed: Staffed) -> None:
        """The same call twice is two questions; an approval of one is none of the other."""
        _, one = staffed.ask()
        other_call, other = staffed.ask()
        given, shown = staffed.signed(one)

        with pytest.raises(NotEligible):
            staffed.vote(replace(given, request_id=other.id, digest=other.digest), shown)
        assert staffed.vote(given, shown) == "approved"
        assert staffed.world.gate.inbox.show(other_call).state == "pending"

    def test_a_nonce_is_of_one_question(self, staffed: Staffed) -> None:
        """A nonce that was issued for one question signs no answer to another."""
        _, one = staffed.ask()
        _, other = staffed.ask()
        asked = challenge(staffed.world.gate.conductor.ports, one.id, "ana")
        given = Vote(other.id, other.digest, "approve", "ana", "local", other.created_at)
        signature = staffed.ana.sign(vote_ballot(given, other.call_id, asked, "").signed)

        with pytest.raises(NotEligible, match="another question"):
            staffed.vote(given, Signature(signature, asked.nonce, asked.policy))

    def test_a_nonce_is_used_once(self, staffed: Staffed) -> None:
        """Replayed, it is refused, also where the request is still open."""
        _, request = staffed.ask()
        given, shown = staffed.signed(request)
        ports = staffed.world.gate.conductor.ports
        with ports.ledger.begin() as tx:
            assert tx.registry.redeem(shown.nonce, request.id, "ana", 300)

        with pytest.raises(NotEligible, match="used before"):
            staffed.vote(given, shown)
        good = staffed.signed(request)
        assert staffed.vote(*good) == "approved"
        with pytest.raises((AlreadyDecided, NotEligible)):
            staffed.vote(*good)

    @pytest.mark.parametrize(("seconds", "counts"), [(299, True), (300, False), (-1, False)])
    def test_a_nonce_waits_300_s(self, staffed: Staffed, seconds: int, counts: bool) -> None:
        """One that was kept back is none, and a clock that steps back makes none younger."""
        _, request = staffed.ask()
        given, shown = staffed.signed(request)
        staffed.world.clock.advance(seconds)

        if counts:
            assert staffed.vote(given, shown) == "approved"
        else:
            with pytest.raises(NotEligible, match="older than 300 s"):
                staffed.vote(given, shown)

    def test_a_policy_that_changed_makes_it_stale(self, staffed: Staffed) -> None:
        """What was signed under one policy does not count under another."""
        _, request = staffed.ask()
        given, shown = staffed.signed(request)
        staffed.world.gate.reload(Policy.parse(POLICY.replace("id: note", "id: other")))

        with pytest.raises(NotEligible, match="policy changed"):
            staffed.vote(given, shown)

    def test_an_edit_is_signed_with_what_it_says(self, staffed: Staffed) -> None:
        """Other arguments, another tool or another message than signed are not the signer's."""
        call, request = staffed.ask()
        given, shown = staffed.signed(request, answer="edit", args={"amount": 2})

        for other in ({"args": {"amount": 3}}, {"tool": "flag"}):
            with pytest.raises(NotEligible):
                staffed.vote(replace(given, **other), shown)
        with pytest.raises(NotEligible, match="salt"):
            staffed.vote(given, shown._replace(salt=""))
        said, signed = staffed.signed(request, answer="respond", message="no")
        with pytest.raises(NotEligible):
            staffed.vote(replace(said, message="yes"), signed)
        assert staffed.vote(given, shown) == "pending"
        assert staffed.world.gate.inbox.show(call).state == "superseded"
        assert staffed.world.gate.audit.verify().problems == ()

    def test_the_wrong_persons_key_signs_nothing(self, staffed: Staffed) -> None:
        """Bob's key signs for Bob, whatever name stands beside it."""
        _, request = staffed.ask()

        with pytest.raises(NotEligible):
            staffed.vote(*staffed.signed(request, by="ana", key=staffed.bob))
        with pytest.raises(NotEligible):
            staffed.world.gate.inbox.approve(request.id, by="ana", held=staffed.bob)


class TestAtOnce:
    @pytest.mark.timeout(60)  # threads over both databases
    def test_one_signature_is_one_answer(self, staffed: Staffed) -> None:
        """Given eight times at once, it is heard once, and the record has it once."""
        call, request = staffed.ask()
        given, shown = staffed.signed(request)
        start = Barrier(8)

        def answers(_: int) -> str:
            start.wait()
            try:
                return staffed.vote(given, shown)
            except (AlreadyDecided, NotEligible):
                return "refused"

        with ThreadPoolExecutor(8) as threads:
            said = [*threads.map(answers, range(8))]

        assert sorted(said) == ["approved", *["refused"] * 7]
        kinds = [entry["kind"] for entry in staffed.world.gate.audit.log(call=call)]
        assert kinds.count("voted") == 1
        assert staffed.world.gate.audit.verify().problems == ()


class TestInline:
    def test_a_run_does_not_answer_for_who_has_a_credential(
        self, tmp_path: Path, database: str
    ) -> None:
        """The run's user is a name; where it has a key, the payload does nothing and says why."""
        inline = POLICY.replace(
            "decision: require_approval}", "decision: require_approval, review: {inline: true}}"
        )
        staffed = Staffed(open_world(tmp_path, inline))
        call, request = staffed.ask("note")
        hear = staffed.world.gate.conductor.hear

        assert "--token-file" in str(hear(request.id, True, "ana"))
        assert staffed.world.gate.inbox.show(call).state == "pending"
        assert hear(request.id, True, "liz") is None
        assert staffed.world.gate.inbox.show(call).state == "approved"
        staffed.world.gate.close()


class TestDoubts:
    def test_a_doubt_is_settled_by_who_it_says(self, staffed: Staffed) -> None:
        """Run it again is an approval: as sure as the rule asks, and checked when it runs."""
        from interlock.conduct import Ready
        from interlock.conduct.settling import settle
        from interlock.path.execution import InDoubt

        world, (call, request) = staffed.world, staffed.ask()
        world.gate.inbox.approve(request.id, held=staffed.ana)
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        settle(world.gate.conductor.ports, ready.warrant, InDoubt("lost"))

        with pytest.raises(NotEligible):
            world.gate.doubts.settle(call, "retried", reason="looked", by="ana")
        with pytest.raises(NotEligible, match="takes signed"):
            world.gate.doubts.settle(call, "retried", reason="looked", by="liz")
        settled = world.gate.doubts.settle(call, "retried", reason="looked", held=staffed.bob)
        assert settled == "retried"
        assert answer(world.go(call)).ending == "released"
        assert len(world.effects) == 1
        assert world.gate.audit.verify().problems == ()


class TestExecution:
    def test_an_edited_vote_does_not_run_anything(self, staffed: Staffed) -> None:
        """I7: the signature is checked when the call runs, against what the database says then."""
        from sqlalchemy import text

        call, request = staffed.ask()
        staffed.world.gate.inbox.approve(request.id, held=staffed.ana)
        with staffed.world.gate.ledger.engine.begin() as db:
            db.execute(text("update votes set reason = 'because I said so'"))

        assert waiting(staffed.world.go(call)).request.id != request.id
        assert staffed.world.effects == []

    def test_a_name_that_got_a_credential_since_did_not_approve(self, staffed: Staffed) -> None:
        """Who typed a name before its owner enrolled a key is not known to be them."""
        call, request = staffed.ask("note")
        staffed.world.gate.inbox.approve(request.id, by="liz")
        staffed.world.gate.reviewers.new_token("liz", held=staffed.ana)

        assert waiting(staffed.world.go(call)).request.id != request.id
        assert staffed.world.effects == []

    def test_a_rule_that_asks_for_more_by_now_is_asked_again(self, staffed: Staffed) -> None:
        """Q8: a policy that takes only signatures by now does not take the token of then."""
        call, request = staffed.ask("flag")
        staffed.world.gate.inbox.approve(request.id, held=staffed.tim)
        staffed.world.gate.reload(Policy.parse(POLICY.replace("auth: token", "auth: signed")))

        assert waiting(staffed.world.go(call)).request.id != request.id
        assert staffed.world.effects == []

    def test_a_deputy_whose_time_is_over_did_not_approve(
        self, tmp_path: Path, database: str
    ) -> None:
        """Q11: eligible at the vote and at the execution; the record names both."""
        routed = POLICY.replace("review: {auth: signed}", "review: {route: cashiers}")
        world = open_world(tmp_path, routed + "groups: {cashiers: [ana]}\n")
        desk = world.gate.reviewers
        desk.add("ana")
        desk.add("bob")
        until = world.clock.now() + timedelta(seconds=60)
        desk.delegate("ana", "bob", until=until, reason="away")
        calls = world.propose(("pay", {"amount": 1})), world.propose(("pay", {"amount": 2}))
        for (call,) in calls:
            world.gate.inbox.approve(waiting(world.go(call)).request.id, by="bob")

        assert answer(world.go(calls[0][0])).ending == "released"
        voted = next(e for e in world.gate.audit.log(call=calls[0][0]) if e["kind"] == "voted")
        assert (voted["actor"], voted["body"]["proof"]["in_place_of"]) == ("bob", "ana")
        world.clock.advance(60)
        again = waiting(world.go(calls[1][0])).request
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(again.id, by="bob")
        assert len(world.effects) == 1
        assert world.gate.audit.verify().problems == ()
        world.gate.close()


class TestVetoes:
    def test_a_veto_is_by_who_it_says(self, tmp_path: Path, database: str) -> None:
        """A veto under a name with a credential is shown by it, too; it stands in the record."""
        noticed = POLICY.replace(
            "decision: require_approval}", "decision: notify, veto_window_sec: 60}"
        )
        staffed = Staffed(open_world(tmp_path, noticed))
        (call,) = staffed.world.propose(("note", {"amount": 1}))
        staffed.world.go(call)
        inbox = staffed.world.gate.inbox

        with pytest.raises(NotEligible):
            inbox.veto(call, by="ana", reason="typed")
        inbox.veto(call, held=staffed.ana, reason="wrong account")

        assert staffed.world.gate.audit.log(call=call)[-1]["auth"] == "signed"
        assert staffed.world.gate.audit.verify().problems == ()
        staffed.world.gate.close()
