"""Suggest: what people's answers speak for, with what it would have let pass, and nothing grave."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.app.suggesting import Recorded, Suggestion, rules_in, suggested
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.conduct.values import Disclosure
from interlock.ledger.disclosures import Disclosed
from interlock.path.proposal import Agent, Context

POLICY = """
tools:
  pay: {risk_tags: [write], facts: {usd: args.usd}}
  wipe: {risk_tags: [delete]}
  look: {risk_tags: [read], effect: read}
approval_queue_policy: {max_open_requests_per_agent: 1000}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: big, match: {tools: [pay], usd_above: 50}, decision: require_approval,
     review: {reason_required: true}}
  - {id: pays, match: {tools: [pay]}, decision: allow}
  - {id: wiped, match: {tools: [wipe]}, decision: require_approval}
  - {id: idle, match: {tools: [nothing.*]}, decision: require_approval}
autonomy_levels:
  level_0: {rules: []}
  level_2: {rules: [{id: higher, match: {tools: [pay]}, decision: notify}]}
"""


class Desk:
    """A gate on a real ledger, and a person who answers at once."""

    def __init__(self, gate: Gate) -> None:
        """Work at a gate."""
        self.gate = gate
        self.turns = 0

    def call(self, tool: str, verb: str | None = None, /, **args: Iterable[Any]) -> list[str]:
        """Propose a turn with a call for each of some arguments; answer what they ask."""
        self.turns += 1
        context = Context(Agent("bot"), principal="cust")
        intents = tuple(
            Intent(tool, dict(zip(args, values, strict=True)), f"c{at}")
            for at, values in enumerate(zip(*args.values(), strict=True))
        )
        calls = self.gate.conductor.propose(
            Turn(context, "main", "t", "", f"m{self.turns}", intents)
        )
        for call in calls if verb else ():
            vote = getattr(self.gate.inbox, verb or "")
            vote(call, by="ana", reason="looked")
        return calls

    def say(
        self, policy: str = POLICY, canaries: Sequence[Disclosed] | None = None
    ) -> dict[tuple[str, str], Suggestion]:
        """Return the suggestions by kind and rule, of people who caught ten canaries."""
        seen = self.canaries(caught=10) if canaries is None else canaries
        found = suggested(Policy.parse(policy), self.gate.audit.answered(10_000), seen)
        return {(each.kind, each.rule): each for each in found}

    def canaries(self, route: str = "", at: datetime | None = None, **ends: int) -> list[Disclosed]:
        """Return canaries that came to these ends, as the ledger tells of them."""
        when, came_to = at or self.gate.ledger.clock.now(), tuple[Disclosure, ...](ends)
        return [
            Disclosed("canary", route, "amount", end, when)
            for end in came_to
            for _ in range(ends[end])
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on a real ledger."""
    with Gate.open(
        Policy.parse(POLICY), tmp_path / "l.db", clock=FrozenClock(), state=tmp_path
    ) as gate:
        yield Desk(gate)


@pytest.mark.timeout(60)  # hundreds of calls in a real ledger
class TestRelaxed:
    def test_a_question_that_is_always_approved(self, desk: Desk) -> None:
        """With the interval, the change, what it lets pass, and whom people had refused."""
        desk.call("pay", "approve", usd=[60 + at for at in range(198)])
        refused = desk.call("pay", "deny", usd=[900, 901])
        found = desk.say()[("relax", "big")]

        assert (found.share.hits, found.share.of) == (198, 200)
        assert (round(found.share.low, 3), round(found.share.high, 3)) == (0.964, 0.999)
        assert found.entry == {
            "id": "big",
            "match": {"tools": ["pay"], "usd_above": 50},
            "decision": "notify",
            "veto_window_sec": 300,
        }
        assert (found.passes, set(found.refused)) == (200, set(refused))

    def test_one_refusal_more_is_too_many(self, desk: Desk) -> None:
        """197 of 200 is below 99 %; nor do 199 answers speak for anything."""
        desk.call("pay", "approve", usd=[60 + at for at in range(197)])
        desk.call("pay", "deny", usd=[900 + at for at in range(2)])
        few = desk.say()
        desk.call("pay", "deny", usd=[999])

        assert ("relax", "big") not in few
        assert ("relax", "big") not in desk.say()

    def test_what_nobody_answered_is_no_answer(self, desk: Desk) -> None:
        """Silence speaks neither for nor against a question."""
        desk.call("pay", "approve", usd=[60 + at for at in range(199)])
        desk.call("pay", usd=[400 + at for at in range(50)])

        assert ("relax", "big") not in desk.say()

    def test_never_what_deletes(self, desk: Desk) -> None:
        """What deletes is asked about, however often people say yes."""
        desk.call("wipe", "approve", of=range(200))

        assert ("relax", "wiped") not in desk.say()

    def test_nor_what_is_critical(self, desk: Desk) -> None:
        """A tag that the file gives a tool today counts, whatever it was when people answered."""
        desk.call("pay", "approve", usd=[60 + at for at in range(200)])
        now = POLICY.replace("pay: {risk_tags: [write]", "pay: {risk_tags: [write, secrets]")

        assert ("relax", "big") in desk.say()
        assert ("relax", "big") not in desk.say(now)


@pytest.mark.timeout(60)  # as above
class TestUnproven:
    """What people always approve is relaxed only where they were seen to look."""

    def test_enough_canaries_and_none_missed(self, desk: Desk) -> None:
        """Those that count are of who was asked, of canaries, and since the first question."""
        desk.call("pay", "approve", usd=[60 + at for at in range(200)])
        before = desk.gate.ledger.clock.now() - timedelta(seconds=1)
        caught = desk.canaries(caught=9)
        looks = [one._replace(kind="second_look", came_to="agreed") for one in caught]
        nine = [
            *caught, *looks, *desk.canaries("ops", caught=9), *desk.canaries(at=before, caught=9),
            *desk.canaries(uncounted=9, unanswered=9),
        ]  # fmt: skip
        kept = desk.say(canaries=nine)
        ten = [*nine, *desk.canaries(caught=1), *desk.canaries("ops", missed=1)]
        missed = desk.say(canaries=[*ten, *ten, *desk.canaries(missed=1)])

        assert ("relax", "big") in desk.say(canaries=ten)
        assert ("relax", "big") not in {*kept, *missed, *desk.say(canaries=[])}
        assert "9 canaries were answered by anyone since then; 10 " in kept["keep", "big"].because
        assert "1 of 21 were missed" in missed["keep", "big"].because
        assert kept["keep", "big"].entry is None

    def test_each_team_that_is_asked(self, desk: Desk) -> None:
        """Where two groups were asked in turn, one that looks does not speak for the other."""
        desk.call("pay", "approve", usd=[60 + at for at in range(200)])
        asked = desk.gate.audit.answered(1000)
        both = [each._replace(route="ops" if at % 2 else "fin") for at, each in enumerate(asked)]
        ten, other = desk.canaries("fin", caught=10), desk.canaries("ops", caught=10)

        def kinds(seen: Sequence[Disclosed]) -> set[str]:
            return {each.kind for each in suggested(Policy.parse(POLICY), both, seen)}

        assert "relax" in kinds([*ten, *other])
        assert "relax" not in kinds(ten)

    def test_who_waved_a_real_canary_through(self, tmp_path: Path) -> None:
        """From the drawing to the suggestion, through a ledger."""
        drawn, clock = Policy.parse(POLICY + "fatigue_controls: {canary_rate: 1}"), FrozenClock()
        with Gate.open(drawn, tmp_path / "l.db", clock=clock, state=tmp_path) as gate:
            desk = Desk(gate)
            desk.call("pay", "approve", usd=[60 + at for at in range(200)])
            clock.advance(3600)
            (posed,) = gate.inbox.pending()
            gate.inbox.approve(posed.id, by="bo", reason="fine")
            kept = desk.say(canaries=gate.audit.disclosed())

        assert "1 of 1 were missed" in kept["keep", "big"].because


@pytest.mark.timeout(60)  # as above
class TestThreshold:
    def say(
        self,
        desk: Desk,
        policy: str = POLICY,
        refused: int = 290,
        answered: int = 300,
        **seen: int,
    ) -> dict[tuple[str, str], Suggestion]:
        """Ask about 249 of 300 calls; people refuse those from some amount on."""
        if not desk.turns:
            desk.call("pay", usd=range(300))
        told: list[Recorded] = []
        for each in desk.gate.audit.answered(1000):
            usd = each.call.proposal.args["usd"]
            said = "approved" if usd < refused else "rejected"
            told.append(each._replace(verdict=said if 50 < usd < answered else each.verdict))
        canaries = desk.canaries(**(seen or {"caught": 10}))
        found = suggested(Policy.parse(policy), told, canaries)
        return {(each.kind, each.rule): each for each in found}

    def test_one_that_asks_too_often(self, desk: Desk) -> None:
        """The proposal asks about 5 to 10 % of the calls that the rule is about."""
        found = self.say(desk)[("threshold", "big")]
        bound = found.entry["match"]["usd_above"] if found.entry else None

        assert found.share.hits == 249
        assert isinstance(bound, int)
        assert 0.05 <= sum(at > bound for at in range(300)) / 300 <= 0.10
        assert found.passes == bound - 50
        assert f"people approved {found.passes} of {found.passes} questions" in found.because

    def test_the_brakes_are_those_of_a_question(self, desk: Desk) -> None:
        """Nothing grave, nobody who does not look, nothing that people refused or never saw."""

        def kinds(policy: str = POLICY, **given: int) -> set[str]:
            found = self.say(desk, policy, **given)
            assert all(each.entry is None for each in found.values() if each.kind == "keep")
            return {kind for kind, rule in found if rule == "big"}

        def tagged(tag: str) -> str:
            return POLICY.replace("pay: {risk_tags: [write]", f"pay: {{risk_tags: [write, {tag}]")

        assert kinds() == {"threshold"}
        assert kinds(tagged("delete")) == kinds(tagged("secrets")) == set()
        assert kinds(caught=9) == kinds(caught=20, missed=1) == {"keep"}
        assert kinds(refused=250) == set()
        assert kinds(answered=240) == set()

    def test_one_that_another_rule_would_ask_instead_of_stays(self, desk: Desk) -> None:
        """Where no rule allows what is between, a higher bound would ask as before."""
        silent = POLICY.replace(
            "{id: pays, match: {tools: [pay]}", "{id: pays, match: {tools: [p]}"
        )

        assert ("threshold", "big") in self.say(desk)
        assert ("threshold", "big") not in self.say(desk, silent)

    def test_one_that_asks_too_seldom(self, desk: Desk) -> None:
        """A lower bound asks more, and lets nothing pass."""
        desk.call("pay", usd=[at / 4 for at in range(200)])
        found = desk.say()[("threshold", "big")]

        assert (found.share.hits, found.passes) == (0, 0)

    def test_one_that_is_right_stays(self, desk: Desk) -> None:
        """A bound that asks about 5 to 10 % is left alone."""
        desk.call("pay", usd=[at * 54 / 200 for at in range(200)])

        assert ("threshold", "big") not in desk.say()

    def test_where_no_bound_asks_about_so_few_none_is_suggested(self, desk: Desk) -> None:
        """Half of the calls are one amount: any bound asks about them all, or about none."""
        desk.call("pay", usd=[100 if at % 2 else 10 for at in range(200)])

        assert ("threshold", "big") not in desk.say()


@pytest.mark.timeout(60)  # as above
def test_a_rule_that_never_spoke(desk: Desk) -> None:
    """Only where it could have: a level's rule is not judged by calls at another level."""
    desk.call("look", of=range(199))
    few = desk.say()
    desk.call("look", of=[199])
    found = desk.say()

    assert few == {}
    assert {rule for kind, rule in found if kind == "never_hit"} == {"big", "pays", "wiped", "idle"}
    assert found[("never_hit", "idle")].entry is None


def test_an_empty_record_speaks_for_nothing() -> None:
    """Without calls nothing is suggested, and every rule was looked at."""
    policy = Policy.parse(POLICY)
    ticks: list[None] = []
    found = suggested(policy, list[Recorded](), (), lambda: ticks.append(None))

    assert found == []
    assert len(ticks) == rules_in(policy)
    assert len(ticks) == 6
