"""Take in: propose, assess and decide a whole turn in one transaction.

A second delivery finds the call by its key and changes nothing; one whose arguments differ is a
conflict. Nothing is claimed before every sibling is decided.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from interlock.canon import digest, encode
from interlock.clock import new_id
from interlock.conduct.awaiting import wants_seal
from interlock.conduct.compensation import offered
from interlock.conduct.falling import violated
from interlock.conduct.flooding import flood
from interlock.conduct.halting import halted_by, halted_step
from interlock.conduct.holding import hold, must_wait, window_step
from interlock.conduct.judging import decided_body, judge, judge_with
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.overseeing import tell
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.recounting import put
from interlock.conduct.steps import ask, claim_step, proposed_step
from interlock.conduct.values import Call, Intent, Judgement, Turn, record_of
from interlock.errors import CanonError
from interlock.path.people import People
from interlock.path.proposal import (
    Proposal,
    conflict_key,
    fix,
    propose,
    readable,
    schema_digest,
    split_claim,
    unnamed,
)
from interlock.path.record import RUNNABLE, State, Step
from interlock.path.release import Answer, refusal
from interlock.path.warrant import Cleared, guard
from interlock.policy.constraints import forced
from interlock.policy.decisions import Deny
from interlock.policy.evaluation.compiled import CompiledPolicy

MOST_FORCED: Final = 3
"""Revisions that constraints make of one call; more come from rules that undo each other."""

AGAIN: Final = (
    "its message has no id, and its call id was used before in this thread, so that it may be a "
    "repetition"
)
"""Why a call is refused that may have run before."""

UNFIT: Final = "the arguments do not fit the tool; the answer says which"
"""What the record keeps of why arguments are invalid."""


def take_turn(
    tx: Transaction,
    ports: Ports,
    turn: Turn,
    lease_s: float | None = None,
    measured: Sequence[Measured] = (),
) -> list[Call]:
    """Propose and decide every call of a turn that is new; return all in order.

    With `lease_s`, a lone new call that may run is claimed as it enters. `measured` are the signals
    of each call.
    INVARIANT I18: siblings of a call that asks are held in the same transaction.
    """
    ports = ports.pinned()
    place = (turn.context.tenant, turn.host, turn.thread_id, turn.checkpoint_ns, turn.turn_id)
    tx.lock(ascii(("turn", *place)))  # of deliveries at once the second finds what the first made
    turn = replace(turn, intents=tuple(_unkeyed(ports.policy(), each) for each in turn.intents))
    alone = len(turn.intents) == 1 and not ports.policy().guardrails.only_guarding
    lease = lease_s if alone else None
    seen = zip(turn.intents, measured or [NOTHING] * len(turn.intents), strict=True)
    calls = [
        _take(tx, ports, turn, intent, place, lease, each)
        for place, (intent, each) in enumerate(seen)
    ]
    asking = [call for call in calls if call.state == "pending"]
    return [
        hold(tx, call, asking)[0]
        if call.state in RUNNABLE and must_wait(ports.policy(), call, asking)
        else call
        for call in calls
    ]


def _unkeyed(policy: CompiledPolicy, intent: Intent) -> Intent:
    """Leave out the idempotency argument: the gate fills it, whatever a model gave."""
    known = policy.tool(readable(intent.tool))
    name = known.run.idempotency_argument if known else None
    if name is None or name not in intent.args:
        return intent
    return replace(intent, args={key: intent.args[key] for key in intent.args if key != name})


def _take(
    tx: Transaction,
    ports: Ports,
    turn: Turn,
    intent: Intent,
    place: int,
    lease_s: float | None,
    seen: Measured,
) -> Call:
    name, own_id = readable(intent.tool), readable(intent.tool_call_id)
    if (name, own_id) != (intent.tool, intent.tool_call_id):
        intent = replace(intent, tool=name, tool_call_id=own_id)
    key = turn.key(intent)
    if (first := tx.original(key)) is not None:
        return _replay(tx, turn, intent, first)
    known_by = tx.bind_ask(unnamed(key), 0, turn.turn_id) if not turn.is_named else turn.turn_id
    try:
        schema = schema_name(intent)
        proposal = propose(key, intent.tool, intent.args, turn.context, tool_schema=schema)
    except CanonError as error:
        empty = propose(key, intent.tool, {}, turn.context)
        return _end(tx, empty, place, "invalid_arguments", str(error))
    if known_by != turn.turn_id:
        return _end(tx, proposal, place, "conflict", AGAIN)
    if intent.invalid is not None:
        return _end(tx, proposal, place, "invalid_arguments", intent.invalid)
    if intent.tool_schema is not None:
        tx.remember_schema(intent.tool, dict(intent.tool_schema), schema)
    call = enter(tx, ports, proposal, judge(tx, ports, proposal, seen), place, lease_s=lease_s)
    if seen.observation is not None:
        tx.observe(call, seen.observation)
    if call.state == "pending":
        for tool, shown in turn.schemas().items():
            tx.remember_schema(tool, dict(shown), schema_digest(tool, dict(shown)))
    return call


def enter(
    tx: Transaction,
    ports: Ports,
    proposal: Proposal,
    judgement: Judgement,
    place: int,
    editors: frozenset[str] = frozenset(),
    lease_s: float | None = None,
    left: int = MOST_FORCED,
) -> Call:
    """Insert a call with its decision; open the request when it asks, claim it when it may run.

    What its constraints force or drop makes the next revision, before anyone is asked.
    INVARIANT I8: so what is shown, approved and executed are the same bytes.
    """
    call_id = new_id("call")
    if (forced := _forced(ports, tx, proposal, judgement, left)) is not None:
        if isinstance(forced, str):
            denied = Deny((), forced, constraints=judgement.decision.constraints)
            judgement = replace(judgement, decision=denied)
        else:
            _supersede(tx, call_id, proposal, judgement, place, editors)
            again = judge_with(tx, ports, forced, judgement)
            return enter(tx, ports, forced, again, place, editors, lease_s, left - 1)
    decided = [
        proposed_step(proposal, editors),
        Step("decided", "decided", decided_body(judgement)),
    ]
    match judgement.decision.kind:
        case "deny":
            steps = [*decided, Step("denied", "denied")]
            why = judgement.decision.reason
            changes: dict[str, Any] = {"answer": _denied(tx, call_id, proposal, judgement, why)}
            violated(tx, ports.policy(), proposal, judgement, call_id)
        case _ if (halt := halted_by(tx, proposal, judgement)) is not None:
            steps = [*decided, halted_step(halt)]
            answer = refusal(call_id, "halted", halt.why, record_of(judgement))
            changes = {"answer": answer}
        case "require_approval" if not editors and (cut := flood(tx, ports.policy(), proposal)):
            steps = [*decided, cut.step]
            changes = {"answer": _denied(tx, call_id, proposal, judgement, cut.why)}
        case "require_approval":
            request = ask(call_id, proposal, judgement, tx.now(), editors)
            steps = [*decided, put(tx, request)]
            changes = {"request_id": request.id}
        case "allow" | "allow_with_constraints" | "notify":
            steps, changes = decided, {}
            cleared = guard(judgement.decision, None, (), People(tx.now()), proposal, tx.now())
            if (window := tell(tx, call_id, judgement.decision)) is not None:
                steps = [*decided, window_step(window)]
            elif (
                lease_s is not None
                and isinstance(cleared, Cleared)
                and not wants_seal(ports.policy(), judgement)
            ):
                until = tx.now() + timedelta(seconds=lease_s)
                steps = [*decided, claim_step(proposal, judgement, 1, until, cleared)]
                tx.spend(judgement.meters, proposal.key)
                changes = {"fence": 1, "lease_until": until}
    return tx.insert(
        proposal, steps, place, id=call_id, judgement=judgement, editors=editors, **changes
    )


def _denied(
    tx: Transaction, call_id: str, proposal: Proposal, judgement: Judgement, why: str
) -> Answer:
    known = {**record_of(judgement), **offered(tx, proposal.key)}
    return refusal(call_id, "denied", why, known)


def _forced(
    ports: Ports, tx: Transaction, proposal: Proposal, judged: Judgement, left: int
) -> Proposal | str | None:
    """Return the revision that the constraints make of a call, or why there can be none.

    `left` says how many may still be made. None when it keeps to them already, or is denied.
    """
    limits = judged.decision.constraints
    if judged.decision.kind == "deny" or not (limits.args or limits.args_drop):
        return None
    try:
        args = forced(proposal.args, limits)
    except ValueError as error:
        return str(error)
    canonical = encode(args)
    if canonical == proposal.canonical:
        return None
    if not left:
        return "constraints force other arguments again and again"
    schemas = tx.schemas(proposal.tool, proposal.tool_schema) if proposal.tool_schema else []
    whys = [ports.misfit(schema, args) for schema in schemas]
    if whys and all(whys):
        # This stands in the record for good: the policy's own names, and none of the agent's.
        said = ", ".join(f"`{path}`" for path in (*limits.args, *limits.args_drop))
        return f"constraints on {said} force arguments that do not fit `{proposal.tool}`"
    known = (proposal.key, proposal.tool, canonical, proposal.context, proposal.claim)
    return fix(*known, proposal.tool_schema, proposal.revision + 1)


def _supersede(
    tx: Transaction,
    call_id: str,
    proposal: Proposal,
    judged: Judgement,
    place: int,
    editors: frozenset[str],
) -> None:
    """Record a revision that the policy's constraints replace."""
    steps = [
        proposed_step(proposal, editors),
        Step("decided", "decided", decided_body(judged)),
        Step("superseded", "constrained", {"policy": judged.policy}, actor="policy"),
    ]
    tx.insert(proposal, steps, place, id=call_id, judgement=judged, editors=editors)


def schema_name(intent: Intent) -> str:
    """Return the digest of the schema that the model was shown; empty where it was shown none."""
    shown = intent.tool_schema
    return "" if shown is None else schema_digest(intent.tool, dict(shown))


def _replay(tx: Transaction, turn: Turn, intent: Intent, first: Call) -> Call:
    """Answer a second delivery: the call as it stands, or a conflict when it differs."""
    if same_call(first.proposal, intent):
        return tx.latest(first.key) or first
    plain, claim = split_claim(intent.args)
    try:
        canonical = encode(plain)
    except CanonError:
        canonical = b"{}"
    key = conflict_key(first.key, digest("interlock/conflict/v1", [intent.tool, canonical.hex()]))
    if (known := tx.original(key)) is not None:
        return known
    twin = fix(key, intent.tool, canonical, turn.context, claim, schema_name(intent), 0)
    why = f"this call id was already used for another `{first.proposal.tool}` call of the same turn"
    return _end(tx, twin, first.position, "conflict", why)


def same_call(known: Proposal, intent: Intent) -> bool:
    """Whether a delivery is the call that is known under its key."""
    if intent.tool != known.tool:
        return False
    plain, _ = split_claim(intent.args)
    try:
        return encode(plain) == known.canonical
    except CanonError:
        return known.canonical == b"{}"


def _end(tx: Transaction, proposal: Proposal, place: int, state: State, why: str) -> Call:
    call_id = new_id("call")
    ending: Any = state
    # Entries are for good; what is wrong with arguments may quote names that the model made up, and
    # stands in the answer only, which can be erased.
    recorded = UNFIT if state == "invalid_arguments" else why
    steps = [proposed_step(proposal), Step(state, state, {"why": recorded})]
    answer: Answer = refusal(call_id, ending, why, {})
    return tx.insert(proposal, steps, place, id=call_id, answer=answer)
