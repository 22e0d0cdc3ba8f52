"""Offer: a policy to users' code: load it, ask it, let it explain itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, cast

from interlock.canon import encode, type_name
from interlock.desk.naming import stranger
from interlock.errors import InterlockError
from interlock.path.assessment import Assessment, assess, measured
from interlock.path.decision import RuleTrace, decide, explain
from interlock.path.proposal import Agent, CallKey, Context, Proposal, split_claim
from interlock.policy.constraints import constraints_json
from interlock.policy.decisions import Decision, Kind
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy
from interlock.policy.evaluation.guardrails import millionths
from interlock.policy.load import load, parse
from interlock.policy.subject import Approval

if TYPE_CHECKING:
    from interlock.path.inspection import Detector
    from interlock.policy.authoring.cases import PackCase, PackReport, Said

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_NO_KEY: Final = CallKey("", "policy", "", "", "", "")


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """What a policy says about a call that nobody is about to make."""

    kind: Kind
    rules: tuple[str, ...]
    """Ids of the determining rules, sorted; empty means that nothing matched."""
    reason: str
    constraints: Mapping[str, object]
    snapshot: str
    """`v1:` and six hex digits: which policy said so."""
    decision: Decision
    """All of it, as the gate uses it."""


class Policy:
    """A policy that loaded. Immutable; safe to share between threads."""

    def __init__(self, compiled: CompiledPolicy) -> None:
        """Wrap a compiled policy; `load` and `parse` make one."""
        self.compiled = compiled

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Load a policy file, or a folder with `policy.yaml` and `policy.d/*.yaml`.

        Raises `PolicyError` with file, line and column.
        """
        return cls(load(path, stranger))

    @classmethod
    def parse(cls, text: str, name: str = "<text>") -> Self:
        """Load a policy from text; `name` stands in errors.

        Raises `PolicyError` with file, line and column.
        """
        return cls(parse(text, name))

    @property
    def snapshot(self) -> str:
        """`v1:` and six hex digits of the policy's digest, for people."""
        return self.compiled.snapshot

    def decide(
        self,
        call: Mapping[str, Any],
        signals: Mapping[str, Any] = _NOTHING,
        level: int | None = None,
        context: Mapping[str, Any] = _NOTHING,
        environment: str | None = None,
        usage: Mapping[str, float] = _NOTHING,
        approval: Mapping[str, Sequence[str]] | None = None,
    ) -> PolicyAnswer:
        """Ask about `{"name", "args", "agent"}`; nothing runs and nothing is recorded.

        A signal that is absent is missing, never zero. `usage` is what was spent before in the
        window of each budget or rate, by the guardrail's id; what it does not name was not used.
        With `approval`, `{"approvers", "groups"}`, the call is asked about as right before it runs.

        Raises `CanonError` for arguments that cannot be carried exactly.
        """
        asked = Asked(call, signals, level, context, environment, usage, approval)
        return answered(self.compiled, asked.assessed(self.compiled))

    def explain(
        self,
        call: Mapping[str, Any],
        signals: Mapping[str, Any] = _NOTHING,
        level: int | None = None,
        context: Mapping[str, Any] = _NOTHING,
        environment: str | None = None,
        usage: Mapping[str, float] = _NOTHING,
        approval: Mapping[str, Sequence[str]] | None = None,
    ) -> tuple[RuleTrace, ...]:
        """Say of each rule whether it matched, did not, or could not be evaluated, and why."""
        asked = Asked(call, signals, level, context, environment, usage, approval)
        return explain(self.compiled, asked.assessed(self.compiled))

    def test(self, pack: Path | str) -> "PackReport":
        """Try every case of a pack's `cases.yaml`, and name the rules that settle none.

        Raises `PolicyError` for cases that cannot be read.
        """
        from interlock.policy.authoring.cases import load_cases, required, try_cases

        return try_cases(load_cases(Path(pack)), required(self.compiled), self._said)

    def _said(self, case: "PackCase") -> "Said":
        from interlock.policy.authoring.cases import Said

        asked = Asked(
            case.call._asdict(),
            case.signals,
            case.level,
            case.context,
            case.environment,
            case.usage,
            case.approval._asdict() if case.approval else None,
        )
        seen = asked.assessed(self.compiled)
        answer = answered(self.compiled, seen)
        held = [
            f"risk[{at}]"
            for at, (risk, rule) in enumerate(self.compiled.risks)
            if risk == seen.subject.risk and rule.holds(seen.subject) is not False
        ]
        return Said(
            answer.kind,
            answer.rules,
            answer.decision.review_result,
            answer.constraints,
            seen.subject.risk,
            tuple(held),
        )


class Asked(NamedTuple):
    """A question about a call, and all that is known about it."""

    call: Mapping[str, Any]
    """`{"name", "args", "agent"}`."""
    signals: Mapping[str, Any] = _NOTHING
    level: int | None = None
    """None: the level at which agents start."""
    context: Mapping[str, Any] = _NOTHING
    environment: str | None = None
    usage: Mapping[str, float] = _NOTHING
    """What was spent before of each budget and rate, by the guardrail's id."""
    approval: Mapping[str, Sequence[str]] | None = None
    """`{"approvers", "groups"}`: asks as right before the call runs."""
    found: Sequence[str] | None = None
    """Kinds that the arguments hold; None: they are looked for."""

    def assessed(self, policy: CompiledPolicy) -> Assessment:
        """Assess the call, as if nothing was spent but what `usage` says.

        Raises `InterlockError` for what is no call, no level or no object.
        """
        for name in ("signals", "context", "usage"):
            _expect_object(getattr(self, name), name)
        if self.level is not None and not _is_level(self.level):
            raise InterlockError(
                f"level `{self.level}` does not exist; levels are 0 to {TOP_LEVEL}"
            )
        proposal = asked_about(self.call, self.context)
        at = policy.initial_level if self.level is None else self.level
        approval = _approval(self.approval)
        seen = assess(policy, proposal, self.signals, at, self.environment, approval)
        bars = policy.guardrails
        meters = bars.meters(seen.subject, proposal.context.tenant)
        kinds = bars.kinds(seen.subject)
        if not meters and not kinds:
            return seen
        spent = {each.guardrail: self.usage.get(each.guardrail, 0) for each in meters}
        counted = {name: millionths(value) for name, value in spent.items()}
        known = {name: value for name, value in counted.items() if value is not None}
        return measured(seen, known, self._holds(proposal, kinds))

    def _holds(self, proposal: Proposal, kinds: frozenset[str]) -> frozenset[str] | None:
        if self.found is not None:
            return kinds & {*self.found}
        if not kinds:
            return None
        from interlock.path.arguments import kinds_in  # only where arguments are looked into

        return kinds_in(proposal.args, kinds, detectors())


def answered(policy: CompiledPolicy, assessment: Assessment) -> PolicyAnswer:
    """Decide what is assessed already."""
    decision = decide(policy, assessment)
    limits = constraints_json(decision.constraints)
    return PolicyAnswer(
        decision.kind, decision.rules, decision.reason, limits, policy.snapshot, decision
    )


def _approval(said: Mapping[str, Sequence[str]] | None) -> Approval | None:
    if said is None:
        return None
    return Approval(frozenset(said.get("approvers", ())), frozenset(said.get("groups", ())))


def detectors() -> "Sequence[Detector]":
    """Return what finds entities and secrets; loading them takes seconds."""
    from interlock.detect import detectors

    return detectors()


def asked_about(call: Mapping[str, Any], context: Mapping[str, Any] = _NOTHING) -> Proposal:
    """Make the proposal of a call that is only asked about: no digest, so no way to run.

    Raises `InterlockError` for what is no call.
    """
    _expect_object(call, "call")
    for name in call.keys() - {"name", "args", "agent"}:
        raise InterlockError(f"a call has no `{name}`; it has `name`, `args` and `agent`")
    if not isinstance(call.get("name"), str) or not call["name"]:
        raise InterlockError("a call needs `name`: its tool's, as text")
    given: object = {} if call.get("args") is None else call["args"]
    _expect_object(given, "args")
    args, claim = split_claim(cast("Mapping[str, Any]", given))
    facts = {name: value for name, value in context.items() if name not in ("principal", "tenant")}
    about = Context(
        agent=_agent(call.get("agent")),
        principal=context.get("principal", ""),
        tenant=context.get("tenant", ""),
        facts=facts,
    )
    return Proposal(_NO_KEY, 0, call["name"], "", encode(args), about, claim, "", "")


def _agent(said: object) -> Agent:
    match said:
        case None:
            return Agent("")
        case str():
            return Agent(said)
        case Mapping():
            parts = cast("Mapping[str, Any]", said)
            if isinstance(parts.get("id"), str) and parts.keys() <= {*Agent._fields}:
                return Agent(**parts)
        case _:
            pass
    raise InterlockError(
        "`agent` of the call is not understood; expected a name, or an object with `id` and "
        "optionally `owner`, `model`, `version`"
    )


def _expect_object(value: object, name: str) -> None:
    if not isinstance(value, Mapping):
        raise InterlockError(f"`{name}` has type {type_name(value)}; expected an object")


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOP_LEVEL
