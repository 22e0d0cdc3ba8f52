"""Limit: what a call must keep to when it runs, and the tightest of two such limits.

Constraints of all matching rules of all sets apply together, whichever decision wins, also after
an approval. Two that cannot both hold are a denial, never a choice.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeVar

from interlock.canon import encode
from interlock.policy.facts import is_number
from interlock.policy.suggestion import shown

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
_Limit = TypeVar("_Limit", int, float)


class Constraints(NamedTuple):
    """Limits of one call; None and empty mean no limit."""

    max_runtime_sec: float | None = None
    """Seconds the tool may run; an overrun failed, or is in doubt where it may have had effect."""
    network_allowlist: tuple[str, ...] | None = None
    """Host names the tool may connect to; for tools with `isolation: subprocess`."""
    enforcement: Literal["strict", "best_effort"] = "strict"
    """Whether an in-process guard is good enough for `network_allowlist`."""
    max_rows: int | None = None
    """Entries the longest list of the result may have."""
    max_result_bytes: int | None = None
    """Bytes of the result's JSON."""
    args: Mapping[str, Any] = _NONE
    """Argument path to the value that it is forced to."""
    args_drop: tuple[str, ...] = ()
    """Argument paths that are left out."""
    max_facts: Mapping[str, float] = _NONE
    """Fact name to its largest value; `max_<fact>` in the file. A fact nobody has is a breach."""


UNLIMITED: Final = Constraints()


class RunTerms(NamedTuple):
    """How a tool is run, as its catalogue entry says."""

    isolation: Literal["none", "subprocess"] = "none"
    """In the host's process, or in a worker process under control."""
    idempotency_argument: str | None = None
    """Argument that is filled with the call's digest when it runs."""
    compensate: str | None = None
    """Tool that undoes this one."""


PLAIN_RUN: Final = RunTerms()


def together(limits: Iterable[Constraints]) -> Constraints:
    """Return the tightest of several, lists in order; commutative, associative and idempotent.

    Of two values forced on one argument, which is a denial, it shows the one whose JSON is less.
    """
    return reduce(_both, limits, UNLIMITED)


def impossible(limits: Iterable[Constraints]) -> str | None:
    """Say why these cannot all hold: arguments forced to two values, or forced and left out.

    An argument inside another is both.
    """
    forced: dict[str, list[Any]] = {}
    dropped: set[str] = set()
    for each in limits:
        dropped.update(each.args_drop)
        for path, value in each.args.items():
            forced.setdefault(path, []).append(value)
    for path, values in sorted(forced.items()):
        if len(values) > 1 and len(different := {encode(value): value for value in values}) > 1:
            both = sorted(shown(different[written]) for written in sorted(different)[:2])
            return f"constraints force `{path}` to {both[0]} and to {both[1]}"
    for path in sorted(forced):
        if twice := [each for each in forced if _inside(each, path)]:
            return f"constraints force `{path}` and `{min(twice)}`, which is inside it"
        if any(path == drop or _inside(path, drop) or _inside(drop, path) for drop in dropped):
            return f"constraints force and drop `{path}`"
    return None


def _inside(path: str, other: str) -> bool:
    return path.startswith(f"{other}.")


def breach(limits: Constraints, facts: Mapping[str, Any]) -> str | None:
    """Say which limit on a fact, or on the network, the call breaks before it runs."""
    if why_not := unreachable(limits):
        return why_not
    for name, most in sorted(limits.max_facts.items()):
        value = facts.get(name)
        if not is_number(value):
            return f"`max_{name}` cannot be checked: the call has no number `{name}`"
        if value > most:
            return f"`{name}` is {shown(value)}; at most {most:g} is allowed"
    return None


def unreachable(limits: Constraints) -> str | None:
    """Say that the hosts which every limit lets through are none."""
    return "`network_allowlist` leaves no host" if limits.network_allowlist == () else None


def forced(args: Mapping[str, Any], limits: Constraints) -> dict[str, Any]:
    """Return the arguments with what is forced set and what is dropped left out.

    A path is a dotted way through objects; to force one that is missing, it is made. Raises
    `ValueError` where the way leads through something that is no object; null holds nothing that
    could be dropped.
    """
    changed: dict[str, Any] = dict(args)
    for path in limits.args_drop:
        changed = _without(changed, path.split("."), path)
    for path, value in limits.args.items():
        changed = _with(changed, path.split("."), value, path)
    return changed


def _without(members: dict[str, Any], steps: list[str], path: str) -> dict[str, Any]:
    first, *rest = steps
    if first not in members:
        return members
    if not rest:
        return {name: value for name, value in members.items() if name != first}
    inner = members[first]
    if inner is None:
        return members
    if not isinstance(inner, dict):
        raise ValueError(f"constraints drop `{path}`, and `{first}` is no object")
    return {**members, first: _without(inner, rest, path)}  # pyright: ignore[reportUnknownArgumentType] - JSON


def _with(members: dict[str, Any], steps: list[str], value: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    first, *rest = steps
    if not rest:
        return {**members, first: value}
    inner = members.get(first, {})
    if not isinstance(inner, dict):
        raise ValueError(f"constraints force `{path}`, and `{first}` is no object")
    return {**members, first: _with(inner, rest, value, path)}  # pyright: ignore[reportUnknownArgumentType] - JSON


def _both(a: Constraints, b: Constraints) -> Constraints:
    if b is UNLIMITED:
        return a
    return Constraints(
        max_runtime_sec=_least(a.max_runtime_sec, b.max_runtime_sec),
        network_allowlist=_common(a.network_allowlist, b.network_allowlist),
        enforcement=_stricter(a, b),
        max_rows=_least(a.max_rows, b.max_rows),
        max_result_bytes=_least(a.max_result_bytes, b.max_result_bytes),
        args=_joined(a.args, b.args, _first_written),
        args_drop=tuple(sorted({*a.args_drop, *b.args_drop})),
        max_facts=_joined(a.max_facts, b.max_facts, min),
    )


def _least(a: _Limit | None, b: _Limit | None) -> _Limit | None:
    return b if a is None else a if b is None else min(a, b)


def _joined(
    a: Mapping[str, Any], b: Mapping[str, Any], one_of: Callable[[Any, Any], Any]
) -> Mapping[str, Any]:
    """Join two mappings, names in order; `one_of` picks where both have one."""
    shared = {name: one_of(a[name], b[name]) for name in a.keys() & b.keys()}
    joined = {**a, **b, **shared}
    return MappingProxyType({name: joined[name] for name in sorted(joined)})


def _first_written(a: object, b: object) -> object:
    return min(a, b, key=encode)  # in Python, `True` equals `1`


def _common(a: tuple[str, ...] | None, b: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if a is None or b is None:
        some = b if a is None else a
        return None if some is None else tuple(sorted(some))
    return tuple(sorted({*a} & {*b}))


def _stricter(a: Constraints, b: Constraints) -> Literal["strict", "best_effort"]:
    named = [each.enforcement for each in (a, b) if each.network_allowlist is not None]
    return "best_effort" if named and set(named) == {"best_effort"} else "strict"


def constraints_json(limits: Constraints) -> dict[str, Any]:
    """Write the limits that there are as JSON."""
    default = UNLIMITED._asdict()
    parts = {name: value for name, value in limits._asdict().items() if value != default[name]}
    return {
        name: list(value)  # pyright: ignore[reportUnknownArgumentType] - names of hosts or paths
        if isinstance(value, tuple)
        else dict(value)  # pyright: ignore[reportUnknownArgumentType] - JSON
        if isinstance(value, Mapping)
        else value
        for name, value in parts.items()
    }


def read_constraints(parts: Mapping[str, Any]) -> Constraints:
    """Read what `constraints_json` wrote."""
    return UNLIMITED._replace(
        **{
            name: tuple(value)  # pyright: ignore[reportUnknownArgumentType] - as above
            if isinstance(value, list)
            else MappingProxyType(value)  # pyright: ignore[reportUnknownArgumentType] - as above
            if isinstance(value, dict)
            else value
            for name, value in parts.items()
        }
    )
