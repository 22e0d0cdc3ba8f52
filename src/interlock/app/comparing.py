"""Compare: which calls two policies decide differently, loosening first."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.app.policy import Asked, Policy, detectors
from interlock.conduct.values import Call
from interlock.path.arguments import kinds_in
from interlock.path.assessment import Assessment, assess, measured
from interlock.path.decision import decide, stricter
from interlock.policy.authoring.generation import Question
from interlock.policy.authoring.settings import Changed, Setting, differing, unasked
from interlock.policy.decisions import STRICTNESS, Decision, Deny, Kind
from interlock.policy.evaluation.compiled import CompiledPolicy

Direction: TypeAlias = Literal["looser", "mixed", "stricter"]
"""By the decision; of two alike, by their limits. `mixed`: one is looser, another stricter."""

_ORDER: Final[tuple[Direction, ...]] = ("looser", "mixed", "stricter")
Tick: TypeAlias = Callable[[], None]


class Change(NamedTuple):
    """Calls that change alike: from one decision by some rules to another by others."""

    direction: Direction
    before: Kind
    after: Kind
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]
    calls: int
    tools: tuple[str, ...]
    """Tools of those calls, sorted."""
    example: dict[str, Any]
    """The first of them, as `policy explain` reads it."""
    how: tuple[str, ...]
    """What else differs: `constraints`, `terms`, `review_result`."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return self._asdict()


class Difference(NamedTuple):
    """How two policies differ over some calls."""

    calls: int
    """Calls that both were asked about."""
    changes: tuple[Change, ...]
    """Loosening first; then the larger step, the more calls."""
    settings: tuple[Setting, ...] = ()
    """Settings that differ without a change of any call: not compared by calls."""

    @property
    def loosens(self) -> bool:
        """Whether a call is decided more loosely, or a setting that differs may loosen."""
        return any(each.direction != "stricter" for each in (*self.changes, *self.settings))


class _Pair(NamedTuple):
    tool: str
    before: Decision
    after: Decision
    example: Callable[[], dict[str, Any]]


def compare_generated(
    before: Policy, after: Policy, asked: Iterable[Question], tick: Tick = lambda: None
) -> Difference:
    """Ask two policies about generated calls; `tick` is called after each."""
    return _difference(before, after, _generated(before, after, asked, tick))


def compare_recorded(
    before: Policy, after: Policy, calls: Iterable[Call], tick: Tick = lambda: None
) -> Difference:
    """Ask two policies about calls of a ledger, by the signals, level and usage recorded.

    A call that nothing was decided about is left out.
    """
    return _difference(before, after, _recorded(before, after, calls, tick))


def _generated(
    before: Policy, after: Policy, asked: Iterable[Question], tick: Tick
) -> Iterable[_Pair]:
    for one in asked:
        said = [decide(each.compiled, _assessed(each.compiled, one)) for each in (before, after)]
        yield _Pair(one.tool, said[0], said[1], one.json)
        tick()


def _recorded(before: Policy, after: Policy, calls: Iterable[Call], tick: Tick) -> Iterable[_Pair]:
    for call in calls:
        tick()
        if call.judgement is None:
            continue
        said = [decide(each.compiled, reassessed(each.compiled, call)) for each in (before, after)]
        yield _Pair(call.proposal.tool, said[0], said[1], lambda call=call: _written(call))


def _assessed(policy: CompiledPolicy, one: Question) -> Assessment:
    call = {"name": one.tool, "args": one.args, "agent": one.agent}
    approval = one.approval._asdict() if one.approval else None
    asked = Asked(
        call, one.signals, one.level, one.context, one.environment, one.spent, approval, one.found
    )
    return asked.assessed(policy)


def let_pass(before: Policy, after: Policy, calls: Iterable[Call]) -> list[str]:
    """Return the ids of recorded calls that `before` stops and `after` lets run, in their order."""
    return [
        call.id
        for call in calls
        if call.judgement is not None
        and not _runs(before.compiled, call)
        and _runs(after.compiled, call)
    ]


def _runs(policy: CompiledPolicy, call: Call) -> bool:
    kind = decide(policy, reassessed(policy, call)).kind
    return STRICTNESS[kind] < STRICTNESS["require_approval"]


def reassessed(policy: CompiledPolicy, call: Call) -> Assessment:
    """Assess a recorded call by the signals, level and usage of then. Needs its judgement."""
    judged, proposal = call.judgement, call.proposal
    if judged is None:
        raise AssertionError(call.id)
    seen = assess(policy, proposal, judged.signals, judged.level)
    names = (each.about.id for each in policy.guardrails.metered)
    kinds = policy.guardrails.kinds(seen.subject)
    found = kinds_in(proposal.args, kinds, detectors()) if kinds else frozenset[str]()
    return measured(seen, {name: judged.usage.get(name, 0) for name in names}, found)


def _written(call: Call) -> dict[str, Any]:
    judged, proposal = call.judgement, call.proposal
    told = {"name": proposal.tool, "args": proposal.args, "agent": proposal.context.agent.id}
    if judged is not None:
        told |= {"level": judged.level, "signals": dict(judged.signals)}
    return {**told, "call_id": call.id}


def _difference(before: Policy, after: Policy, pairs: Iterable[_Pair]) -> Difference:
    count, changes = _changes(pairs)
    settings = differing(before.compiled.document, after.compiled.document)
    looser = _seen(change for change in changes if change.direction != "stricter")
    return Difference(count, changes, unasked(settings, _seen(changes), looser))


def _seen(changes: Iterable[Change]) -> Changed:
    each = list(changes)
    sides = [rules for change in each for rules in (change.rules_before, change.rules_after)]
    tools = [tool for change in each for tool in change.tools]
    return Changed(frozenset(rule for rules in sides for rule in rules or ("",)), frozenset(tools))


def _changes(pairs: Iterable[_Pair]) -> tuple[int, tuple[Change, ...]]:
    found: dict[tuple[Any, ...], Change] = {}
    count = 0
    for pair in pairs:
        count += 1
        before, after = _bare(pair.before), _bare(pair.after)
        if before == after:
            continue
        rules = pair.before.rules, pair.after.rules
        direction = _direction(before, after)
        how = _how(before, after)
        key = (direction, before.kind, after.kind, *rules, how)
        old = found.get(key)
        found[key] = (
            old._replace(calls=old.calls + 1, tools=tuple(sorted({*old.tools, pair.tool})))
            if old
            else Change(*key[:5], 1, (pair.tool,), pair.example(), how)
        )
    return count, tuple(sorted(found.values(), key=_rank))


def _bare(decision: Decision) -> Decision:
    """Leave out what names rules; a denial has no further terms."""
    if decision.kind == "deny":
        return Deny((), "")
    return replace(decision, rules=(), reason="", not_evaluable=())


def _direction(before: Decision, after: Decision) -> Direction:
    """Compare decisions; of two alike, with the stricter of both: what equals it is stricter."""
    step = STRICTNESS[after.kind] - STRICTNESS[before.kind]
    if step:
        return "looser" if step < 0 else "stricter"
    both = _bare(stricter(before, after))
    return "looser" if both == before else "stricter" if both == after else "mixed"


def _how(before: Decision, after: Decision) -> tuple[str, ...]:
    names = ("constraints", "terms", "review_result")
    return tuple(
        name
        for name in names
        if name != "terms" or before.kind == after.kind
        if getattr(before, name, None) != getattr(after, name, None)
    )


def _rank(change: Change) -> tuple[Any, ...]:
    step = STRICTNESS[change.before] - STRICTNESS[change.after]
    return _ORDER.index(change.direction), -abs(step), -change.calls, change[:5]
