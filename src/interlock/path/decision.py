"""Decide: what the policy says about one assessed call, naming the rules that settled it.

Pure and independent of order. The strictest answer counts; what cannot be evaluated fails to the
stricter side; nothing is allowed that no rule allows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, assert_never, get_args

from interlock.path.assessment import Assessment
from interlock.policy.constraints import UNLIMITED, breach, impossible, together, unreachable
from interlock.policy.decisions import (
    STRICTNESS,
    Allow,
    AllowWithConstraints,
    Ask,
    Decision,
    Deny,
    Kind,
    Notify,
    ReviewTerms,
    Unheard,
    may_pass_silently,
)
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.guardrails import UNINSPECTABLE
from interlock.policy.evaluation.heeding import HeededSignal, heeded_by
from interlock.policy.evaluation.rules import Heard, Rule, RuleOutcome, why
from interlock.policy.evaluation.terms import strictest_terms
from interlock.policy.subject import Subject

_JOIN = "; "
_NO_TERMS = ReviewTerms()
_SILENCES = get_args(Unheard)


class RuleTrace(NamedTuple):
    """How one rule came out for one call."""

    set: str
    """The rule set: `rules`, or `autonomy_levels.level_1`."""
    id: str
    outcome: RuleOutcome
    why: str
    decision: Kind
    """What the rule decides when it has a say."""
    counted: bool
    """Whether it has a say: matched, or restrictive and not to be evaluated."""
    about: bool
    """Whether the tools, topics or actions that it names are the call's; so when it names none."""
    signals: tuple[HeededSignal, ...] = ()
    """The signals that it looks at, and how far each is from where it speaks."""


def decide(policy: CompiledPolicy, assessment: Assessment) -> Decision:
    """Weigh all rule sets that speak, then hold what is decided to the constraints that apply."""
    heard = policy.consult(assessment.subject)
    variables = assessment.subject.variables
    if variables is not None and variables.work.exceeded:
        heard = policy.consult(assessment.subject)  # anew, with nothing evaluated: order is nothing
    decision = _weighed(policy, assessment, heard)
    return _constrained(assessment, heard, decision) if policy.limits_calls else decision


def _weighed(policy: CompiledPolicy, assessment: Assessment, heard: Heard) -> Decision:
    # Lists, not generators, all through: there are few rules here, and calls wait.
    asked = heard.counted + heard.unknown if policy.holds_results else ()
    held = True in [rule.review_result for rule in asked]
    unknown = _ids(heard.unknown)
    # The strictest of all rules that have a say, in all sets; the default has one, too, as long as
    # no rule is known to match.
    said: list[Kind] = [rule.kind for rule in heard.counted]
    if not heard.sure:
        said.append(policy.default)
    kind = said[0] if len(said) == 1 else strictest(said)
    settling = [rule for rule in heard.counted if rule.kind == kind]
    if not settling:
        reason = f"no rule is known to match; the policy's default is {kind}"
        terms = _for_call(policy, assessment, (policy.default_terms,))
        return _made(kind, (), reason, unknown, held, terms)
    reason = _joined([_reason(rule, assessment.subject, unknown) for rule in settling])
    terms = _asked(policy, assessment, heard, settling) if kind == "require_approval" else _NO_TERMS
    made = _made(kind, _ids(settling), reason, unknown, held, terms)
    if kind == "notify":
        return _noticed(made, settling)
    return made


def _asked(
    policy: CompiledPolicy, assessment: Assessment, heard: Heard, settling: Iterable[Rule]
) -> ReviewTerms:
    """Return the strictest of the terms on which the settling rules ask."""
    asked = [rule.terms for rule in settling if rule.terms is not None]
    if asked and not heard.sure and policy.default == "require_approval":
        asked.append(policy.default_terms)
    return _for_call(policy, assessment, asked)


def _for_call(
    policy: CompiledPolicy, assessment: Assessment, asked: Iterable[ReviewTerms]
) -> ReviewTerms:
    """Settle what the rules left open, and take away what this call's risk does not bear.

    Where it is high a reviewer answers in person; silence never approves what is of the top class,
    or deletes, or holds secrets, nor what takes more than one person's word.
    """
    subject, roles = assessment.subject, assessment.roles
    terms = strictest_terms([policy.routing.settled(each, subject, roles) for each in asked])
    if terms.inline and subject.risk in ("high", "critical"):
        terms = replace(terms, inline=False)
    if terms.on_timeout != "approve" or may_pass_silently(subject.risk, subject.risk_tags, terms):
        return terms
    return replace(terms, on_timeout="deny")


def _constrained(assessment: Assessment, heard: Heard, decision: Decision) -> Decision:
    """Put the tightest constraints of all rules that have a say on the decision.

    What cannot keep to them is denied here, before anyone is asked.
    """
    asked = heard.counted + heard.unknown  # a limit that may apply does: unknown never loosens
    limiting = [rule for rule in asked if rule.constraints is not UNLIMITED]
    if not limiting:
        return decision
    each = [rule.constraints for rule in limiting]
    limits = together(each)
    why_not = impossible(each) or breach(limits, assessment.subject.facts)
    if why_not is not None and decision.kind != "deny":
        ids = tuple(sorted({rule.id for rule in limiting}))
        return Deny(ids, why_not, decision.not_evaluable, decision.review_result, limits)
    return replace(decision, constraints=limits)


def strictest(kinds: Iterable[Kind]) -> Kind:
    """Return the strictest of some decisions."""
    return max(kinds, key=STRICTNESS.__getitem__)


def _ids(rules: Sequence[Rule]) -> tuple[str, ...]:
    if len(rules) < 2:
        return (rules[0].id,) if rules else ()
    return tuple(sorted([rule.id for rule in rules]))


def explain(policy: CompiledPolicy, assessment: Assessment) -> tuple[RuleTrace, ...]:
    """Say of every rule that was asked how it came out, and why."""
    subject = assessment.subject
    counted = {rule.id for rule in policy.consult(subject).counted}
    traces: list[RuleTrace] = []
    for rules in policy.sets(subject.level, at_guard=subject.approval is not None):
        for rule in (*rules.specific, *((rules.fallback,) if rules.fallback else ())):
            outcome, reason = why(rule, subject)
            if rule.fallback and rule.id not in counted:
                outcome, reason = "not matched", "fallback; a specific rule matched"
            says = rule.id in counted
            about = says or _about(rule, subject)
            heeded = heeded_by(rule, subject)
            traces.append(
                RuleTrace(rules.name, rule.id, outcome, reason, rule.kind, says, about, heeded)
            )
    return tuple(traces)


def _about(rule: Rule, subject: Subject) -> bool:
    names = [each for each in rule.conditions if each.key in ("tools", "topics", "actions")]
    return all(each.test(subject) is not False for each in names)


def stricter(a: Decision, b: Decision) -> Decision:
    """Return the stricter of two decisions; of two alike, both in one.

    Commutative, associative and idempotent. What is held or was not evaluable in either stays so.
    """
    unknown = tuple(sorted({*a.not_evaluable, *b.not_evaluable}))
    held = a.review_result or b.review_result
    each = (a.constraints, b.constraints)
    limits = together(each)
    rules = tuple(sorted({*a.rules, *b.rules}))
    why_not = impossible(each) or unreachable(limits)
    if why_not is not None and "deny" not in (a.kind, b.kind):
        return Deny(rules, why_not, unknown, held, limits)
    if a.kind != b.kind:
        strict = max(a, b, key=lambda each: STRICTNESS[each.kind])
        return replace(strict, not_evaluable=unknown, review_result=held, constraints=limits)
    reason = _joined([*a.reason.split(_JOIN), *b.reason.split(_JOIN)])
    made = _made(a.kind, rules, reason, unknown, held, strictest_terms(_terms((a, b))))
    notices = [each for each in (a, b) if isinstance(each, Notify)]
    return replace(_noticed(made, notices), constraints=limits)


def _noticed(decision: Decision, notices: Sequence[Rule | Notify]) -> Decision:
    """Give people the longest of the windows to stop a call that they are told of.

    Somebody must acknowledge it within the shortest time, and silence means the strictest of all.
    """
    if not isinstance(decision, Notify) or not notices:
        return decision
    within_s = [each.acknowledge_within_s for each in notices]
    return replace(
        decision,
        veto_window_s=max(each.veto_window_s for each in notices),
        acknowledge_within_s=min((each for each in within_s if each is not None), default=None),
        on_silence=max((each.on_silence for each in notices), key=_SILENCES.index),
    )


def _terms(decisions: Iterable[Decision]) -> list[ReviewTerms]:
    return [each.terms for each in decisions if isinstance(each, Ask)]


def _reason(rule: Rule, subject: Subject, unknown: tuple[str, ...]) -> str:
    said = rule.reason or f"rule `{rule.id}` says {rule.kind}"
    if rule.id in unknown or (subject.found and _is_unread(rule, subject.found)):
        return f"{said} ({why(rule, subject)[1]})"
    return said


def _is_unread(rule: Rule, found: frozenset[str]) -> bool:
    looks = any(condition.key == "inspect_args" for condition in rule.conditions)
    return looks and UNINSPECTABLE in found


def _joined(reasons: Sequence[str]) -> str:
    if len(reasons) == 1:
        return reasons[0]
    return _JOIN.join(sorted(set(reasons)))


def _made(
    kind: Kind,
    rules: tuple[str, ...],
    reason: str,
    unknown: tuple[str, ...],
    held: bool,
    terms: ReviewTerms,
) -> Decision:
    match kind:
        case "allow":
            return Allow(rules, reason, unknown, held)
        case "allow_with_constraints":
            return AllowWithConstraints(rules, reason, unknown, held)
        case "notify":
            return Notify(rules, reason, unknown, held)
        case "require_approval":
            return Ask(rules, reason, unknown, held, terms=terms)
        case "deny":
            return Deny(rules, reason, unknown, held)
        case _:
            assert_never(kind)
