"""Compare: two sets of arguments, word by word.

Pure. What is gone stands in `⟦- ⟧`, what is new in `⟦+ ⟧`: brackets that no shown text can hold,
because `desk.display` writes theirs as badges.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from interlock.app.cases import Case
from interlock.desk.display import render_args
from interlock.terminal.page import PagePart

WORDS_MAX: Final = 2000
"""Words of a text beyond which only where it begins and ends to differ is told; time is squared."""

_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List each value that differs, as its path and both texts in one; nothing where all agree."""
    old, new = (dict(render_args(args)) for args in (before, after))
    found = ((path, old.get(path), new.get(path)) for path in sorted(old.keys() | new.keys()))
    return [(path or "arguments", words(was, now)) for path, was, now in found if was != now]


def compared(told: Sequence[PagePart], case: Case, last: Case | None) -> list[PagePart]:
    """Put behind what is asked how it differs from before an edit, and from the last like it."""
    parts = list[PagePart]()
    if last is not None:
        ended = last.state.replace("_", " ")
        title = f"what differs from {last.call_id}, the agent's last of this tool ({ended})"
        parts.append(PagePart(title, differences(last.args, case.args) or [("", "nothing")]))
    if case.before is not None:
        parts.append(PagePart("what the edit changes", differences(case.before, case.args)))
    return [*told[:2], *parts, *told[2:]]


def words(before: str | None, after: str | None) -> str:
    """Write one text with what went and what came; None is a value that is not there."""
    if before is None or after is None:
        return _gone(before or "") + _come(after or "")
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > WORDS_MAX:
        return "".join(_coarse(old, new))
    return "".join(_fine(old, new))


def _fine(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, begin, end, start, stop in matcher.get_opcodes():
        if tag == "equal":
            yield "".join(old[begin:end])
        else:
            yield _gone("".join(old[begin:end])) + _come("".join(new[start:stop]))


def _coarse(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Tell only the common beginning and end from the rest."""
    head, most = 0, min(len(old), len(new))
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    yield "".join(old[:head])
    yield _gone("".join(old[head : len(old) - tail])) + _come("".join(new[head : len(new) - tail]))
    yield "".join(old[len(old) - tail :])


def _gone(text: str) -> str:
    return f"⟦-{text}⟧" if text else ""


def _come(text: str) -> str:
    return f"⟦+{text}⟧" if text else ""
