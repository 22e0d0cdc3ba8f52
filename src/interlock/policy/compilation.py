"""Compile: a policy file's sections into what decides.

Refuses what a key alone cannot show: names given twice, two fallbacks in one set, facts that no
tool has, comparisons with the wrong type.
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from interlock.canon import encode
from interlock.policy.catalogue import CataloguedTool, catalogue
from interlock.policy.compiled import TOP_LEVEL, CompiledPolicy
from interlock.policy.conditions import compile_conditions, is_number
from interlock.policy.decisions import ReviewTerms
from interlock.policy.document import (
    SIGNAL_NAMES,
    AutonomyLevels,
    Conditions,
    Document,
    RuleEntry,
    Signals,
    ToolEntry,
    split_comparison,
    written,
)
from interlock.policy.facts import FactPath, parse_fact
from interlock.policy.globs import compiled, is_glob
from interlock.policy.refused import refusal
from interlock.policy.rules import Rule, RuleSet
from interlock.policy.source import Node, Path, fail, locate
from interlock.policy.suggestion import did_you_mean, shown

_FACT_FORMS: Final = "expected a member path such as `args.amount`, or `size(args.items)`"


def compile_policy(document: Document, root: Node) -> CompiledPolicy:
    """Compile a validated document; `root` knows where its parts stand.

    Raises `PolicyError`.
    """
    tools = {name: _tool(name, entry, root) for name, entry in document.tools.items()}
    seen: dict[str, Path] = {}
    rules = _rule_set("rules", ("rules",), document.rules, document, root, seen)
    levels = _levels(document, root, seen)
    digest = hashlib.sha256(encode(document.model_dump(mode="json"), "policy")).hexdigest()
    return CompiledPolicy(
        snapshot=f"v1:{digest[:6]}",
        digest=digest,
        environment=document.environment,
        hold_siblings=document.hold_siblings,
        output=document.output,
        initial_level=document.autonomy.initial_level,
        retry_window_s=document.signals.retries.window_sec,
        confidence_sources=document.signals.confidence.source,
        document=document,
        default=document.default,
        default_terms=_default_terms(document),
        catalogue=catalogue(tools),
        rules=rules,
        levels=levels,
    )


def _tool(name: str, entry: ToolEntry, root: Node) -> CataloguedTool:
    facts: dict[str, FactPath] = {}
    for fact, text in entry.facts.items():
        path: Path = ("tools", name, "facts", fact)
        if fact in SIGNAL_NAMES:
            fail(locate(root, path, key=True), f"fact `{fact}` has the name of a signal; rename it")
        parsed = parse_fact(text)
        if parsed is None:
            fail(locate(root, path), f"{refusal(text)}: {_FACT_FORMS}")
        facts[fact] = parsed
    topic = entry.topic or name
    return CataloguedTool(
        topic,
        frozenset(entry.risk_tags),
        entry.effect,
        entry.owner,
        MappingProxyType(facts),
        entry.topic is not None,
    )


def _levels(document: Document, root: Node, seen: dict[str, Path]) -> tuple[RuleSet, ...]:
    levels: AutonomyLevels | None = document.autonomy_levels
    if levels is None:
        return ()
    sets: list[RuleSet] = []
    for at in range(TOP_LEVEL + 1):
        name = f"level_{at}"
        entry = getattr(levels, name)
        if entry is None:
            sets.append(sets[-1])
            continue
        path: Path = ("autonomy_levels", name, "rules")
        sets.append(_rule_set(f"autonomy_levels.{name}", path, entry.rules, document, root, seen))
    return tuple(sets)


def _rule_set(
    name: str,
    path: Path,
    entries: tuple[RuleEntry, ...],
    document: Document,
    root: Node,
    seen: dict[str, Path],
) -> RuleSet:
    prefix = "rules" if name == "rules" else f"{name}.rules"
    specific: list[Rule] = []
    fallback: Rule | None = None
    for at, entry in enumerate(entries):
        here: Path = (*path, at)
        rule = _rule(entry, entry.id or f"{prefix}[{at}]", document, root, here)
        if rule.id in seen:
            first = locate(root, (*seen[rule.id], "id"))
            fail(
                locate(root, (*here, "id")),
                f"duplicate rule id `{rule.id}`; {first} gives it already",
            )
        seen[rule.id] = here
        if not rule.fallback:
            specific.append(rule)
        elif fallback is None:
            fallback = rule
        else:
            fail(
                locate(root, here), f"a second fallback beside `{fallback.id}`; a rule set has one"
            )
    return RuleSet(name, tuple(specific), fallback)


def _rule(entry: RuleEntry, name: str, document: Document, root: Node, path: Path) -> Rule:
    asks = entry.decision == "require_approval"
    if not asks and "review" in entry.model_fields_set:
        fail(
            locate(root, (*path, "review"), key=True),
            "`review` says how a human is asked; it needs `decision: require_approval`",
        )
    ignored = _ignored(document.signals)
    here: Path = (*path, "match")
    unless = entry.match.unless
    for conditions, at in ((entry.match, here), (unless, (*here, "unless"))):
        for key in (conditions.model_extra or {}) if conditions is not None else {}:
            _check_comparison(key, conditions, entry.match, document.tools, root, at)
    rule = Rule(
        id=name,
        kind=entry.decision,
        conditions=compile_conditions(written(entry.match), ignored),
        unless=compile_conditions(written(unless), ignored) if unless is not None else (),
        reason=entry.reason or "",
        terms=_terms(entry, document) if asks else None,
        review_result=entry.review_result,
    )
    if unless is not None and not rule.unless:
        fail(
            locate(root, (*here, "unless"), key=True),
            "`unless` exempts every call; name a condition",
        )
    return rule


def _ignored(signals: Signals) -> Mapping[str, str]:
    ignored: dict[str, str] = {}
    if signals.confidence.missing == "ignore":
        ignored["confidence"] = "signals.confidence.missing: ignore"
    if signals.anomaly.cold_start == "ignore":
        ignored["anomaly_score"] = "signals.anomaly.cold_start: ignore"
    return ignored


def _terms(entry: RuleEntry, document: Document) -> ReviewTerms:
    review, defaults = entry.review, document.review_defaults
    return ReviewTerms(
        approval_ttl_s=review.approval_ttl_sec or defaults.approval_ttl_sec,
        execution_ttl_s=review.execution_ttl_sec or defaults.execution_ttl_sec,
        inline=review.inline,
        editor_may_approve=review.editor_may_approve,
        reason_required=review.reason_required,
    )


def _default_terms(document: Document) -> ReviewTerms:
    defaults = document.review_defaults
    return ReviewTerms(defaults.approval_ttl_sec, defaults.execution_ttl_sec)


def _check_comparison(
    key: str,
    conditions: Conditions | None,
    match: Conditions,
    tools: Mapping[str, ToolEntry],
    root: Node,
    path: Path,
) -> None:
    split = split_comparison(key)
    if split is None or conditions is None:
        fail(locate(root, (*path, key), key=True), f"unknown key `{key}`")
    fact, comparison = split
    wanted = (conditions.model_extra or {})[key]
    mark = locate(root, (*path, key))
    match comparison:
        case "is" if not _scalar(wanted):
            fail(mark, f"`{key}` is {shown(wanted)}; expected text, a number or a boolean")
        case "in" if not (isinstance(wanted, tuple) and wanted and all(map(_scalar, wanted))):
            fail(mark, f"`{key}` is {shown(wanted)}; expected a list of texts, numbers or booleans")
        case "above" | "below" | "at_least" | "at_most" if not is_number(wanted):
            fail(mark, f"`{key}` is {shown(wanted)}; expected a number")
        case _:
            pass
    _check_fact(fact, match, tools, root, (*path, key))


def _scalar(value: object) -> bool:
    return isinstance(value, str | bool) or is_number(value)


def _check_fact(
    fact: str, match: Conditions, tools: Mapping[str, ToolEntry], root: Node, path: Path
) -> None:
    known = {name for entry in tools.values() for name in entry.facts}
    if fact in known or not any(_may_match(match, name, entry) for name, entry in tools.items()):
        return
    mark = locate(root, path, key=True)
    fail(
        mark, f"unknown fact `{fact}`, which no tool in `tools` declares{did_you_mean(fact, known)}"
    )


def _may_match(match: Conditions, name: str, entry: ToolEntry) -> bool:
    return _overlap(match.tools, name) and (
        entry.topic is None or _overlap(match.topics, entry.topic)
    )


def _overlap(patterns: tuple[str, ...] | None, name: str) -> bool:
    """Say whether a pattern may hold the name; of two globs, either holding the other is enough."""
    if patterns is None:
        return True
    return any(
        compiled(pattern).match(name) or (is_glob(name) and compiled(name).match(pattern))
        for pattern in patterns
    )
