"""Name: section `output`, what may leave a tool, and what is done to the rest."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.policy.match import Match

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})

Action: TypeAlias = Literal["allow", "redact", "mask", "quarantine"]
"""What is done to a detected span."""
Withholding: TypeAlias = Literal["withhold", "redact", "quarantine"]
"""What is done to a result that breaks a rule about the whole."""

DEFAULT_ENTITIES: Final[Mapping[str, Action]] = MappingProxyType(
    {"CREDIT_CARD": "redact", "IBAN_CODE": "redact", "US_ITIN": "redact", "US_SSN": "redact"}
)
"""What is looked for when the policy does not say; kinds with few false findings only."""


class BlockedTerms(NamedTuple):
    """Terms that must not leave, in keys or values, whatever their case."""

    terms: tuple[str, ...]
    """The terms; a plain list in the place of the section means these."""
    action: Withholding = "withhold"
    """What is done to a result that holds one."""


class MaxLength(NamedTuple):
    """The longest tool result that is delivered."""

    chars: int
    """Characters of its text values; a plain number in the place of the section means this."""
    action: Withholding = "withhold"
    """What is done to a longer result."""


class OutputOverride(NamedTuple):
    """What is different for the tools of a topic; what is absent is as for all."""

    entities: Mapping[str, Action] | None = None
    """Presidio entity name to action."""
    secrets: Action | None = None
    """What is done to keys, tokens, passwords and connection strings."""
    min_score: float | None = None
    """Findings below this score (0..1) are dropped."""
    internal_fields: tuple[str, ...] | None = None
    """Globs over dotted paths of members that are removed."""
    blocked_terms: BlockedTerms | None = None
    """Terms that must not leave."""
    max_length: MaxLength | None = None
    """The longest result that is delivered."""
    injection: Literal["allow", "quarantine"] | None = None
    """What is done about instructions addressed to a model, and hidden text."""
    safe_response: str | None = None
    """What the model gets for a withheld result."""


class OutputRule(NamedTuple):
    """One rule about results."""

    decision: Action | Literal["hash", "withhold"]
    """What is done to a result that the rule is about."""
    id: str | None = None
    """Name in findings; the rule's place (`output.rules[3]`) when absent."""
    match: Match = Match()
    """Whose results it is about; without any condition, all."""
    when: str | None = None
    """CEL expression over `output` and what `match.when` knows."""


class OutputPolicy(NamedTuple):
    """What is looked for in a tool's result, and what is done about it."""

    entities: Mapping[str, Action] = DEFAULT_ENTITIES
    """Presidio entity name to action; naming any replaces the defaults."""
    secrets: Action = "redact"
    """What is done to keys, tokens, passwords and connection strings."""
    min_score: float = 0.5
    """Findings below this score (0..1) are dropped."""
    internal_fields: tuple[str, ...] = ()
    """Globs over dotted paths of members that are removed."""
    blocked_terms: BlockedTerms | None = None
    """Terms that must not leave."""
    max_length: MaxLength | None = None
    """The longest result that is delivered."""
    injection: Literal["allow", "quarantine"] = "quarantine"
    """What is done about instructions addressed to a model, and hidden text."""
    safe_response: str = "This result was withheld by policy."
    """What the model gets for a withheld result."""
    commitments: Literal["allow", "ask", "deny"] | None = None
    """What is done about promises in outbound text: refunds, dates, guarantees."""
    rules: tuple[OutputRule, ...] = ()
    """Rules about results."""
    per_topic: Mapping[str, OutputOverride] = _NONE
    """Globs over topics to what is different for their tools."""
