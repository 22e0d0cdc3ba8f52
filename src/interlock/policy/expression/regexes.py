"""Search: regular expressions in texts that nobody vouches for, in linear time.

RE2's language: no lookahead, no backreferences. A pattern whose program is over
`MAX_INSTRUCTIONS`, or repeats beyond what RE2 builds in `_MAX_MEMORY` bytes, is refused; a text in
which the search could take over about 20 ms is not searched.
"""

from typing import Any, Final, cast

MAX_INSTRUCTIONS: Final = 2_000
"""Size of the largest program that a pattern may become."""
MAX_WORK: Final = 1_000_000
"""Instructions times bytes of text in one search: 50,000 bytes for a pattern of 20 instructions."""
STEPS_OF_A_SEARCH: Final = 60
"""Work of a search besides that of its text, in steps of about 50 ns."""
_MAX_MEMORY: Final = 2 * 1024 * 1024
_LONGEST_PATTERN: Final = 4_096


class BadRegex(ValueError):
    """A pattern that is no regular expression here, with words for its author."""


class Regex:
    """One pattern, compiled."""

    __slots__ = ("_search", "instructions", "pattern")

    def __init__(self, pattern: str) -> None:
        """Compile. Raises `BadRegex`."""
        self.pattern = pattern
        program = _compiled(pattern)
        self._search = program.search
        self.instructions: int = program.programsize
        """Size of its program."""
        if self.instructions > MAX_INSTRUCTIONS:
            raise BadRegex(
                f"it becomes {self.instructions} instructions, over {MAX_INSTRUCTIONS}; shorten it"
            )

    def search(self, text: object) -> bool | None:
        """Say whether the pattern is found anywhere; None for no text, and for too long a one."""
        if not isinstance(text, str) or len(text) * self.instructions > MAX_WORK:
            return None
        try:
            data = text.encode()
        except UnicodeEncodeError:
            return None
        if len(data) * self.instructions > MAX_WORK:
            return None
        return self._search(data) is not None


def _compiled(pattern: str) -> Any:  # noqa: ANN401 - RE2 declares no types
    if len(pattern) > _LONGEST_PATTERN:
        raise BadRegex(f"it has {len(pattern)} characters, over {_LONGEST_PATTERN}; shorten it")
    import re2  # only when a policy has a pattern

    door = cast("Any", re2)
    options = door.Options()
    options.max_mem, options.log_errors, options.never_capture = _MAX_MEMORY, False, True
    try:
        return door.compile(pattern.encode(), options)
    except UnicodeEncodeError:
        raise BadRegex("it holds a lone surrogate") from None
    except door.error as error:
        said = error.args[0]
        raise BadRegex(_said(said.decode() if isinstance(said, bytes) else str(said))) from None


def _said(problem: str) -> str:
    if "(?=" in problem or "(?!" in problem or "(?<" in problem:
        return f"RE2 knows no lookahead and no lookbehind ({problem}); say it with `unless`"
    if problem.startswith("invalid escape sequence: \\") and problem[-1:].isdigit():
        return f"RE2 knows no backreferences ({problem}); write the text out"
    if problem.startswith(("invalid repetition size", "pattern too large", "bad repetition")):
        return f"RE2 does not repeat as often ({problem}); at most 1,000 times in all"
    return problem
