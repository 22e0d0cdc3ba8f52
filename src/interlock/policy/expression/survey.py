"""Survey: what an expression reads of a call, and how much work it can become."""

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final, NamedTuple

from interlock.policy.expression.carriage import Read
from interlock.policy.expression.group_names import COMPARED, check_groups
from interlock.policy.expression.regexes import STEPS_OF_A_SEARCH, BadRegex, Regex
from interlock.policy.expression.scope import SCALARS, Scope
from interlock.policy.expression.terms import Term, member_of
from interlock.policy.file.source import Node, fault, inside
from interlock.policy.match import folded
from interlock.policy.suggestion import did_you_mean

MAX_LOOPS: Final = 2
"""Loops (`exists`, `all`, `map`, `filter`, …) within each other."""
FUNCTIONS: Final[Mapping[str, str]] = {
    "_==_": "_eq_", "_!=_": "_ne_", "@in": "_in", "matches": "_search",
}  # fmt: skip
"""What runs in the place of CEL's own functions; names as long, so that the bytes fit."""
_STEPS_OF_A_COMPARISON: Final = 8
_STEPS_OF_AN_INSTRUCTION: Final = 50
"""Over 256 characters."""
_TYPES: Final = frozenset(
    {"bool", "bytes", "double", "dyn", "int", "list", "map", "null_type", "string", "type", "uint"}
)


class _Power(NamedTuple):
    """How work grows."""

    loops: int = 0
    """Power of the longest list's length: 1 for a loop, 2 for one in another, or for `map`."""
    walks: int = 0
    """Power of the number of values: 1 where lists are compared or searched, else 0."""


class Survey(NamedTuple):
    """What was found in an expression."""

    reads: frozenset[Read]
    """What it reads of a call."""
    typed: str
    """Its text for the check of types: `args.amount` is the variable `args_amount` there."""
    functions: Mapping[int, str]
    """Functions that run in the place of CEL's own, by where the names stand in the bytes."""
    unchecked: tuple[str, ...]
    """Arguments that it reads where nobody says which there are."""
    weight: int
    """Steps without loops, over short texts."""
    typical: int
    """As many, where searches take no longer than they mostly do."""
    powers: tuple[_Power, ...]
    """How the steps grow with what the call brings: as the largest of these."""
    widest: int
    """Items of the longest list that the text itself writes out."""
    joins: int
    """How many lists or texts `+` may put together."""

    def steps(self, longest: int, chars: int, values: int) -> int:
        """Estimate the most work over the longest list, the longest text and so many values."""
        return self.weight * self._times(longest, chars, values)

    def typical_steps(self, longest: int, chars: int, values: int) -> int:
        """Estimate the work that it mostly is."""
        return self.typical * self._times(longest, chars, values)

    def _times(self, longest: int, chars: int, values: int) -> int:
        items, walked = max(longest, self.widest) * self.joins, values * self.joins
        grown = max([items**each.loops * walked**each.walks for each in self.powers])
        return grown * (1 + chars * self.joins // 256)


def survey_of(term: Term, text: str, scope: Scope, node: Node) -> Survey:
    """Survey a parsed expression.

    Raises `PolicyError` for names that nothing has, groups that nobody can check, loops that nest
    too deep and bad patterns.
    """
    walk = _Surveyor(text, scope, node)
    walk.look(term, frozenset(), 0)
    if "approval" in scope.roots:
        check_groups(term, scope.groups, walk.fault)
    return Survey(
        reads=frozenset(walk.reads),
        typed=_overwritten(text, walk.typed),
        functions=MappingProxyType(walk.functions),
        unchecked=tuple(sorted(walk.unchecked)),
        weight=walk.weight,
        typical=walk.weight - walk.unlikely,
        powers=tuple(sorted(walk.powers(term))),
        widest=walk.widest,
        joins=walk.joins,
    )


class _Surveyor:
    """One walk over one expression."""

    def __init__(self, text: str, scope: Scope, node: Node) -> None:
        self._text, self._scope, self._node = text, scope, node
        self.reads: set[Read] = set()
        self.typed: dict[int, str] = {}
        self.functions: dict[int, str] = {}
        self.unchecked: set[str] = set()
        self.weight = self.joins = 1
        self.widest = self.unlikely = 0

    def look(self, term: Term, bound: frozenset[str], loops: int) -> None:
        member = member_of(term, bound)
        if member is not None and member[0] in self._scope.roots:
            self._known(term, *member)
            return
        match term.kind:
            case "name":
                self._name(term, bound)
            case "loop":
                self._loop(term, bound, loops)
                return
            case "call":
                self._call(term)
                if any(_is_environment(each, bound) for each in term.parts):
                    self._small_letters(term)
            case "object" if term.name:
                raise self.fault(term.at, f"`{term.name}` is a message; expressions make none")
            case "list" | "object":
                self.widest = max(self.widest, len(term.parts))
            case _:
                pass
        self.weight += 1
        for part in term.parts:
            self.look(part, bound, loops)

    def powers(self, term: Term) -> frozenset[_Power]:
        """Say how the work of a term grows: as the largest of these.

        CEL copies the list that `map` and `filter` make at each of its items.
        """
        beside = frozenset(chain.from_iterable(self.powers(part) for part in term.parts))
        match term.kind:
            case "loop":
                over, start, *body = term.parts
                within = chain.from_iterable(self.powers(part) for part in body)
                looped = {_Power(each.loops + 1, each.walks) for each in within}
                copied = {_Power(loops=2)} if start.kind == "list" else set[_Power]()
                return self.powers(over) | looped | copied
            case "call" if term.name in ("_==_", "_!=_"):
                walks = not any(self._atomic(part) for part in term.parts)
            case "call" if term.name == "@in":
                walks = term.parts[1].kind != "list"
            case _:
                walks = False
        return beside | {_Power(walks=int(walks))}

    def _atomic(self, term: Term) -> bool:
        """Say whether a term surely is no list and no mapping."""
        match term.kind:
            case "constant" | "has":
                return True
            case "call":
                return term.name in _ATOMIC
            case "name":
                return term.name in SCALARS
            case "member" if term.parts[0].kind == "name":
                kind = (self._scope.members(term.parts[0].name) or {}).get(term.name, "any")
                return kind not in ("any", "array", "object")
            case _:
                return False

    def _known(self, term: Term, root: str, member: str) -> None:
        """Note a member of a variable, which must be one."""
        members = self._scope.members(root)
        kind = (members or {}).get(member, "any")
        self.reads.add(Read(root, member, kind))
        if members is None:
            if root == "args":
                self.unchecked.add(member)
            return
        if member not in members:
            what = {"args": "argument", "facts": "fact", "signals": "signal"}.get(root, "member")
            near = did_you_mean(member, members)
            told = f"; `{root}` has {_listed(members)}" if root == "agent" and not near else near
            raise self.fault(self._from(term.at, member), f"unknown {what} `{member}`{told}")
        start = term.at - len(root)
        if term.kind == "member" and self._text.startswith(f"{root}.{member}", start):
            self.typed[term.at] = "_"

    def _name(self, term: Term, bound: frozenset[str]) -> None:
        if term.name in bound or term.name in _TYPES:
            return
        if term.name == "approval" and term.name not in self._scope.roots:
            said = "`approval` is known right before the call runs; say `stage: guard`"
            raise self.fault(term.at, said)
        if term.name not in self._scope.roots:
            near = did_you_mean(term.name, self._scope.roots)
            known = near or f"; an expression reads {_listed(self._scope.roots)} here"
            raise self.fault(term.at, f"unknown name `{term.name}`{known}")
        self.reads.add(Read(term.name, kind=SCALARS.get(term.name, "any")))

    def _loop(self, term: Term, bound: frozenset[str], loops: int) -> None:
        if loops == MAX_LOOPS:
            raise self.fault(term.at, f"more than {MAX_LOOPS} loops within each other")
        over, *rest = term.parts
        self.look(over, bound, loops)
        for part in rest:
            self.look(part, bound | term.bound, loops + 1)

    def _call(self, term: Term) -> None:
        if term.name in FUNCTIONS:
            self.functions[term.word_at] = FUNCTIONS[term.name]
        match term.name:
            case "_+_":
                self.joins += 1
            case _ if term.name in COMPARED:
                self.weight += _STEPS_OF_A_COMPARISON
            case "matches":
                self._search(term)
            case _:
                pass

    def _small_letters(self, term: Term) -> None:
        """Refuse what no environment is: they are read folded, and capitals would never hold."""
        for part in term.parts:
            for each in part.parts if part.kind == "list" else (part,):
                text = re.sub(r"\\.", "", each.text or "")  # `\S` of a pattern is no capital
                if text != folded(text):
                    raise self.fault(
                        each.at,
                        "an environment is read in small letters, of usual width; write it so",
                    )

    def _search(self, term: Term) -> None:
        pattern = term.parts[-1]
        if len(term.parts) != 2 or pattern.text is None:
            raise self.fault(term.at, "`matches` takes a pattern that is written out, as text")
        try:
            regex = Regex(pattern.text)
        except BadRegex as bad:
            raise self.fault(pattern.at, f"not a regular expression: {bad}") from None
        self.weight += STEPS_OF_A_SEARCH + _STEPS_OF_AN_INSTRUCTION * regex.instructions
        self.unlikely += STEPS_OF_A_SEARCH // 2 + _STEPS_OF_AN_INSTRUCTION * regex.instructions

    def _from(self, at: int, word: str) -> int:
        """Return where a word stands, behind the sign at `at`."""
        found = self._text.find(word, at)
        return at if found < 0 else found

    def fault(self, at: int, message: str) -> Exception:
        """Make an error of what is wrong at a character."""
        return fault(inside(self._node, at), message)


def _is_environment(term: Term, bound: frozenset[str]) -> bool:
    return term.kind == "name" and term.name == "environment" and term.name not in bound


_ATOMIC: Final = frozenset(
    {"_-_", "_*_", "_/_", "_%_", "-_", "double", "int", "size", "string", "timestamp", "uint"}
)
"""Functions that return no list and no mapping."""


def _overwritten(text: str, changes: dict[int, str]) -> str:
    letters = list(text)
    for at, word in changes.items():
        letters[at : at + len(word)] = word
    return "".join(letters)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
