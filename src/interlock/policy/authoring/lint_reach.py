"""Advise: rules, guardrails and globs that are about no tool of the catalogue.

A tool that nobody declared has unknown tags and facts: restrictive rules reach it all the same,
permissive ones do not.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.implication import contradiction, exempts_all, words_of
from interlock.policy.authoring.lint_names import Called, KnownTool, known_tool, meets, naming
from interlock.policy.authoring.lint_rules import Placed
from interlock.policy.document import Document, ToolEntry
from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.rules import Rule
from interlock.policy.file.source import Node, Path, locate
from interlock.policy.globs import is_glob
from interlock.policy.match import SIGNAL_NAMES, split_comparison


class Reach:
    """What the rules of one policy are about."""

    def __init__(self, document: Document, rules: Iterable[Placed], root: Node) -> None:
        """Look at `rules` with the catalogue of `document`."""
        self._document = document
        self._rules = list(rules)
        self._root = root
        self._tools = [known_tool(name, entry) for name, entry in document.tools.items()]
        self._called = Called(self._tools)

    def findings(self) -> Iterator[LintFinding]:
        """Return what is found, rule by rule, then the sections whose keys are globs."""
        for placed in self._rules:
            if placed.entry is not None:
                yield from self._rule(placed)
        for at, bar in enumerate(self._document.guardrails):
            name = bar.id or f"guardrails[{at}]"
            yield from self._guardrail(name, ("guardrails", at))
        yield from self._sections()

    # Rules

    def _rule(self, placed: Placed) -> Iterator[LintFinding]:
        rule = placed.rule
        why = contradiction(rule.conditions)
        if why is None and exempts_all(rule):
            why = "its `unless` exempts every call that it is about"
        if why is None:
            why = self._wrong_level(placed)
        if why is not None:
            yield self._finding(
                placed.path, "IL003", f"`{rule.id}` is about no call: {why}", "mend or drop it"
            )
            return
        yield from self._sources(placed)
        idle = list(self._idle_names(rule, (*placed.path, "match")))
        yield from idle
        if not idle and self._tools:
            yield from self._about(placed)

    def _wrong_level(self, placed: Placed) -> str | None:
        """Say that a level's rule is about other levels; a level may hold for those above, too."""
        head, _, level = placed.set.rpartition("level_")
        asked = [each for each in placed.rule.conditions if each.key == "levels"]
        if not head or not asked:
            return None
        later = (f"level_{at}" for at in range(int(level) + 1, 4))
        given = self._document.autonomy_levels
        until = next((int(at[-1]) for at in later if getattr(given, at, None) is not None), 4)
        if all(set(words_of(each)).isdisjoint(range(int(level), until)) for each in asked):
            return f"it stands in `level_{level}` and is about other levels"
        return None

    def _about(self, placed: Placed) -> Iterator[LintFinding]:
        rule, path = placed.rule, placed.path
        if self._beyond(rule):
            return
        named = self._called.by(rule)
        tagged = [tool for tool in named if _tagged(rule, tool)]
        certain = self._certain(rule)
        if not tagged and (named or certain or _wants_more(rule)):
            if named or certain or not rule.restrictive:
                yield self._untouched(rule, path, certain=certain or not rule.restrictive)
            return
        for condition in rule.conditions:
            fact = _fact(condition)
            if fact is None or not tagged:
                continue
            at = (*path, "match", condition.key)
            if not any(fact in tool.facts for tool in tagged):
                message = f"no tool that `{rule.id}` is about declares `{fact}`"
                yield self._finding(at, "IL011", message, "declare it under `facts` of the tool")
            elif not rule.restrictive:
                yield from self._without_fact(rule, fact, tagged, at)

    def _beyond(self, rule: Rule) -> bool:
        """Say whether a rule names tools that nobody declared: there it may well be meant so."""
        known = self._called.names | self._called.topics
        names = [word for each in naming(rule) for word in words_of(each)]
        return any(not is_glob(word) and word not in known for word in names)

    def _certain(self, rule: Rule) -> bool:
        """Say whether a rule is about tools that are all declared, so that nothing is unknown."""
        known = self._called.names
        asked = [set(words_of(each)) for each in rule.conditions if each.key == "tools"]
        return any(words <= known and not any(map(is_glob, words)) for words in asked)

    def _untouched(self, rule: Rule, path: Path, *, certain: bool) -> LintFinding:
        """Say that no catalogued tool has what a rule asks for."""
        code = {"deny": "IL006"}.get(rule.kind, "IL003" if certain else "IL022")
        if certain:
            message = f"`{rule.id}` is about no call: no tool of the catalogue is as it says"
        else:
            message = f"`{rule.id}` is about no tool of the catalogue, only about undeclared ones"
        return self._finding(path, code, message, "mend its tags and names, or drop it")

    def _without_fact(
        self, rule: Rule, fact: str, tools: Iterable[KnownTool], path: Path
    ) -> Iterator[LintFinding]:
        named = {word for each in rule.conditions if each.key == "tools" for word in words_of(each)}
        for tool in tools:
            if tool.name in named and fact not in tool.facts:
                yield self._finding(
                    path,
                    "IL010",
                    f"`{rule.id}` never allows `{tool.name}`, which does not declare `{fact}`",
                    f"declare `{fact}` under `facts` of `{tool.name}`, or write it a rule",
                )

    # Guardrails and sections whose keys are names

    def _guardrail(self, name: str, path: Path) -> Iterator[LintFinding]:
        rules = [each.rule for each in self._rules if each.path == path]
        for rule in rules[:1]:
            why = contradiction(rule.conditions)
            if why is not None:
                message = f"guardrail `{name}` is about no call: {why}"
                yield self._finding(path, "IL007", message, "mend or drop it")
                return
            idle = list(self._idle_names(rule, (*path, "match")))
            yield from idle
            if not idle:
                yield from self._unknown(f"guardrail `{name}`", rule, path)
            meets = [tool for tool in self._called.by(rule) if _tagged(rule, tool)]
            if not idle and self._tools and not meets and not self._beyond(rule):
                message = f"guardrail `{name}` is about no tool of the catalogue"
                yield self._finding(path, "IL007", message, "mend its tags and names")

    def _unknown(self, name: str, rule: Rule, path: Path) -> Iterator[LintFinding]:
        """Note that every tool which is named is one that nobody declared."""
        words = [word for each in naming(rule) for word in words_of(each)]
        known = any(self._called.anything(word, ("tools", "topics")) for word in words)
        if self._tools and words and not known and not any(map(is_glob, words)):
            message = f"{name} names only what nobody declared: `{'`, `'.join(words)}`"
            yield self._finding(path, "IL022", message, "mend the name, or declare the tool")

    def _risk(self) -> Iterator[LintFinding]:
        """Look up the names of risks: a slip there leaves a call at too low a level."""
        for at, entry in enumerate(self._document.risk or ()):
            for key in ("tools", "topics"):
                for place, word in enumerate(getattr(entry.match, key) or ()):
                    yield from self._name(word, (key,), ("risk", at, "match", key, place))

    def _sections(self) -> Iterator[LintFinding]:
        yield from self._risk()
        matrix = self._document.decision_matrix
        for section, names in (
            ("boundaries", tuple(self._document.boundaries)),
            ("decision_matrix", tuple(matrix.actions if matrix else ())),
        ):
            for name in names:
                yield from self._name(name, ("tools", "topics"), (section, name), key=True)

    def _idle_names(self, rule: Rule, path: Path) -> Iterator[LintFinding]:
        for condition in naming(rule):
            key = condition.key
            blocked = key == "tools" and rule.kind == "deny"
            for at, word in enumerate(words_of(condition)):
                # What is blocked need not be there: who blocks `shell.**` wants no such tool. But
                # a name that is nearly one of the catalogue's is a slip that leaves a hole.
                if not blocked or self._called.misspelt(str(word), (key,)):
                    yield from self._name(word, (key,), (*path, key, at))

    def _sources(self, placed: Placed) -> Iterator[LintFinding]:
        """Look up the tools whose results a rule is about: a slip there asks about nothing."""
        for condition in placed.rule.conditions:
            if condition.key == "tainted_by":
                for at, word in enumerate(words_of(condition)):
                    path = (*placed.path, "match", "tainted_by", at)
                    yield from self._name(word, ("tools",), path)

    def _name(
        self, word: str, keys: tuple[str, ...], path: Path, *, key: bool = False
    ) -> Iterator[LintFinding]:
        if not self._tools or self._called.anything(word, keys):
            return
        mark = locate(self._root, path, key=key)
        if is_glob(word):
            what = " or topic" if "topics" in keys else ""
            message = f"`{word}` holds no tool{what} of the catalogue"
            yield LintFinding(mark, "IL008", message, "mend the glob, or declare the tool")
        elif near := self._called.misspelt(word, keys):
            message = f"nothing in the catalogue is called `{word}`; did you mean `{near}`?"
            yield LintFinding(mark, "IL009", message, "mend the name, or declare the tool")

    def _finding(self, path: Path, code: str, message: str, remedy: str) -> LintFinding:
        return LintFinding(locate(self._root, path), code, message, remedy)


def fits(rule: Rule, name: str, entry: ToolEntry) -> bool:
    """Say whether a rule may be about a tool, by its name, topic and tags."""
    tool = known_tool(name, entry)
    return meets(rule, tool) and _tagged(rule, tool)


def _tagged(rule: Rule, tool: KnownTool) -> bool:
    for condition in rule.conditions:
        tags = set(words_of(condition)) if condition.key.startswith("risk_tags") else set[Any]()
        if condition.key == "risk_tags" and tool.tags.isdisjoint(tags):
            return False
        if condition.key == "risk_tags_all" and not tool.tags.issuperset(tags):
            return False
    return True


def _wants_more(rule: Rule) -> bool:
    """Say whether a rule asks for tags or facts, which only catalogued tools are known to have."""
    return any(each.key.startswith("risk_tags") or _fact(each) for each in rule.conditions)


def _fact(condition: Condition) -> str | None:
    """Return the fact that a condition compares; None where it compares none."""
    split = split_comparison(condition.key)
    named = split[0] if split else None
    return None if named is None or named in SIGNAL_NAMES else named
