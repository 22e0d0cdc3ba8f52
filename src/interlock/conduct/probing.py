"""Disclose: a person's answer to a probe, which ends it, and the truth about it.

The answer is checked as that to a call is, in the same words; the first one ends the probe,
however many the quorum of a call would take. Nothing is approved by it and nothing can run.
"""

from dataclasses import replace
from typing import Final

from interlock.conduct.editing import revised
from interlock.conduct.escalating import caught_up
from interlock.conduct.faults import crash_point
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.recounting import restaffed
from interlock.conduct.resting import refuse_resting
from interlock.conduct.values import Disclosure, Posed
from interlock.conduct.voting import admitted, voted_step
from interlock.desk.mutating import takes_away
from interlock.errors import AlreadyDecided, UnknownId
from interlock.path.people import People
from interlock.path.review import ReviewRequest, Vote, may_decide


def disclose(
    ports: Ports, given: Vote, shown: Shown | None = None, *, unknown_tool: bool = False
) -> Posed:
    """Take one answer to a probe; return it as it then stands, disclosed.

    Raises what `interlock.conduct.voting.vote` does, in its words, and discloses nothing then.
    """
    _end_in_time(ports, given.request_id)
    ports = ports.pinned()
    with ports.ledger.begin() as tx:
        tx.lock(given.request_id)
        posed, request = _asked(tx, given.request_id)
        request = replace(request, terms=restaffed(tx, ports.policy(), request.terms))
        people = tx.registry.people()
        counted = admitted(tx, ports, posed, request, given, shown, unknown_tool=unknown_tool)
        if counted.answer == "edit":
            revised(tx, ports, posed, counted)  # what is refused of a call's is refused here
        refuse_resting(tx, ports, counted, people)
        tx.add_vote(counted)
        tx.close_request(request.id, "disclosed")
        came_to = _came_to(tx, posed, request, counted, people)
        step = voted_step(counted, "disclosed")
        told = replace(step, body={**step.body, "came_to": came_to})
        after = tx.probes.advance(posed, [told], came_to)
    crash_point("voted")
    return after


def _asked(tx: Transaction, request_id: str) -> tuple[Posed, ReviewRequest]:
    found = tx.probes.asked(request_id)
    if found is None:
        raise UnknownId(f"no request `{request_id}`")
    return found


def _end_in_time(ports: Ports, request_id: str) -> None:
    """Do what time asks of a probe. Raises `AlreadyDecided` where an answer comes too late."""
    with ports.ledger.begin() as tx:
        posed, request = _asked(tx, request_id)
        after = caught_up(tx, ports.policy, posed, request)
    if after is not None and after.state == "disclosed":
        over = f"{request.expires_at:%H:%M:%S} UTC"
        raise AlreadyDecided(f"request `{request_id}` expired at {over}; nothing ran")


def _came_to(
    tx: Transaction, posed: Posed, request: ReviewRequest, given: Vote, people: People
) -> Disclosure:
    """Say what an answer makes of a probe; only that of somebody who could approve counts."""
    if not may_decide(given.by, request, people, given.at):
        return "uncounted"
    if posed.probe.kind == "canary":
        return "caught" if _catches(tx, posed, given) else "missed"
    if given.answer == "edit":
        return "uncounted"
    verdict = "approved" if given.answer in _YES else "rejected"
    return "agreed" if verdict == posed.probe.how else "disagreed"


def _catches(tx: Transaction, posed: Posed, given: Vote) -> bool:
    """Whether an answer keeps what is wrong from running."""
    if given.answer == "edit":
        real = tx.call(posed.probe.of).proposal.args
        return takes_away(real, posed.proposal.args, given.args or {})
    return given.answer not in _YES


_YES: Final = ("approve", "break_glass")
