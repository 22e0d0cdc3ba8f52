"""The reference: what a policy says about a call, written for reading and from the manual only.

It knows the file as JSON and nothing of how the product compiles, files or weighs rules.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final, NamedTuple, cast

from interlock.policy.decisions import STRICTNESS, Kind

Json = dict[str, Any]

PERMISSIVE: Final = frozenset({"allow", "allow_with_constraints"})
NAMES: Final[tuple[str, ...]] = ("topics", "tools", "agents", "environments", "principals")
RISKS: Final = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class Question:
    """A call, and what is known about it."""

    tool: str = "a.write"
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    agent: str = "bot"
    principal: str = ""
    environment: str | None = None
    signals: Mapping[str, Any] = field(default_factory=dict[str, Any])
    level: int = 0
    usage: Mapping[str, int] = field(default_factory=dict[str, int])
    """What was spent before, in millionths, by guardrail."""
    found: frozenset[str] | None = frozenset()
    """Kinds that the arguments hold; None when nobody looked."""
    groups: frozenset[str] | None = None
    """Groups that approved; None before the guard."""


class Said(NamedTuple):
    """One rule, boundary, cell or guardrail that may be about the call."""

    id: str
    kind: Kind
    known: bool
    """Whether it is known to be about the call."""
    limits: Json
    group: str | None = None
    bar: bool = False
    """Whether it is a guardrail."""


class Verdict(NamedTuple):
    """What comes out."""

    kind: Kind
    rules: tuple[str, ...]
    unknown: tuple[str, ...]
    limits: Json
    eligible: tuple[str, ...] | None
    """Who may approve; None: anyone, or nobody is asked."""


# Three values: true, false, and None for what cannot be had.


def both(*truths: bool | None) -> bool | None:
    return False if False in truths else None if None in truths else True


def opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


# Names, numbers and conditions.


def glob(pattern: str, name: str) -> bool:
    """Match by a regular expression, segment by segment."""
    if pattern in ("*", "**"):
        return True
    parts = pattern.split(".")
    text = ""
    for at, part in enumerate(parts):
        if part == "**":
            text += r"(\.[^.]*)*"
        elif part == "*" and at == len(parts) - 1:
            text += r"(\.[^.]*)+"
        else:
            text += r"\." + re.escape(part).replace(r"\*", "[^.]*")
    return re.fullmatch(text, "." + name) is not None


def number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)


def sort_of(value: object) -> str:
    if isinstance(value, bool):
        return "flag"
    return "number" if number(value) else "text" if isinstance(value, str) else "other"


def same(value: object, wanted: object) -> bool | None:
    sorts = sort_of(value), sort_of(wanted)
    return value == wanted if sorts[0] == sorts[1] != "other" else None


def tool_of(doc: Json, ask: Question) -> Json | None:
    return doc.get("tools", {}).get(ask.tool)


def topic_of(doc: Json, ask: Question) -> str:
    return (tool_of(doc, ask) or {}).get("topic", ask.tool)


def fact(doc: Json, name: str, ask: Question) -> Any:
    """Return a fact; here each is the argument of its name. None: it cannot be had."""
    tool = tool_of(doc, ask)
    return ask.args.get(name) if tool and name in tool["facts"] else None


def no_such_fact(doc: Json, name: str, ask: Question) -> bool:
    tool = tool_of(doc, ask)
    return tool is not None and name not in tool["facts"]


def condition(doc: Json, key: str, wanted: Any, ask: Question) -> bool | None:
    """One key of a match: true, false, or None when the value cannot be had."""
    tool = tool_of(doc, ask)
    match key:
        case "topics" | "tools" | "agents" | "environments" | "principals":
            return named_so(doc, key, wanted, ask)
        case "levels":
            return ask.level in wanted
        case "risk_tags" | "risk_tags_all":
            has = set(tool["risk_tags"]) if tool else set[str]()
            held = bool(has & set(wanted)) if key == "risk_tags" else set(wanted) <= has
            return held if tool else None
        case "first_time_action" | "unprompted_identifier" | "after_untrusted_read":
            value = ask.signals.get(key)
            return value is wanted if isinstance(value, bool) else None
        case "tainted_by" | "unasked_effects":
            return listed(key, wanted, ask.signals.get(key))
        case "when":
            return EXPRESSIONS[wanted](doc, ask)
        case "args_match":
            given = {name: ask.args.get(name) for name in wanted}
            found = [searched(wanted[name], value) for name, value in given.items()]
            return both(*found)
        case _:
            return measured(doc, key, wanted, ask)


def named_so(doc: Json, key: str, patterns: list[str], ask: Question) -> bool | None:
    if any(pattern in ("*", "**") for pattern in patterns):
        return True
    values = (topic_of(doc, ask), ask.tool, ask.agent, ask.environment, ask.principal)
    name = values[NAMES.index(key)]
    return any(glob(pattern, name) for pattern in patterns) if name else None


def listed(key: str, wanted: Any, names: Any) -> bool | None:
    """Whether a signal that is a list of names has one that is wanted, or any."""
    if not isinstance(names, list | tuple):
        return None
    given = cast("list[str]", list(names))  # pyright: ignore[reportUnknownArgumentType] - JSON
    if isinstance(wanted, bool):
        return bool(given) is wanted
    if key == "tainted_by":
        return any(glob(pattern, name) for pattern in wanted for name in given)
    return bool(set(wanted) & set(given))


def searched(pattern: str, value: object) -> bool | None:
    return re.search(pattern, value) is not None if isinstance(value, str) else None


def measured(doc: Json, key: str, wanted: Any, ask: Question) -> bool | None:
    found = re.fullmatch(r"(.*?)_(at_least|at_most|above|below|is|in)", key)
    assert found
    name, suffix = found.groups()
    if name in ("confidence", "anomaly_score", "risk_score", "retry_count", "error_streak"):
        value = ask.signals.get(name)
        if value is None and ignored(doc, name):
            return False
        if value is None or not number(value) or (name == "confidence" and not 0 <= value <= 1):
            return None
        return compared(value, suffix, wanted)
    if no_such_fact(doc, name, ask):
        return False
    value = fact(doc, name, ask)
    return None if value is None else compared(value, suffix, wanted)


def ignored(doc: Json, name: str) -> bool:
    signals = doc.get("signals", {})
    return (name == "confidence" and signals.get("confidence", {}).get("missing") == "ignore") or (
        name == "anomaly_score" and signals.get("anomaly", {}).get("cold_start") == "ignore"
    )


def compared(value: Any, suffix: str, wanted: Any) -> bool | None:
    if suffix == "is":
        return same(value, wanted)
    if suffix == "in":
        truths = [same(value, each) for each in wanted]
        return True if True in truths else None if None in truths else False
    if not number(value):
        return None
    return {
        "above": value > wanted,
        "below": value < wanted,
        "at_least": value >= wanted,
        "at_most": value <= wanted,
    }[suffix]


def over_ten(doc: Json, ask: Question) -> bool | None:
    del doc
    amount: Any = ask.args.get("amount")
    return bool(amount > 10) if number(amount) else None


EXPRESSIONS: Final[Mapping[str, Callable[[Json, Question], bool | None]]] = {
    "args.amount > 10": over_ten,
    "agent.id == 'bot'": lambda _, ask: ask.agent == "bot",
    "agent.id == 'bot' || args.amount > 10": lambda doc, ask: (
        True if ask.agent == "bot" else over_ten(doc, ask)
    ),
    "level >= 1 && !(args.amount > 10)": lambda doc, ask: both(
        ask.level >= 1, opposite(over_ten(doc, ask))
    ),
    "topic == 'job.read'": lambda doc, ask: topic_of(doc, ask) == "job.read",
    "args.nothing.at_all": lambda _, __: None,
    "size(args) / 0 == 1": lambda _, __: None,
    "approval.groups.exists(g, g == 'g1')": lambda _, ask: (
        None if ask.groups is None else "g1" in ask.groups
    ),
}
"""A small family of expressions with what each says of a call."""


def about(doc: Json, match: Json, ask: Question) -> bool | None:
    """Whether a match is about the call."""
    keys = [condition(doc, k, v, ask) for k, v in match.items() if k != "unless"]
    exempt = about(doc, match["unless"], ask) if "unless" in match else False
    return both(*keys, opposite(exempt))


def universal(match: Json) -> bool:
    return all(
        key in NAMES and any(pattern in ("*", "**") for pattern in wanted)
        for key, wanted in match.items()
    )


# What each section says.


def nearest(by_level: Json, level: int) -> Any:
    """Return what stands at a level, or at the nearest one below that is given."""
    return next((by_level[str(at)] for at in range(level, -1, -1) if str(at) in by_level), None)


def rule_sets(doc: Json, level: int) -> list[list[Json]]:
    levels = doc.get("autonomy_levels")
    sets = [doc.get("rules", [])]
    if levels:
        sets.append(nearest({name[-1]: one for name, one in levels.items()}, level)["rules"])
    return sets


def of_rules(doc: Json, rules: list[Json], ask: Question) -> Iterator[Said]:
    """A set of rules: those that may be about the call, or else the one that is about all."""
    specific = [rule for rule in rules if not universal(rule.get("match", {}))]
    truths = [(rule, about(doc, rule.get("match", {}), ask)) for rule in specific]
    if not any(truth for _, truth in truths):
        truths += [(rule, True) for rule in rules if rule not in specific]
    for rule, truth in truths:
        if truth is not False:
            limits, kind = rule.get("constraints", {}), rule["decision"]
            kind = "allow_with_constraints" if kind == "allow" and limits else kind
            if kind == "allow_with_constraints" and not limits:
                limits = doc.get("default_constraints", {})
            yield Said(rule["id"], kind, bool(truth), limits, rule.get("review", {}).get("route"))


def of_boundaries(doc: Json, ask: Question) -> Iterator[Said]:
    for name, boundary in doc.get("boundaries", {}).items():
        if glob(name, ask.tool) or glob(name, topic_of(doc, ask)):
            most = boundary["max_autonomous"]
            limit = nearest(cast("Json", most), ask.level) if isinstance(most, dict) else most
            value = fact(doc, boundary["fact"], ask)
            limits = cast("Json", most).values() if isinstance(most, dict) else [most]
            if number(value) and value < 0 and not any(number(one) and one < 0 for one in limits):
                value = None  # no amount, where no limit speaks of such
            side = side_of(limit, boundary.get("order"), value)
            beyond = boundary.get("above", "require_approval")
            kind: Kind = "allow" if side == "within" else beyond
            yield Said(f"boundaries.{name}.{side}", kind, True, {})


def side_of(limit: Any, order: list[str] | None, value: Any) -> str:
    if limit is None:
        return "beyond"
    if not (value in order if order else number(value)):
        return "unmeasured"
    within = order.index(value) <= order.index(limit) if order else value <= limit
    return "within" if within else "beyond"


def risks_of(doc: Json, ask: Question) -> list[str]:
    """Every risk that a call may have: one, when all entries can be evaluated."""
    entries = doc.get("risk", [])
    truths = [(one["level"], about(doc, one.get("match", {}), ask)) for one in entries]
    unsure = {level for level, truth in truths if truth is None}
    if held := [level for level, truth in truths if truth]:
        least = max(held, key=RISKS.index)
        return [least, *(one for one in unsure if RISKS.index(one) > RISKS.index(least))]
    tool = tool_of(doc, ask)
    if not tool or {"delete", "secrets", "financial"} & set(tool["risk_tags"]):
        return ["high", *(unsure - {"high"})]
    default = "medium" if "write" in tool["risk_tags"] else "low"
    return [default, *(unsure - {default})]


WORDS: Final[Mapping[str, Kind]] = {"auto-approve": "allow", "deny": "deny"}
"""Cells that name no group."""


def of_matrix(doc: Json, ask: Question) -> Iterator[Said]:
    """The cell of each row that is about the call; those of every environment if it is unknown."""
    matrix = doc.get("decision_matrix", {})
    rows = [name for name in matrix if name != "unlisted"]
    listed = [name for name in rows if glob(name, ask.tool) or glob(name, topic_of(doc, ask))]
    for name, risk in product(listed, risks_of(doc, ask)):
        yield from of_cells(doc, ask, f"decision_matrix.{name}.{risk}", matrix[name].get(risk, {}))
    if matrix.get("unlisted") == "deny" and not listed:
        yield Said("decision_matrix.unlisted", "deny", True, {})


def of_cells(doc: Json, ask: Question, id_: str, found: Any) -> Iterator[Said]:
    """The cells of one row at one risk."""
    cells = cast("dict[str, str]", found if isinstance(found, dict) else {"default": found})
    named = [place for place in cells if place != "default"]
    truths = {place: named_so(doc, "environments", [place], ask) for place in named}
    truths["default"] = both(*(opposite(truth) for truth in truths.values()))
    for place in [place for place, truth in truths.items() if truth is not False]:
        cell = cells.get(place, "deny")
        kind: Kind = WORDS.get(cell, "require_approval")
        said = f"{id_}.{place}" if place in named else id_
        yield Said(said, kind, bool(truths[place]), {}, None if cell in WORDS else cell)


def of_guardrails(doc: Json, ask: Question) -> Iterator[Said]:
    for rail in doc.get("guardrails", ()):
        stage = "decide" if ask.groups is None else "guard"
        matched = about(doc, rail.get("match", {}), ask)
        for kind, broken in demands(doc, rail, ask):
            truth = both(matched, broken)
            if rail.get("stage", "both") in (stage, "both") and truth is not False:
                id_ = rail["id"] + (".ask" if kind != "deny" else "")
                yield Said(id_, kind, bool(truth), {}, bar=True)


def demands(doc: Json, rail: Json, ask: Question) -> Iterator[tuple[Kind, bool | None]]:
    """Whether each demand of a guardrail is broken; one that demands nothing blocks."""
    if "require" in rail:
        yield "deny", opposite(condition(doc, "when", rail["require"], ask))
    if "budget" in rail:
        name, spent = rail["budget"]["fact"], ask.usage.get(rail["id"])
        amount = fact(doc, name, ask)
        if no_such_fact(doc, name, ask):
            yield "deny", False
        elif not number(amount) or amount < 0 or spent is None:
            yield "deny", None
        else:
            yield "deny", spent / 1e6 + amount > rail["budget"]["max"]
    if "rate" in rail:
        spent = ask.usage.get(rail["id"])
        yield "deny", None if spent is None else spent / 1e6 + 1 > rail["rate"]["max"]
    kinds_said: dict[str, Kind] = {"deny": "deny", "ask": "require_approval"}
    for said, kind in kinds_said.items():
        kinds = {name for name, does in rail.get("inspect_args", {}).items() if does == said}
        if kinds:
            yield kind, None if ask.found is None else bool(kinds & ask.found)
    if not {"require", "budget", "rate", "inspect_args"} & rail.keys():
        yield "deny", True


# What they come to.


def reference(doc: Json, ask: Question) -> Verdict:
    """Return the decision, who settled it, what was unknown, and what limits the call."""
    if "critical" in risks_of(doc, ask):
        ask = replace(ask, level=min(ask.level, 1))
    said = [each for rules in rule_sets(doc, ask.level) for each in of_rules(doc, rules, ask)]
    said += [*of_boundaries(doc, ask), *of_matrix(doc, ask), *of_guardrails(doc, ask)]
    counted = [each for each in said if each.known or each.kind not in PERMISSIVE]
    kinds: list[Kind] = [each.kind for each in counted]
    silent = not any(each.known and not each.bar for each in said)
    kinds += [doc.get("default", "require_approval")] if silent else []
    kind = max(kinds, key=STRICTNESS.__getitem__)
    settling = [each for each in counted if each.kind == kind]
    unknown = tuple(sorted(each.id for each in said if not each.known))
    limiting = [each for each in said if each.limits]
    limits = tightest([each.limits for each in limiting])
    if kind != "deny" and (limits is None or broken(doc, limits, ask)):
        return Verdict("deny", ids(limiting), unknown, limits or {}, None)
    groups: list[set[str]] = [set(doc["groups"][each.group]) for each in settling if each.group]
    asks = kind == "require_approval" and groups
    common = [name for name in groups[0] if all(name in each for each in groups)] if asks else []
    eligible = tuple(sorted(common)) if asks else None
    return Verdict(kind, ids(settling), unknown, limits or {}, eligible)


def ids(said: list[Said]) -> tuple[str, ...]:
    return tuple(sorted(each.id for each in said))


def tightest(limits: list[Json]) -> Json | None:
    """Return what holds when all do; None when they cannot."""
    out: Json = {}
    for key, value in [pair for each in limits for pair in each.items()]:
        match key:
            case "network_allowlist":
                out[key] = sorted(set(value) & set(out.get(key, value)))
            case "args":
                known = out.get(key, {})
                if any(known.get(path, forced) != forced for path, forced in value.items()):
                    return None
                out[key] = {**known, **value}
            case "args_drop":
                out[key] = sorted({*out.get(key, ()), *value})
            case _:
                out[key] = min(value, out.get(key, value))
    forced, dropped = out.get("args", {}), out.get("args_drop", ())
    twice = any(overlap(a, b) for a in forced for b in forced if a != b)
    impossible = twice or any(overlap(a, b) for a in forced for b in dropped)
    return None if impossible or out.get("network_allowlist") == [] else out


def overlap(a: str, b: str) -> bool:
    return a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")


def broken(doc: Json, limits: Json, ask: Question) -> bool:
    """Whether a limit on a fact is passed, or cannot be checked."""
    facts = [key for key in limits if key.startswith("max_") and key not in OF_RUNS]
    values = [(fact(doc, key.removeprefix("max_"), ask), limits[key]) for key in facts]
    return any(not number(value) or value > most for value, most in values)


OF_RUNS: Final = ("max_runtime_sec", "max_rows", "max_result_bytes")
"""Limits of a run, not of a fact."""
