"""Show: everything a reviewer needs to know about one call, in one frozen value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from interlock.clock import stamp
from interlock.conduct.asking import consequences
from interlock.conduct.escalating import meaning
from interlock.conduct.values import Call, Halt
from interlock.desk.naming import undeclared
from interlock.path.people import People
from interlock.path.quorum import shortage, standing
from interlock.path.review import ReviewRequest, Vote, groups_of, needs_reason
from interlock.policy.decisions import Proof, Risk, Silence

_GIVEN: Final = frozenset({"approved", "auto_approved"})


@dataclass(frozen=True, slots=True)
class Case:
    """One call as a reviewer sees it."""

    id: str
    """Id of the request; of the call when nobody was asked."""
    call_id: str
    state: str
    tool: str
    args: dict[str, Any]
    agent: str
    principal: str
    tenant: str
    host: str
    thread_id: str
    revision: int
    digest: str
    decision: str
    rules: tuple[str, ...]
    not_evaluable: tuple[str, ...]
    reason: str
    signals: dict[str, Any]
    reasons: dict[str, list[str]]
    """Signal to what made it, in words; values and excerpts in them are untrusted."""
    facts: dict[str, Any]
    risk: Risk
    risk_tags: tuple[str, ...]
    effect: str
    level: int
    consequences: str
    confidence_0_1: float | None
    """What the agent says of itself; unverified."""
    why: str
    """The agent's own words; unverified."""
    chain: tuple[dict[str, str], ...]
    policy_snapshot: str
    created_at: datetime
    expires_at: datetime | None
    """When the time is over in which somebody must answer; then `silence` says what follows."""
    reason_required: bool
    excluded: tuple[str, ...]
    """People who may not approve it."""
    votes: tuple[dict[str, Any], ...] = ()
    before: dict[str, Any] | None = None
    """The arguments before the last edit."""
    editors: tuple[str, ...] = ()
    """Who edited it, in any revision; empty where the policy's constraints made the revision."""
    undeclared: tuple[str, ...] = ()
    """Arguments that the tool's schema does not name."""
    answer: dict[str, Any] | None = None
    """What the agent got, once it did."""
    veto_until: datetime | None = None
    """When the window ends in which the call can be vetoed, as long as it waits for that."""
    acknowledge_until: datetime | None = None
    """Until when somebody must acknowledge it, as long as nobody did."""
    later: tuple[str, ...] = ()
    """What runs of it reported too late to be its result, as `run 1 later reported done`."""
    silence: Silence | None = None
    """What it means when nobody answers by `expires_at`, while somebody is asked."""
    asked: tuple[str, ...] = ()
    """Groups that are asked by now; empty where anyone may answer."""
    approved_by: tuple[str, ...] = ()
    """Whose approvals count so far, while it is asked."""
    missing: tuple[dict[str, Any], ...] = ()
    """How many `more` must approve, by `group`; an empty group is anyone. None while it is asked:
    fewer must than did before, and one of `approved_by` says so once more."""
    too_few: tuple[dict[str, Any], ...] = ()
    """The same, if all approved who may: then nobody can let it run as things are."""
    next_asked: str | None = None
    """The group that is asked next."""
    next_asked_at: datetime | None = None
    """When it is, if nobody answers; None where only the end of the request's time asks it."""
    broken_by: str = ""
    """Who broke the glass: they let it run alone, in an emergency; empty where nobody did."""
    by_silence: bool = False
    """Whether nobody's answer approved it: no person did."""
    unused: bool = False
    """Whether its approval, by people or by silence, was over before anything ran it."""
    lost: bool = False
    """Whether nobody keeps its claim: the process that ran it is gone."""
    auth: Proof = "local"
    """The weakest proof of who they are that approvers may give."""
    duplicates: tuple[str, ...] = ()
    """Requests of other calls that wait, of the same agent, tool and arguments, oldest first."""
    duplicate_of: str = ""
    """The oldest of them, where that is older than this one: it stands for all in the queue."""
    gone: str = ""
    """Why its arguments are not here any more, and what is left of them; empty where they are."""

    halt: Halt | None = None
    """What ends it at its next step, as long as nobody lifts that; None where nothing does."""
    probe: dict[str, Any] | None = None
    """What it was, of which call, what was `changed` and what it `came_to`, where it was a probe
    and is disclosed."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON; times as UTC stamps."""
        parts = asdict(self)
        parts["created_at"] = stamp(self.created_at)
        for name in ("expires_at", "acknowledge_until", "veto_until", "next_asked_at"):
            parts[name] = stamp(parts[name]) if parts[name] else None
        parts["halt"] = halt_json(self.halt) if self.halt else None
        return parts


@dataclass(frozen=True, slots=True)
class Decided:
    """A request that has its verdict, and the thread that may still wait for it."""

    host: str
    thread_id: str
    checkpoint_ns: str
    call_id: str
    request_id: str
    state: str


def case(
    call: Call,
    request: ReviewRequest | None,
    votes: list[Vote] | None = None,
    before: dict[str, Any] | None = None,
    schema: Mapping[str, Any] | None = None,
    veto_until: datetime | None = None,
    late: Sequence[tuple[int, str]] = (),
    next_asked_at: datetime | None = None,
) -> Case:
    """Put together what the ledger knows of a call."""
    judged, proposal = call.judgement, call.proposal
    decision = judged.decision if judged else None
    return Case(
        id=request.id if request else call.id,
        call_id=call.id,
        state=call.state,
        tool=proposal.tool,
        args=proposal.args,
        agent=proposal.context.agent.id,
        principal=proposal.context.principal,
        tenant=call.key.tenant,
        host=call.key.host,
        thread_id=call.key.thread_id,
        revision=proposal.revision,
        digest=proposal.digest,
        decision=decision.kind if decision else call.state,
        rules=decision.rules if decision else (),
        not_evaluable=decision.not_evaluable if decision else (),
        reason=decision.reason if decision else "",
        signals=dict(judged.signals) if judged else {},
        reasons={name: list(words) for name, words in judged.reasons.items()} if judged else {},
        facts=dict(judged.facts) if judged else {},
        risk=judged.risk if judged else "high",
        risk_tags=judged.risk_tags if judged else (),
        effect=judged.effect if judged else "non_idempotent",
        level=judged.level if judged else 0,
        consequences=consequences(call),
        confidence_0_1=proposal.claim.confidence_0_1,
        why=proposal.claim.why,
        chain=tuple(link._asdict() for link in proposal.context.chain),
        policy_snapshot=judged.snapshot if judged else "",
        created_at=call.created_at,
        expires_at=request.expires_at if request else None,
        reason_required=needs_reason(request) if request else False,
        auth=request.terms.auth if request else "local",
        excluded=tuple(sorted(request.excluded)) if request else (),
        votes=tuple(_vote(vote) for vote in votes or ()),
        before=before,
        editors=tuple(sorted(call.editors)),
        undeclared=tuple(undeclared(schema or {}, proposal.args)),
        answer=asdict(call.answer) if call.answer else None,
        veto_until=veto_until if call.state == "held" else None,
        later=told_late(late),
        broken_by=next((vote.by for vote in votes or () if vote.answer == "break_glass"), ""),
        by_silence=request is not None and request.state == "auto_approved",
        unused=call.state == "expired" and request is not None and request.state in _GIVEN,
        **_time(call, request, next_asked_at),
        lost=call.state == "executing" and call.lease_until is None,
    )


def _time(call: Call, request: ReviewRequest | None, at: datetime | None) -> dict[str, Any]:
    """Say who is asked by now and next, and what nobody's answer means; of an open request only."""
    if request is None or request.state != "open":
        return {}
    terms, level = request.terms, request.level
    asked = groups_of(request)
    left = level < len(terms.levels)
    return {
        "silence": meaning(call, request),
        "asked": asked,
        "next_asked": terms.levels[level].name if left else None,
        "next_asked_at": at if left else None,
    }


def counted(shown: Case, request: ReviewRequest, votes: Sequence[Vote], people: People) -> Case:
    """Say, too, whose approval an open request has, and whose it lacks."""
    if request.state != "open":
        return shown
    found = standing(votes, request, people)
    return replace(
        shown,
        approved_by=tuple(vote.by for vote in found.approvals),
        missing=tuple(each._asdict() for each in found.missing),
        too_few=tuple(
            each._asdict() for each in shortage(replace(request, unsaid=frozenset()), people)
        ),
    )


def attributed(shown: Case, adders: Mapping[str, str]) -> Case:
    """Say, too, by whom the credentials that answers show were added; `adders` by their ids."""
    votes = (
        vote
        | ({"added_by": adders[vote["credential"]]} if vote.get("credential") in adders else {})
        for vote in shown.votes
    )
    return replace(shown, votes=tuple(votes))


def folded(shown: Case, same: Sequence[str]) -> Case:
    """Say, too, which questions are the same as one; `same` are all of them, oldest first."""
    others = tuple(name for name in same if name != shown.id)
    older = same[0] if others and same[0] != shown.id else ""
    return replace(shown, duplicates=others, duplicate_of=older)


def halt_json(halt: Halt) -> dict[str, str]:
    """Return a halt as JSON."""
    return {**halt._asdict(), "at": stamp(halt.at)}


def told_late(reported: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Say what runs reported, by fence and outcome."""
    return tuple(f"run {fence} later reported {how}" for fence, how in reported)


def _vote(vote: Vote) -> dict[str, Any]:
    names = ("answer", "by", "auth", "reason")
    place = (vote.proof or {}).get("in_place_of")
    held = (vote.proof or {}).get("credential")
    by = {"credential": held} if held else {}
    said = {name: getattr(vote, name) for name in names} | {"at": stamp(vote.at)}
    looked = {} if vote.on_screen_ms is None else {"on_screen_s": vote.on_screen_ms / 1000}
    return said | ({"in_place_of": place} if place else {}) | by | looked
