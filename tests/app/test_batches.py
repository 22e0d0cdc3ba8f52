"""Batch: like questions, one look, a vote of its own for each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.app.batches import Batches
from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.app.inbox import Inbox
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.errors import AlreadyDecided, DeskError, LedgerUnavailable
from interlock.path.proposal import Agent, Context
from interlock.signing import new_key

from ..databases import ledger_of  # isort: skip

POLICY = """
version: v1
groups: {two: [ana, bo, cy]}
tools:
  mail: {risk_tags: [write]}
  pay: {risk_tags: [financial]}
  post: {risk_tags: [read]}
  drop: {risk_tags: [delete]}
risk:
  - {level: low}
  - {level: high, match: {tools: [pay]}}
  - {level: critical, match: {tools: [drop]}}
rules:
  - {id: mails, match: {tools: [mail]}, decision: require_approval, review: {batch: {max: 3}}}
  - {id: pays, match: {tools: [pay]}, decision: require_approval,
     review: {auth: signed, batch: {collect_sec: 30}}}
  - {id: posts, match: {tools: [post]}, decision: require_approval,
     review: {route: two, quorum: 2, batch: {collect_sec: 1}}}
  - {id: drops, match: {tools: [drop]}, decision: require_approval, review: {batch: {}}}
  - {id: outside, match: {tools: [mail], args_match: {to: "@out$"}}, decision: require_approval,
     review: {batch: {max: 3}}}
  - {id: more, match: {tools: [mail], retry_count_above: 0}, decision: require_approval}
"""


class Desk:
    """A gate before which calls wait."""

    def __init__(self, folder: Path) -> None:
        """Open a folder's ledger."""
        self.clock, self._turns = FrozenClock(), 0
        url = ledger_of(folder)
        self.gate = Gate.open(Policy.parse(POLICY), url, clock=self.clock, state=folder)

    def ask(self, tool: str = "mail", agent: str = "bot", tenant: str = "", **args: Any) -> str:
        """Make a call that a person must decide; return its request's id."""
        self._turns += 1
        args = args or {"to": f"c{self._turns}"}
        context = Context(Agent(agent), principal="cust", tenant=tenant)
        intents = (Intent(tool, args, "c"),)
        (call,) = self.gate.conductor.propose(
            Turn(context, "shop", f"t{self._turns}", "", f"m{self._turns}", intents)
        )
        self.clock.advance(0.001)
        return self.gate.inbox.show(call).id

    def names(self) -> list[tuple[str, ...]]:
        """Return what is offered: of each batch its requests."""
        return [tuple(one.id for one in each.cases) for each in self.gate.batches.list()]

    def state(self, request: str) -> str:
        """Return a call's state."""
        return self.gate.inbox.show(request).state


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on which nothing lies."""
    opened = Desk(tmp_path)
    with opened.gate:
        yield opened


class TestOffered:
    def test_a_full_one_at_once_others_when_they_are_old(self, desk: Desk) -> None:
        """Three mails at once; the fourth and the fifth when the older is a minute old."""
        asked = tuple(desk.ask() for _ in range(5))
        assert desk.names() == [asked[:3]]
        desk.clock.advance(60)

        assert desk.names() == [asked[:3], asked[3:]]

    def test_only_what_is_alike(self, desk: Desk) -> None:
        """Another agent, tenant, tool, shape of arguments or rule is another question."""
        mine = (desk.ask(), desk.ask())
        desk.ask(agent="other")
        desk.ask(tenant="acme")
        desk.ask("post")
        desk.ask(to="x", cc="y")
        desk.ask(to=["x"])
        desk.clock.advance(100)

        assert desk.names() == [mine]

    def test_never_where_a_rule_that_decides_does_not_say_so(self, desk: Desk) -> None:
        """Of two rules that ask, one without `batch` is enough."""
        for _ in range(4):
            desk.ask(to="same")  # the same again is a retry in a thread of its own only
        assert len(desk.names()) == 1
        context = Context(Agent("bot"), principal="cust")
        for at in range(3):
            turn = Turn(context, "shop", "one", "", f"r{at}", (Intent("mail", {"to": "z"}, "c"),))
            desk.gate.conductor.propose(turn)
        desk.clock.advance(100)
        retried = [one.id for one in desk.gate.inbox.pending() if "more" in one.rules]

        assert len(retried) == 2
        assert not {*retried} & {one for each in desk.names() for one in each}

    def test_what_another_rule_asks_about_is_apart(self, desk: Desk) -> None:
        """The same terms of another rule are another reason to ask."""
        within = tuple(desk.ask(to=f"c{at}@in") for at in range(2))
        outside = tuple(desk.ask(to=f"c{at}@out") for at in range(2))
        desk.clock.advance(100)

        assert desk.names() == [within, outside]

    def test_critical_never(self, desk: Desk) -> None:
        """Not even where the rule says so."""
        for _ in range(3):
            desk.ask("drop")
        desk.clock.advance(100)

        assert desk.names() == []

    def test_what_was_edited_never(self, desk: Desk) -> None:
        """What a person changed is looked at by itself."""
        asked = [desk.ask(), desk.ask(), desk.ask()]
        desk.gate.inbox.edit(asked[0], args={"to": "new"}, by="ana")
        desk.gate.inbox.edit(asked[1], args={"to": "also"}, by="ana")
        desk.clock.advance(100)

        assert desk.names() == []

    def test_half_a_quorum_is_apart_from_none(self, desk: Desk) -> None:
        """What one approved already is not mixed with what nobody looked at."""
        asked = [desk.ask("post") for _ in range(4)]
        for each in asked[:2]:
            desk.gate.inbox.approve(each, by="ana")
        desk.clock.advance(5)

        assert desk.names() == [tuple(asked[:2]), tuple(asked[2:])]

    def test_only_one_tenants_where_one_is_named(self, desk: Desk) -> None:
        """As every listing."""
        mine = tuple(desk.ask(tenant="acme") for _ in range(3))
        for _ in range(3):
            desk.ask()
        (found,) = desk.gate.batches.list("acme")

        assert tuple(one.id for one in found.cases) == mine

    def test_what_differs_is_shown_whoever_hides_it(self, desk: Desk) -> None:
        """Threads and every argument's value that is not the same stand in the table."""
        for _ in range(3):
            desk.ask(to="ana", text="y" * 3000)
        (batch,) = desk.gate.batches.list()
        told = desk.gate.batches.show(batch.name).json()

        assert told["same"]["args.to"] == '"ana"'
        assert len(told["same"]["args.text"]) == 3002
        assert [row["thread_id"] for row in told["varies"]] == ['"t1"', '"t2"', '"t3"']


class TestAnswers:
    def test_each_is_a_vote_of_its_own(self, desk: Desk) -> None:
        """Signed each by itself over a nonce of its own, and verified as every other."""
        key = new_key()
        desk.gate.reviewers.add("rita", by="rita")
        desk.gate.reviewers.add_key("rita", key.public, by="rita")
        asked = [desk.ask("pay") for _ in range(4)]
        desk.clock.advance(40)
        (batch,) = desk.gate.batches.list()
        found = desk.gate.batches.approve(batch.name, held=key, reason="all checked")
        voted = [one["body"] for one in desk.gate.audit.log() if one["kind"] == "voted"]

        assert [(one.request_id, one.state) for one in found] == [(i, "approved") for i in asked]
        assert [one["request_id"] for one in voted] == asked
        assert len({one["proof"]["nonce"] for one in voted}) == 4
        assert len({one["proof"]["signature"] for one in voted}) == 4
        assert desk.gate.audit.verify().ok

    def test_each_of_a_quorum(self, desk: Desk) -> None:
        """A first answer leaves each open, a second by another person lets each run."""
        for _ in range(3):
            desk.ask("post")
        desk.clock.advance(5)
        (first,) = desk.gate.batches.list()
        assert {one.state for one in desk.gate.batches.approve(first.name, by="ana")} == {"pending"}
        (second,) = desk.gate.batches.list()

        assert second.name != first.name
        assert {one.state for one in desk.gate.batches.approve(second.name, by="bo")} == {
            "approved"
        }

    def test_a_denial_reaches_each(self, desk: Desk) -> None:
        """With the reason, which there must be."""
        asked = [desk.ask() for _ in range(3)]
        (batch,) = desk.gate.batches.list()
        with pytest.raises(DeskError, match="reason"):
            desk.gate.batches.deny(batch.name, by="ana", reason=" ")
        desk.gate.batches.deny(batch.name, by="ana", reason="not now")

        assert {desk.state(each) for each in asked} == {"rejected"}

    def test_the_time_is_shared(self, desk: Desk) -> None:
        """A minute over three calls is twenty seconds for each."""
        for _ in range(3):
            desk.ask()
        desk.clock.advance(100)
        (batch,) = desk.gate.batches.list()
        done = desk.gate.batches.approve(batch.name, by="ana", on_screen_s=60)
        votes = [desk.gate.inbox.show(one.request_id).votes[0] for one in done]

        assert [one["on_screen_s"] for one in votes] == [20, 20, 20]


class TestChanged:
    @pytest.mark.parametrize("change", ["leaves", "is edited", "expires", "comes"])
    def test_another_batch_is_not_answered(self, desk: Desk, change: str) -> None:
        """What was looked at is what is answered: where a call came or went, nothing is."""
        desk.clock.advance(1)
        asked = [desk.ask() for _ in range(2)]
        desk.clock.advance(100)
        (batch,) = desk.gate.batches.list()
        match change:
            case "leaves":
                desk.gate.inbox.deny(asked[0], by="bo", reason="no")
            case "is edited":
                desk.gate.inbox.edit(asked[0], args={"to": "eve"}, by="bo")
            case "expires":
                desk.clock.advance(5 * 3600)
            case _:
                desk.ask()
        before = [desk.state(each) for each in asked]
        with pytest.raises(AlreadyDecided, match="look again"):
            desk.gate.batches.approve(batch.name, by="ana")

        assert [desk.state(each) for each in asked] == before
        assert "approved" not in before

    def test_one_that_does_not_count_leaves_the_others(self, desk: Desk) -> None:
        """Somebody denies the second while the first is answered: the others are approved."""
        asked = [desk.ask() for _ in range(3)]

        class Meddled(Inbox):
            def approve(self, name: str, **given: Any) -> Case:
                if name == asked[1]:
                    desk.gate.inbox.deny(name, by="bo", reason="no")
                return super().approve(name, **given)

        batches = Batches(Meddled(desk.gate.conductor, desk.gate.ledger), desk.gate.ledger)
        (batch,) = batches.list()
        found = batches.approve(batch.name, by="ana")

        assert [one.counted for one in found] == [True, False, True]
        assert "already rejected" in found[1].why_not
        assert [desk.state(each) for each in asked] == ["approved", "rejected", "approved"]

    def test_a_ledger_that_goes_away_ends_it(self, desk: Desk) -> None:
        """What was not given is named as that; nobody waits for each of them in vain."""
        asked = [desk.ask() for _ in range(3)]

        class Cut(Inbox):
            def approve(self, name: str, **given: Any) -> Case:
                if name == asked[1]:
                    raise LedgerUnavailable("the ledger is away")
                return super().approve(name, **given)

        batches = Batches(Cut(desk.gate.conductor, desk.gate.ledger), desk.gate.ledger)
        (batch,) = batches.list()
        found = batches.approve(batch.name, by="ana")

        assert [one.state for one in found] == ["approved", "", ""]
        assert [one.why_not for one in found[1:]] == ["the ledger is away", "not given"]
        assert desk.state(asked[2]) == "pending"

    def test_who_may_not_approve_approves_none(self, desk: Desk) -> None:
        """The requester's word counts for none of them, and each says so."""
        asked = [desk.ask() for _ in range(3)]
        (batch,) = desk.gate.batches.list()
        found = desk.gate.batches.approve(batch.name, by="cust")

        assert not any(one.counted for one in found)
        assert {desk.state(each) for each in asked} == {"pending"}

    def test_the_batch_of_a_question(self, desk: Desk) -> None:
        """It is found by any question in it; one that is in none has none."""
        asked, alone = [desk.ask() for _ in range(3)], desk.ask("post")

        assert tuple(one.id for one in desk.gate.batches.of(asked[1]).cases) == tuple(asked)
        with pytest.raises(AlreadyDecided):
            desk.gate.batches.of(alone)
