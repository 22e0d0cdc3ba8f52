"""Weigh: a case that somebody brings, by public keys alone; no ledger and no network is asked.

1. The envelope is signed by the record's key. 2. So is the head. 3. Each entry gives its hash,
which leads to the head. 4. Each revision's chain is whole from its first entry on, and each state
may follow the one before. 5. What the case says of questions and answers follows from the entries.
6. Each answer is by who it says, by what they had then, and those who had to approve did, as of the
claim too. 7. Policies and arguments give the digests in the entries. What nothing proves is said as
plainly.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from interlock.canon import encode
from interlock.conduct.overseeing import ACKNOWLEDGED
from interlock.errors import CanonError, TamperError
from interlock.ledger import dsse
from interlock.ledger.chains import COLUMNS, follow
from interlock.ledger.evidence import about, statement_of, views
from interlock.ledger.export import ended
from interlock.ledger.exported import entry_of
from interlock.ledger.kept import gives, read_policy
from interlock.ledger.merkle import leaf_hash, root_from_inclusion
from interlock.ledger.notes import Head, Verifier, open_note
from interlock.ledger.replay import LEDGER_CHAIN, Story
from interlock.path.proposal import Agent, CallKey, Claim, Context, fix
from interlock.path.record import Entry, rehash

_MEMBERS: Final = frozenset(
    {"version", "key", "checkpoint", "revisions", "ledger", "requests", "votes", "policies"}
)
_UNREADABLE: Final = (
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError),
    CanonError,
)
_ENTRY: Final = {*COLUMNS} - {"seq"} | {"index"}
_PROVED: Final = {"entry", "leaf_hash", "proof"}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a case came to."""

    problems: tuple[str, ...] = ()
    """One line each; empty where all holds."""
    call: str = ""
    """The call, by its last revision."""
    state: str = ""
    """The state that its entries end in."""
    ended: bool = False
    """Whether nothing can follow its last entry, so that none was cut off."""
    entries: int = 0
    size: int = 0
    """Entries that the head covers."""
    votes: tuple[Mapping[str, Any], ...] = ()
    """The answers, as the case has them."""
    seen: tuple[Entry, ...] = ()
    """Entries of who took notice, or looked after the glass was broken; `finding` says what of."""
    adders: Mapping[str, str] = field(default_factory=dict[str, str])
    """By whom the credential of an answer was added, by the id of its entry, as the record says."""
    arguments: Mapping[str, str] | None = None
    """Canonical arguments by revision; None where the case has none."""

    @property
    def ok(self) -> bool:
        """Whether all holds."""
        return not self.problems


def weigh(envelope: object, key: Verifier, reviewers: Sequence[str] = ()) -> Weighed:
    """Check a case; `key` must have signed it.

    `reviewers` are public keys in hex; where some are given, each signed answer must be by one of
    them, and is no more by whom the record says only.
    """
    try:
        return _weighed(dsse.opened(envelope, key), key, reviewers)
    except TamperError as error:
        return Weighed((str(error),))
    except _UNREADABLE as error:
        return Weighed((f"the case is not in the form of version 1: {type(error).__name__}",))


def _weighed(statement: dict[str, Any], key: Verifier, reviewers: Sequence[str]) -> Weighed:
    predicate = statement["predicate"]
    _require_form(statement, predicate, key)
    head = open_note(predicate["checkpoint"], key)
    chains, around = predicate["revisions"], predicate["ledger"]
    everything = [one for chain in (around, *chains) for one in chain]
    problems = [*_unproved(everything, head)]
    if problems:
        return Weighed(tuple(problems))
    story = Story()
    problems += _around(around, chains, story)
    problems += _chains(chains, story)
    if not problems:
        problems += _same(predicate, story)
        problems += story.misfits()
        documents = {one["digest"]: str(one["document"]) for one in predicate["policies"]}
        problems += story.misclaimed(lambda name: read_policy(documents.get(name, ""), name))
        problems += story.enrolments.problems if story.enrolments else ()
        problems += _strangers(predicate["votes"], reviewers)
        problems += _policies(predicate["policies"], story.policies)
        problems += _arguments(predicate.get("arguments", {}), chains)
    said = predicate.get("arguments")
    return Weighed(
        tuple(dict.fromkeys(problems)),
        chains[-1][0]["entry"]["chain"],
        chains[-1][-1]["entry"]["state"],
        not problems and ended([one["entry"] for one in chains[-1]]),
        len(everything),
        head.size,
        tuple(predicate["votes"]),
        tuple(entry_of(one["entry"]) for one in around if one["entry"]["kind"] == ACKNOWLEDGED),
        _adders(around, story),
        None if said is None else {name: one["canonical"] for name, one in said.items()},
    )


def _adders(around: Sequence[Mapping[str, Any]], story: Story) -> dict[str, str]:
    """Return by whom the credentials of answers were added."""
    told = (one["entry"] for one in around if one["entry"]["kind"] == "credential_added")
    by = {entry["body"]["id"]: str(entry["actor"]) for entry in told}
    held = {each.id: each.body.get("proof", {}).get("credential") for each in story.answers}
    return {name: by[each] for name, each in held.items() if each in by}


def _require_form(statement: dict[str, Any], predicate: dict[str, Any], key: Verifier) -> None:
    """Refuse what has other members than a case of version 1, or none of its entries."""
    if frozenset(predicate) - {"arguments"} != _MEMBERS or predicate["version"] != 1:
        raise TamperError("the case is of another version, or has other members than version 1")
    if predicate["key"] != key.line:
        raise TamperError(f"the case names another key than `{key.line}`")
    if not predicate["revisions"] or not all(predicate["revisions"]):
        raise TamperError("the case has no entry of its call")
    if statement != statement_of(predicate):
        raise TamperError("the statement's type or subject is not that of its entries")


def _unproved(proved: Sequence[dict[str, Any]], head: Head) -> Iterator[str]:
    """Name each entry that does not give its hash, or whose hash does not lead to the head."""
    for one in proved:
        entry = one["entry"]
        named = f"entry `{entry['id']}` ({entry['kind']} of `{entry['chain']}`)"
        if {*one} != _PROVED or {*entry} != _ENTRY:
            yield f"{named} has other members than an entry and its proof"
            continue
        leaf = leaf_hash(bytes.fromhex(entry["hash"]))
        if rehash(entry_of(entry)) != entry["hash"]:
            yield f"{named} does not match its hash: it was edited"
        elif one["leaf_hash"] != leaf.hex() or not _leads(one, leaf, head):
            yield f"{named} is not in the record that the head was signed for"


def _leads(one: Mapping[str, Any], leaf: bytes, head: Head) -> bool:
    steps = [bytes.fromhex(step) for step in one["proof"]]
    try:
        return root_from_inclusion(leaf, one["entry"]["index"], head.size, steps) == head.root
    except ValueError:
        return False


def _around(proved: Sequence[dict[str, Any]], chains: Sequence[Any], story: Story) -> Iterator[str]:
    """Hear what the ledger's own chain says; it is in order, and only what belongs here."""
    entries = [one["entry"] for one in proved]
    mine = [one["entry"] for chain in chains for one in chain]
    calls = [chain[0]["entry"]["chain"] for chain in chains]
    positions = [entry["position"] for entry in entries]
    if any(entry["chain"] != LEDGER_CHAIN for entry in entries) or positions != sorted(
        set(positions)
    ):
        yield "the entries of the ledger's own chain are not in their order"
        return
    if [*about(entries, mine, calls)] != entries:
        yield "the case has entries that are not about its call or who answered"
    for entry in entries:
        story.hear(entry_of(entry), int(entry["index"]))


def _chains(chains: Sequence[Sequence[dict[str, Any]]], story: Story) -> Iterator[str]:
    """Follow the chain of each revision, from the first revision on."""
    keys: set[tuple[str, ...]] = set()
    for number, chain in enumerate(chains):
        first = chain[0]["entry"]
        yield from follow(first["chain"], map(_row, chain), story)
        told = first["body"]
        keys.add(tuple(told.get("call_key", ())))
        if told.get("revision") != number or first["chain"] == LEDGER_CHAIN:
            yield f"`{first['chain']}` is not revision {number} of the call: one is missing"
        if any(one["entry"]["chain"] != first["chain"] for one in chain):
            yield f"among the entries of `{first['chain']}` are those of another chain"
        edited = chain[-1]["entry"]["state"] == "superseded"
        if edited == (number == len(chains) - 1):
            yield f"`{first['chain']}` is not where the call went on: a revision is missing"
    if len(keys) > 1:
        yield "the revisions are not of one call"
    yield from story.faults.gaps


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    entry = entry_of(one["entry"])
    parts = {**entry._asdict(), "body": entry.written, "seq": one["entry"]["index"]}
    return tuple(parts[name] for name in COLUMNS)


def _same(predicate: dict[str, Any], story: Story) -> Iterator[str]:
    """Compare what the case shows of questions and answers with what its entries say."""
    for name, told in views(story).items():
        if encode(predicate[name]) != encode(told):
            yield f"its {name} are not those of its entries"


def _strangers(votes: Sequence[Mapping[str, Any]], reviewers: Sequence[str]) -> Iterator[str]:
    for vote in votes:
        if reviewers and "signature" in vote and vote["signature"]["public"] not in reviewers:
            yield (
                f"entry `{vote['entry']}`: `{vote['by']}` signed with the key "
                f"`{vote['signature']['public']}`, which is none of those given"
            )


def _policies(kept: Sequence[Mapping[str, Any]], decided_by: set[str]) -> Iterator[str]:
    """Name policies that do not give their digest, and those that decided and are not here."""
    for one in kept:
        if {*one} != {"digest", "document"} or not gives(one["document"], one["digest"]):
            yield f"the policy `v1:{one['digest'][:6]}` does not give its digest: it was edited"
    digests = [one["digest"] for one in kept]
    if digests != sorted(set(digests)):
        yield "the policies of the case are not each there once, by their digest"
    for digest in sorted(decided_by.difference(digests)):
        yield f"the policy `v1:{digest[:6]}` decided and is not in the case"


def _arguments(said: Mapping[str, Any], chains: Sequence[Any]) -> Iterator[str]:
    """Name arguments that do not give the digest that was decided on."""
    proposed = {chain[0]["entry"]["chain"]: entry_of(chain[0]["entry"]).body for chain in chains}
    for name, one in said.items():
        if name not in proposed or {*one} != {"canonical", "nonce"}:
            yield f"`{name:.80}` has arguments in the case, and is no revision of its call"
        elif _digest(proposed[name], one) != proposed[name]["digest"]:
            yield f"the arguments of `{name}` do not give its digest: they were edited"


def _digest(told: Mapping[str, Any], one: Mapping[str, str]) -> str:
    context = Context(Agent(**told["agent"]), told["principal"])
    key, canonical = CallKey(*told["call_key"]), one["canonical"].encode()
    schema, revision = told["tool_schema"], told["revision"]
    found = fix(key, told["tool"], canonical, context, Claim(), schema, revision, one["nonce"])
    return found.digest


def read_case(text: str) -> object:
    """Read an envelope's file. Raises `TamperError`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TamperError("no JSON, and so no case") from error
