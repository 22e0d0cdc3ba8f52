"""Halt: the kill switch, for an agent, a tool, a topic or everything.

It is read in the transaction that decides a call and in the one that claims it, never remembered:
whatever process runs an agent, its next step is under the halt. A halt waits for steps that read
before it and did not commit, so once it stands nothing is claimed. A tool that runs runs on.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final, TypeAlias

from interlock.conduct.acting import Act, acted, stopped
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.values import Call, Halt, HaltKind, Judgement
from interlock.errors import DeskError, NotEligible
from interlock.names import spoken
from interlock.path.proposal import Proposal
from interlock.path.record import RUNNABLE, Step
from interlock.policy.globs import compiled


def halted_by(tx: Transaction, proposal: Proposal, judged: Judgement) -> Halt | None:
    """Return what stops a call that policy does not deny anyway; None where nothing does.

    INVARIANT I6: an agent is stopped with all that it started, in whose context chain it stands.
    """
    if judged.decision.kind == "deny":
        return None
    halts = tx.switches.of(proposal.context.tenant)
    return next((halt for halt in halts if stops(halt, proposal, judged.topic)), None)


def halt_over(halts: Iterable[Halt], call: Call) -> Halt | None:
    """Return what ends a call that could still run, at its next step; None where nothing does."""
    judged = call.judgement
    if judged is None or judged.decision.kind == "deny" or call.state not in _COULD_RUN:
        return None
    mine = (halt for halt in halts if covers(halt.tenant, call.key.tenant))
    return next((halt for halt in mine if stops(halt, call.proposal, judged.topic)), None)


_COULD_RUN: Final = RUNNABLE | {"pending"}


def stops(halt: Halt, proposal: Proposal, topic: str) -> bool:
    """Whether a halt is about a call of its tenant that has this topic."""
    context = proposal.context
    agents = (context.agent.id, *(link.agent for link in context.chain))
    return is_about(halt.kind, halt.ref, (agents, proposal.tool, topic))


Halted: TypeAlias = tuple[Collection[str], str, str]
"""What a halt may be about: agents, from who calls up the context chain, the tool, the topic."""


def is_about(kind: HaltKind, ref: str, what: Halted) -> bool:
    """Whether a halt of this kind is about something, by names as they are read out.

    A kill switch is for somebody in a hurry: case, width, white space around a name and what
    nobody sees in it make no other agent, tool, topic or tenant.
    """
    agents, tool, topic = what
    match kind:
        case "everything":
            return True
        case "agent":
            return spoken(ref) in map(spoken, agents)
        case "tool":
            return _matches(ref, tool)
        case "topic":
            return _matches(ref, topic)


def covers(tenant: str, of: str) -> bool:
    """Whether what is halted of a tenant, of all when it is empty, is so of this one."""
    return not tenant or spoken(tenant) == spoken(of)


def is_same(one: Halt, other: Halt) -> bool:
    """Whether two halts are named alike."""
    named = [(h.kind, spoken(h.tenant), spoken(h.ref)) for h in (one, other)]
    return named[0] == named[1]


def _matches(glob: str, name: str) -> bool:
    return compiled(glob).match(name) or compiled(spoken(glob)).match(spoken(name))


def halted_step(halt: Halt) -> Step:
    """Return the transition into `halted`."""
    return Step("halted", "halted", {"why": halt.why})


def halt(ports: Ports, wanted: Halt, shown: Shown | None = None) -> Halt:
    """Switch something off; what is off already is so anew, by whom and why as said now.

    A bare name is enough, and recorded as `unverified` where it has credentials.
    """
    with ports.ledger.begin() as tx:
        return switch_off(tx, wanted, stopped(tx, wanted.by, shown, "halted", halt_asked(wanted)))


def switch_off(tx: Transaction, wanted: Halt, act: Act) -> Halt:
    """Switch something off at the ledger's time of now, with its entry."""
    halted = wanted._replace(at=tx.now())
    tx.switches.halt(halted)
    tx.note("halted", {**halt_asked(halted), **act.said}, actor=halted.by, auth=act.auth)
    return halted


def unhalt(ports: Ports, named: Halt, shown: Shown | None = None) -> None:
    """Lift a halt; who did and why is recorded.

    Raises `DeskError` where there is no such halt, `NotEligible` for the halted agent itself, and
    for a name that is not shown to be theirs.
    """
    with ports.ledger.begin() as tx:
        people = tx.registry.people()  # held before halts are, as whoever claims a call does
        if named.kind == "agent" and not people.is_apart(named.by, (named.ref,)):
            raise NotEligible(f"`{named.by}` is the agent that is halted; a person must lift it")
        if not tx.switches.lift(named):
            raise DeskError(f"{named.what} is not halted; see `interlock halts`")
        act = acted(tx, named.by, shown, "unhalted", halt_asked(named))
        tx.note("unhalted", {**halt_asked(named), **act.said}, actor=named.by, auth=act.auth)


def halt_asked(halt: Halt) -> dict[str, Any]:
    """Return what somebody asks for who switches something off, or on again."""
    named = {"tenant": halt.tenant, "kind": halt.kind, "ref": halt.ref}
    return {**named, "reason": halt.reason}
