"""Name: the five decisions, how strict each is, and the terms under which a human is asked."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.policy.constraints import (
    UNLIMITED,
    Constraints,
    constraints_json,
    read_constraints,
)

Kind: TypeAlias = Literal["allow", "allow_with_constraints", "notify", "require_approval", "deny"]
Risk: TypeAlias = Literal["low", "medium", "high", "critical"]
Effect: TypeAlias = Literal["read", "idempotent", "non_idempotent"]

STRICTNESS: Final[Mapping[Kind, int]] = MappingProxyType(
    {"allow": 0, "allow_with_constraints": 1, "notify": 2, "require_approval": 3, "deny": 4}
)
"""Restrictiveness, loosest first. Source: `docs/policy.md`, decisions."""

RESTRICTIVE: Final[frozenset[Kind]] = frozenset({"notify", "require_approval", "deny"})
"""Decisions whose rules count as matched when a value they need cannot be had."""


Silence: TypeAlias = Literal["deny", "escalate", "approve"]
"""What it means that nobody answered in time."""

NEVER_SILENT: Final = frozenset({"delete", "secrets"})
"""Risk tags of calls that silence never approves."""


Proof: TypeAlias = Literal["local", "token", "signed"]
"""How approvers show who they are, weakest first: by the name they give, by a token, by a key."""


Portion: TypeAlias = Literal["majority", "unanimous"]
"""How many of a group: more than half of it, or all."""


class Asking(NamedTuple):
    """Whom a rule asks, as long as the call is not known."""

    route: str | None = None
    """Group; None: by the call's risk tags."""
    quorum: int | Portion = 1
    groups: tuple[str, ...] = ()
    escalate_after_s: float | None = None
    on_timeout: Silence | None = None
    """None: by the call's risk."""


class Group(NamedTuple):
    """People who are asked together."""

    name: str
    members: tuple[str, ...] | None = None
    """Sorted; None: who has this role in the ledger when it is asked."""


class QuorumShare(NamedTuple):
    """How many of some people must approve, whoever they are by then."""

    of: Portion
    groups: tuple[str, ...]
    """Sorted; whoever is in one of them is counted once."""


class BatchTerms(NamedTuple):
    """That like requests may be answered together."""

    most: int
    """How many requests one batch holds at most."""
    collect_s: float
    """How old the oldest must be before a batch that is not full is offered, seconds."""


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """How a human is asked, and what an answer must carry."""

    approval_ttl_s: float = 14400.0
    """How long the request stays open; then it expires and nothing runs."""
    execution_ttl_s: float = 3600.0
    """How long an approval may wait for its execution."""
    inline: bool = False
    """Whether a resume payload may carry the vote (never for high and critical risk)."""
    editor_may_approve: bool = False
    """Whether the person who edited the arguments may approve the edited call."""
    reason_required: bool = False
    """Whether an approval needs a reason."""
    route: str | None = None
    """Group of whom one must approve; anyone when None."""
    eligible: tuple[str, ...] | None = None
    """Who may approve, sorted; anyone when None."""
    quorum: int = 1
    """How many people must approve: of `eligible`, or in all where these are anyone."""
    shares: tuple[QuorumShare, ...] = ()
    """What `quorum` is counted from anew when people come and go, sorted; empty: it is a number."""
    at_least: int = 1
    """Below which number it does not fall then."""
    groups: tuple[Group, ...] = ()
    """Groups of each of which another person must approve, besides the quorum of `eligible`."""
    auth: Proof = "local"
    """The weakest proof of who they are that approvers may give."""
    escalate_after_s: float | None = None
    """After how long, and again after as long, those of the next level are asked too."""
    levels: tuple[Group, ...] = ()
    """Who is asked next, in order."""
    on_timeout: Silence = "deny"
    """What it means that nobody answered until the request's time is over."""
    evidence: tuple[str, ...] = ()
    """Fields without which an approval counts for nothing."""
    unstaffed: tuple[str, ...] = ()
    """Groups in which nobody was when they were to be asked, sorted."""
    batch: BatchTerms | None = None
    """Whether, and how, it may be answered together with those like it; None: never."""
    by_call: Asking | None = None
    """What only the call settles; None once it has."""

    @property
    def wants_more_than_a_word(self) -> bool:
        """Whether one person's bare word does not approve: proof, evidence or others are asked."""
        others = len(self.groups) + (self.quorum if self.eligible is not None else 0)
        return self.auth != "local" or bool(self.evidence) or max(others, self.quorum) > 1

    def asked(self, level: int = 0) -> tuple[str, ...] | None:
        """Return who may approve once `level` levels are asked, sorted; None: anyone."""
        if self.eligible is None and not self.groups:
            return None
        others = (each.members or () for each in (*self.groups, *self.levels[:level]))
        return tuple(sorted({*(self.eligible or ()), *chain.from_iterable(others)}))


def may_pass_silently(risk: Risk, risk_tags: Collection[str] | None, terms: ReviewTerms) -> bool:
    """Whether silence may approve a call; never at critical risk, nor where tags are unknown.

    Nor what one person's bare word would not approve: to say nothing takes less than that.
    """
    if risk == "critical" or risk_tags is None or terms.wants_more_than_a_word:
        return False
    return NEVER_SILENT.isdisjoint(risk_tags)


Unheard: TypeAlias = Literal["none", "hold_result", "halt_agent"]
"""What silence about a notice means: nothing; a result not delivered yet is held; that, and its
agent is halted."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What every decision says: the rules that settled it, and why."""

    rules: tuple[str, ...]
    """Ids of the determining rules, sorted; empty means that nothing matched."""
    reason: str
    """For people: the determining rules' reasons."""
    not_evaluable: tuple[str, ...] = ()
    """Ids of rules that needed a value nobody could supply, sorted."""
    review_result: bool = False
    """Whether the result is held for a human whatever it says."""
    constraints: Constraints = UNLIMITED
    """Limits of the call, whatever is decided."""


@dataclass(frozen=True, slots=True)
class Allow(Ruling):
    """The call may run without asking anyone."""

    kind: Literal["allow"] = field(default="allow", init=False)


@dataclass(frozen=True, slots=True)
class AllowWithConstraints(Ruling):
    """The call may run within limits."""

    kind: Literal["allow_with_constraints"] = field(default="allow_with_constraints", init=False)


@dataclass(frozen=True, slots=True)
class Notify(Ruling):
    """The call runs and people are told of it; before its window is over they may stop it."""

    veto_window_s: float = 0.0
    """How long it waits for a veto before it runs."""
    acknowledge_within_s: float | None = None
    """Within what time somebody must acknowledge it; never when None."""
    on_silence: Unheard = "none"
    """What it means that nobody did."""
    kind: Literal["notify"] = field(default="notify", init=False)


@dataclass(frozen=True, slots=True)
class Ask(Ruling):
    """A human must approve this very call before it may run."""

    kind: Literal["require_approval"] = field(default="require_approval", init=False)
    terms: ReviewTerms = ReviewTerms()


@dataclass(frozen=True, slots=True)
class Deny(Ruling):
    """The call must not run."""

    kind: Literal["deny"] = field(default="deny", init=False)


Decision: TypeAlias = Allow | AllowWithConstraints | Notify | Ask | Deny

_KINDS: Final[Mapping[str, type[Allow | AllowWithConstraints | Notify | Ask | Deny]]] = (
    MappingProxyType(
        {
            "allow": Allow,
            "allow_with_constraints": AllowWithConstraints,
            "notify": Notify,
            "require_approval": Ask,
            "deny": Deny,
        }
    )
)


def decision_json(decision: Decision) -> dict[str, object]:
    """Write a decision as JSON."""
    out: dict[str, object] = {
        "kind": decision.kind,
        "rules": list(decision.rules),
        "reason": decision.reason,
        "not_evaluable": list(decision.not_evaluable),
        "review_result": decision.review_result,
    }
    if isinstance(decision, Ask):
        out["terms"] = terms_json(decision.terms)
    if isinstance(decision, Notify):
        out |= {name: said for name in _NOTICE if (said := getattr(decision, name)) != _TOLD[name]}
    if decision.constraints != UNLIMITED or decision.kind == "allow_with_constraints":
        out["constraints"] = constraints_json(decision.constraints)
    return out


def read_decision(parts: Mapping[str, Any]) -> Decision:
    """Read what `decision_json` wrote."""
    own = {name: value for name, value in parts.items() if name != "kind"}
    own["rules"], own["not_evaluable"] = tuple(own["rules"]), tuple(own["not_evaluable"])
    if "terms" in own:
        own["terms"] = read_terms(own["terms"])
    own["constraints"] = read_constraints(own.get("constraints", {}))
    return _KINDS[parts["kind"]](**own)


def terms_json(terms: ReviewTerms) -> dict[str, Any]:
    """Write review terms as JSON; those that came later only where they are not as by default."""
    said = {name: value for name, value in asdict(terms).items() if value is not None}
    for name in _LATER:
        if getattr(terms, name) == getattr(_USUAL, name):
            said.pop(name, None)
    return {name: _plain(value) for name, value in said.items()}


def read_terms(parts: Mapping[str, Any]) -> ReviewTerms:
    """Read review terms from JSON."""
    named: dict[str, Any] = {**parts}
    for name in ("eligible", "evidence", "unstaffed"):
        if named.get(name) is not None:
            named[name] = tuple(named[name])
    for name in ("groups", "levels"):
        if name in named:
            named[name] = tuple(_group(*each) for each in named[name])
    if "shares" in named:
        named["shares"] = tuple(QuorumShare(of, tuple(whose)) for of, whose in named["shares"])
    if "batch" in named:
        named["batch"] = BatchTerms(*named["batch"])
    return ReviewTerms(**named)


_NOTICE: Final = ("veto_window_s", "acknowledge_within_s", "on_silence")
_TOLD: Final = {name: getattr(Notify((), ""), name) for name in _NOTICE}
"""Notices that nobody needs to acknowledge; what is like them, entries are without."""

_USUAL: Final = ReviewTerms()

_LATER: Final = (
    *("quorum", "groups", "auth", "escalate_after_s", "levels", "on_timeout", "evidence"),
    *("unstaffed", "batch", "by_call", "shares", "at_least"),
)
"""Terms that records of the first form are without."""


def _group(name: str, members: list[str] | None) -> Group:
    return Group(name, None if members is None else tuple(members))


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, tuple):
        return [_plain(each) for each in value]  # pyright: ignore[reportUnknownVariableType] - JSON
    return value
