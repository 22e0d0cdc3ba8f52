"""Disclose: what a probe was, in the words of whoever just answered it. Pure."""

from collections.abc import Mapping
from typing import Any, Final

_CAME_TO: Final[Mapping[str, str]] = {
    "caught": "you caught it",
    "missed": "you let it pass",
    "agreed": "you agree with the first answer",
    "disagreed": "you do not agree with the first answer",
    "uncounted": "your answer counts in no figure",
    "unanswered": "nobody answered it",
}


def disclosure(probe: Mapping[str, Any]) -> list[str]:
    """Say what was asked, what of it was not real, what the answer made of it, and that none ran.

    `probe` is that of a `Case`.
    """
    came_to = f"{_CAME_TO[probe['came_to']]}; nothing ran"
    if probe["kind"] != "canary":
        return [f"this was a second look at {probe['of']}, {probe['how']} before; {came_to}"]
    changed = (f"  {_differing(each)}" for each in probe["changed"])
    return [f"this was a canary, changed from {probe['of']}; {came_to}", *changed]


def _differing(one: Mapping[str, str]) -> str:
    before, after = one["before"] or "nothing", one["after"] or "nothing"
    return f"{one['path'] or 'arguments'}: {before} -> {after}"
