"""Ask about: one call, as rules see it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from interlock.policy.decisions import Risk
from interlock.policy.variables import Variables

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class Approval(NamedTuple):
    """Who approved, at the guard."""

    approvers: frozenset[str]
    groups: frozenset[str]
    """Groups that an approver is a member of."""


class Subject(NamedTuple):
    """The call that a rule is asked about."""

    tool: str
    topic: str
    agent: str
    principal: str
    environment: str | None
    risk_tags: frozenset[str] | None
    """None: unknown, for nobody declared the tool."""
    facts: Mapping[str, Any]
    missing_facts: frozenset[str]
    """Facts that the tool declares and that cannot be computed."""
    declared: bool
    """Whether the catalogue has the tool."""
    signals: Mapping[str, Any]
    level: int
    risk: Risk = "high"
    """The highest that it may have."""
    lower_risks: tuple[Risk, ...] = ()
    """Others that it may have, where an entry of `risk` cannot be evaluated."""
    variables: Variables | None = None
    """What expressions and argument paths read; None: they cannot be evaluated."""
    usage: Mapping[str, int] = _NONE
    """What was spent in a guardrail's window before this call, in millionths, by guardrail."""
    found: frozenset[str] | None = None
    """Kinds found in the arguments; None when nobody looked."""
    approval: Approval | None = None
    """Who approved; None before the guard."""
