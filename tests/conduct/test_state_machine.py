"""Walk: any sequence of what people, processes and time may do, against a model of the states.

The model knows of each call its state, its fence and when things fall due, and nothing of ledgers.
After each rule the ledger agrees with it, the record verifies, and the invariants hold: I1, I3 and
I6 over the effects that happened, I5 over what recovery leaves, I9 and I10 by `verify`, I11 over
what once ended, I15 by recovering twice. Canaries and second looks are drawn of half the questions
and answers, and the model knows nothing of them: no call is any different for it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock, parse_stamp
from interlock.conduct import Answered, Call, Held, Intent, Ready, Turn, Waiting
from interlock.conduct import conductor as conducting
from interlock.conduct.doubts import Settlement
from interlock.conduct.settling import settle
from interlock.conduct.values import SHOWN
from interlock.errors import AlreadyDecided, DeskError
from interlock.ledger import probes, tables
from interlock.ledger.probes import of_calls
from interlock.path.execution import Done, Failed, Outcome
from interlock.path.proposal import Agent, Context
from interlock.path.record import ANSWERED, TRANSITIONS
from interlock.path.review import Vote

LEASE_S, TTL_S, WINDOW_S, USE_S = 30, 600, 60, 300
QUORUM = 2
LEVELS = 2
ESCALATE_S = {"pay.quiet": 200, "pay.up": 900}
"""After how long the next level is asked."""

POLICY = f"""
version: v1
fatigue_controls: {{canary_rate: 0.5, sampled_second_review_rate: 0.5}}
tools:
  pay: {{risk_tags: [write]}}
  pay.small: {{risk_tags: [write]}}
  pay.told: {{risk_tags: [write]}}
  pay.quiet: {{risk_tags: [write]}}
  pay.up: {{risk_tags: [write]}}
  flag: {{risk_tags: [write], effect: idempotent}}
  look: {{risk_tags: [read], effect: read}}
groups: {{ops: [ana, bo, cy, bea, eve], leads: [dee], duty: [eli]}}
escalation: {{ops: [leads, duty]}}
rules:
  - match: {{tools: [pay.quiet]}}
    decision: require_approval
    review: {{route: ops, approval_ttl_sec: {TTL_S}, execution_ttl_sec: {USE_S},
             escalate_after_sec: {ESCALATE_S["pay.quiet"]}, on_timeout: approve}}
  - match: {{tools: [pay.up]}}
    decision: require_approval
    review: {{route: ops, approval_ttl_sec: {TTL_S}, execution_ttl_sec: {USE_S},
             escalate_after_sec: {ESCALATE_S["pay.up"]}, on_timeout: escalate}}
  - {{match: {{tools: [pay.small, flag, look]}}, decision: allow}}
  - {{match: {{tools: [pay.told]}}, decision: notify, veto_window_sec: {WINDOW_S}}}
  - match: {{tools: [pay]}}
    decision: require_approval
    review: {{approval_ttl_sec: {TTL_S}, execution_ttl_sec: {USE_S}, quorum: {QUORUM}}}
  - {{match: {{tools: [wipe]}}, decision: deny}}
"""

EFFECTS = {"flag": "idempotent", "look": "read"}
"""What is not named may not run twice."""

ASKS = {"pay": QUORUM, "pay.quiet": 1, "pay.up": 1}
"""What people are asked about, and how many must approve."""

Tool = Literal["pay", "pay.small", "pay.told", "pay.quiet", "pay.up", "flag", "look", "wipe"]


@dataclass
class Model:
    """One call as it ought to stand."""

    tool: str
    turn: int
    state: str
    ends_at: float = 0.0
    """When its request expires or its window ends, seconds."""
    approved_at: float | None = None
    """When it was last approved, or a person had it repeated."""
    level: int = 0
    """How many levels are asked, too."""
    next_at: float | None = None
    """When the next one is."""
    silent: bool = False
    """Whether silence approved it."""
    voices: set[str] = field(default_factory=set[str])
    """Who approved it."""
    fence: int = 0
    lease_until: float | None = None
    doubted: bool = False
    """Whether it was ever in doubt."""
    runs: list[int] = field(default_factory=list[int])
    """Fences under which it had its effect."""
    reported: bool = False
    """Whether a run reported that it was done, too late to be the call's result."""
    settled: int = 0
    """How often a person had it repeated."""

    @property
    def effect(self) -> str:
        """Its effect class."""
        return EFFECTS.get(self.tool, "non_idempotent")


@dataclass
class Run:
    """A claim that some process holds, and may settle, late or never."""

    call: str
    ready: Ready


TOOLS: list[Tool] = [
    "pay",
    "pay",
    "pay.quiet",
    "pay.up",
    "pay.small",
    "pay.told",
    "flag",
    "look",
    "wipe",
]
FREE = ("decided", "approved", "auto_approved")
"""States in which a call may be held behind a sibling."""
SETTLEMENTS: list[Settlement] = ["retried", "retried", "done", "failed", "compensated"]
TURNS = 4
"""Turns of one walk, so that there is time to see what becomes of them."""

Scope = tuple[str, str]
"""What a halt names: its kind and which of them."""

SCOPES: list[Scope] = [
    ("tool", "pay"),
    ("tool", "pay.small"),
    ("tool", "flag"),
    ("agent", "bot"),
    ("everything", ""),
]


def _said(scope: Scope) -> dict[str, Any]:
    return {scope[0]: scope[1] or True}


known = precondition(lambda self: bool(self.models))
"""Only once there is a call."""

few = precondition(lambda self: self.turns < TURNS + 3)
"""Only as often as there is time for."""


class Lifecycle(RuleBasedStateMachine):
    """Calls on their way, and everything that happens to them."""

    fresh: ClassVar[Path]
    """A folder with a ledger that has nothing in it, of which each walk takes a copy."""
    url: ClassVar[str] = ""
    """The database that all walks share; a file of their own where there is none."""
    walks: ClassVar[Iterator[int]] = count()
    drawn: ClassVar[dict[tuple[str, str], float]] = {}
    """What was drawn in this walk, by what for and of what: the same in each that goes its way."""

    runs: Bundle[Run] = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.name = next(self.walks)
        self.drawn.clear()
        self.folder = TemporaryDirectory()
        shutil.copytree(self.fresh, self.folder.name, dirs_exist_ok=True)
        self.clock = FrozenClock()
        self.start = self.clock.now()
        self.models: dict[str, Model] = {}
        self.turns = self.steps = 0
        self.tools: dict[int, list[str]] = {}
        self.ended: dict[str, str] = {}
        self.halts: list[Scope] = []
        self.gate = self._open()

    def _open(self) -> Gate:
        return opened(Path(self.folder.name), self.url, self.clock)

    def teardown(self) -> None:
        self._verify()
        while self.halts:  # other walks share the database
            self.unhalt(self.halts[-1])
        self.gate.close()
        self.folder.cleanup()

    # What the model says of time ------------------------------------------------------------

    @property
    def now(self) -> float:
        return (self.clock.now() - self.start).total_seconds()

    def _expire(self, call: str) -> None:
        """Expire what a touch of `call` would find overdue: its own request and its siblings'."""
        turn = self.models[call].turn
        for each in self.models.values():
            if each.turn == turn:
                self._catch_up(each)

    def _behind(self, mine: Model) -> bool:
        """Whether a sibling's question holds the call."""
        asked = [m for m in self.models.values() if m.turn == mine.turn and m is not mine]
        return mine.effect != "read" and any(each.state == "pending" for each in asked)

    def _touched(self, call: str) -> str:
        """Say what `advance` comes to by the model, and move the model there."""
        mine = self.models[call]
        self._catch_up(mine)
        if mine.state == "executing" and self._lapsed(mine):
            return self._lost(mine)
        if mine.state in ("decided", "approved", "auto_approved", "held", "retried"):
            return self._tried(call, mine)
        return {"pending": "waiting", "executing": "busy"}.get(mine.state, "answered")

    def _catch_up(self, mine: Model) -> None:
        """Do what time asks of a question: its end by silence, else its next level."""
        if mine.state != "pending":
            return
        if self.now >= mine.ends_at:
            self._fall_silent(mine)
        elif mine.next_at is not None and self.now >= mine.next_at:
            self._ask_next(mine)

    def _fall_silent(self, mine: Model) -> None:
        if mine.tool == "pay.up" and mine.level < LEVELS:
            mine.ends_at = self.now + TTL_S
            self._ask_next(mine)
        elif mine.tool == "pay.quiet" and self.now < mine.ends_at + USE_S:
            mine.state, mine.silent, mine.approved_at = "auto_approved", True, mine.ends_at
        else:
            mine.state = "expired"

    def _ask_next(self, mine: Model) -> None:
        """I12: the next level, and no other."""
        mine.level += 1
        mine.next_at = self.now + ESCALATE_S[mine.tool] if mine.level < LEVELS else None

    def _lapsed(self, mine: Model) -> bool:
        """A lease has ended, or ends later than any can: a clock that was ahead wrote it."""
        return mine.lease_until is None or not (
            self.now < mine.lease_until <= self.now + 2 * LEASE_S
        )

    def _lost(self, mine: Model) -> str:
        if mine.effect == "non_idempotent" or self._is_halted(mine.tool):
            mine.state, mine.doubted = "in_doubt", True
            return "answered"
        return self._claimed(mine)

    def _is_halted(self, tool: str) -> bool:
        return any(kind != "tool" or ref == tool for kind, ref in self.halts)

    def _tried(self, call: str, mine: Model) -> str:
        self._expire(call)
        if self._behind(mine):
            mine.state = mine.state if mine.state == "retried" else "held"
            return "held"
        if self._is_halted(mine.tool):  # what may have run before is not said to be halted
            mine.state = "in_doubt" if mine.state == "retried" else "halted"
            return "answered"
        if mine.tool == "pay.told" and mine.state != "retried" and self.now < mine.ends_at:
            return "held"
        if mine.approved_at is not None and mine.tool in ASKS and self._unused(mine):
            mine.state = "in_doubt" if mine.state == "retried" else "expired"
            return "answered"
        return self._claimed(mine)

    def _unused(self, mine: Model) -> bool:
        assert mine.approved_at is not None
        return self.now >= mine.approved_at + USE_S

    def _drop_unused(self, mine: Model) -> None:
        """Time ends an approval that nobody used, and asks people again about a repetition."""
        runnable = mine.state in ("approved", "auto_approved", "held", "retried")
        asked = mine.tool in ASKS and mine.approved_at is not None
        if runnable and asked and self._unused(mine):
            mine.state = "in_doubt" if mine.state == "retried" else "expired"

    def _claimed(self, mine: Model) -> str:
        mine.state, mine.fence, mine.lease_until = "executing", mine.fence + 1, self.now + LEASE_S
        return "ready"

    # Rules: the agent and its host -----------------------------------------------------------

    @initialize(first=st.permutations(["pay", "pay.small", "pay.told", "flag"]))
    def begin(self, first: list[str]) -> None:
        """A first turn of one call of each kind."""
        self.propose(first)

    @precondition(lambda self: self.turns < TURNS)
    @rule(tools=st.lists(st.sampled_from(TOOLS), min_size=1, max_size=3))
    def propose(self, tools: list[str]) -> None:
        """A turn comes in: its calls are decided together, before any runs."""
        self.turns += 1
        self.tools[self.turns] = tools
        ids = self.gate.conductor.propose(self._turn(self.turns))
        for name, tool in zip(ids, tools, strict=True):
            self.models[name] = self._entered(tool, self.turns)
        for name in ids:
            mine = self.models[name]
            if mine.state == "decided" and self._behind(mine):
                mine.state = "held"

    def _entered(self, tool: str, turn: int) -> Model:
        entered = {**dict.fromkeys(ASKS, "pending"), "wipe": "denied", "pay.told": "held"}
        last_s = {**dict.fromkeys(ASKS, TTL_S), "pay.told": WINDOW_S}.get(tool, 0)
        next_at = self.now + ESCALATE_S[tool] if tool in ESCALATE_S else None
        state = entered.get(tool, "decided")
        state = "halted" if tool != "wipe" and self._is_halted(tool) else state
        return Model(tool, turn, state, self.now + last_s, next_at=next_at)

    def _turn(self, turn: int) -> Turn:
        intents = tuple(
            Intent(tool, {"amount": at + 7}, f"c{at}") for at, tool in enumerate(self.tools[turn])
        )
        return Turn(Context(Agent("bot")), "main", "t", "", f"{self.name}.{turn}", intents)

    @known
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        """A second delivery of the whole turn changes nothing, whatever became of its calls."""
        turn = self.models[self._pick(data)].turn
        mine = [m for m in self.models.values() if m.turn == turn]
        before = self._entries()
        held = [m for m in mine if m.state in FREE and self._behind(m)]
        ids = self.gate.conductor.propose(self._turn(turn))

        assert len(ids) == len(self.tools[turn])
        for each in held:  # a sibling asks, so that the policy holds it from now on
            each.state = "held"
        if not held:
            assert self._entries() == before

    @known
    @rule(target=runs, data=st.data())
    def advance(self, data: st.DataObject) -> Any:
        """A host takes a call as far as it goes; a live claim elsewhere it would wait for."""
        call = self._pick(data, *FREE, "held", "retried", "executing")
        mine = self.models[call]
        if mine.state == "superseded" or (mine.state == "executing" and not self._lapsed(mine)):
            return multiple()
        expected = self._touched(call)
        progress = self.gate.conductor.advance(call)

        kinds: dict[type, str] = {
            Ready: "ready", Waiting: "waiting", Held: "held", Answered: "answered",
        }  # fmt: skip
        assert kinds[type(progress)] == expected
        assert not isinstance(progress, Ready) or progress.warrant.fence == mine.fence
        return self._carried_on(data, Run(call, progress)) if expected == "ready" else multiple()

    def _carried_on(self, data: st.DataObject, run: Run) -> Any:
        """Go on with a claim: at once, past its lease, never, or later."""
        match data.draw(st.sampled_from(["run", "late", "lose", "keep"])):
            case "run":
                self.run_and_settle(run, data.draw(st.booleans()))
            case "late":
                self.lease_lapses(run)
                self._late(run, ran=True)
            case "lose":
                self.lease_lapses(run)
                self.settle_doubts(data)
            case _:
                return multiple(run)
        return multiple()

    @rule(run=consumes(runs), failed=st.booleans())
    def run_and_settle(self, run: Run, failed: bool) -> None:
        """The process that holds a claim has its effect, in time or late, and brings its result."""
        mine, fence = self.models[run.call], run.ready.warrant.fence
        if self._lapsed(mine) or mine.fence != fence or mine.state != "executing":
            self._late(run, ran=False)
            return
        mine.runs.append(fence)  # I1: claimed, durably, before
        outcome: Outcome = Failed("no") if failed else Done("ok")
        got = self.gate.conductor.settle(run.ready.warrant, outcome, run.ready.call)
        mine.state = "released"

        assert got.answer.ending == ("failed" if failed else "released")

    @rule(run=consumes(runs))
    def effect_then_late_result(self, run: Run) -> None:
        """A process was stopped between effect and result, for however long, and wakes up."""
        self._late(run, ran=True)

    def _late(self, run: Run, *, ran: bool) -> None:
        mine, fence = self.models[run.call], run.ready.warrant.fence
        before = self._count("stale_result")
        is_last = mine.fence == fence
        mine_still = mine.state in ("in_doubt", "retried") or (
            is_last and mine.state == "executing"
        )
        if ran:
            mine.runs.append(fence)
        got = settle(self.gate.conductor.ports, run.ready.warrant, Done("late"))
        assert (got is not None) is mine_still
        if mine_still:
            mine.state = "released"
        noted = not (mine_still and is_last)
        mine.reported = mine.reported or noted
        assert self._count("stale_result") == before + noted

    @rule(run=consumes(runs))
    def lose(self, run: Run) -> None:
        """The process dies with its claim, having run nothing."""

    @rule(run=runs)
    def renew(self, run: Run) -> None:
        """A process keeps its claim alive, if it has it still."""
        mine = self.models[run.call]
        kept = mine.state == "executing" and mine.fence == run.ready.warrant.fence
        assert self.gate.ledger.renew(run.call, run.ready.warrant.fence, LEASE_S) is kept
        if kept:
            mine.lease_until = self.now + LEASE_S

    @rule(run=consumes(runs))
    def give_back(self, run: Run) -> None:
        """A tool paused before it did anything, and its claim is given back."""
        mine, fence = self.models[run.call], run.ready.warrant.fence
        if fence in mine.runs:
            return
        self.gate.conductor.give_back(run.ready.warrant, "paused")
        if mine.state == "executing" and mine.fence == fence:
            mine.state = "approved" if mine.tool in ASKS else "decided"
            mine.state = "auto_approved" if mine.silent else mine.state
            again = "in_doubt" if mine.reported else "retried"
            mine.state = again if mine.doubted else mine.state

    # Rules: what a broken ledger would get wrong ------------------------------------------------

    def _fresh(self, tool: str) -> str:
        """Propose a turn of one call."""
        before = set(self.models)
        self.propose([tool])
        (call,) = self.models.keys() - before
        return call

    def _claim(self, call: str) -> Run:
        assert self._touched(call) == "ready"
        progress = self.gate.conductor.advance(call)
        assert isinstance(progress, Ready)
        return Run(call, progress)

    @few
    @rule(tool=st.sampled_from(["flag", "look", "pay.small"]), failed=st.booleans())
    def overtaken(self, tool: str, failed: bool) -> None:
        """A process sleeps past its lease, another runs the call again, and the first reports."""
        if self._is_halted(tool):
            return
        first = self._claim(self._fresh(tool))
        self.lease_lapses(first)
        if self.models[first.call].state == "in_doubt":
            self._settled(first.call, "retried")
        second = self._claim(first.call)
        self._late(first, ran=True)
        self.run_and_settle(second, failed)

    @few
    @rule(tool=st.sampled_from(["flag", "look", "pay.small"]))
    def perform(self, tool: str) -> None:
        """A host takes a call to its answer; when its tool runs, the claim stands in the record."""
        if self._is_halted(tool):
            return
        call = self._fresh(tool)
        mine, expected = self.models[call], self._touched(call)

        def run(ready: Ready) -> Outcome:
            mine.runs.append(ready.warrant.fence)
            assert (call, ready.warrant.fence) in self._claims()
            return Done("ok")

        conducting.perform(self.gate.conductor, call, run)
        mine.state = "released"
        assert expected == "ready"

    @few
    @rule()
    def vote_for_what_was_edited(self) -> None:
        """Who approves what they saw before somebody edited it approves nothing."""
        if self._is_halted("pay"):
            return
        call = self._fresh("pay")
        self._expire_all()
        seen = self.gate.inbox.show(call)
        edited = self.gate.inbox.edit(call, by="eve", args={"n": len(self.models) + 99})
        self.models[call].state = "superseded"
        self.models[edited.call_id] = self._entered("pay", self.turns)
        vote = Vote(edited.id, seen.digest, "approve", "ana", "local", seen.created_at, "as seen")
        try:
            self.gate.conductor.vote(vote)
        except DeskError:
            return
        raise AssertionError("a vote for other arguments was counted")

    # Rules: people ---------------------------------------------------------------------------

    @known
    @rule(
        data=st.data(),
        how=st.sampled_from(["approve", "approve", "approve", "deny", "respond", "cancel"]),
        by=st.sampled_from(["ana", "bo", "local:Ana", "cy", "dee", "eli"]),
    )
    def vote(self, data: st.DataObject, how: str, by: str) -> None:
        """A person answers; late, twice or where nobody was asked it does not count."""
        call = self._pick(data, "pending")
        mine = self.models[call]
        ends = {"approve": "approved", "deny": "rejected", "respond": "responded"}
        self._expire_all()
        said: dict[str, Any] = {"message": "use another"} if how == "respond" else {"reason": "r"}
        counts = mine.state == "pending" and (self._may(mine, by) or how in ("deny", "cancel"))
        # I6: an approval is taken back as long as nothing ran
        counts |= how == "cancel" and mine.tool in ASKS and mine.state in (*FREE, "held")
        try:
            getattr(self.gate.inbox, how)(call, by=by, **said)
            assert counts
        except DeskError:
            assert not counts
            return
        if how == "approve":
            self._heard(mine, by.removeprefix("local:").lower())
        else:
            mine.state = ends.get(how, "cancelled")

    @few
    @rule(data=st.data(), by=st.sampled_from(["ana", "bo", "local:Ana"]))
    def retract(self, data: st.DataObject, by: str) -> None:
        """I7: an approval that its giver takes back counts no more; nobody else's is touched."""
        call = self._pick(data, "pending")
        mine, human = self.models[call], by.removeprefix("local:").lower()
        self._expire_all()
        if mine.state != "pending":
            return
        try:
            self.gate.inbox.take_back(call, by=by, reason="r")
        except DeskError:
            assert human not in mine.voices
        else:
            mine.voices.remove(human)

    def _may(self, mine: Model, by: str) -> bool:
        """I7, I12: who is of a later level may approve once it is asked, and never before."""
        return mine.level >= {"dee": 1, "eli": 2}.get(by, 0) or mine.tool == "pay"

    def _heard(self, mine: Model, human: str) -> None:
        """Count a voice; I2, I7: it takes so many humans, whatever they call themselves."""
        mine.voices.add(human)
        if len(mine.voices) == ASKS[mine.tool]:
            mine.state, mine.approved_at = "approved", self.now

    def _expire_all(self) -> None:
        """Looking at the inbox fires what is overdue of all requests."""
        self.gate.inbox.expire_overdue()
        for each in self.models.values():
            self._catch_up(each)

    @known
    @rule(data=st.data(), to=st.sampled_from(["pay", "pay.small", "wipe"]))
    def edit(self, data: st.DataObject, to: str) -> None:
        """A person changes a call: a new revision, decided again; the old one is over."""
        call = self._pick(data, "pending")
        self._expire_all()
        mine = self.models[call]
        try:
            args = {"n": len(self.models) + 99}
            case = self.gate.inbox.edit(call, by="eve", args=args, tool=to, unknown_tool=True)
        except DeskError:
            assert mine.state != "pending" or (to != "wipe" and self._is_halted(to))
            return
        assert mine.state == "pending"
        mine.state = "superseded"
        self.models[case.call_id] = self._entered(to, mine.turn)

    @known
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """The conversation went on without the call: what did not run never will."""
        call = self._pick(data)
        with self.gate.ledger.begin() as tx:
            key = tx.call(call).key
            (latest,) = [name for name in self.models if name == getattr(tx.latest(key), "id", "")]
        mine = self.models[latest]
        self._catch_up(mine)
        self.gate.conductor.withdraw(key, "the user moved on")
        if mine.state not in ANSWERED and "cancelled" in TRANSITIONS[mine.state]:  # type: ignore[index] - a state
            mine.state = "cancelled" if not mine.doubted else mine.state

    @known
    @rule(data=st.data())
    def veto(self, data: st.DataObject) -> None:
        """A person stops a call that they were told of."""
        call = self._pick(data, "held")
        mine = self.models[call]
        may = mine.state == "held" and mine.tool == "pay.told"
        try:
            self.gate.inbox.veto(call, by="ana", reason="no")
            assert may
            mine.state = "vetoed"
        except DeskError:
            assert not may

    @known
    @rule(data=st.data())
    def settle_doubts(self, data: st.DataObject) -> None:
        """A person says how doubts ended; what is not in doubt cannot be settled."""
        doubted = [name for name, mine in self.models.items() if mine.state == "in_doubt"]
        for call in doubted or [self._pick(data)]:
            self._settled(call, data.draw(st.sampled_from(SETTLEMENTS)))

    def _settled(self, call: str, how: Settlement) -> None:
        mine = self.models[call]
        several = ASKS.get(mine.tool, 1) if how == "retried" else 1
        if mine.state == "executing" and self._lapsed(mine):  # lost, and its host never repeated it
            mine.state, mine.doubted = "in_doubt", True
        try:
            for place, who in enumerate(("bea", "cy")[:several]):
                left = several - place
                after = self.gate.doubts.settle(call, how, by=who, reason="looked")
                assert mine.state == "in_doubt"
                assert left == 1 or after == "in_doubt"
        except AlreadyDecided:
            assert mine.state != "in_doubt"
            return
        mine.state = how if how in ("retried", "compensated") else "released"
        if how == "retried":
            mine.settled, mine.approved_at = mine.settled + 1, self.now

    # Rules: the kill switch --------------------------------------------------------------------

    @rule(scope=st.sampled_from(SCOPES))
    def halt(self, scope: Scope) -> None:
        """Somebody switches off a tool, the agent or everything; what is off already stays so."""
        self.gate.halt(**_said(scope), by="ops", reason="so")
        self.halts = [*(one for one in self.halts if one != scope), scope]

    @rule(scope=st.sampled_from(SCOPES))
    def unhalt(self, scope: Scope) -> None:
        """Somebody lifts a halt, which there must be; what it stopped stays so."""
        scope = self.halts[-1] if self.halts else scope
        try:
            self.gate.unhalt(**_said(scope), by="ops", reason="so")
        except DeskError:
            assert scope not in self.halts
            return
        self.halts.remove(scope)

    @few
    @rule(tool=st.sampled_from(["pay.small", "pay.told", "pay", "flag"]), data=st.data())
    def halted_meanwhile(self, tool: str, data: st.DataObject) -> None:
        """I6: a call that was free to run is stopped by a halt, and stays so when it is over."""
        call = self._fresh(tool)
        mine = self.models[call]
        for human in ("ana", "bo") if mine.state == "pending" else ():
            self.gate.inbox.approve(call, by=human, reason="ok")
            self._heard(mine, human)
        scope = ("tool", tool) if data.draw(st.booleans()) else ("agent", "bot")
        self.halt(scope)
        assert self._touched(call) == "answered"
        assert isinstance(self.gate.conductor.advance(call), Answered)
        self.unhalt(scope)
        assert isinstance(self.gate.conductor.advance(call), Answered)
        assert (mine.state, mine.fence) == ("halted", 0)

    @known
    @rule(how=st.sampled_from(["approve", "deny", "leave"]))
    def a_probe_falls_due(self, how: str) -> None:
        """What was drawn is posed when its time comes; whoever answers it ends it, and no call."""
        timers = tables.timers.c
        mine = timers.kind.in_(SHOWN) & timers.ref.in_(self.models) & timers.fired_at.is_(None)
        with self.gate.ledger.read() as db:
            due = db.execute(select(func.min(timers.due_at)).where(mine)).scalar()
        if due is not None:
            left = parse_stamp(due) - self.clock.now()
            self.clock.advance(max(0.0, left.total_seconds()))
        self.recover()
        with self.gate.ledger.read() as db:
            posed = [one.id for one in of_calls(db, self.models) if one.state == "posed"]
        for probe in posed if how != "leave" else []:
            case = getattr(self.gate.inbox, how)(probe, by="eve", reason="looked")
            assert case.state == "disclosed"

    # Rules: time -----------------------------------------------------------------------------

    @known
    @rule(target=runs, data=st.data())
    def nobody_else_asks(self, data: st.DataObject) -> Any:
        """All questions are approved, all windows pass, and a call is claimed."""
        self._expire_all()
        for name, mine in list(self.models.items()):
            if mine.state == "pending":
                for human in [each for each in ("ana", "bo") if each not in mine.voices]:
                    if mine.state == "pending":
                        self.gate.inbox.approve(name, by=human, reason="ok")
                        self._heard(mine, human)
        self.clock.advance(WINDOW_S + 1)
        return self.advance(data)

    @rule(run=runs)
    def lease_lapses(self, run: Run) -> None:
        """The process of a claim sleeps past its lease, and somebody recovers meanwhile."""
        self.clock.advance(LEASE_S)
        self.recover()

    @rule(seconds=st.sampled_from([0.5, 15, 31, 61, 201, 299, 601, 601, -20, -3600]))
    def tick(self, seconds: float) -> None:
        """The clock moves, sometimes backwards."""
        self.clock.advance(seconds)

    @rule()
    def recover(self) -> None:
        """Some process recovers, twice; what is due is done once."""
        self.gate.recover()
        once = self._entries()
        for mine in self.models.values():
            self._catch_up(mine)
            self._drop_unused(mine)
            if mine.state == "executing" and mine.lease_until is not None and self._lapsed(mine):
                mine.lease_until = None
                if mine.effect == "non_idempotent":
                    mine.state, mine.doubted = "in_doubt", True

        assert self.gate.recover() == []
        assert self._entries() == once  # INVARIANT I15
        stuck = [m for m in self.models.values() if m.state == "executing" and self._lapsed(m)]
        assert all(m.effect != "non_idempotent" for m in stuck)  # INVARIANT I5

    @rule()
    def restart(self) -> None:
        """The process ends, and another one opens the ledger."""
        self.gate.close()
        self.gate = self._open()

    def _pick(self, data: st.DataObject, *states: str) -> str:
        """Draw a call, one in these states where there is one and nobody goes astray."""
        apt = [name for name, mine in self.models.items() if mine.state in states]
        names = list(self.models)
        if apt and data.draw(st.integers(0, 7)):
            names = apt
        return names[data.draw(st.integers(0, len(names) - 1))]

    # Laws -------------------------------------------------------------------------------------

    def _rows(self) -> dict[str, Call]:
        with self.gate.ledger.begin() as tx:
            return {name: tx.call(name) for name in self.models}

    def _entries(self) -> int:
        return len(self.gate.audit.log())

    def _claims(self) -> set[tuple[str, int]]:
        log = self.gate.audit.log()
        return {(one["chain"], one["body"]["fence"]) for one in log if one["kind"] == "claimed"}

    def _count(self, kind: str) -> int:
        return sum(line["kind"] == kind for line in self.gate.audit.log())

    @invariant()
    def the_ledger_is_as_the_model(self) -> None:
        """Each call is in the state, and under the fence, that the model says."""
        for name, row in self._rows().items():
            mine = self.models[name]
            assert (row.state, row.fence) == (mine.state, mine.fence), (name, mine)

    @invariant()
    def levels_are_as_the_model(self) -> None:
        """I12: each question has asked as many levels as time had it ask, one after another."""
        told: dict[str, list[int]] = {}
        for line in self.gate.audit.log():
            if line["kind"] == "escalated":
                told.setdefault(line["chain"], []).append(line["body"]["level"])
        for name, mine in self.models.items():
            assert told.get(name, []) == [*range(1, mine.level + 1)], (name, mine)

    @invariant()
    def the_record_verifies(self) -> None:
        """I9, I10: state is the replay of entries; a look at every fourth step finds it too."""
        self.steps += 1
        if self.steps % 4 == 0:
            self._verify()

    def _verify(self) -> None:
        found = self.gate.audit.verify()
        assert found.ok, found.problems

    @invariant()
    def effects_keep_the_laws(self) -> None:
        """I1, I3, I6: each effect has its claim, what may not repeat ran once for each word."""
        claims = self._claims()
        for name, mine in self.models.items():
            assert {(name, fence) for fence in mine.runs} <= claims
            asked = ASKS.get(mine.tool, 0)
            assert not mine.fence or len(mine.voices) >= asked or mine.silent
            assert not mine.silent or mine.tool == "pay.quiet"
            if mine.effect == "non_idempotent":
                assert len(mine.runs) <= 1 + mine.settled
            if mine.state in ("denied", "rejected", "expired", "vetoed", "responded"):
                assert mine.runs == []
            if mine.state == "halted" and not mine.reported:
                assert mine.runs == []

    @invariant()
    def what_ended_stays_so(self) -> None:
        """I11: whatever the clock does, no state that is final is left."""
        for name, state in self.ended.items():
            assert self.models[name].state == state
        final = {state for state, after in TRANSITIONS.items() if not after}
        self.ended |= {n: m.state for n, m in self.models.items() if m.state in final}


PARSED = Policy.parse(POLICY)


def opened(folder: Path, url: str, clock: FrozenClock) -> Gate:
    """Open the gate over a folder's ledger, or another database."""
    place = url or str(folder / "ledger.db")
    return Gate.open(PARSED, place, clock=clock, state=folder, lease_s=LEASE_S)


MANY = (10, 16)
"""How many walks, of how many steps each."""

EVERY = (Phase.reuse, Phase.generate)
"""A walk that fails is shown as it was found: to shorten it takes minutes."""


def walk(
    folder: Path, url: str, examples: int, steps: int, phases: tuple[Phase, ...] = EVERY
) -> None:
    """Walk so many times, so many steps each."""
    opened(folder, url, FrozenClock()).close()

    class Walk(Lifecycle):
        """The walks of this test."""

    Walk.fresh, Walk.url = folder, url
    many = settings(max_examples=examples, stateful_step_count=steps, phases=phases)
    with pytest.MonkeyPatch.context() as patch:  # ids are random, and what is drawn of them
        patch.setattr(probes, "number", _draw)
        run_state_machine_as_test(Walk, settings=many)


def _draw(_key: bytes, name: str, ref: str) -> float:
    return Lifecycle.drawn.setdefault((name, ref), len(Lifecycle.drawn) * 0.618 % 1)


@pytest.mark.timeout(60)  # hundreds of commits, each verified
def test_every_walk_on_sqlite(tmp_path: Path) -> None:
    """Whatever happens in whatever order, ledger and model agree and the invariants hold."""
    walk(tmp_path, "", *MANY)


@pytest.mark.timeout(60)  # a server, and hundreds of commits
def test_every_walk_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """The same on the other database."""
    walk(tmp_path, postgres_url, 4, 12)
