"""Resolve: what an unquoted YAML scalar is, by YAML 1.2 core rules and no others.

What YAML 1.1 reads differently (`no`, `012`, `1:30`, `1_000`, dates) is refused, for authors and
their editors disagree about it. Source: YAML 1.2.2 section 10.3.2; YAML 1.1 type repository.
"""

import re
from typing import Final

_CONSTANTS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WORDS: Final = frozenset({"yes", "no", "on", "off", "="})
_NUMBERLIKE: Final = frozenset("0123456789+-.")
_WHOLE: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL: Final = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_BASED: Final = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_SURPRISING: Final = re.compile(
    r"[-+]?0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?\Z"  # octal in 1.1, decimal in 1.2
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\Z"  # base 60
    r"|[-+]?0b[01_]+\Z|[-+]?0x[0-9a-fA-F_]+\Z|[-+]0o[0-7]+\Z"
    r"|[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?\Z"
    r"|[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?\Z"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?\Z"
    r"|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
)
_MAX_DIGITS: Final = 4_000
"""CPython refuses to read integers of more than 4,300 digits."""


class Surprise(ValueError):
    """A scalar that YAML versions read differently, or that is no number of a policy."""


def resolve(text: str) -> str | float | bool | None:
    """Read one unquoted scalar: null, boolean, integer, float or text.

    Raises `Surprise` with words for the author.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text.lower() in _WORDS:
        raise Surprise(f"unquoted `{text}` is not the same in all YAML versions; quote it")
    if text[0] not in _NUMBERLIKE:
        return text
    return _number(text)


def _number(text: str) -> str | float | bool | None:
    if len(text) > _MAX_DIGITS:
        return text
    if _WHOLE.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text, 0)
    if _DECIMAL.match(text):
        return _finite(text)
    if _SURPRISING.match(text):
        raise Surprise(f"unquoted `{text}` is not the same in all YAML versions; quote it")
    return text


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise Surprise(f"`{text}` is too large for a number; write a smaller one")
    return number
