"""Name: the conditions of a rule as its author wrote them.

A field's text is also its description in the JSON Schema.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from unicodedata import category, normalize

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})

GraveEffect: TypeAlias = Literal["delete", "financial", "secrets", "access"]
"""What a user is expected to have spoken of before an agent does it."""


class Match(NamedTuple):
    """When a rule speaks; keys are ANDed, the entries of a list are ORed.

    Fact comparisons `F_above`, `F_below`, `F_at_least`, `F_at_most`, `F_is`, `F_in` take the name
    of any fact for `F`.
    """

    topics: tuple[str, ...] | None = None
    """Globs over topics."""
    tools: tuple[str, ...] | None = None
    """Globs over tool names."""
    agents: tuple[str, ...] | None = None
    """Globs over agent ids."""
    environments: tuple[str, ...] | None = None
    """Globs over environments."""
    principals: tuple[str, ...] | None = None
    """Globs over the person or account on whose behalf the agent acts."""
    risk_tags: tuple[str, ...] | None = None
    """Tags of which the tool has at least one."""
    risk_tags_all: tuple[str, ...] | None = None
    """Tags that the tool has all of."""
    levels: tuple[int, ...] | None = None
    """Autonomy levels, 0 to 3."""
    confidence_below: float | None = None
    """Confidence, 0..1, under which the rule speaks."""
    anomaly_score_above: float | None = None
    """Anomaly score over which the rule speaks."""
    risk_score_above: float | None = None
    """Risk score over which the rule speaks."""
    retry_count_above: int | None = None
    """Number of retries, the first attempt left out, over which the rule speaks."""
    first_time_action: bool | None = None
    """Whether this agent has never executed this tool before."""
    error_streak_above: int | None = None
    """Number of calls that failed one after the other right before, over which the rule speaks."""
    unprompted_identifier: bool | None = None
    """Whether a value that says whom, what or where is one that neither the user, the policy nor
    an approved call gave, and that was not looked up either."""
    tainted_by: tuple[str, ...] | None = None
    """Globs over tools from whose untrusted results alone a value came."""
    after_untrusted_read: bool | None = None
    """Whether the agent was given any result of a tool that is not `trusted` before."""
    unasked_effects: bool | tuple[str, ...] | None = None
    """Whether the tool deletes, pays, has secrets or gives access where the user spoke of no such
    thing; or of which of these, by tag: `delete`, `financial`, `secrets`, `access`."""
    when: str | None = None
    """CEL expression over `tool topic args facts agent principal context environment signals
    level`; not a boolean, or an error, counts as a value that cannot be had."""
    args_match: Mapping[str, str] | None = None
    """Argument path to a regular expression (RE2) that is searched in it."""
    comparisons: Mapping[str, Any] = _NONE
    """Fact comparisons by their key; in the file they stand beside the other keys."""
    unless: "Match | None" = None
    """Conditions that exempt a call; a value they need and cannot get exempts nothing."""


def folded(environment: str) -> str:
    """Return an environment's name as all are compared.

    In small letters of the usual width, without spaces around it and characters that nobody sees.
    """
    if environment.isascii() and environment.isprintable():
        return environment.strip().casefold()
    usual = normalize("NFKC", normalize("NFKC", environment).casefold())
    seen = "".join(each for each in usual if not _unseen(each)).strip()
    return seen if seen == environment else folded(seen)  # what was apart may now be one letter


def _unseen(character: str) -> bool:
    return category(character) in _UNSEEN or character in _FILLERS


_UNSEEN: Final = frozenset({"Cc", "Cf", "Me", "Mn"})
_FILLERS: Final = "\u115f\u1160"
"""Letters without a shape. Source: Unicode, DerivedCoreProperties, Default_Ignorable_Code_Point."""


PROVENANCE: Final = frozenset(
    {"after_untrusted_read", "tainted_by", "unasked_effects", "unprompted_identifier"}
)
"""Signals that say where the values of a call came from."""

SIGNAL_NAMES: Final = frozenset(
    {
        "anomaly_score",
        "confidence",
        "error_streak",
        "first_time_action",
        "retry_count",
        "retry_rounds",
        "risk_score",
        *PROVENANCE,
    }
)
"""Names that no fact may take."""

SIGNAL_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "anomaly_score": (0.0, float("inf")),
    "confidence": (0.0, 1.0),
    "error_streak": (0.0, float("inf")),
    "retry_count": (0.0, float("inf")),
    "risk_score": (0.0, float("inf")),
}
"""Signals outside their range are no values at all: a confidence of 95 is not a high one,
nor is an anomaly score of -1, which often means unknown, a low one."""

Comparison: TypeAlias = Literal["above", "below", "at_least", "at_most", "is", "in"]

COMPARISONS: Final[tuple[Comparison, ...]] = ("at_least", "at_most", "above", "below", "is", "in")
"""Suffixes of fact comparisons, the longer of two that end alike first."""


def split_comparison(key: str) -> tuple[str, Comparison] | None:
    """Read `amount_usd_above` as a fact's name and its comparison; None for any other key."""
    for comparison in COMPARISONS:
        name = key.removesuffix(f"_{comparison}")
        if name and name != key and name not in SIGNAL_NAMES:
            return name, comparison
    return None


def written(match: Match) -> dict[str, Any]:
    """Return the conditions that the author gave, by key, `unless` left out; in one order."""
    fixed = match._replace(unless=None, comparisons=_NONE)._asdict()
    given = {key: value for key, value in fixed.items() if value is not None and value is not _NONE}
    if match.args_match is not None:
        given["args_match"] = dict(sorted(match.args_match.items()))
    return given | dict(sorted(match.comparisons.items()))
