"""Judge: budgets and rates count what runs, once, for whom they say, and are never overspent."""

import math
import multiprocessing
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from interlock.app.policy import Policy
from interlock.clock import FrozenClock, SystemClock
from interlock.conduct import Answered, Ready, Waiting, faults, perform
from interlock.conduct.faults import CrashPoint
from interlock.path.execution import Done
from interlock.path.proposal import Agent
from interlock.tools.run import run

from ..databases import ask, by_hand  # isort: skip
from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

FORK = multiprocessing.get_context("fork")
MAX = 100


def policy(by: str = "agent", guardrails: str = "") -> str:
    """Return a policy with a budget of 100 an hour; what is over 50 is asked about."""
    return f"""
tools:
  pay: {{risk_tags: [write], facts: {{amount: args.amount}}}}
  put: {{risk_tags: [write], effect: idempotent, facts: {{amount: args.amount}}}}
  mail: {{risk_tags: [write], effect: idempotent}}
groups: {{dpo: [dee]}}
rules:
  - {{id: go, match: {{tools: [pay, put, mail]}}, decision: allow}}
  - {{id: big, match: {{amount_above: 60}}, decision: require_approval}}
guardrails:
  - id: budget
    match: {{tools: [pay, put]}}
    budget: {{fact: amount, max: {MAX}, per: hour, by: {by}}}
    reason: The hour's money is spent
  - {{id: rate, match: {{tools: [mail]}}, rate: {{max: 2, per: minute}}}}
{guardrails}
"""


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """One world with a budget."""
    made = open_world(tmp_path, policy())
    yield made
    assert made.gate.audit.verify().ok, made.gate.audit.verify().problems
    made.gate.close()


def ending(world: World, tool: str, args: Any, **who: str) -> str:
    """Propose a call for somebody, take it as far as it goes, and say how it ended."""
    turn = world.turn((tool, args))
    agent = Agent(who.pop("agent", "bot"), owner="olga")
    context = replace(turn.context, agent=agent, **who)
    (call,) = world.gate.conductor.propose(replace(turn, context=context))
    progress = world.go(call)
    return progress.answer.ending if isinstance(progress, Answered) else "waits"


def pay(world: World, amount: Any, **who: str) -> str:
    """Pay an amount."""
    return ending(world, "pay", {"amount": amount}, **who)


def spent(folder: Path) -> list[tuple[str, int]]:
    """Read the table of what was spent."""
    return ask(folder, "SELECT guardrail, amount FROM usage ORDER BY amount")


class TestAmounts:
    def test_add_up_to_the_maximum_and_no_further(self, world: World) -> None:
        """A budget may be spent to the last cent; the cent after it is denied."""
        ends = [pay(world, amount) for amount in (60, 39.99, 0.02, 0.01, 0.01, 0)]

        assert ends == ["released", "released", "denied", "released", "denied", "released"]
        assert round(sum(args["amount"] for _, args in world.effects), 9) == MAX

    @pytest.mark.parametrize("amount", [-1, "5", None, True, 1e300])
    def test_that_are_none_are_denied(self, world: World, amount: Any) -> None:
        """What does not count as an amount may be any amount; a negative one refills nothing."""
        assert pay(world, amount) == "denied"
        assert ending(world, "pay", {}) == "denied"
        assert pay(world, 60) == "released"
        assert pay(world, -60) == "denied"
        assert pay(world, 60) == "denied"

    def test_that_are_no_number_at_all_are_no_arguments(self, world: World) -> None:
        """NaN is refused before anyone counts."""
        assert pay(world, math.nan) == "invalid_arguments"
        assert world.effects == []

    def test_leave_their_window_when_it_has_passed(self, world: World) -> None:
        """What was spent an hour ago counts no more; what was spent a second later does."""
        assert pay(world, 60) == "released"
        world.clock.advance(1800)
        assert pay(world, 40) == "released"
        world.clock.advance(1799)
        assert pay(world, 1) == "denied"
        world.clock.advance(1)
        assert pay(world, 60) == "released"
        assert pay(world, 1) == "denied"
        world.clock.advance(-7200)
        assert pay(world, 1) == "denied"  # a clock that steps back frees nothing

    def test_of_siblings_are_counted_one_after_the_other(self, world: World) -> None:
        """Each call of a turn fits the budget alone; of two that do not fit together one runs."""
        calls = world.propose(*[("pay", {"amount": 60})] * 2)

        assert [answer(world.go(call)).ending for call in calls] == ["released", "denied"]

    def test_count_once_when_a_call_is_delivered_again(self, world: World) -> None:
        """A replay and a refused call spend nothing."""
        for _ in range(3):
            (call,) = world.propose(("pay", {"amount": 60}), name="same")
            assert answer(world.go(call)).ending == "released"
        assert pay(world, 41) == "denied"
        assert pay(world, 40) == "released"

    def test_count_once_when_a_call_is_claimed_again(self, world: World, tmp_path: Path) -> None:
        """I15: a claim that was lost and taken up again is one call to the budget."""
        (call,) = world.propose(("put", {"amount": 60}))
        assert isinstance(world.gate.conductor.advance(call), Ready)
        assert pay(world, 41) == "denied"  # what is claimed is spent
        world.clock.advance(60)

        assert answer(world.go(call)).ending == "released"
        assert spent(tmp_path) == [("budget", 60_000_000)]
        assert pay(world, 40) == "released"


WHO = {
    "agent": {"agent": "other"},
    "principal": {"principal": "else"},
    "tenant": {"tenant": "acme"},
    "tool": {},
}


@pytest.mark.parametrize(
    ("by", "apart"),
    [
        ("agent", {"agent", "tenant"}),
        ("principal", {"principal", "tenant"}),
        ("tenant", {"tenant"}),
        ("tool", {"tool", "tenant"}),
        ("all", set[str]()),
    ],
)
def test_budgets_are_kept_apart_as_they_say(tmp_path: Path, by: str, apart: set[str]) -> None:
    """Calls are added up by whom the budget names, never across tenants unless it says `all`."""
    world = open_world(tmp_path, policy(by))
    assert pay(world, 60) == pay(world, 40) == "released"
    tools = {name: "put" if name == "tool" else "pay" for name in WHO}
    ends = {name: ending(world, tools[name], {"amount": 1}, **who) for name, who in WHO.items()}

    assert {name for name, end in ends.items() if end == "released"} == apart
    world.gate.close()


def test_a_rate_counts_calls(world: World) -> None:
    """Two in a minute run, the third does not; a call that was denied is not counted."""
    assert [ending(world, "mail", {}) for _ in range(3)] == ["released", "released", "denied"]
    world.clock.advance(60)
    assert [ending(world, "mail", {}) for _ in range(3)] == ["released", "released", "denied"]


class TestApproved:
    def test_is_stopped_when_the_budget_was_spent_meanwhile(self, world: World) -> None:
        """An approval does not lift a guardrail: it is asked again right before the call runs."""
        (call,) = world.propose(("pay", {"amount": 80}))
        request = waiting(world.go(call)).request
        assert pay(world, 40) == "released"
        world.gate.inbox.approve(request.id, by="ana", reason="yes")

        got = answer(world.go(call))

        assert got.ending == "denied"
        assert "The hour's money is spent" in got.content
        assert world.effects == [("pay", {"amount": 40})]
        assert pay(world, 60) == "released"  # the stopped call spent nothing

    @pytest.mark.parametrize(("by", "ends"), [("ana", "denied"), ("dee", "released")])
    def test_is_stopped_by_a_guardrail_about_the_approval(
        self, tmp_path: Path, by: str, ends: str
    ) -> None:
        """Who approved decides at the guard, where nobody's word lifts it."""
        bar = (
            "  - {id: dpo, stage: guard, match: {tools: [pay]}, "
            "require: \"args.amount < 10.0 || 'dpo' in approval.groups\", reason: Ask the DPO}"
        )
        world = open_world(tmp_path, policy(guardrails=bar))
        (call,) = world.propose(("pay", {"amount": 70.5}))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by=by, reason="yes")

        assert answer(world.go(call)).ending == ends
        assert len(world.effects) == (ends == "released")
        assert pay(world, 5.5) == "released"
        assert pay(world, 15.5) == "denied"  # asked about by nobody, and so approved by nobody
        assert world.gate.audit.verify().ok
        world.gate.close()

    def test_is_decided_anew_when_the_policy_changed(self, world: World) -> None:
        """Q8: a new guardrail stops an approved call, also one that is asked before approvals."""
        (call,) = world.propose(("pay", {"amount": 80}))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="yes")
        bar = "  - {id: new, stage: decide, match: {tools: [pay]}, reason: Closed since}"
        changed = Policy.parse(policy(guardrails=bar)).compiled
        ports = world.gate.conductor.ports
        world.gate.conductor.ports = replace(ports, policy=lambda: changed)

        got = answer(world.go(call))

        assert (got.ending, "Closed since" in got.content) == ("denied", True)
        assert world.effects == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE usage SET amount = 1",
        "UPDATE usage SET at = '2000-01-01T00:00:00.000000Z'",
        "UPDATE usage SET by = 'nobody'",
        "DELETE FROM usage",
        "INSERT INTO usage SELECT guardrail, 'other', by, at, 5 FROM usage",
    ],
)
def test_a_budget_that_was_tampered_with_is_named(tmp_path: Path, change: str) -> None:
    """What was spent stands in the entries; a row that differs from them is found."""
    world = open_world(tmp_path, policy())
    assert pay(world, 60) == "released"
    assert by_hand(tmp_path, change) == [1]

    assert world.gate.audit.verify().problems == (
        "what was spent of `budget` differs from its entries: it was edited",
    )
    world.gate.close()


# At once ----------------------------------------------------------------------------------------


@pytest.mark.timeout(60)  # fifty threads on two cores
@pytest.mark.parametrize("at_once", [True, False], ids=["claimed as proposed", "claimed later"])
def test_fifty_threads_never_overspend(tmp_path: Path, at_once: bool) -> None:
    """Fifty calls of 7 at once against a budget of 100: fourteen run, whichever they are."""
    worlds = [open_world(tmp_path, policy(), SystemClock()) for _ in range(5)]
    ends: list[str] = []

    def call(world: World, at: int) -> None:
        turn = world.turn(("pay", {"amount": 7}), name=f"t{at}")
        (name,) = world.gate.conductor.propose(turn, claim=at_once)
        progress = world.go(name)
        ends.append(progress.answer.ending if isinstance(progress, Answered) else "waits")

    threads = [threading.Thread(target=call, args=(worlds[at % 5], at)) for at in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)

    assert sum(len(world.effects) for world in worlds) == 14
    assert (ends.count("released"), ends.count("denied")) == (14, 36)
    assert worlds[0].gate.audit.verify().ok
    for world in worlds:
        world.gate.close()


def spend_all(folder: Path, name: str) -> None:
    """Make twelve calls of 7 in a process of its own, and journal each effect."""
    world = open_world(folder, policy(), SystemClock())

    def journal(*_: object) -> Done:
        with (folder / "effects").open("a") as file:
            file.write("7\n")
        return Done("ok")

    for at in range(12):
        turn = world.turn(("pay", {"amount": 7}), name=f"{name}-{at}")
        (call,) = world.gate.conductor.propose(turn, claim=at % 2 == 0)
        perform(world.gate.conductor, call, lambda ready: run(ready, journal))
    world.gate.close()


@pytest.mark.timeout(60)  # four processes on two cores
def test_processes_never_overspend(tmp_path: Path) -> None:
    """Four processes on one ledger spend the budget to the last call that fits, and no further."""
    open_world(tmp_path, policy()).gate.close()
    workers = [FORK.Process(target=spend_all, args=(tmp_path, f"p{at}")) for at in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(50)

    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len((tmp_path / "effects").read_text().split()) == 14
    assert spent(tmp_path) == [("budget", 7_000_000)] * 14


# Kill -9 ----------------------------------------------------------------------------------------


def play(folder: Path, tool: str, point: str | None, clock: Any) -> None:
    """Deliver one call of 80 and approve it when asked, dying at `point`."""
    faults._AT = point  # type: ignore[misc] - what the environment sets in a fresh process
    world = open_world(folder, policy(), clock)
    turn = world.turn((tool, {"amount": 80}), name="killed")
    (call,) = world.gate.conductor.propose(turn)

    def journal(*_: object) -> Done:
        with (folder / "effects").open("a") as file:
            file.write("80\n")
        return Done("ok")

    progress = perform(world.gate.conductor, call, lambda ready: run(ready, journal))
    if isinstance(progress, Waiting):
        world.gate.inbox.approve(progress.request.id, by="ana", reason="ok")
        perform(world.gate.conductor, call, lambda ready: run(ready, journal))
    world.gate.close()


@pytest.mark.timeout(60)  # one child process a case
@pytest.mark.parametrize("tool", ["pay", "put"])
@pytest.mark.parametrize("point", get_args(CrashPoint))
def test_killed_with_a_budget(tmp_path: Path, point: str, tool: str) -> None:
    """I15: wherever it is killed, a call that ran or may have run is counted once, never twice."""
    child = FORK.Process(target=play, args=(tmp_path, tool, point, FrozenClock()))
    child.start()
    child.join(20)
    assert child.exitcode == -9
    clock = FrozenClock()
    clock.advance(60)  # past the lease
    for _ in range(2):
        play(tmp_path, tool, None, clock)

    ran = (tmp_path / "effects").exists()
    assert spent(tmp_path) == [("budget", 80_000_000)]
    assert ran or point == "claimed"
    world = open_world(tmp_path, policy(), clock)
    assert pay(world, 21) == "denied"
    assert pay(world, 20) == "released"
    assert world.gate.audit.verify().ok, world.gate.audit.verify().problems
    world.gate.close()
