"""Section `output`: what may leave a tool, and what is done to the rest."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Action: TypeAlias = Literal["allow", "redact", "mask", "quarantine"]
"""What is done to a detected span."""
Withholding: TypeAlias = Literal["withhold", "redact", "quarantine"]
"""What is done to a result that breaks a rule about the whole."""

DEFAULT_ENTITIES: dict[str, Action] = {
    "CREDIT_CARD": "redact",
    "IBAN_CODE": "redact",
    "US_ITIN": "redact",
    "US_SSN": "redact",
}
"""What is looked for when the policy does not say; kinds with few false findings only."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class BlockedTerms(_Section):
    """Terms that must not leave, in keys or values, whatever their case."""

    terms: tuple[str, ...]
    action: Withholding = "withhold"


class MaxLength(_Section):
    """The longest tool result that is delivered, in characters of its text values."""

    chars: int = Field(ge=1, strict=True)
    action: Withholding = "withhold"


class OutputPolicy(_Section):
    """What is looked for in a tool's result, and what is done about it."""

    entities: dict[str, Action] = DEFAULT_ENTITIES
    """Presidio entity name to action; naming any replaces the defaults."""
    secrets: Action = "redact"
    """Keys, tokens, passwords and connection strings."""
    min_score: float = Field(default=0.5, ge=0.0, le=1.0, strict=True)
    """Findings below this score (0..1) are dropped."""
    internal_fields: tuple[str, ...] = ()
    """Globs over dotted paths of members that are removed."""
    blocked_terms: BlockedTerms | None = None
    max_length: MaxLength | None = None
    injection: Literal["allow", "quarantine"] = "quarantine"
    """Instructions addressed to a model, and hidden text."""
    safe_response: str = "This result was withheld by policy."
    """What the model gets for a withheld result."""
