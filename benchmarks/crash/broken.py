"""Break: the ledger on purpose, three ways, so that the checker can be seen to notice.

Each play is one small story, told once by the product as it is and once with a promise taken out:
fences that nobody checks, results written down before the claim, votes that belong to no digest.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from benchmarks.crash.stage import LEASE_S, Stage
from interlock.clock import FrozenClock, SystemClock
from interlock.conduct import Answered, Ready, running, settling, voting
from interlock.conduct import conductor as conducting
from interlock.conduct.ports import Transaction
from interlock.conduct.values import Call
from interlock.errors import DeskError, InvariantError
from interlock.ledger import store
from interlock.path import quorum, review, warrant
from interlock.path.execution import Done, Outcome
from interlock.path.people import People
from interlock.path.quorum import Standing
from interlock.path.record import State, Step
from interlock.path.review import ReviewRequest, Vote
from interlock.path.warrant import Warrant


def sleeper(folder: Path) -> tuple[Path, Path]:
    """Play a process that sleeps over its lease and wakes while another runs the call again."""
    clock = FrozenClock()
    one, two = Stage(folder, clock), Stage(folder, clock)
    call = one.propose("flag")
    first = _ready(one.gate.conductor.advance(call))
    clock.advance(LEASE_S + 1)
    second = _ready(two.gate.conductor.advance(call))
    one.run(first)
    settling.settle(one.gate.conductor.ports, first.warrant, Done("of the first"))
    outcome = two.run(second)
    with suppress(InvariantError):  # of the broken ledger, which the first has misled
        settling.settle(two.gate.conductor.ports, second.warrant, outcome)
    two.gate.close()
    return one.exported()


def plain(folder: Path) -> tuple[Path, Path]:
    """Play one call that may run, on the machine's clock."""
    stage = Stage(folder, SystemClock())
    conducting.perform(stage.gate.conductor, stage.propose("post"), stage.run)
    return stage.exported()


def late_vote(folder: Path) -> tuple[Path, Path]:
    """Play an approval that was given for arguments which somebody edits meanwhile."""
    stage = Stage(folder, FrozenClock())
    call = stage.propose("pay")
    seen = stage.gate.inbox.show(call)
    edited = stage.gate.inbox.edit(call, args={"ref": "m1.0", "amount": 9}, by="ben", reason="up")
    vote = Vote(edited.id, seen.digest, "approve", "ana", "local", seen.created_at, "as I saw it")
    for case, by, answer in ((seen, "ben", "edit"), (seen, "ana", "approve")):
        stage.saw(case, by, answer)
    with suppress(DeskError):  # of the ledger as it is: then nothing runs
        stage.gate.conductor.vote(vote)
    stage.perform(edited.call_id)
    return stage.exported()


def _ready(progress: object) -> Ready:
    assert isinstance(progress, Ready), progress
    return progress


@contextmanager
def no_fences() -> Generator[None]:
    """Take whoever brings a result for the holder of the claim."""

    def anybody(tx: Transaction, warrant: Warrant, _: Outcome) -> Call | None:
        return tx.call(warrant.call_id)

    with patch.object(settling, "fenced", anybody):
        yield


@contextmanager
def result_first() -> Generator[None]:
    """Run the tool and write its result down; claim the call afterwards."""

    def perform(conductor: Any, call_id: str, run: Callable[[Ready], Outcome]) -> Answered:
        ports = conductor.ports
        with ports.ledger.begin() as tx:
            call = tx.call(call_id)
        run(running.ready(replace(call, fence=1)))
        with ports.ledger.begin() as tx:
            raw = settling.raw_result(Done("ok"))
            done = Step("done", "done", {"fence": 1})
            after = settling.let_go(tx, ports, call, raw, settling.examine(ports, raw, False), done)
        with ports.ledger.begin() as tx:
            body = {"fence": 1, "digest": call.proposal.digest, "effect": "non_idempotent"}
            until = tx.now() + timedelta(seconds=1)
            tx.advance(after, [Step("executing", "claimed", body)], fence=1, lease_until=until)
        return running.answered(after)

    def anything(_: State, states: Iterable[State]) -> State:
        return [*states][-1]

    with patch.object(conducting, "perform", perform), patch.object(store, "check", anything):
        yield


@contextmanager
def unbound_votes() -> Generator[None]:
    """Count a vote whatever digest it was given for."""

    def bound(vote: Vote, request: ReviewRequest) -> Vote:
        return replace(vote, digest=request.digest)

    def counted(votes: Iterable[Vote], request: ReviewRequest, people: People) -> Standing:
        return quorum.standing([bound(vote, request) for vote in votes], request, people)

    def admit(vote: Vote, request: ReviewRequest, now: datetime, people: People) -> None:
        review.admit(bound(vote, request), request, now, people)

    with ExitStack() as broken:
        broken.enter_context(patch.object(voting, "admit", admit))
        broken.enter_context(patch.object(voting, "standing", counted))
        broken.enter_context(patch.object(warrant, "standing", counted))
        yield


Play = Callable[[Path], tuple[Path, Path]]

BROKEN: Final[dict[str, tuple[Callable[[], Any], Play, frozenset[str]]]] = {
    "no fence check": (no_fences, sleeper, frozenset({"I1"})),
    "result recorded before the claim": (result_first, plain, frozenset({"I1", "I9"})),
    "vote not bound to the digest": (
        unbound_votes,
        late_vote,
        frozenset({"I2", "I7", "I8", "I16"}),
    ),
}
"""What is taken out, the play in which it matters, and the invariants that must be seen broken."""
