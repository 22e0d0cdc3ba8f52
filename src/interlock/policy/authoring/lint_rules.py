"""Advise: rules that another rule of their set makes idle."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.implication import covers, same, sameness, subjects, words_of
from interlock.policy.constraints import UNLIMITED
from interlock.policy.decisions import STRICTNESS
from interlock.policy.document import Document, RuleEntry
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy
from interlock.policy.evaluation.conditions import Condition, Truth
from interlock.policy.evaluation.rules import Rule, RuleSet
from interlock.policy.file.source import Node, Path, locate
from interlock.policy.globs import is_glob
from interlock.policy.subject import Subject


class Placed(NamedTuple):
    """A compiled rule, and where its author wrote it."""

    set: str
    rule: Rule
    path: Path
    entry: RuleEntry | None
    """As written; None for a rule that was made of a boundary, a cell or a guardrail."""


def placed_rules(policy: CompiledPolicy) -> list[Placed]:
    """Find where each rule of a policy stands; each rule once."""
    written = {name: (entry, path) for name, entry, path in _written(policy.document)}
    made = _made(policy.document)
    bars = (policy.guardrails.deciding, policy.guardrails.guarding)
    found: dict[str, Placed] = {}
    for rules in (policy.rules, *policy.levels, *policy.others, *bars):
        for rule in every(rules):
            entry, path = written.get(rule.id) or (None, _place(rule.id, made))
            found.setdefault(rule.id, Placed(rules.name, rule, path, entry))
    return list(found.values())


def every(rules: RuleSet) -> tuple[Rule, ...]:
    """Return all rules of a set, the fallback last."""
    return (*rules.specific, *((rules.fallback,) if rules.fallback else ()))


def _written(document: Document) -> Iterator[tuple[str, RuleEntry, Path]]:
    for at, entry in enumerate(document.rules):
        yield entry.id or f"rules[{at}]", entry, ("rules", at)
    for level in range(TOP_LEVEL + 1):
        name = f"level_{level}"
        told = getattr(document.autonomy_levels, name, None)
        for at, entry in enumerate(told.rules if told else ()):
            place = f"autonomy_levels.{name}.rules[{at}]"
            yield entry.id or place, entry, ("autonomy_levels", name, "rules", at)


def _made(document: Document) -> Mapping[str, Path]:
    """Map the beginnings of the names of rules that sections are compiled to."""
    places: dict[str, Path] = {
        bar.id or f"guardrails[{at}]": ("guardrails", at)
        for at, bar in enumerate(document.guardrails)
    }
    places |= {f"boundaries.{name}": ("boundaries", name) for name in document.boundaries}
    matrix = document.decision_matrix
    places["decision_matrix.unlisted"] = ("decision_matrix", "unlisted")
    for name, row in matrix.actions.items() if matrix else ():
        places[f"decision_matrix.{name}"] = ("decision_matrix", name)
        for risk in row.cells:
            places[f"decision_matrix.{name}.{risk}"] = ("decision_matrix", name, risk)
    return places


def _place(id_: str, made: Mapping[str, Path]) -> Path:
    name = id_
    while name not in made and "." in name:
        name = name.rpartition(".")[0]
    return made.get(name, ())


def shadows(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Name the written rules that a stricter rule covers, and those that stand there twice."""
    sets: dict[str, list[Placed]] = defaultdict(list)
    for placed in rules:
        if placed.entry is not None and not placed.rule.fallback:
            sets[placed.set].append(placed)
    for together in sets.values():
        yield from _repeated(together, root)
        yield from _shadowed(document, together, root)


def _repeated(rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    first: dict[object, Placed] = {}
    for placed in rules:
        rule = placed.rule
        keys = frozenset(map(sameness, rule.conditions)), frozenset(map(sameness, rule.unless))
        limits = rule.terms, repr(rule.constraints), rule.review_result
        before = first.setdefault((*keys, rule.kind, *limits), placed)
        if before is not placed:
            yield LintFinding(
                locate(root, placed.path),
                "IL005",
                f"`{rule.id}` says what `{before.rule.id}` says: {rule.kind}, of the same calls",
                "keep one of the two",
            )


def _shadowed(document: Document, rules: list[Placed], root: Node) -> Iterator[LintFinding]:
    shelves = _shelves(rules)
    for placed in rules:
        rule = placed.rule
        known = _catalogued(document, rule)
        for other in _near(known, shelves):
            if other is not rule and _idle(rule, other) and covers(other, known):
                how = "the same calls" if same(other, rule) else "all of its calls"
                yield LintFinding(
                    locate(root, placed.path),
                    "IL004",
                    f"`{rule.id}` never settles a call: `{other.id}` says {other.kind} of {how}",
                    f"drop it, or exempt its calls from `{other.id}` with `unless`",
                )
                break


def _catalogued(document: Document, rule: Rule) -> Rule:
    """Add what the catalogue says of the tools that a rule names: their topics and common tags."""
    named = [words_of(each) for each in rule.conditions if each.key == "tools"]
    if len(named) != 1 or not document.tools.keys() >= {*named[0]} or any(map(is_glob, named[0])):
        return rule
    tools = {name: document.tools[name] for name in named[0]}
    topics = tuple(tool.topic or name for name, tool in tools.items())
    tags = frozenset[str].intersection(*(frozenset(tool.risk_tags) for tool in tools.values()))
    more = [_always("topics", topics), *([_always("risk_tags_all", tuple(tags))] if tags else [])]
    return rule._replace(conditions=(*rule.conditions, *more))


def _always(key: str, words: tuple[str, ...]) -> Condition:
    def test(_: Subject) -> Truth:
        return True

    def value(_: Subject) -> object:
        return words

    return Condition(key, words, test, value)


def _idle(rule: Rule, other: Rule) -> bool:
    """Say whether a rule has no effect beside a stricter one that is about all of its calls."""
    if STRICTNESS[other.kind] <= STRICTNESS[rule.kind]:
        return False
    return other.kind == "deny" or (rule.constraints == UNLIMITED and not rule.review_result)


_ANYWHERE: Final = ("", "")
_Shelf: TypeAlias = dict[frozenset[str], list[Rule]]
"""Rules by what they look at."""


def _shelves(rules: Iterable[Placed]) -> Mapping[tuple[str, str], _Shelf]:
    """File rules by the plain names they are about, so that few are compared with each other."""
    shelves: dict[tuple[str, str], _Shelf] = defaultdict(dict)
    for placed in rules:
        for word in _names(placed.rule) or (_ANYWHERE,):
            shelves[word].setdefault(subjects(placed.rule), []).append(placed.rule)
    return shelves


def _near(rule: Rule, shelves: Mapping[tuple[str, str], _Shelf]) -> Iterator[Rule]:
    """Return the rules that may cover one: those about its first name, and those without names."""
    looks = subjects(rule)
    naming = (one for one in rule.conditions if one.key in ("tools", "topics"))
    for word in (_ANYWHERE, *((one.key, words_of(one)[0]) for one in naming)):
        for looked, rules in shelves.get(word, {}).items():
            if looked <= looks:
                yield from rules


def _names(rule: Rule) -> tuple[tuple[str, str], ...]:
    """Return the plain names of one condition of a rule; nothing where all have globs."""
    for one in rule.conditions:
        if one.key in ("tools", "topics") and not any("*" in word for word in words_of(one)):
            return tuple((one.key, word) for word in words_of(one))
    return ()
