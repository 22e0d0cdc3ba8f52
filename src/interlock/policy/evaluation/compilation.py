"""Compile: a policy file's sections into what decides.

Refuses what a key alone cannot show: names given twice, two fallbacks in one set, facts that no
tool has, terms of review where nobody is asked.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from interlock.canon import encode
from interlock.policy.authority import Guardrail
from interlock.policy.catalogue import CataloguedTool, catalogue
from interlock.policy.constraints import UNLIMITED, Constraints, RunTerms
from interlock.policy.decisions import Kind, Risk
from interlock.policy.document import (
    ArgumentType,
    Document,
    LevelEntry,
    RuleEntry,
    Signals,
    ToolEntry,
    as_json,
)
from interlock.policy.evaluation.authorities import actions, boundary_rules, matrix_rules
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy
from interlock.policy.evaluation.conditions import Condition, compile_conditions, compile_truth
from interlock.policy.evaluation.guardrails import Guardrails, Made, guardrail_rules, guardrails
from interlock.policy.evaluation.routing import TermsByRule, asked_groups
from interlock.policy.evaluation.rules import Rule, RuleSet
from interlock.policy.expression.scope import (
    GUARD_ROOTS,
    RULE_ROOTS,
    Scope,
    Site,
    compile_fact,
    scope_of,
)
from interlock.policy.facts import Fact
from interlock.policy.file.checks import check_document
from interlock.policy.file.comparisons import about, check_comparisons
from interlock.policy.file.source import Node, Path, fault, locate, plain
from interlock.policy.globs import is_glob
from interlock.policy.match import SIGNAL_NAMES, Match, written


def compile_policy(document: Document, root: Node) -> CompiledPolicy:
    """Compile a validated document; `root` knows where its parts stand.

    Raises `PolicyError`.
    """
    compiler = _Compiler(document, root)
    audits: Mapping[str, str] = document.audit.routing if document.audit else {}
    check_document(document, root)
    digest = hashlib.sha256(encode(as_json(document), "policy")).hexdigest()
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
        source=plain(root),
        default=document.default,
        default_terms=compiler.terms.of_rule(),
        routing=compiler.terms.routing,
        catalogue=catalogue(compiler.tools),
        rules=compiler.rule_set("rules", document.rules, ("rules",)),
        levels=compiler.levels(),
        others=tuple(each for each in (compiler.boundaries(), compiler.matrix()) if each),
        guardrails=compiler.guardrails(),
        risks=compiler.risks(),
        mandatory=compiler.mandatory(),
        auditing=replace(compiler.terms.routing, routes=audits),
        root=root,
    )


class _Compiler:
    """One pass over one document; remembers where each rule's name was first given."""

    def __init__(self, document: Document, root: Node) -> None:
        self._document = document
        self._root = root
        self._ignored = _ignored(document.signals)
        self._named: dict[str, Path] = {}
        self._alike: dict[tuple[str, str], Condition] = {}
        self._patterns = [name for name in document.tools if is_glob(name)]
        self.tools = {name: self.tool(name) for name in document.tools}
        self._foreseen = {name: each for name, each in self.tools.items() if not is_glob(name)}
        self.terms = TermsByRule(document)
        self._groups = frozenset(document.groups).union(asked_groups(document))

    def tool(self, name: str) -> CataloguedTool:
        entry: ToolEntry = self._document.tools[name]
        facts: dict[str, Fact] = {}
        types: dict[str, ArgumentType] = {}
        for fact, text in entry.facts.items():
            path: Path = ("tools", name, "facts", fact)
            if fact in SIGNAL_NAMES:
                mark = locate(self._root, path, key=True)
                raise fault(mark, f"fact `{fact}` has the name of a signal; rename it")
            facts[fact], types[fact] = compile_fact(Site(self._root, path).node(text), entry.args)
        return CataloguedTool(
            topic=entry.topic or name,
            risk_tags=frozenset(entry.risk_tags),
            effect=entry.effect,
            owner=entry.owner,
            facts=MappingProxyType(facts),
            named_topic=entry.topic is not None,
            run=RunTerms(entry.isolation, entry.idempotency_argument, entry.compensate),
            args=entry.args,
            fact_types=MappingProxyType(types),
            trusted=bool(entry.trusted),
        )

    def levels(self) -> tuple[RuleSet, ...]:
        if self._document.autonomy_levels is None:
            return ()
        sets: list[RuleSet] = []
        for at in range(TOP_LEVEL + 1):
            name = f"level_{at}"
            entry: LevelEntry | None = getattr(self._document.autonomy_levels, name)
            if entry is None:
                sets.append(sets[-1])  # `level_0` is always given
                continue
            path: Path = ("autonomy_levels", name, "rules")
            sets.append(self.rule_set(f"autonomy_levels.{name}", entry.rules, path))
        return tuple(sets)

    def boundaries(self) -> RuleSet | None:
        written = self._document.boundaries.items()
        rules = [boundary_rules(name, each, self.terms.of_rule()) for name, each in written]
        every = tuple(chain.from_iterable(rules))
        return RuleSet("boundaries", every, None, self._foreseen) if rules else None

    def matrix(self) -> RuleSet | None:
        matrix = self._document.decision_matrix
        if matrix is None:
            return None
        rules = [
            matrix_rules(name, row, self.terms.of_group) for name, row in matrix.actions.items()
        ]
        reason = "the decision matrix does not list the action"
        listed = (actions(*matrix.actions),)
        unlisted = Rule("decision_matrix.unlisted", "deny", (), listed, reason, None, False)
        denied = (unlisted,) if matrix.unlisted == "deny" else ()
        every = (*chain.from_iterable(rules), *denied)
        return RuleSet("decision_matrix", every, None, self._foreseen)

    def risks(self) -> tuple[tuple[Risk, Rule], ...]:
        entries = enumerate(self._document.risk or ())
        return tuple(
            (entry.level, self._about(f"risk[{at}]", entry.match, ("risk", at)))
            for at, entry in entries
        )

    def mandatory(self) -> tuple[Rule, ...]:
        audit = self._document.audit
        return tuple(
            self._about(f"audit.mandatory[{at}]", entry.match, ("audit", "mandatory", at))
            for at, entry in enumerate(audit.mandatory if audit else ())
        )

    def guardrails(self) -> Guardrails:
        made = [self._guardrail(entry, at) for at, entry in enumerate(self._document.guardrails)]
        return guardrails(made, self._foreseen)

    def _guardrail(self, entry: Guardrail, at: int) -> Made:
        path: Path = ("guardrails", at)
        id_ = self._name(entry.id, path)
        about = self._about(id_, entry.match, path)._replace(reason=entry.reason)
        require = self._require(entry, path)
        return Made(entry, about, guardrail_rules(id_, entry, about, require, self.terms.of_rule()))

    def _require(self, entry: Guardrail, path: Path) -> Condition | None:
        if entry.require is None:
            return None
        roots = GUARD_ROOTS if entry.stage == "guard" else RULE_ROOTS
        return compile_truth("require", entry.require, self._site(entry.match, path, roots))

    def _site(self, match: Match, path: Path, roots: frozenset[str] = RULE_ROOTS) -> Site:
        """Return where a match stands; its expressions may read what its tools have."""

        def scope() -> Scope:
            tools, names = self._document.tools, self._near(match)
            named = [self.tools[name] for name in names if about(match, name, tools[name])]
            return scope_of(named, roots)._replace(groups=self._groups)

        return Site(self._root, path, scope)

    def _near(self, match: Match) -> Iterable[str]:
        """Return the catalogue's entries that a match may be about, without looking at each."""
        tools = self._document.tools
        if match.tools is None or any(is_glob(name) for name in match.tools):
            return tools
        return {*(name for name in match.tools if name in tools), *self._patterns}

    def _about(self, id_: str, match: Match, path: Path) -> Rule:
        """Make the rule that only matches: a denial until it is said otherwise."""
        check_comparisons(match, self._document.tools, self._root, (*path, "match"))
        site = self._site(match, (*path, "match"))
        conditions = self._conditions(match, site)
        return Rule(id_, "deny", conditions, self._unless(match, path), "", None, False)

    def rule_set(self, name: str, entries: tuple[RuleEntry, ...], path: Path) -> RuleSet:
        rules = [self._rule(entry, (*path, at)) for at, entry in enumerate(entries)]
        fallbacks = [at for at, rule in enumerate(rules) if rule.fallback]
        if len(fallbacks) > 1:
            first, second = fallbacks[:2]
            mark = locate(self._root, (*path, second))
            message = f"a second rule for every call beside `{rules[first].id}`; keep one a set"
            raise fault(mark, message)
        specific = tuple(rule for rule in rules if not rule.fallback)
        fallback = rules[fallbacks[0]] if fallbacks else None
        return RuleSet(name, specific, fallback, self._foreseen)

    def _rule(self, entry: RuleEntry, path: Path) -> Rule:
        asks = entry.decision == "require_approval"
        check_comparisons(entry.match, self._document.tools, self._root, (*path, "match"))
        return Rule(
            id=self._name(entry.id, path),
            kind=_kind(entry),
            conditions=self._conditions(entry.match, self._site(entry.match, (*path, "match"))),
            unless=self._unless(entry.match, path),
            reason=entry.reason,
            terms=self.terms.of_rule(entry.review) if asks else None,
            review_result=entry.review_result,
            constraints=self._limits(entry),
            veto_window_s=entry.veto_window_sec or 0.0,
            acknowledge_within_s=self._acknowledged(entry),
            on_silence=entry.on_silence or "none",
        )

    def _acknowledged(self, entry: RuleEntry) -> float | None:
        """Return within what time a notice must be acknowledged; never where nothing asks for it.

        A rule that says what silence means and not when takes the time of reviews.
        """
        if entry.escalate_after_sec is not None or entry.on_silence in (None, "none"):
            return entry.escalate_after_sec
        return self.terms.escalate_after_s()

    def _conditions(self, match: Match, site: Site) -> tuple[Condition, ...]:
        """Compile a match; what many rules ask alike is one condition, so that it stays at hand."""
        return tuple(
            each
            if each.problem is not None  # an expression means what its place gives it to read
            else self._alike.setdefault((each.key, repr(each.wanted)), each)
            for each in compile_conditions(written(match), self._ignored, site)
        )

    def _limits(self, entry: RuleEntry) -> Constraints:
        """Return a rule's limits; those of all rules where it allows within limits and names none.

        They are the rule's own: they hold as long as it has a say, whichever decision wins.
        """
        limits = entry.constraints or UNLIMITED
        if limits == UNLIMITED and _kind(entry) == "allow_with_constraints":
            return self._document.default_constraints or UNLIMITED
        return limits

    def _name(self, given: str | None, path: Path) -> str:
        *section, at = path
        name = given or f"{'.'.join(map(str, section))}[{at}]"
        if name in self._named:
            first = locate(self._root, (*self._named[name], "id"))
            mark = locate(self._root, (*path, "id"))
            raise fault(mark, f"duplicate rule id `{name}`; {first} gives it already")
        self._named[name] = path
        return name

    def _unless(self, match: Match, path: Path) -> tuple[Condition, ...]:
        if match.unless is None:
            return ()
        site = self._site(match, (*path, "match", "unless"))
        conditions = self._conditions(match.unless, site)
        if not conditions:
            mark = locate(self._root, (*path, "match", "unless"), key=True)
            raise fault(mark, "`unless` exempts every call; name a condition")
        return conditions


def _kind(entry: RuleEntry) -> Kind:
    limited = entry.decision == "allow" and entry.constraints is not None
    return "allow_with_constraints" if limited else entry.decision


def _ignored(signals: Signals) -> Mapping[str, str]:
    ignored: dict[str, str] = {}
    if signals.confidence.missing == "ignore":
        ignored["confidence"] = "signals.confidence.missing: ignore"
    if signals.anomaly.cold_start == "ignore":
        ignored["anomaly_score"] = "signals.anomaly.cold_start: ignore"
    return ignored
