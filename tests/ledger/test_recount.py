"""Recount: who approved, by the entries alone, as people were then."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from interlock.app.gate import Gate
from interlock.clock import FrozenClock
from interlock.conduct import running
from interlock.conduct.holding import arm_use
from interlock.conduct.voting import admitted, voted_step
from interlock.ledger.weighing import weigh
from interlock.path.review import Vote, VoteAnswer
from interlock.path.warrant import Cleared

from .casework import Casework  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def work(tmp_path: Path) -> Casework:
    """A ledger with people and a call to decide."""
    return Casework(tmp_path)


def forced(work: Casework, *by: str, answer: VoteAnswer = "approve", **said: Any) -> str:
    """Approve a call by these people's votes past the gate, which would not; return the call."""
    call = work.propose("pay", amount=7)
    work.go(call)
    with work.gate.ledger.begin() as tx:
        asked = tx.request(str(tx.call(call).request_id))
        for at, name in enumerate(by):
            last = at == len(by) - 1
            vote = Vote(asked.id, asked.digest, answer, name, "local", tx.now(), "forced", **said)
            tx.add_vote(vote)
            if last:
                tx.close_request(asked.id, "approved")
                arm_use(tx, call, asked)
            tx.advance(tx.call(call), [voted_step(vote, "approved" if last else "pending")])
    return call


def told(work: Casework, call: str) -> tuple[str, str]:
    """Return what `verify` and who weighs the case find."""
    found = work.gate.audit.verify().problems
    return "\n".join(found), "\n".join(weigh(work.gate.audit.case(call), work.key).problems)


@pytest.mark.parametrize(
    "by", [("liz",), ("liz", "liz"), ("liz", "LIZ@example.org"), ("liz", "cust"), ("olga", "liz")]
)
def test_too_few(work: Casework, by: tuple[str, ...]) -> None:
    """I7: one person, under two names too, or one of the call's own, is no quorum of two."""
    for problems in told(work, forced(work, *by)):
        assert "is approved by too few of those who had to approve it" in problems


def test_enough(work: Casework) -> None:
    """Two who may are named by nobody, whatever became of them later."""
    call = work.whole()
    work.gate.reviewers.revoke("tim", reason="left", held=work.ana)
    work.gate.reviewers.revoke_credential(work.ana_id, reason="lost", held=work.ana, last=True)

    assert told(work, call) == ("", "")


@pytest.mark.timeout(60)  # a second process, as far as the ledger can tell, that waits
def test_a_credential_that_ends_while_an_answer_is_taken(work: Casework) -> None:
    """Whoever ends it waits, so that the record never has the end before the answer that counts."""
    call, gate = work.propose("note", amount=7), work.gate
    work.go(call)
    other = work.again()
    end = partial(other.reviewers.revoke_credential, work.tim_id, reason="lost", held=work.ana)
    ending = threading.Thread(target=end)
    with gate.ledger.begin() as tx:
        asked = tx.request(str(tx.call(call).request_id))
        said = Vote(asked.id, asked.digest, "approve", "tim", "local", tx.now(), "seen")
        ports = gate.conductor.ports
        vote = admitted(tx, ports, tx.call(call), asked, said, work.tim, unknown_tool=False)
        ending.start()
        while ending.is_alive() and not waits(gate):
            pass
        tx.add_vote(vote)
        tx.close_request(asked.id, "approved")
        arm_use(tx, call, asked)
        tx.advance(tx.call(call), [voted_step(vote, "approved")])
    ending.join(30)
    other.close()

    assert [entry["kind"] for entry in gate.audit.log()][-2:] == ["voted", "credential_revoked"]
    assert told(work, call) == ("", "")


def waits(gate: Gate) -> bool:
    """Whether somebody waits for a lock; on SQLite there is nothing to be seen of it."""
    with gate.ledger.read() as db:
        if db.dialect.name == "sqlite":
            return True
        query = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        return bool(db.execute(query).scalar())


@pytest.mark.parametrize("kind", ["credential_revoked", "person_revoked"])
def test_a_credential_that_was_lost_before(work: Casework, kind: str) -> None:
    """What somebody showed after the entry that ended it is named, whatever a table said then."""
    with work.gate.ledger.begin() as tx:
        body: dict[str, Any] = {"principal": "ana", "id": work.ana_id, "asked": {}}
        tx.note(kind, body, actor="ana", auth="local")
    for problems in told(work, work.whole()):
        assert "shows a credential that was not in force then" in problems


ROLES = """
version: v1
tools: {pay: {risk_tags: [write], effect: idempotent}}
rules:
  - {id: pay, match: {tools: [pay]}, decision: require_approval,
     review: {route: finance, quorum: 2, execution_ttl_sec: 60}}
"""


def cleared(*_: object) -> Cleared:
    """Let everything run."""
    return Cleared()


class TestClaim:
    @pytest.fixture
    def roles(self, tmp_path: Path) -> Casework:
        """A ledger in which liz, tim and eve have the role that is asked."""
        made = Casework(tmp_path, ROLES)
        for name in ("liz", "tim", "eve"):
            made.gate.reviewers.add(name, roles=["finance"], held=made.ana)
        return made

    @pytest.mark.parametrize("what", ["role", "person", "credential", "late", "nothing"])
    def test_it_is_held_against_the_people_of_then(
        self, roles: Casework, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        """I2, I7: with a guard that clears everything, a claim on no approval any more is named."""
        desk, inbox = roles.gate.reviewers, roles.gate.inbox
        call = roles.propose("pay", amount=7)
        roles.go(call)
        inbox.approve(call, by="liz", reason="seen")
        inbox.approve(call, held=roles.tim, by="tim", reason="seen")
        match what:
            case "role":
                desk.revoke("liz", roles=["finance"], reason="moved", held=roles.ana)
            case "person":
                desk.revoke("liz", reason="left", held=roles.ana)
            case "credential":
                desk.revoke_credential(roles.tim_id, reason="lost", held=roles.ana)
            case "late":
                clock = roles.gate.conductor.ports.clock
                assert isinstance(clock, FrozenClock)
                clock.advance(61)
            case _:
                desk.add("zoe", roles=["finance"], held=roles.ana)
        with monkeypatch.context() as patched:
            patched.setattr(running, "guard", cleared)
            roles.go(call)
        desk.revoke("eve", reason="left", held=roles.ana)

        for problems in told(roles, call):
            assert ("was claimed and might not be" in problems) is (what != "nothing")

    def test_a_share_of_who_is_left_is_enough(self, tmp_path: Path) -> None:
        """How many must approve is counted of those who are in the groups at the claim."""
        work = Casework(tmp_path, ROLES.replace("quorum: 2", "quorum: majority"))
        for name in ("liz", "tim", "eve"):
            work.gate.reviewers.add(name, roles=["finance"], held=work.ana)
        call = work.propose("pay", amount=7)
        work.go(call)
        for name in ("liz", "eve"):
            work.gate.inbox.approve(call, by=name, reason="seen")
        for name in ("liz", "tim"):
            work.gate.reviewers.revoke(name, reason="left", held=work.ana)
        work.go(call)

        assert "claimed" in [entry["kind"] for entry in work.gate.audit.log(call=call)]
        assert told(work, call) == ("", "")


class TestGlass:
    def test_with_the_role(self, work: Casework) -> None:
        """One person alone is enough where they had the role then, and says so."""
        work.gate.reviewers.add("tim", roles=["break-glass"], held=work.ana)
        call = work.propose("pay", amount=7)
        work.go(call)
        work.gate.inbox.break_glass(call, held=work.tim, reason="fire")
        work.go(call)
        work.gate.inbox.acknowledge(call, held=work.ana, finding="fine", reason="it burned")
        work.gate.reviewers.revoke("tim", roles=["break-glass"], reason="over", held=work.ana)

        assert told(work, call) == ("", "")
        (vote,) = weigh(work.gate.audit.case(call), work.key).votes
        assert (vote["answer"], vote["by"]) == ("break_glass", "tim")

    def test_without_it(self, work: Casework) -> None:
        """Who had no role, or showed nothing, broke no glass; one who got it later did not then."""
        call = forced(work, "liz", answer="break_glass")
        work.gate.reviewers.add("liz", roles=["break-glass"], held=work.ana)
        for problems in told(work, call):
            assert "is approved by too few" in problems
