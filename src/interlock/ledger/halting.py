"""Recount: from entries alone, whether a call was claimed though it was halted then.

Whoever claims a call holds the halts until its transaction ends, and a halt or its end waits for
that, so that the places of both in the record tell which was first; no clock does.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from interlock.conduct.halting import covers, is_about
from interlock.ledger.recount import PlacedEntry
from interlock.path.record import Entry
from interlock.policy.evaluation.compiled import CompiledPolicy


class StartedClaim(NamedTuple):
    """A claim, what was proposed, and the policy that decided it last."""

    placed: PlacedEntry
    proposed: Mapping[str, Any]
    policy: str
    """Its digest."""


def overruled(
    claims: Iterable[StartedClaim],
    switched: Sequence[PlacedEntry],
    policy_of: Callable[[str], CompiledPolicy | None],
) -> Iterator[str]:
    """Name claims of what was switched off; `switched` are halts and their ends, in their order.

    A topic is by the policy of then; where that is gone or was edited, which is named elsewhere,
    nothing is said of topics.
    """
    stood = [(), *_standing(switched)] if switched else []
    for one in claims if switched else ():
        at = bisect_left(switched, one.placed.place, key=lambda each: each.place)
        found = (each for each in stood[at] if _stops(each, one, policy_of))
        if (halt := next(found, None)) is not None:
            entry, said = one.placed.entry, halt.body
            what = f"{said['kind']} `{said['ref']}`" if said["ref"] else said["kind"]
            yield (
                f"entry `{entry.id}`: `{entry.chain}` was claimed and might not be: {what} was "
                f"halted then (entry `{halt.id}`)"
            )


def _standing(switched: Iterable[PlacedEntry]) -> Iterator[tuple[Entry, ...]]:
    """Yield what is switched off after each change."""
    off: dict[tuple[str, ...], Entry] = {}
    for _, entry in switched:
        named = tuple(str(entry.body[name]) for name in ("tenant", "kind", "ref"))
        off.pop(named, None)
        if entry.kind == "halted":
            off[named] = entry
        yield tuple(off.values())


def _stops(
    halt: Entry, claim: StartedClaim, policy_of: Callable[[str], CompiledPolicy | None]
) -> bool:
    said, proposed = halt.body, claim.proposed
    if not covers(str(said["tenant"]), str(proposed["call_key"][0])):
        return False
    tool, topic = str(proposed["tool"]), ""
    if said["kind"] == "topic":
        if (policy := policy_of(claim.policy)) is None:
            return False
        known = policy.tool(tool)
        topic = known.topic if known else tool
    agents = [
        proposed["agent"]["id"],
        *(each["agent"] for each in proposed.get("context_chain", ())),
    ]
    return is_about(said["kind"], str(said["ref"]), (agents, tool, topic))
