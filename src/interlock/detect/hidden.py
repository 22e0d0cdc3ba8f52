"""Find: characters that a person does not see and a model does.

Zero-width characters, bidirectional controls, tag characters, invisible letters, runs of variation
selectors, and terminal escapes that move or conceal. What scripts need is left alone: joiners in
emoji and between letters of scripts that join, direction marks in right-to-left text, a lone soft
hyphen, a byte order mark at the start, colour codes.
"""

import re
from typing import Final

from interlock.path.inspection import Hit, Located, Span

_MAYBE: Final = re.compile(
    "[\x08\x1b\x9b\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]+"
)
"""Anything worth a second look. Source: Unicode DerivedCoreProperties, Default_Ignorable."""

_FLAG: Final = re.compile(
    "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
"""The three tag sequences in use. Source: UTS 51, emoji-sequences, RGI_Emoji_Tag_Sequence."""

_RENDITION: Final = r"(?:0?[0-4]?|2[1-4]|3[1-79]|9[1-7]|38;5;(?!(?:0|16|23[2-5])[;m])\d{1,3})"
_COLOUR: Final = re.compile(rf"(?:\x1b\[|\x9b){_RENDITION}(?:;{_RENDITION})*m")
"""Select Graphic Rendition without concealment, black or backgrounds. Source: ECMA-48, 8.3.117."""

_RTL: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_JOINING: Final = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
)
"""Scripts in which joiners are spelling. Source: Unicode core specification, 23.2."""

_PICTURE: Final = re.compile("[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff\ufe0f\U000e007f]")
_JAMO: Final = re.compile("[\u1100-\u11ff]")
_MARKS: Final = frozenset("\u200e\u200f\u061c")
_ISOLATES: Final = frozenset("\u202a\u202b\u202c\u2066\u2067\u2068\u2069")
_JOINERS: Final = frozenset("\u200b\u200c\u200d")
_MARKS_TOLERATED: Final = 2
"""Direction marks in a text without right-to-left letters; more carry a message."""


class HiddenText:
    """Characters that hide text from people."""

    kinds = frozenset({"HIDDEN_TEXT"})

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return one hit for each run of hidden characters."""
        if not wanted & self.kinds:
            return []
        return [
            Hit(index, "HIDDEN_TEXT", span, 1.0, "hidden")
            for index, located in enumerate(texts)
            if not (located.text.isascii() and located.text.isprintable())
            for span in _hidden(located.text)
        ]


def _hidden(text: str) -> list[Span]:
    runs = [Span(*match.span()) for match in _MAYBE.finditer(text)]
    if not runs:
        return []
    harmless = [Span(*match.span()) for shape in (_FLAG, _COLOUR) for match in shape.finditer(text)]
    rtl = bool(_RTL.search(text))
    marks = sum(char in _MARKS for char in text)
    return [
        run
        for run in runs
        if not any(ok.start <= run.start < ok.end for ok in harmless)
        and not _needed(text, run, rtl or marks <= _MARKS_TOLERATED, rtl)
    ]


def _needed(text: str, run: Span, marks: bool, rtl: bool) -> bool:
    """Whether a run of such characters is what its script or picture needs."""
    before = text[run.start - 1 : run.start]
    after = text[run.end : run.end + 1]
    chars = set(text[slice(*run)])
    if chars <= _MARKS:
        return marks
    if chars <= _ISOLATES | _MARKS:
        return rtl
    if run.end - run.start > 2:
        return chars == {"\u2800"}  # blank cells of braille pictures
    return _joins(chars, before, after) or _single(text[slice(*run)], before, after, run.start)


def _joins(chars: set[str], before: str, after: str) -> bool:
    if chars <= {"\u200d", "\ufe0f"}:
        picture = bool(_PICTURE.match(before) or before in "#*0123456789")
        if picture and (chars == {"\ufe0f"} or _PICTURE.match(after) is not None):
            return True
    return chars <= _JOINERS and bool(_JOINING.match(before))


def _single(run: str, before: str, after: str, start: int) -> bool:
    if len(run) != 1:
        return False
    if run == "\ufeff":
        return start == 0
    if run == "\u00ad":
        return before.isalpha() or after.isalpha()
    if run in "\u115f\u1160":
        return bool(_JAMO.match(before) or _JAMO.match(after))
    if "\ufe00" <= run <= "\ufe0f" or "\U000e0100" <= run <= "\U000e01ef":
        return before != "" and not before.isspace()
    return run in "\u2800\u180b\u180c\u180d\u180f"
