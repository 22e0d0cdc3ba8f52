"""Check: what two sections of a policy say of each other, before anything is compiled.

Names of groups, tools, tiers and facts that lead nowhere, and limits that nothing could keep to.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Final, NamedTuple

from interlock.names import person
from interlock.policy.authority import Boundary, DecisionMatrix, Guardrail
from interlock.policy.constraints import Constraints, impossible
from interlock.policy.document import Document, Review, RuleEntry, ToolEntry
from interlock.policy.file.argument_names import check_arguments, check_key
from interlock.policy.file.comparisons import about
from interlock.policy.file.overlap import may_meet
from interlock.policy.file.source import Node, Path, fault, locate
from interlock.policy.globs import compiled, is_glob
from interlock.policy.match import Match
from interlock.policy.operations import FatigueControls
from interlock.policy.seats import unfilled
from interlock.policy.suggestion import did_you_mean, shown

_EVERY_CALL: Final = Match()
_LIMITS: Final = frozenset({"max_runtime_sec", "max_rows", "max_result_bytes"})
_MISSPELT: Final = 0.8
"""How alike two names are, 0..1, of which one is taken for the other misspelt."""
_LEVELS: Final = ("level_0", "level_1", "level_2", "level_3")


def check_document(document: Document, root: Node) -> None:
    """Check every section against the others; `root` knows where each stands.

    Raises `PolicyError`.
    """
    _Checker(document, root).run()


class _Placed(NamedTuple):
    """One rule and where it stands."""

    rule: RuleEntry
    path: Path


class _Checker:
    def __init__(self, document: Document, root: Node) -> None:
        self._document = document
        self._root = root
        self._tools = document.tools
        self._facts = {name for tool in document.tools.values() for name in tool.facts}

    def run(self) -> None:
        for name, tool in self._tools.items():
            self._tool(name, tool)
        for name, boundary in self._document.boundaries.items():
            self._boundary(boundary, name, ("boundaries", name))
        self._groups()
        for placed in self._rules():
            self._rule(placed.rule, placed.path)
        if matrix := self._document.decision_matrix:
            self._matrix(matrix)
        for at, guardrail in enumerate(self._document.guardrails):
            self._guardrail(guardrail, ("guardrails", at))
        if limits := self._document.default_constraints:
            self._constraints(limits, _EVERY_CALL, ("default_constraints",))
        self._rest(self._document.fatigue_controls or FatigueControls())

    # Sections

    def _tool(self, name: str, tool: ToolEntry) -> None:
        path: Path = ("tools", name)
        if tool.compensate == name:
            raise self._value((*path, "compensate"), f"`{name}` cannot undo itself; name another")
        if tool.compensate is not None and not self._catalogued(tool.compensate):
            near = did_you_mean(tool.compensate, self._tools)
            message = f"no tool `{tool.compensate}` in the catalogue{near}; declare it in `tools`"
            raise self._value((*path, "compensate"), message)
        check_key(name, tool, self._root)

    def _boundary(self, boundary: Boundary, name: str, path: Path) -> None:
        limit = boundary.max_autonomous
        limits = limit if isinstance(limit, Mapping) else {"": limit}
        if not limits:
            raise self._value((*path, "max_autonomous"), "`max_autonomous` names no level")
        for level, tier in limits.items():
            at: Path = (*path, "max_autonomous", level) if level else (*path, "max_autonomous")
            if boundary.order and tier not in boundary.order:
                near = did_you_mean(str(tier), boundary.order)
                raise self._value(at, f"{shown(tier)} is no tier of `order`{near}")
            if not boundary.order and isinstance(tier, str):
                raise self._value(at, f"{shown(tier)} is a tier; list all of them in `order`")
        self._fact(boundary.fact, lambda tool, entry: _named(name, tool, entry), (*path, "fact"))

    def _groups(self) -> None:
        for name, members in self._document.groups.items():
            self._members(members, ("groups", name))
        for key, group in self._document.routing.items():
            self._group(group, ("routing", key))
        for route, levels in self._document.escalation.items():
            for at, group in enumerate(levels):
                self._group(group, ("escalation", route, at))

    def _members(self, members: tuple[str, ...], path: Path) -> None:
        """Refuse a group that names one person twice, however it writes them: they are one vote."""
        seen: dict[str, str] = {}
        for at, name in enumerate(members):
            other = seen.setdefault(person(name), name)
            if other != name:
                message = f"{shown(name)} and {shown(other)} are one person; name them once"
                raise self._value((*path, at), message)

    def _rules(self) -> Iterator[_Placed]:
        for at, rule in enumerate(self._document.rules):
            yield _Placed(rule, ("rules", at))
        for name in _LEVELS:
            level = getattr(self._document.autonomy_levels, name, None)
            for at, rule in enumerate(level.rules if level else ()):
                yield _Placed(rule, ("autonomy_levels", name, "rules", at))

    def _rule(self, rule: RuleEntry, path: Path) -> None:
        if rule.review is not None:
            self._review(rule.review, (*path, "review"))
        if rule.constraints is not None:
            self._constraints(rule.constraints, rule.match, (*path, "constraints"))

    def _review(self, review: Review, path: Path) -> None:
        if review.route is not None:
            self._group(review.route, (*path, "route"))
        for at, group in enumerate(review.groups_all):
            self._group(group, (*path, "groups_all", at))
        routing = self._document.routing
        unnamed = review.route is None and (review.groups_all or "default" not in routing)
        if isinstance(review.quorum, str) and unnamed:
            message = f"`quorum: {review.quorum}` is of a group; name it in `route`"
            raise self._value((*path, "quorum"), message)
        by_tags = routing.values() if review.route is None and not review.groups_all else ()
        for group in (review.route, *by_tags):
            self._quorum(review, group, path)

    def _quorum(self, review: Review, route: str | None, path: Path) -> None:
        """Refuse a quorum that the people of its groups cannot come to. Source: Q9."""
        others = [name for name in review.groups_all if name != route]
        named = [name for name in (route, *others) if name is not None]
        groups = self._document.groups
        members = {name: {person(each) for each in groups.get(name, ())} for name in named}
        if not named or not all(members.values()):
            return  # anyone, or who has a role: that is seen when they are asked
        anyone = set[str]().union(*members.values())
        count = review.quorum if isinstance(review.quorum, int) else 1
        rest = [members[route]] * count if route else [anyone] * (count - len(others))
        places = [*(members[name] for name in others), *rest]
        if short := len(unfilled(places, anyone)):
            who = f"`{named[0]}` has" if len(named) == 1 else f"`{'`, `'.join(named)}` have"
            message = f"{len(places)} people must approve, but {who} {len(places) - short}"
            key = "quorum" if review.quorum else "groups_all"
            raise self._value((*path, key), f"{message}; ask fewer, or add members to a group")

    def _constraints(self, limits: Constraints, match: Match, path: Path) -> None:
        if problem := impossible((limits,)):
            raise self._key(path, problem)
        for fact in limits.max_facts:
            if fact not in self._facts:
                near = did_you_mean(f"max_{fact}", {*_LIMITS, *(f"max_{f}" for f in self._facts)})
                message = f"`max_{fact}` limits a fact that no tool declares{near}"
                raise self._key((*path, f"max_{fact}"), message)
        if limits.args or limits.args_drop:
            check_arguments(limits, match, self._tools, self._root, path)
        if limits.network_allowlist is not None and limits.enforcement == "strict":
            self._network(match, (*path, "network_allowlist"))

    def _network(self, match: Match, path: Path) -> None:
        """Refuse a limit on connections of tools whose connections nothing controls."""
        for name, tool in self._tools.items():
            if tool.isolation != "subprocess" and about(match, name, tool):
                message = (
                    f"`network_allowlist` cannot be enforced for `{name}`, which runs in the "
                    "host's process; give it `isolation: subprocess`, or say "
                    "`enforcement: best_effort`"
                )
                raise self._key(path, message)

    def _matrix(self, matrix: DecisionMatrix) -> None:
        cells = (
            (("decision_matrix", action, risk, environment, "group"), cell)
            for action, row in matrix.actions.items()
            for risk, by_environment in row.cells.items()
            for environment, cell in by_environment.items()
        )
        for path, cell in cells:
            if cell.group is not None:
                self._group(cell.group, path)

    def _rest(self, controls: FatigueControls) -> None:
        """Refuse a rest that nothing begins, or that is none."""
        needed = ("cooldown_after_approvals", "cooldown_sec")
        absent = [key for key in needed if getattr(controls, key) is None]
        if absent and (absent != [*needed] or controls.cooldown_window_sec is not None):
            message = f"nobody rests without `{absent[0]}`; say both, or leave all of it out"
            raise self._key(("fatigue_controls",), message)

    def _guardrail(self, guardrail: Guardrail, path: Path) -> None:
        if guardrail.budget is not None:
            match = guardrail.match
            self._fact(
                guardrail.budget.fact,
                lambda tool, entry: about(match, tool, entry),
                (*path, "budget", "fact"),
            )

    # Names

    def _group(self, group: str, path: Path) -> None:
        """Refuse a name that is nearly a group's; any other is a role in the ledger."""
        near = did_you_mean(group, self._document.groups, _MISSPELT)
        if group not in self._document.groups and near:
            raise self._value(path, f"unknown group `{group}`{near}; declare it under `groups`")

    def _fact(self, fact: str, meant: Callable[[str, ToolEntry], bool], path: Path) -> None:
        tools = [tool for name, tool in self._tools.items() if meant(name, tool)]
        if tools and not any(fact in tool.facts for tool in tools):
            near = did_you_mean(fact, chain.from_iterable(tool.facts for tool in tools))
            message = f"unknown fact `{fact}`; no tool that this is about declares it{near}"
            raise self._value(path, message)

    def _catalogued(self, name: str) -> bool:
        return name in self._tools or any(
            compiled(pattern).match(name) for pattern in self._tools if is_glob(pattern)
        )

    def _key(self, path: Path, message: str) -> Exception:
        return fault(locate(self._root, path, key=True), message)

    def _value(self, path: Path, message: str) -> Exception:
        return fault(locate(self._root, path), message)


def _named(pattern: str, name: str, entry: ToolEntry) -> bool:
    """Say whether a pattern over tools or topics may hold a tool."""
    return may_meet(pattern, name) or may_meet(pattern, entry.topic or name)
