"""Record: states, the one table of transitions, and entries chained per call.

Every state change and its entry commit together; an entry's hash covers the one before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.canon import digest_bytes, encode
from interlock.clock import stamp
from interlock.errors import InvariantError

State: TypeAlias = Literal[
    "new",
    "proposed",
    "decided",
    "held",
    "pending",
    "approved",
    "auto_approved",
    "executing",
    "done",
    "failed",
    "in_doubt",
    "retried",
    "compensated",
    "inspected",
    "released",
    "redacted",
    "withheld",
    "quarantined",
    "destroyed",
    "denied",
    "halted",
    "rejected",
    "responded",
    "expired",
    "cancelled",
    "vetoed",
    "superseded",
    "invalid_arguments",
    "conflict",
    "posed",
    "disclosed",
]

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        "new": frozenset({"proposed", "posed"}),
        "proposed": frozenset({"decided", "invalid_arguments", "conflict"}),
        "decided": frozenset(
            {"held", "pending", "executing", "denied", "halted", "cancelled", "superseded"}
        ),
        "held": frozenset(
            {"held", "denied", "halted", "pending", "executing", "expired", "cancelled", "vetoed"}
        ),
        "pending": frozenset(
            {
                *("pending", "approved", "auto_approved", "rejected", "responded", "expired"),
                *("cancelled", "superseded"),
            }
        ),
        "approved": frozenset(
            {"held", "executing", "expired", "cancelled", "pending", "denied", "halted"}
        ),
        "auto_approved": frozenset(
            {"held", "executing", "expired", "cancelled", "pending", "denied", "halted"}
        ),
        "executing": frozenset(
            {
                *("executing", "done", "failed", "in_doubt"),
                *("decided", "approved", "auto_approved", "retried"),
            }
        ),
        "done": frozenset({"inspected"}),
        "failed": frozenset({"inspected"}),
        "in_doubt": frozenset({"in_doubt", "done", "failed", "retried", "compensated"}),
        "retried": frozenset({"executing", "in_doubt"}),
        "compensated": frozenset(),
        "inspected": frozenset({"released", "redacted", "withheld", "quarantined"}),
        "quarantined": frozenset({"released", "redacted", "destroyed"}),
        "released": frozenset(),
        "redacted": frozenset(),
        "withheld": frozenset(),
        "destroyed": frozenset(),
        "denied": frozenset(),
        "halted": frozenset(),
        "rejected": frozenset(),
        "responded": frozenset(),
        "expired": frozenset(),
        "cancelled": frozenset(),
        "vetoed": frozenset(),
        "superseded": frozenset(),
        "invalid_arguments": frozenset(),
        "conflict": frozenset(),
        "posed": frozenset({"posed", "disclosed"}),
        "disclosed": frozenset(),
    }
)
"""Which state may follow which; `docs/states.md` draws it. `executing → executing` is a new claim
after a lost lease, `executing → decided | approved | auto_approved | retried` gives a claim back
before the tool ran, `held → held` starts a veto window for a call that was held for another reason,
`pending → pending` asks the next level too, or notes what leaves the question open, `in_doubt →
in_doubt` notes the word of one of several who must have a call repeated. `posed` and
`disclosed` are a probe's alone: no state of a call is reached from them, and so none that runs."""

RUNNABLE: Final[frozenset[State]] = frozenset(
    {"decided", "held", "approved", "auto_approved", "retried"}
)
"""States from which a call may be claimed."""

ANSWERED: Final[frozenset[State]] = frozenset(
    {
        "in_doubt",
        "compensated",
        "released",
        "redacted",
        "withheld",
        "quarantined",
        "destroyed",
        "denied",
        "halted",
        "rejected",
        "responded",
        "expired",
        "cancelled",
        "vetoed",
        "invalid_arguments",
        "conflict",
    }
)
"""States in which the agent has its answer."""

PROBED: Final[frozenset[State]] = frozenset({"posed", "disclosed"})
"""States of a probe: a question to a person that no agent asked and no tool answers."""

DRAWN: Final = "drawn"
"""Kind of the ledger's entry that a probe may be made of a call, and when."""

NOT_POSED: Final = "not_posed"
"""Kind of the ledger's entry that, when it was time, none was."""

GENESIS: Final = "0" * 64
"""What the first entry of a chain stands on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One transition to be recorded."""

    to: State
    kind: str
    """What happened, as a past participle: `proposed`, `decided`, `claimed`, `voted`, …"""
    body: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    actor: str = "interlock"
    """Who did it: a person, an agent, or `interlock`."""
    auth: str = "none"


class Entry(NamedTuple):
    """One line of the record."""

    id: str
    chain: str
    """The call's id, or `ledger` for what concerns no single call."""
    position: int
    """From 0 in its chain; the call's version after the entry is `position + 1`."""
    at: str
    kind: str
    state: State
    actor: str
    auth: str
    body: Mapping[str, Any]
    written: str
    """The body's canonical text: what is kept and hashed."""
    previous: str
    """Hash of the entry before it in its chain, or `GENESIS`."""
    hash: str


def check(start: State, states: Iterable[State]) -> State:
    """Walk from one state to the next through the table and return the last.

    Raises `InvariantError` for a transition that the table does not have.
    """
    state = start
    for following in states:
        if following not in TRANSITIONS[state]:
            raise InvariantError(f"no transition from `{state}` to `{following}`")
        state = following
    return state


def chain(
    call_id: str,
    previous: str,
    position: int,
    steps: Iterable[Step],
    at: datetime,
    ids: Iterable[str],
) -> list[Entry]:
    """Turn steps into entries, each standing on the one before."""
    entries, written_at = list[Entry](), stamp(at)
    for offset, (step, entry_id) in enumerate(zip(steps, ids, strict=False)):
        entry = link(entry_id, call_id, position + offset, written_at, step, previous)
        entries.append(entry)
        previous = entry.hash
    return entries


def link(entry_id: str, call_id: str, position: int, at: str, step: Step, previous: str) -> Entry:
    """Make one entry and its hash."""
    written = encode(dict(step.body), "entry").decode()
    named = (entry_id, call_id, position, at, step.kind, step.to, step.actor, step.auth)
    entry = Entry(*named, step.body, written, previous, "")
    return entry._replace(hash=rehash(entry))


def rehash(entry: Entry) -> str:
    """Compute the hash that an entry ought to have: over its members, the body as it is written."""
    members = dict(zip(_HASHED, _hashed(entry), strict=True))
    return digest_bytes(_DOMAIN, encode(members, "entry", flat=True))


_DOMAIN: Final = "interlock/entry/v1"
_HASHED: Final = tuple(name for name in Entry._fields if name not in ("body", "hash"))
_hashed: Final = itemgetter(*(Entry._fields.index(name) for name in _HASHED))
