"""Offer: a policy to users' code: load it, ask it, let it explain itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, cast

from interlock.canon import encode
from interlock.path.assessment import Assessment, assess, measured
from interlock.path.decision import RuleTrace, decide, explain
from interlock.path.inspection import Detector, kinds_in
from interlock.path.proposal import Agent, CallKey, Context, Proposal, split_claim
from interlock.policy.compiled import CompiledPolicy
from interlock.policy.constraints import constraints_json
from interlock.policy.decisions import Decision, Kind
from interlock.policy.load import load, parse

if TYPE_CHECKING:
    from interlock.policy.cases import PackCase, PackReport, Said

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
        return cls(load(path))

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
    ) -> PolicyAnswer:
        """Ask about `{"name", "args", "agent"}`; nothing runs and nothing is recorded.

        A signal that is absent is missing, never zero. Raises `CanonError` for arguments that
        cannot be carried exactly.
        """
        assessment = self._assessed(call, signals, level, context, environment)
        decision = decide(self.compiled, assessment)
        limits = constraints_json(decision.constraints)
        return PolicyAnswer(
            decision.kind, decision.rules, decision.reason, limits, self.snapshot, decision
        )

    def explain(
        self,
        call: Mapping[str, Any],
        signals: Mapping[str, Any] = _NOTHING,
        level: int | None = None,
        context: Mapping[str, Any] = _NOTHING,
        environment: str | None = None,
    ) -> tuple[RuleTrace, ...]:
        """Say of each rule whether it matched, did not, or could not be evaluated, and why."""
        assessment = self._assessed(call, signals, level, context, environment)
        return explain(self.compiled, assessment)

    def test(self, pack: Path | str) -> "PackReport":
        """Try every case of a pack's `cases.yaml`, and name the rules that settle none.

        Raises `PolicyError` for cases that cannot be read.
        """
        from interlock.policy.cases import load_cases, try_cases

        return try_cases(load_cases(Path(pack)), self.compiled.rule_ids, self._said)

    def _said(self, case: "PackCase") -> "Said":
        answer = self.decide(
            case.call._asdict(), case.signals, case.level, case.context, case.environment
        )
        return answer.kind, answer.rules, answer.decision.review_result

    def _assessed(
        self,
        call: Mapping[str, Any],
        signals: Mapping[str, Any],
        level: int | None,
        context: Mapping[str, Any],
        environment: str | None,
    ) -> Assessment:
        """Assess as if nothing was spent of any budget before."""
        proposal = asked_about(call, context)
        at = self.compiled.initial_level if level is None else level
        seen = assess(self.compiled, proposal, signals, at, environment)
        bars = self.compiled.guardrails
        meters = bars.meters(seen.subject, proposal.context.tenant)
        kinds = bars.kinds(seen.subject)
        if not meters and not kinds:
            return seen
        found = kinds_in(proposal.args, kinds, _detectors()) if kinds else None
        return measured(seen, dict.fromkeys((meter.guardrail for meter in meters), 0), found)


def _detectors() -> Sequence[Detector]:
    from interlock.detect import detectors

    return detectors()


def asked_about(call: Mapping[str, Any], context: Mapping[str, Any] = _NOTHING) -> Proposal:
    """Make the proposal of a call that is only asked about: no digest, so no way to run."""
    args, claim = split_claim(cast("Mapping[str, Any]", call.get("args") or {}))
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
        case str():
            return Agent(said)
        case Mapping():
            return Agent(**cast("Mapping[str, Any]", said))
        case _:
            return Agent("")
