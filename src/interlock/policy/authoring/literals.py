"""Collect: the values at which a policy changes its mind, from what is written in it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final, NamedTuple, get_args

from interlock.policy.authoring.samples import samples
from interlock.policy.document import Document
from interlock.policy.facts import is_number, parse_fact, parse_path
from interlock.policy.globs import is_glob
from interlock.policy.match import GraveEffect, Match, split_comparison

QuestionPath = tuple[str, ...]
"""A way into a question: `("args", "amount")`, `("signals", "confidence")`."""

_STEPS: Final = r"""((?:\.[A-Za-z_]\w*|\["[^"\\]+"\]|\['[^'\\]+'\])+)"""
_PATHS: Final = re.compile(rf"\b(args|context|agent|signals){_STEPS}(?!\w*\()")
_SIZES: Final = re.compile(rf"size\(\s*(args|context){_STEPS}\s*\)")
_REGEXES: Final = re.compile(
    r"""\.matches\(\s*(r?)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*\)"""
)
_TEXTS: Final = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"")
_NUMBERS: Final = re.compile(r"(?<![\w.'\"])-?\d+(?:\.\d+)?(?![\w.'\"])")
_SIGNAL_KEYS: Final = ("confidence_below", "anomaly_score_above", "risk_score_above")
_FLAGS: Final = ("first_time_action", "unprompted_identifier", "after_untrusted_read")
NEAR: Final = 0.01
"""How far beside a threshold of a score is looked."""
OTHER: Final = "other"
"""A text that no policy names."""


class Literals(NamedTuple):
    """Values by where they go, each list without repetition, in the order found."""

    tools: tuple[str, ...]
    agents: tuple[str, ...]
    principals: tuple[str, ...]
    environments: tuple[str, ...]
    levels: tuple[int, ...]
    at: Mapping[QuestionPath, tuple[Any, ...]]
    """Values of arguments, context and signals, whatever the tool."""
    facts: Mapping[str, Mapping[QuestionPath, tuple[Any, ...]]]
    """Tool to the values of what its facts are read from."""
    spent: Mapping[str, tuple[float, ...]]
    """Guardrail to what may have been spent of it."""
    kinds: tuple[str, ...]
    """What arguments may hold."""
    groups: tuple[str, ...]
    """Groups that expressions ask approvers for; empty where nothing looks at approvers."""


def literals(documents: Iterable[Document]) -> Literals:
    """Collect what one or several policies name."""
    finder = _Finder(list(documents))
    return finder.found()


class _Finder:
    def __init__(self, documents: list[Document]) -> None:
        self._documents = documents
        self._matches = list(chain.from_iterable(map(_matches, documents)))
        self._expressions = list(chain.from_iterable(map(_expressions, documents)))
        self._at: dict[QuestionPath, list[Any]] = defaultdict(list)
        self._of: dict[str, dict[QuestionPath, list[Any]]] = defaultdict(lambda: defaultdict(list))

    def found(self) -> Literals:
        self._facts()
        self._signals()
        for expression in self._expressions:
            self._expression(expression)
        for match in self._matches:
            for path, pattern in (match.args_match or {}).items():
                steps = ("args", *parse_path(path))
                self._at[steps] += [*samples(pattern), OTHER]
        texts = [text for each in self._expressions for text in _texts(each)]
        bars = [bar for each in self._documents for bar in each.guardrails]
        kinds = chain.from_iterable(bar.inspect_args or () for bar in bars)
        asks = any(bar.stage == "guard" or "approval." in (bar.require or "") for bar in bars)
        declared = dict.fromkeys(chain.from_iterable(each.groups for each in self._documents))
        agents = [*self._named("agents"), *(text for text in texts if self._about_agents())]
        return Literals(
            tools=self._tools(),
            agents=_unique([OTHER, *agents]),
            principals=_unique(["", *self._named("principals")]),
            environments=_unique(self._environments()),
            levels=self._levels(),
            at=_each_once(self._at),
            facts={tool: _each_once(values) for tool, values in self._of.items()},
            spent=self._spent(),
            kinds=_unique(kinds),
            groups=tuple(declared) if asks else (),
        )

    # Names

    def _tools(self) -> tuple[str, ...]:
        catalogued = chain.from_iterable(each.tools for each in self._documents)
        keyed = (
            chain(each.boundaries, each.decision_matrix.actions if each.decision_matrix else ())
            for each in self._documents
        )
        topics = {
            entry.topic or name for each in self._documents for name, entry in each.tools.items()
        }
        further = [word for word in chain(self._named("topics")) if word not in topics]
        named = chain(catalogued, self._named("tools"), chain.from_iterable(keyed), further)
        return _unique([*map(plain_name, named), "undeclared.tool"])

    def _named(self, field: str) -> list[str]:
        unless = [match.unless for match in self._matches if match.unless]
        given = chain.from_iterable(
            getattr(match, field) or () for match in (*self._matches, *unless)
        )
        return [plain_name(word) for word in given]

    def _environments(self) -> Iterator[str]:
        matrices = (each.decision_matrix for each in self._documents if each.decision_matrix)
        rows = chain.from_iterable(each.actions.values() for each in matrices)
        cells = chain.from_iterable(row.cells.values() for row in rows)
        own = (each.environment for each in self._documents if each.environment)
        named = [*own, *self._named("environments"), *chain.from_iterable(cells)]
        yield from named
        if named:
            yield OTHER

    def _about_agents(self) -> bool:
        return any("agent." in each for each in self._expressions)

    def _levels(self) -> tuple[int, ...]:
        looks = any(match.levels for match in self._matches) or any(
            each.autonomy_levels or any(_by_level(b) for b in each.boundaries.values())
            for each in self._documents
        )
        starts = [each.autonomy.initial_level for each in self._documents]
        return tuple(range(4)) if looks or len(set(starts)) > 1 else tuple(starts[:1])

    # Values

    def _facts(self) -> None:
        wanted: dict[str, list[Any]] = defaultdict(list)
        for match in self._matches:
            for key, value in match.comparisons.items():
                name = (split_comparison(key) or (key, ""))[0]
                wanted[name] += _around(value)
        for document in self._documents:
            for boundary in document.boundaries.values():
                limits = boundary.max_autonomous
                tiers = limits.values() if isinstance(limits, Mapping) else (limits,)
                wanted[boundary.fact] += [*boundary.order, *chain(*map(_around, tiers))]
            for bar in document.guardrails:
                if bar.budget is not None:
                    wanted[bar.budget.fact] += [0, 1, *_around(bar.budget.max)]
        for document in self._documents:
            for tool, entry in document.tools.items():
                for name, text in entry.facts.items():
                    self._fact(plain_name(tool), text, wanted.get(name, []))

    def _fact(self, tool: str, text: str, values: list[Any]) -> None:
        path = parse_fact(text)
        if path is None:
            self._computed(tool, text, values)
            return
        if path.root == "agent":
            return
        steps = (path.root, *path.steps)
        self._of[tool][steps] += _lists(values) if path.sized else values

    def _computed(self, tool: str, text: str, values: list[Any]) -> None:
        """Try what a sum or a product with one of the text's numbers would take to a value."""
        numbers = [float(each) for each in _NUMBERS.findall(text)]
        bare = [each for each in values if is_number(each)]
        back = [
            given
            for value in bare
            for number in numbers
            for given in (value - number, value + number, value * number)
        ]
        back += [value / number for value in bare for number in numbers if number]
        for root, rest in _PATHS.findall(text):
            if root != "agent":
                self._of[tool][_way(root, rest)] += [*values, *back]

    def _signals(self) -> None:
        for match in (*self._matches, *(m.unless for m in self._matches if m.unless)):
            for key in _SIGNAL_KEYS:
                limit = getattr(match, key)
                if limit is not None:
                    near = (limit, limit - NEAR, limit + NEAR)
                    self._at["signals", key.rpartition("_")[0]] += [max(0.0, one) for one in near]
            for name in ("retry_count", "error_streak"):
                if (limit := getattr(match, f"{name}_above")) is not None:
                    self._at["signals", name] += _around(limit)
            for name in _FLAGS:
                if getattr(match, name) is not None:
                    self._at["signals", name] += [False, True]
            if match.tainted_by is not None:
                named = [[plain_name(glob)] for glob in match.tainted_by]
                self._at["signals", "tainted_by"] += [[], [OTHER], *named]
            if match.unasked_effects is not None:
                effects = [[tag] for tag in get_args(GraveEffect)]
                self._at["signals", "unasked_effects"] += [[], *effects]

    def _expression(self, text: str) -> None:
        sized = {_way(*found) for found in _SIZES.findall(text)}
        numbers = [float(each) if "." in each else int(each) for each in _NUMBERS.findall(text)]
        around = list(chain.from_iterable(map(_around, numbers)))
        texts = [*chain.from_iterable(map(samples, _regexes(text))), *_texts(text)]
        plain = [*around, *texts, OTHER, True, False]
        for root, rest in _PATHS.findall(text):
            steps = _way(root, rest)
            if root == "agent":
                continue
            self._at[steps] += _lists(around) if steps in sized else plain

    def _spent(self) -> Mapping[str, tuple[float, ...]]:
        spent: dict[str, list[float]] = defaultdict(lambda: [0])
        for document in self._documents:
            for at, bar in enumerate(document.guardrails):
                limit = bar.budget or bar.rate
                if limit is not None:
                    name = bar.id or f"guardrails[{at}]"
                    spent[name] += [limit.max, max(0, limit.max - 1)]
        return {name: _unique(values) for name, values in spent.items()}


def plain_name(glob: str) -> str:
    """Return a name that a glob holds."""
    return glob.replace("**", "x.y").replace("*", "x") if is_glob(glob) else glob


def _by_level(boundary: Any) -> bool:  # noqa: ANN401 - a boundary
    return isinstance(boundary.max_autonomous, Mapping)


def _matches(document: Document) -> Iterator[Match]:
    levels = [each for each in document.autonomy_levels or () if each is not None]
    rules = chain(document.rules, *(level.rules for level in levels))
    entries = chain(rules, document.risk or (), document.guardrails)
    for entry in entries:
        yield entry.match
        if entry.match.unless is not None:
            yield entry.match.unless


def _expressions(document: Document) -> Iterator[str]:
    yield from (match.when for match in _matches(document) if match.when is not None)
    yield from (bar.require for bar in document.guardrails if bar.require is not None)
    for tool in document.tools.values():
        yield from (text for text in tool.facts.values() if parse_fact(text) is None)


def _texts(expression: str) -> list[str]:
    return [single or double for single, double in _TEXTS.findall(expression)]


def _regexes(expression: str) -> list[str]:
    """Return the patterns of `matches`, as RE2 gets them."""
    found = _REGEXES.findall(expression)
    return [
        text if raw else text.replace("\\\\", "\\")
        for raw, double, single in found
        for text in (double or single,)
    ]


def _way(root: str, rest: str) -> QuestionPath:
    return root, *parse_path(rest.removeprefix("."))


def _around(value: Any) -> list[Any]:  # noqa: ANN401 - as in the file
    """Return a value and what stands just beside it."""
    match value:
        case bool():
            return [value, not value]
        case tuple() | list():
            return [*chain.from_iterable(map(_around, value))]  # pyright: ignore[reportUnknownArgumentType] - as in the file
        case _ if is_number(value):
            return [value, value - 1, value + 1]
        case _:
            return [value, OTHER]


def _lists(values: Iterable[Any]) -> list[list[str]]:
    """Return lists of the lengths named."""
    lengths = sorted({int(each) for each in values if is_number(each) and 0 <= each <= 1000})
    return [[OTHER] * length for length in lengths]


def _each_once(values: Mapping[QuestionPath, Iterable[Any]]) -> dict[QuestionPath, tuple[Any, ...]]:
    return {steps: _unique(each) for steps, each in values.items()}


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple({repr(value): value for value in values}.values())
