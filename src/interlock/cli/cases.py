"""Test: a policy against the cases that its author wrote down.

A pack's `cases.yaml` holds `cases:`, each with a `name`, a `call`, what is known about it
(`signals`, `level`, `context`, `environment`) and what must come out: `decision`, and the
determining `rules`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from interlock.errors import InterlockError, PolicyError

if TYPE_CHECKING:
    from interlock.app.policy import Policy

_KEYS: Final = frozenset(
    {"name", "call", "signals", "level", "context", "environment", "decision", "rules"}
)


def read_cases(path: Path) -> list[dict[str, Any]]:
    """Read the cases beside a policy. Raises `PolicyError` for what is no case."""
    from interlock.policy.source import parse_tree, plain

    file = (path if path.is_dir() else path.parent) / "cases.yaml"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{file}: cannot be read; write the pack's cases there") from error
    tree = parse_tree(text, str(file)).value
    found: Any = plain(tree["cases"].node) if isinstance(tree, dict) and "cases" in tree else None
    if not isinstance(found, list | tuple) or not found:
        raise PolicyError(f"{file}: no cases; expected `cases:` with a list")
    return [_case(each, f"{file}: cases[{at}]") for at, each in enumerate(cast("list[Any]", found))]


def failures(policy: "Policy", cases: list[dict[str, Any]]) -> list[str]:
    """Name each case that comes out otherwise, and each rule that decides none."""
    decided: set[str] = set()
    lines: list[str] = []
    for case in cases:
        try:
            answer = policy.decide(
                case["call"],
                signals=case.get("signals", {}),
                level=case.get("level"),
                context=case.get("context", {}),
                environment=case.get("environment"),
            )
        except InterlockError as error:
            lines.append(f"{case['name']}: cannot be decided: {error}")
            continue
        decided.update(answer.rules)
        lines += _differences(case, answer.kind, answer.rules)
    idle = sorted(policy.compiled.rule_ids - decided)
    return lines + [f"rule `{rule}` decides no case; add one, or drop the rule" for rule in idle]


def _differences(case: dict[str, Any], kind: str, rules: tuple[str, ...]) -> list[str]:
    lines: list[str] = []
    if case["decision"] != kind:
        lines.append(f"{case['name']}: {kind} by {_named(rules)}, expected {case['decision']}")
    if "rules" in case and sorted(case["rules"]) != sorted(rules):
        lines.append(
            f"{case['name']}: settled by {_named(rules)}, expected {_named(case['rules'])}"
        )
    return lines


def _named(rules: "tuple[str, ...] | list[str]") -> str:
    return ", ".join(f"`{rule}`" for rule in sorted(rules)) or "no rule"


def _case(value: Any, place: str) -> dict[str, Any]:  # noqa: ANN401 - YAML
    if not isinstance(value, Mapping):
        raise PolicyError(f"{place}: expected an object with `name`, `call` and `decision`")
    case = dict(cast("Mapping[str, Any]", value))
    if missing := [name for name in ("name", "call", "decision") if name not in case]:
        raise PolicyError(f"{place}: `{missing[0]}` is missing")
    if strange := sorted(case.keys() - _KEYS):
        raise PolicyError(f"{place}: unknown key `{strange[0]}`; known: {', '.join(sorted(_KEYS))}")
    if not isinstance(case["call"], Mapping) or "name" not in case["call"]:
        raise PolicyError(f"{place}: `call` needs a `name`")
    return case
