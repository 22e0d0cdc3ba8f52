"""Test: one condition of a rule against one call, in three values.

True, False, or None: the value it needs cannot be had. A comparison across types (text with a
number, a boolean with a number, anything with NaN) is None, never an exception and never a guess.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple

from interlock.policy.evaluation.comparison import compare
from interlock.policy.expression.equality import Truth
from interlock.policy.expression.regexes import STEPS_OF_A_SEARCH, BadRegex, Regex
from interlock.policy.expression.scope import NOWHERE, Site
from interlock.policy.facts import is_number, parse_path
from interlock.policy.file.source import fault, locate
from interlock.policy.globs import compile_globs, is_glob
from interlock.policy.match import SIGNAL_RANGES, Comparison, folded, split_comparison
from interlock.policy.subject import Subject
from interlock.policy.suggestion import did_you_mean, shown
from interlock.policy.variables import TOO_MUCH_TOGETHER


class Condition(NamedTuple):
    """One key of a match, compiled."""

    key: str
    wanted: object
    test: Callable[[Subject], Truth]
    value: Callable[[Subject], object]
    """What the call has, for explanations; None for what is missing."""
    ignored: str = ""
    """The setting that makes a missing value count as a condition that does not hold."""
    problem: Callable[[Subject], str] | None = None
    """Says why it could not be evaluated, where more is known than the value."""
    unchecked: tuple[str, ...] = ()
    """Arguments that it reads and of which no catalogued tool says whether they exist."""

    def say(self, subject: Subject) -> str:
        """Explain how the condition came out."""
        value, wanted = self.value(subject), f"`{self.key}` {_words(self.wanted)}"
        match self.test(subject):
            case True:
                return f"{wanted} holds ({_words(value)})"
            case False if value is None:
                why = f"is missing, ignored by `{self.ignored}`" if self.ignored else "no such fact"
                return f"{wanted} does not hold ({why})"
            case False:
                return f"{wanted} does not hold ({_words(value)})"
            case None if self.problem is not None:
                return f"{wanted} could not be evaluated ({self.problem(subject)})"
            case None if value is None:
                return f"{wanted} could not be evaluated (the value is missing)"
            case None:
                return f"{wanted} could not be evaluated ({_words(value)} cannot be compared)"


def _words(value: object) -> str:
    if isinstance(value, frozenset | tuple | list):
        return "[" + ", ".join(sorted(str(item) for item in value)) + "]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - shown only
    return shown(value)


_NAMES: Final[Mapping[str, Callable[[Subject], str | None]]] = {
    "topics": lambda subject: subject.topic,
    "tools": lambda subject: subject.tool,
    "agents": lambda subject: subject.agent or None,
    "environments": lambda subject: subject.environment or None,
    "principals": lambda subject: subject.principal or None,
}
_SIGNALS: Final[Mapping[str, tuple[str, Comparison]]] = {
    "confidence_below": ("confidence", "below"),
    "anomaly_score_above": ("anomaly_score", "above"),
    "risk_score_above": ("risk_score", "above"),
    "retry_count_above": ("retry_count", "above"),
    "error_streak_above": ("error_streak", "above"),
}


def compile_conditions(
    written: Mapping[str, Any], ignored: Mapping[str, str], site: Site = NOWHERE
) -> tuple[Condition, ...]:
    """Compile the keys of a match; a key that holds everything is left out.

    `ignored` names, by signal, the setting that lets a missing value count as not holding; `site`
    says where the match stands and what its expressions may read.
    Raises `PolicyError` for expressions and patterns that are wrong.
    """
    conditions: list[Condition] = []
    for key, wanted in written.items():
        match key:
            case "unless":
                pass
            case "when":
                conditions.append(compile_truth(key, wanted, site))
            case "args_match":
                conditions += [_args_match(path, text, site) for path, text in wanted.items()]
            case _ if (condition := _condition(key, wanted, ignored)) is not None:
                conditions.append(condition)
            case _:
                pass
    return tuple(conditions)


def _condition(
    key: str,
    wanted: Any,  # noqa: ANN401 - as in the file
    ignored: Mapping[str, str],
) -> Condition | None:
    if key in _NAMES:
        return _names(key, wanted)
    if key in _SIGNALS:
        return _signal(key, wanted, *_SIGNALS[key], ignored.get(_SIGNALS[key][0], ""))
    match key:
        case "risk_tags" | "risk_tags_all":
            return _tags(key, wanted)
        case "levels":
            return _levels(key, wanted)
        case "first_time_action" | "unprompted_identifier" | "after_untrusted_read":
            return _flag(key, wanted)
        case "tainted_by":
            return _any_named(key, wanted, compile_globs(wanted).matcher())
        case "unasked_effects":
            listed = None if isinstance(wanted, bool) else frozenset(wanted).__contains__
            return _any_named(key, wanted, listed)
        case _:
            return _fact(key, wanted)


def compile_truth(key: str, text: str, site: Site) -> Condition:
    """Compile the expression at a key into a condition that holds when it is true.

    Raises `PolicyError`.
    """
    from interlock.policy.expression.expressions import (
        compile_expression,  # only where there is one
    )

    expression = compile_expression(site.node(text, key), site.scope())

    def test(subject: Subject) -> Truth:
        return expression.truth(subject.variables)

    def problem(subject: Subject) -> str:
        return expression.problem(subject.variables)

    def value(subject: Subject) -> object:
        return expression.found(subject.variables)

    return Condition(key, text, test, value, "", problem, expression.unchecked)


def _args_match(path: str, pattern: str, site: Site) -> Condition:
    steps = _steps(path, site)
    try:
        regex = Regex(pattern)
    except BadRegex as bad:
        node = site.node(pattern, "args_match", path)
        raise fault(node.mark, f"{shown(pattern)} is no regular expression: {bad}") from None

    def value(subject: Subject) -> object:
        found: Any = subject.variables.roots.get("args") if subject.variables else None
        for step in steps:
            found = found.get(step) if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
        return found  # pyright: ignore[reportUnknownVariableType] - JSON

    def test(subject: Subject) -> Truth:
        text = value(subject)
        if subject.variables is None or not isinstance(text, str):
            return None
        steps = STEPS_OF_A_SEARCH + len(text) * regex.instructions // 256
        return regex.search(text) if subject.variables.work.spend(steps) else None

    def problem(subject: Subject) -> str:
        match value(subject):
            case None:
                return f"`args.{path}` is missing"
            case str() if subject.variables and subject.variables.work.exceeded:
                return TOO_MUCH_TOGETHER
            case str():
                return f"`args.{path}` cannot be searched: too long, or no valid Unicode"
            case other:
                return f"{_words(other)} is no text"

    return Condition(f"args_match.{path}", pattern, test, value, problem=problem)


def _steps(path: str, site: Site) -> tuple[str, ...]:
    """Read the path of an argument, which must be one that a tool takes."""
    args, steps = site.scope().args, parse_path(path)
    first = next(iter(steps), "")
    mark = locate(site.root, (*site.path, "args_match", path), key=True)
    if not first:
        raise fault(mark, f'{shown(path)} is no path; expected `region`, or `customer["e-mail"]`')
    if first == "args" and len(steps) > 1 and "args" not in (args or ()):
        raise fault(mark, f"{shown(path)} is a path in the arguments; leave `args.` out")
    if args is not None and first not in args:
        raise fault(mark, f"unknown argument `{first}`{did_you_mean(first, args)}")
    return steps


def _names(key: str, patterns: Iterable[str]) -> Condition | None:
    words = tuple(map(folded, patterns) if key == "environments" else patterns)
    globs, read = compile_globs(words), _NAMES[key]
    if globs.everything:
        return None
    if len(words) == 1 and not is_glob(words[0]):  # as most are: no set has to be fetched
        return Condition(key, words, partial(_is, words[0], read), read)
    return Condition(key, words, partial(_is_one, globs.matcher(), read), read)


def _is(wanted: str, read: Callable[[Subject], str | None], subject: Subject) -> Truth:
    name = read(subject)
    return None if name is None else name == wanted


def _is_one(
    match_name: Callable[[str], bool], read: Callable[[Subject], str | None], subject: Subject
) -> Truth:
    name = read(subject)
    return None if name is None else match_name(name)


def _tags(key: str, wanted: Iterable[str]) -> Condition:
    tags, every = frozenset(wanted), key == "risk_tags_all"

    def test(subject: Subject) -> Truth:
        has = subject.risk_tags
        if has is None:
            return None
        return tags <= has if every else not tags.isdisjoint(has)

    return Condition(key, tuple(tags), test, attrgetter("risk_tags"))


def _levels(key: str, wanted: tuple[int, ...]) -> Condition:
    def test(subject: Subject) -> Truth:
        return subject.level in wanted

    return Condition(key, wanted, test, attrgetter("level"))


def _flag(key: str, wanted: bool) -> Condition:
    def test(subject: Subject) -> Truth:
        value = subject.signals.get(key)
        return value is wanted if isinstance(value, bool) else None

    return Condition(key, wanted, test, _signal_of(key))


def _any_named(key: str, wanted: object, fits: Callable[[str], bool] | None) -> Condition:
    """Ask for names that a signal lists: for one that fits, or whether there is any at all."""

    def test(subject: Subject) -> Truth:
        names: Any = subject.signals.get(key)
        if not isinstance(names, tuple | list) or not all(isinstance(each, str) for each in names):  # pyright: ignore[reportUnknownVariableType] - checked here
            return None
        return bool(names) is wanted if fits is None else any(map(fits, names))  # pyright: ignore[reportUnknownArgumentType] - texts

    return Condition(key, wanted, test, _signal_of(key))


def _signal(key: str, limit: float, name: str, side: Comparison, ignored: str) -> Condition:
    low, high = SIGNAL_RANGES.get(name, (float("-inf"), float("inf")))
    missing, below = False if ignored else None, side == "below"

    def test(subject: Subject) -> Truth:
        value = subject.signals.get(name)
        if type(value) is float:  # most are, and each call is asked about several
            known = value - value == 0.0
        elif value is None:
            return missing
        else:
            known = is_number(value)
        if not known or not low <= value <= high:
            return None
        return value < limit if below else value > limit

    return Condition(key, limit, test, _signal_of(name), ignored)


def _signal_of(name: str) -> Callable[[Subject], object]:
    return lambda subject: subject.signals.get(name)


def _fact_of(name: str) -> Callable[[Subject], object]:
    return lambda subject: subject.facts.get(name)


def _fact(key: str, wanted: Any) -> Condition:  # noqa: ANN401 - as in the file
    name, comparison = split_comparison(key) or (key, "is")

    def test(subject: Subject) -> Truth:
        if name in subject.facts:
            return compare(subject.facts[name], comparison, wanted)
        # The tool has no such fact: the rule is not about it. All else is a value not to be had.
        return None if name in subject.missing_facts or not subject.declared else False

    return Condition(key, wanted, test, _fact_of(name))
