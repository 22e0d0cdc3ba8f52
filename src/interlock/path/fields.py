"""Name: which members of a result a policy's paths mean.

A path is written as in findings: `rows[0].note`, `["a.b"]`. Names count in any case and width, with
`-`, `_`, a space or a capital between their words.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from interlock.folding import name_form

_END: Final = "\x1f"
_ITEM: Final = f"\x1e{_END}"
"""A position in a list, among the names of a path."""

_STEP: Final = re.compile(r'\["((?:[^"\\]|\\.)+)"\]|\[(?:\d*|\*)\]|\.?([^.\[\]]+)')
_ROOT: Final = re.compile(r"^(?:response|artifact)(?=[.\[])\.?")
_WILD: Final = re.compile(r"([*?])")


class Fields(NamedTuple):
    """Which members some paths mean: by their names as written, or by the form of their names."""

    exact: re.Pattern[str]
    alike: re.Pattern[str]

    def under(self, keys: Iterable[str | int]) -> tuple[str, str]:
        """Return what `hold` needs of the container at a path."""
        steps = [_ITEM if isinstance(key, int) else key + _END for key in keys]
        forms = [step if step == _ITEM else name_form(step[:-1]) + _END for step in steps]
        return "".join(steps), "".join(forms)

    def hold(self, under: tuple[str, str], name: str) -> bool:
        """Whether a member of that container is meant."""
        exact = self.exact.fullmatch(under[0] + name + _END)
        return bool(exact or self.alike.fullmatch(under[1] + name_form(name) + _END))


@lru_cache(maxsize=64)
def fields(paths: tuple[str, ...]) -> Fields | None:
    """Compile paths in the notation of findings: `rows[0].note`, `["a.b"]`; None without any.

    `*` is one name, a part of one, or one position; `**` any number of them, also none. A position
    stands for all of its list. A path may begin at the root, as those of findings do.
    """
    every = dict.fromkeys(path for one in paths for path in (one, _ROOT.sub("", one)))
    if not every:
        return None
    compiled = (
        re.compile("|".join(f"(?:{_compiled(path, form)})" for path in every), re.DOTALL)
        for form in (str, name_form)
    )
    return Fields(*compiled)


def _compiled(path: str, form: Callable[[str], str]) -> str:
    steps: list[str] = []
    for step in _STEP.finditer(path):
        quoted, name = step.groups()
        if name == "**":
            steps.append(f"(?:[^{_END}]*{_END})*")
        elif quoted:
            literal = json.loads('"' + quoted + '"')
            steps.append(f"(?:{_ITEM})*{re.escape(form(literal))}{_END}")
        elif name:
            steps.append(f"(?:{_ITEM})*{_globbed(name, form)}{_END}")
    return "".join(steps)


def _globbed(name: str, form: Callable[[str], str]) -> str:
    """Compile one name; where a capital follows a `*`, a word begins."""
    parts = _WILD.split(name)
    out: list[str] = []
    for at, part in enumerate(parts):
        word = form is name_form and re.match("[A-Z][^A-Z]", parts[min(at + 1, len(parts) - 1)])
        match part:
            case "*":
                out.append(f"(?:[^{_END}]*_)?" if word else f"[^{_END}]*")
            case "?":
                out.append(f"[^{_END}]")
            case _:
                out.append(re.escape(form(part)))
    return "".join(out)
