"""Hear: several people must approve; what each answer does, alone and at once."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from interlock.app.policy import Policy
from interlock.clock import SystemClock
from interlock.conduct import Waiting
from interlock.conduct.people import Enrolment, EnrolmentKind, enrol
from interlock.conduct.timers import recover
from interlock.errors import AlreadyDecided, DeskError, NotEligible

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.timeout(60),  # some with six threads, each with a ledger of its own, on two cores
]

POLICY = """
tools: {pay: {risk_tags: [write, financial], owner: olga}, mail: {risk_tags: [write]}}
groups: {finance: [ana, bo, cy, dee], legal: [dee, eli], pair: [kim, lou]}
review_defaults: {approval_ttl_sec: 600, execution_ttl_sec: 300}
rules: [{id: money, match: {tools: [pay]}, decision: require_approval, review: {REVIEW}}]
"""
TWO = "route: finance, quorum: 2"


def policy_of(review: str, more: str = "") -> str:
    return POLICY.replace("REVIEW", review) + more


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Open worlds on one ledger; afterwards its record is right."""
    worlds: list[World] = []

    def one(review: str = TWO, more: str = "", **said: Any) -> World:
        worlds.append(open_world(tmp_path, policy_of(review, more), **said))
        return worlds[-1]

    yield one
    verified = worlds[0].gate.audit.verify()
    for world in worlds:
        world.gate.close()
    assert verified.ok, verified.problems


def asked(world: World, tool: str = "pay", **args: Any) -> tuple[str, str]:
    """Propose a call; return it and its request."""
    (call,) = world.propose((tool, args))
    return call, waiting(world.go(call)).request.id


def approve(world: World, request: str, *names: str) -> list[str]:
    """Approve under some names; return the call's state after each."""
    return [world.gate.inbox.approve(request, by=name, reason="seen").state for name in names]


def under(world: World, policy: str) -> None:
    """Swap the policy."""
    changed = Policy.parse(policy).compiled
    world.gate.conductor.ports = replace(world.gate.conductor.ports, policy=lambda: changed)


def people(world: World, kind: EnrolmentKind, **said: Any) -> None:
    """Change who the ledger knows."""
    enrol(world.gate.conductor.ports, Enrolment(kind, said, "root"))


class TestQuorum:
    """A question stays open until all who must approve did."""

    def test_the_second_of_two_approves(self, opened: Callable[..., World]) -> None:
        """I2: one approval of two is none; the second lets the call run, once."""
        world = opened()
        call, request = asked(world)

        assert approve(world, request, "ana") == ["pending"]
        assert isinstance(world.go(call), Waiting)
        assert world.effects == []
        assert approve(world, request, "bo") == ["approved"]
        assert answer(world.go(call)).ending == "released"
        assert len(world.effects) == 1

    def test_one_person_is_one_voice(self, opened: Callable[..., World]) -> None:
        """Q2: under whatever name, again and again; the same answer again is not even an entry."""
        world = opened()
        people(world, "person_added", name="ana", roles=[], identities=["ana@corp"])
        call, request = asked(world)

        assert approve(world, request, "ana", "ana@corp", "local:Ana", "ana") == ["pending"] * 4
        before = len(world.gate.audit.log(call=call))
        approve(world, request, "ana", "ana")
        assert len(world.gate.audit.log(call=call)) == before

    @pytest.mark.parametrize("last", ["deny", "cancel"])
    def test_one_denial_ends_it(self, opened: Callable[..., World], last: str) -> None:
        """Q3, I6: whoever denies, and however many approved before, nothing runs."""
        world = opened("route: finance, quorum: unanimous")
        call, request = asked(world)
        approve(world, request, "ana", "bo", "cy")
        getattr(world.gate.inbox, last)(request, by="ana", reason="no")

        with pytest.raises(AlreadyDecided):
            approve(world, request, "dee")
        assert answer(world.go(call)).ending in ("rejected", "cancelled")
        assert world.effects == []

    def test_an_edit_voids_what_was_approved(self, opened: Callable[..., World]) -> None:
        """Q5, Q6: approvals of the old arguments count for nothing of the new, nor the editor's."""
        world = opened()
        call, request = asked(world, amount=5)
        approve(world, request, "ana")
        edited = world.gate.inbox.edit(request, args={"amount": 6}, by="bo")

        assert edited.state == "pending"
        with pytest.raises(AlreadyDecided):
            approve(world, request, "cy")
        with pytest.raises(NotEligible):
            approve(world, edited.id, "bo")
        assert approve(world, edited.id, "ana", "cy") == ["pending", "approved"]
        assert answer(world.go(call)).ending == "released"
        assert [args for _, args in world.effects] == [{"amount": 6}]

    def test_groups_need_another_person_each(self, opened: Callable[..., World]) -> None:
        """Q10: a member of both stands for one; then only the other group is missing."""
        world = opened("groups_all: [finance, legal]")
        call, request = asked(world)

        with pytest.raises(NotEligible, match="`finance`, `legal`"):
            approve(world, request, "eve")
        assert approve(world, request, "dee") == ["pending"]
        assert approve(world, request, "ana") == ["approved"]
        assert answer(world.go(call)).ending == "released"

    def test_the_owner_counts_in_no_group(self, opened: Callable[..., World]) -> None:
        """Q1: behind any of their names, also where they are asked."""
        world = opened("route: owners, quorum: 1")
        people(world, "person_added", name="olga", roles=["owners"], identities=["o.smith"])
        people(world, "person_added", name="pia", roles=["owners"], identities=[])
        call, request = asked(world)

        for name in ("olga", "o.smith"):
            with pytest.raises(NotEligible):
                approve(world, request, name)
        assert approve(world, request, "pia") == ["approved"]
        assert answer(world.go(call)).ending == "released"


class TestGuard:
    """Everything is counted again when the call runs."""

    def approved(self, opened: Callable[..., World], review: str = TWO) -> tuple[World, str, str]:
        world = opened(review)
        call, request = asked(world)
        assert approve(world, request, "ana", "bo")[-1] == "approved"
        return world, call, request

    @pytest.mark.parametrize(
        "policy",
        [
            policy_of("route: finance, quorum: 3"),
            policy_of("route: finance, quorum: majority"),
            policy_of("route: finance, quorum: 2, groups_all: [legal]"),
            policy_of(TWO).replace("[ana, bo, cy, dee]", "[bo, cy, dee]"),
            policy_of(TWO + ", auth: signed"),
            policy_of("quorum: 2", "routing: {financial_actions: legal}\n"),
        ],
    )
    def test_a_stricter_policy_asks_again(self, opened: Callable[..., World], policy: str) -> None:
        """Q4, Q8: what was enough then is not enough now; nothing runs, and people are asked."""
        world, call, request = self.approved(opened)
        under(world, policy)

        assert waiting(world.go(call)).request.id != request
        assert world.effects == []

    @pytest.mark.parametrize("policy", [policy_of("route: finance"), policy_of(TWO)])
    def test_a_looser_policy_changes_nothing(
        self, opened: Callable[..., World], policy: str
    ) -> None:
        """What people approved as they had to runs."""
        world, call, _ = self.approved(opened)
        under(world, policy)

        assert answer(world.go(call)).ending == "released"

    def test_a_looser_policy_lends_no_votes(self, opened: Callable[..., World]) -> None:
        """Q8: one of two approved; that one suffices now is for the next question to say."""
        world = opened()
        call, request = asked(world)
        approve(world, request, "ana")
        under(world, policy_of("route: finance"))

        assert isinstance(world.go(call), Waiting)
        assert world.effects == []

    def test_who_was_revoked_does_not_count(self, opened: Callable[..., World]) -> None:
        """Q4: of two approvals one is somebody's who is here no more."""
        world = opened()
        people(world, "person_added", name="ana", roles=[], identities=[])
        call, request = asked(world)
        assert approve(world, request, "ana", "bo") == ["pending", "approved"]
        people(world, "person_revoked", name="ana", roles=[])

        again = waiting(world.go(call)).request
        assert again.id != request
        with pytest.raises(NotEligible):
            approve(world, again.id, "ana")
        assert approve(world, again.id, "bo", "cy") == ["pending", "approved"]
        assert answer(world.go(call)).ending == "released"

    def test_two_names_that_became_one_person(self, opened: Callable[..., World]) -> None:
        """I7: who turns out to be one human behind both names had one voice."""
        world, call, _ = self.approved(opened)
        people(world, "person_added", name="ana", roles=[], identities=["bo"])

        assert isinstance(world.go(call), Waiting)
        assert world.effects == []


class TestRoles:
    """Groups that are roles in the ledger."""

    def test_who_has_the_role_when_it_is_asked_and_when_it_runs(
        self, opened: Callable[..., World]
    ) -> None:
        """Q4: who has the role now has a say, and who lost it has none, then and when it runs."""
        world = opened("route: dpo")
        people(world, "person_added", name="kim", roles=["dpo"], identities=[])
        people(world, "person_added", name="lou", roles=["dpo"], identities=[])
        call, request = asked(world)
        people(world, "person_revoked", name="lou", roles=["dpo"])

        with pytest.raises(NotEligible):
            approve(world, request, "lou")
        assert approve(world, request, "kim") == ["approved"]
        people(world, "person_revoked", name="kim", roles=["dpo"])
        people(world, "person_added", name="max", roles=["dpo"], identities=[])
        again = waiting(world.go(call)).request
        assert again.terms.asked() == ("max",)
        people(world, "person_added", name="lou", roles=["dpo"], identities=[])
        assert approve(world, again.id, "lou") == ["approved"]
        assert answer(world.go(call)).ending == "released"

    def test_an_emptied_role_waits_until_somebody_has_it(
        self, opened: Callable[..., World]
    ) -> None:
        """Nobody is left who may approve, and then somebody comes."""
        world = opened("route: dpo")
        people(world, "person_added", name="kim", roles=["dpo"], identities=[])
        call, request = asked(world)
        people(world, "person_revoked", name="kim", roles=["dpo"])
        with pytest.raises(NotEligible, match="nobody"):
            approve(world, request, "kim")
        people(world, "person_added", name="max", roles=["dpo"], identities=[])

        assert approve(world, request, "max") == ["approved"]
        assert answer(world.go(call)).ending == "released"

    def test_all_of_a_role_that_grew(self, opened: Callable[..., World]) -> None:
        """Approved by all of then: all of now are asked, and can approve."""
        world = opened("route: dpo, quorum: unanimous")
        people(world, "person_added", name="kim", roles=["dpo"], identities=[])
        call, request = asked(world)
        assert approve(world, request, "kim") == ["approved"]
        people(world, "person_added", name="lou", roles=["dpo"], identities=[])

        again = waiting(world.go(call)).request
        assert approve(world, again.id, "kim", "lou")[-1] == "approved"
        assert answer(world.go(call)).ending == "released"

    def test_a_share_of_a_role_that_grew_is_of_now(self, opened: Callable[..., World]) -> None:
        """One of one is not most of three, at the next vote; nor is it when the call would run."""
        world = opened("route: dpo, quorum: majority")
        people(world, "person_added", name="kim", roles=["dpo"], identities=[])
        call, request = asked(world)
        for name in ("lou", "max"):
            people(world, "person_added", name=name, roles=["dpo"], identities=[])
        assert approve(world, request, "kim", "lou") == ["pending", "approved"]
        for name in ("ned", "oda"):
            people(world, "person_added", name=name, roles=["dpo"], identities=[])

        again = waiting(world.go(call)).request
        assert (again.terms.quorum, world.effects) == (3, [])
        assert approve(world, again.id, "kim", "lou", "oda")[-1] == "approved"
        assert answer(world.go(call)).ending == "released"

    @pytest.mark.parametrize("word", ["majority", "unanimous"])
    def test_a_share_of_a_role_that_shrank_is_of_now(
        self, opened: Callable[..., World], word: str
    ) -> None:
        """Who is left can still approve, also who approved before the others left."""
        world = opened(f"route: dpo, quorum: {word}")
        for name in ("kim", "lou", "max", "ned"):
            people(world, "person_added", name=name, roles=["dpo"], identities=[])
        call, request = asked(world)
        assert approve(world, request, "kim", "lou") == ["pending", "pending"]
        for name in ("max", "ned"):
            people(world, "person_revoked", name=name, roles=["dpo"])

        assert approve(world, request, "kim") == ["approved"]
        assert answer(world.go(call)).ending == "released"

    def test_who_approved_before_a_share_shrank_is_asked_again(
        self, opened: Callable[..., World]
    ) -> None:
        """Nothing is approved by a change of people; who looks is told whose word is wanted."""
        load = "approval_queue_policy: {max_open_requests_per_reviewer: 5}\n"
        world = opened("route: dpo, quorum: unanimous", load)
        for name in ("kim", "lou"):
            world.gate.reviewers.add(name, roles=["dpo"])
        call, request = asked(world)
        assert approve(world, request, "kim") == ["pending"]
        world.gate.reviewers.revoke("lou", reason="left")

        shown = world.gate.inbox.show(request)
        assert (shown.state, shown.approved_by, shown.missing) == ("pending", ("kim",), ())
        assert world.gate.queue.assigned()[request] == ("kim",)
        assert approve(world, request, "kim") == ["approved"]
        assert answer(world.go(call)).ending == "released"

    @pytest.mark.parametrize(
        "review", ["route: finance, quorum: unanimous", "route: finance, quorum: majority"]
    )
    def test_no_change_of_people_approves(self, opened: Callable[..., World], review: str) -> None:
        """Q3, Q9: nobody's leave lets a call run, whoever looks; who is left says so again."""
        world = opened(review)
        call, request = asked(world)
        approve(world, request, "ana", "bo")
        under(world, policy_of(review).replace("[ana, bo, cy, dee]", "[ana, bo]"))

        recover(world.gate.conductor.ports)
        world.gate.inbox.expire_overdue()
        with pytest.raises(NotEligible):
            approve(world, request, "cy")
        assert waiting(world.go(call)).request.id == request
        shown = world.gate.inbox.show(request)
        assert (shown.state, shown.approved_by, shown.missing) == ("pending", ("ana", "bo"), ())
        assert approve(world, request, "bo") == ["approved"]
        assert answer(world.go(call)).ending == "released"

    def test_who_looks_is_told_of_now(self, opened: Callable[..., World]) -> None:
        """Whose approval is missing, and who is asked to look, is by the people of now."""
        load = "approval_queue_policy: {max_open_requests_per_reviewer: 5}\n"
        world = opened("route: dpo, quorum: unanimous", load)
        people(world, "person_added", name="kim", roles=["dpo"], identities=[])
        _, request = asked(world)
        people(world, "person_revoked", name="kim", roles=["dpo"])
        for name in ("lou", "max"):
            people(world, "person_added", name=name, roles=["dpo"], identities=[])

        missing = ({"group": "dpo", "more": 2},)
        assert world.gate.inbox.show(request).missing == missing
        assert [case.missing for case in world.gate.inbox.pending()] == [missing]
        assert {*world.gate.queue.assigned()[request]} == {"lou", "max"}

    def test_a_number_stays_a_number(self, opened: Callable[..., World]) -> None:
        """Two of a role are two, however few are left."""
        world = opened("route: dpo, quorum: 2")
        for name in ("kim", "lou"):
            people(world, "person_added", name=name, roles=["dpo"], identities=[])
        _, request = asked(world)
        people(world, "person_revoked", name="lou", roles=["dpo"])

        assert approve(world, request, "kim", "kim") == ["pending", "pending"]

    def test_a_role_that_nobody_has_is_an_alarm(
        self, opened: Callable[..., World], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Without a default nobody can approve; the log and the record say so at once."""
        world = opened("route: dpo")
        call, request = asked(world)

        assert "nobody is in `dpo`" in caplog.text
        with pytest.raises(NotEligible):
            approve(world, request, "ana")
        assert alarms(world) == [(["dpo"], [["dpo", 1]])]
        world.gate.inbox.deny(request, by="eve", reason="nobody can")
        assert answer(world.go(call)).ending == "rejected"

    def test_the_default_is_asked_in_its_place(
        self, opened: Callable[..., World], caplog: pytest.LogCaptureFixture
    ) -> None:
        """An empty role falls to `routing.default`, and that is said, too."""
        world = opened("route: dpo", "routing: {default: legal}\n")
        call, request = asked(world)

        assert alarms(world) == [(["dpo"], [])]
        assert "`dpo`" in caplog.text
        assert approve(world, request, "eli") == ["approved"]
        assert answer(world.go(call)).ending == "released"

    @pytest.mark.parametrize("voted", [False, True])
    def test_who_gets_the_role_is_asked_instead_of_the_default(
        self, opened: Callable[..., World], *, voted: bool
    ) -> None:
        """Q4: the role is looked up each time; whom the default named has no say from then on."""
        world = opened("route: dpo", "routing: {default: legal}\n")
        call, request = asked(world)
        if voted:
            assert approve(world, request, "eli") == ["approved"]
        people(world, "person_added", name="kim", roles=["dpo"], identities=[])

        if voted:
            request = waiting(world.go(call)).request.id
        with pytest.raises(NotEligible, match=r"`dpo` \(kim\)"):
            approve(world, request, "eli")
        assert approve(world, request, "kim") == ["approved"]
        assert answer(world.go(call)).ending == "released"
        assert alarms(world) == [(["dpo"], [])]

    def test_no_alarm_for_a_role_that_has_people_by_now(self, opened: Callable[..., World]) -> None:
        """Q9: what changed about a question is told by who is there, not by who was."""
        world = opened("route: dpo, quorum: 2")
        _, request = asked(world)
        for name in ("kim", "lou", "max"):
            people(world, "person_added", name=name, roles=["dpo"], identities=[])
        assert approve(world, request, "kim") == ["pending"]

        assert alarms(world) == [(["dpo"], [["dpo", 2]])]

    def test_a_role_that_shrank_is_an_alarm(self, opened: Callable[..., World]) -> None:
        """Q9: fewer have the role than must approve."""
        world = opened("route: dpo, quorum: 2")
        people(world, "person_added", name="kim", roles=["dpo"], identities=[])
        asked(world)

        assert alarms(world) == [([], [["dpo", 1]])]

    @pytest.mark.parametrize(
        ("group", "empty"), [("dpo", ["dpo"]), ("pair", [])], ids=["a role", "a declared group"]
    )
    def test_an_alarm_when_people_go_while_it_is_asked(
        self, opened: Callable[..., World], group: str, empty: list[str]
    ) -> None:
        """Q9: said when they go, once, of a role and of a declared group; not of who comes back."""
        world = opened(f"route: {group}, quorum: 2")
        desk = world.gate.reviewers
        for name in ("kim", "lou"):
            desk.add(name, roles=["dpo"])
        _, request = asked(world)
        assert alarms(world) == []
        desk.revoke("lou", reason="left")
        desk.add("max", roles=["other"])

        assert alarms(world) == [([], [[group, 1]])]
        desk.revoke("kim", reason="left")
        assert alarms(world)[1:] == [(empty, [[group, 2]])]
        desk.add("kim", roles=["dpo"])
        assert len(alarms(world)) == 2
        assert approve(world, request, "kim") == ["pending"]

    def test_no_alarm_of_what_a_refused_vote_takes_back(
        self, opened: Callable[..., World], caplog: pytest.LogCaptureFixture
    ) -> None:
        """The log says nothing that the record does not."""
        world = opened()
        _, request = asked(world)
        people(world, "person_added", name="cy", roles=[], identities=[])
        people(world, "person_revoked", name="cy", roles=[])
        under(world, policy_of(TWO).replace("[ana, bo, cy, dee]", "[bo, cy]"))
        with pytest.raises(NotEligible):
            approve(world, request, "ana")
        assert (alarms(world), "request" in caplog.text) == ([], False)

        approve(world, request, "bo")
        assert alarms(world) == [([], [["finance", 1]])]


def alarms(world: World) -> list[tuple[Any, Any]]:
    """Return what the record says of groups with too few in them."""
    entries = world.gate.audit.log()
    return [
        (each["body"]["empty"], each["body"]["missing"])
        for each in entries
        if each["kind"] == "understaffed"
    ]


def votes(world: World, call: str) -> list[str]:
    """Return what the call was after each vote, by the record."""
    return [each["state"] for each in world.gate.audit.log(call=call) if each["kind"] == "voted"]


class TestAtOnce:
    """Several people at the same moment, each in a process as far as the ledger can tell."""

    def at_once(self, *works: Callable[[], Any]) -> list[Any]:
        ready, found = threading.Barrier(len(works)), [None] * len(works)

        def one(place: int) -> None:
            ready.wait(20)
            try:
                found[place] = works[place]().state
            except DeskError as error:
                found[place] = type(error).__name__

        threads = [threading.Thread(target=one, args=(place,)) for place in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(50)
        return found

    def test_the_last_of_all_approves(self, opened: Callable[..., World]) -> None:
        """I7: of four that must approve and do at once, exactly one sees it approved."""
        review = "route: finance, quorum: unanimous"
        worlds = [opened(review, clock=SystemClock()) for _ in range(4)]
        for _ in range(3):
            call, request = asked(worlds[0])
            self.at_once(
                *(
                    partial(world.gate.inbox.approve, request, by=name, reason="seen")
                    for world, name in zip(worlds, ("ana", "bo", "cy", "dee"), strict=True)
                )
            )
            assert votes(worlds[0], call) == ["pending", "pending", "pending", "approved"]
            assert answer(worlds[1].go(call)).ending == "released"

    def test_more_than_must_are_told_so(self, opened: Callable[..., World]) -> None:
        """Of four that approve where two must, one completes it and the others come too late."""
        worlds = [opened(clock=SystemClock()) for _ in range(4)]
        call, request = asked(worlds[0])
        found = self.at_once(
            *(
                partial(world.gate.inbox.approve, request, by=name, reason="seen")
                for world, name in zip(worlds, ("ana", "bo", "cy", "dee"), strict=True)
            )
        )
        assert found.count("AlreadyDecided") == 2
        assert votes(worlds[0], call) == ["pending", "approved"]
        assert [world.state(call) for world in worlds] == ["approved"] * 4

    def test_approve_against_deny(self, opened: Callable[..., World]) -> None:
        """One outcome: approved before the denial came, or denied for good."""
        worlds = [opened(clock=SystemClock()) for _ in range(3)]
        for _ in range(4):
            call, request = asked(worlds[0])
            approve(worlds[0], request, "ana")
            yes, no = self.at_once(
                partial(worlds[1].gate.inbox.approve, request, by="bo", reason="seen"),
                partial(worlds[2].gate.inbox.deny, request, by="cy", reason="no"),
            )
            assert (yes, no) in [("approved", "AlreadyDecided"), ("AlreadyDecided", "rejected")]
            ran = answer(worlds[0].go(call)).ending == "released"
            assert ran == (yes == "approved")

    def test_edit_against_approve(self, opened: Callable[..., World]) -> None:
        """Q5: what ran is what was approved, whichever came first."""
        worlds = [opened(clock=SystemClock()) for _ in range(3)]
        for _ in range(4):
            _, request = asked(worlds[0], amount=1)
            approve(worlds[0], request, "ana")
            yes, edit = self.at_once(
                partial(worlds[1].gate.inbox.approve, request, by="bo", reason="seen"),
                partial(worlds[2].gate.inbox.edit, request, args={"amount": 2}, by="cy"),
            )
            assert (yes, edit) in [("approved", "AlreadyDecided"), ("AlreadyDecided", "pending")]


def test_every_pair_of_a_group_is_a_quorum(opened: Callable[..., World]) -> None:
    """Any two of a group approve, in any order."""
    world = opened()
    for pair in combinations(("dee", "cy", "bo", "ana"), 2):
        _, request = asked(world)
        assert approve(world, request, *pair) == ["pending", "approved"]
