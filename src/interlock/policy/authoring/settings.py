"""Compare: the settings in which two policies differ, whatever calls are asked about."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

from interlock.policy.document import Document, ToolEntry, as_json

Way: TypeAlias = Literal["looser", "stricter", "unknown"]

_ENTRIES: Final = re.compile(
    r"(autonomy_levels\.level_\d\.|output\.)?rules|guardrails|risk|audit\.mandatory"
)
"""Lists of entries with an id or a place."""
_WORDING: Final = ("id", "reason")
"""Members of an entry that decide nothing."""
_STRICTEST_LAST: Final[Mapping[str, tuple[Any, ...]]] = {
    "hold_siblings": ("none", "effects", "all"),
    "default": ("require_approval", "deny"),
    "output.*entities.*": ("allow", "mask", "redact", "quarantine"),
    "output.*secrets": ("allow", "mask", "redact", "quarantine"),
    "output.*injection": ("allow", "quarantine"),
    "tools.*.effect": ("read", "idempotent", "non_idempotent"),
    "tools.*.isolation": ("none", "subprocess"),
    "signals.confidence.missing": ("ignore", "escalate"),
    "signals.anomaly.cold_start": ("ignore", "escalate"),
    "guardrails*.per": ("minute", "hour", "day", "week"),
}
"""Words of settings, the loosest first."""
_MORE_IS_LOOSER: Final = (
    "autonomy.initial_level",
    "autonomy.max_level.*",
    "review_defaults.*",
    "guardrails*.max",
)
_MORE_IS_STRICTER: Final = ("signals.retries.window_sec",)
_ADDING_LOOSENS: Final = ("groups.*", "signals.confidence.source", "trusted_servers")
_VOUCHING: Final = ("tools.*.trusted",)
"""Flags that loosen when they are set."""
_DROPPING_LOOSENS: Final = ("tools.*.owner",)
_WHOLE_IS_STRICTER: Final = {"guardrails*.stage": "both", "guardrails*.by": "all"}
"""Words that hold more than any other."""
_BY_CALLS: Final = (
    "rules*",
    "guardrails*",
    "autonomy_levels.*",
    "boundaries.*",
    "decision_matrix.*",
    "default",
    "tools.*.topic",
    "tools.*.risk_tags",
    "tools.*.facts.*",
)
"""Settings that calls can show, by the rules that settle them and the tools they are of."""
_BY_LOOSER_CALLS: Final = ("*.when", "*.require", "*.args_match.*", "tools.*.facts.*")
"""Settings that speak of more calls than anyone asks about: stricter ones do not clear them."""
_NEVER_BY_CALLS: Final = ("guardrails*.stage", "guardrails*.per", "guardrails*.by")


class Setting(NamedTuple):
    """A setting in which two policies differ; None stands for absent."""

    path: str
    """Dotted: `tools.pay.effect`, `guardrails[daily].budget.per`."""
    before: Any
    after: Any
    direction: Way
    """`unknown` where neither is known to be the looser."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return self._asdict()


def differing(before: Document, after: Document) -> tuple[Setting, ...]:
    """Return every setting that differs, but names and reasons; by path."""
    old, new = _flat(before, after), _flat(after, before)
    return tuple(
        Setting(path, was, now, _whole(path, old, new) or _way(path, was, now))
        for path in sorted(old.keys() | new.keys())
        if (was := old.get(path)) != (now := new.get(path))
    )


class Changed(NamedTuple):
    """What changed calls were settled by and about; an empty rule stands for the default."""

    rules: frozenset[str]
    tools: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Rules, and tools as their settings begin."""
        return self.rules | {f"tools.{tool}" for tool in self.tools}


def unasked(settings: Iterable[Setting], changed: Changed, looser: Changed) -> tuple[Setting, ...]:
    """Return the settings that no changed call showed, by its tool and the rules that settled it.

    An expression that differs is shown by calls that became looser only: what a rule changes
    besides makes calls stricter that say nothing of those which the expression lets pass now.
    """
    return tuple(
        each
        for each in settings
        if not _shown(each.path, (looser if _is(each.path, _BY_LOOSER_CALLS) else changed).names)
    )


def _shown(path: str, settled: frozenset[str]) -> bool:
    if _is(path, _NEVER_BY_CALLS) or not _is(path, _BY_CALLS):
        return False
    if path == "default":
        return "" in settled
    return any(name and (f"[{name}]" in path or _starts(path, name)) for name in settled)


def _starts(path: str, rule: str) -> bool:
    """Say whether a path stands in the entry of a tool, a boundary, a cell, a rule without id."""
    entry = rule.rpartition(".")[0] if rule.startswith("boundaries.") else rule
    plain = path.replace("decision_matrix.actions.", "decision_matrix.").replace(".cells.", ".")
    return plain == entry or plain.startswith((f"{entry}.", f"{entry}["))


def _flat(document: Document, other: Document) -> dict[str, Any]:
    """Write a document as values by path, without the rules that the other has, too.

    A tool without an entry has the defaults.
    """
    names = document.tools.keys() | other.tools.keys()
    tools = {name: document.tools.get(name, ToolEntry()) for name in names}
    shared = {repr(each._replace(id=None, reason="")) for each in other.rules}
    rules = [
        None if repr(each._replace(id=None, reason="")) in shared else as_json(each)
        for each in document.rules
    ]
    return dict(_leaves("", {**as_json(document._replace(tools=tools)), "rules": rules}))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    match value:
        case dict():
            for key, item in cast("dict[str, Any]", value).items():
                yield from _leaves(f"{path}.{key}" if path else key, item)
        case list() if _ENTRIES.fullmatch(path):
            for at, item in enumerate(cast("list[dict[str, Any] | None]", value)):
                said = {key: each for key, each in (item or {}).items() if key not in _WORDING}
                yield from _leaves(f"{path}[{(item or {}).get('id', at)}]", said)
        case _:
            yield path, value


def _whole(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Way | None:
    """Say it of a guardrail that is only in one of both: all of it denies."""
    if not path.startswith("guardrails["):
        return None
    stage = f"{path.partition(']')[0]}].stage"
    both = stage in old and stage in new
    return None if both else _stepped(stage in old, stage in new)


def _way(path: str, before: Any, after: Any) -> Way:  # noqa: ANN401 - JSON
    if _is(path, _ADDING_LOOSENS):
        return _by_members(before or (), after or ())
    pair = before, after
    for glob, whole in _WHOLE_IS_STRICTER.items():
        if fnmatchcase(path, glob) and whole in pair:
            return _stepped(before == whole, after == whole)
    if _is(path, _DROPPING_LOOSENS) and None in pair:
        return _stepped(before is not None, after is not None)
    if _is(path, _VOUCHING):
        return _stepped(before is not True, after is not True)
    if None in pair:
        return "unknown"
    if _is(path, _MORE_IS_LOOSER):
        return _stepped(-before, -after)
    if _is(path, _MORE_IS_STRICTER):
        return _stepped(before, after)
    words = next((words for glob, words in _STRICTEST_LAST.items() if fnmatchcase(path, glob)), ())
    return _stepped(*map(words.index, pair)) if words and {*pair} <= {*words} else "unknown"


def _stepped(before: float, after: float) -> Way:
    """Compare how strict a setting was and is; the two differ."""
    return "looser" if after < before else "stricter"


def _by_members(before: Sequence[str], after: Sequence[str]) -> Way:
    """Members added loosen; a list that loses some and gains some is neither."""
    old, new = set(before), set(after)
    return "looser" if old < new else "stricter" if new < old else "unknown"


def _is(path: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(path, glob) for glob in globs)
