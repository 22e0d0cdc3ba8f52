"""State: the laws about what tools did, and by what right.

Each law returns how many things it looked at and one line for each that breaks it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from benchmarks.crash.evidence import Call, Effect, Entry, Evidence, by_key
from benchmarks.crash.finding import (
    REFUSED,
    Finding,
    Law,
    claims_by_digest,
    claims_of,
    effect_class,
    finding,
    moment,
    name_of,
    retries,
    unjustified,
)

HALTS_WITHIN: Final = timedelta(seconds=1)
"""How soon a halt holds every process."""


def intent(evidence: Evidence) -> Finding:
    """I1: no effect without an earlier durable intent with the same digest and fence."""
    claims = claims_by_digest(evidence)

    def broken() -> Iterator[str]:
        for effect in evidence.effects:
            mine = [
                entry
                for _, entry in claims.get(effect.key, ())
                if effect.fence is None or entry.body.get("fence") == effect.fence
            ]
            if not mine:
                yield f"{name_of(effect)} has no intent with its digest and fence {effect.fence}"
            elif min(entry.at for entry in mine) > effect.at:
                yield f"{name_of(effect)} at {effect.at} is older than its intent at {mine[0].at}"
        for call in evidence.calls.values():
            yield from _fences(call)

    return finding(len(evidence.effects), broken())


def _fences(call: Call) -> Iterator[str]:
    """Yield claims whose fence does not grow, and results of another claim than the last.

    A call in doubt may also be settled by an earlier claim whose result was done after all.
    """
    last, state, claimed = 0, "", set[Any]()
    for entry in call.entries:
        before, state = state, entry.state
        fence = entry.body.get("fence")
        if entry.kind == "claimed":
            if not isinstance(fence, int) or fence <= last:
                yield f"`{call.id}` was claimed with fence {fence} after fence {last}"
            last = int(fence or 0)
            claimed.add(fence)
        elif entry.kind == "done" and before == "in_doubt" and fence in claimed:
            continue
        elif entry.kind in ("done", "failed", "in_doubt", "given_back") and fence != last:
            yield f"`{call.id}` is {entry.kind} by fence {fence} while fence {last} holds it"


def permission(evidence: Evidence) -> Finding:
    """I2: no intent without an allow or an approval valid at that moment."""
    claims = list(claims_of(evidence))

    def broken() -> Iterator[str]:
        for call, claim in claims:
            if why := unjustified(call, claim):
                yield f"`{call.id}` was claimed with fence {claim.body.get('fence')}: {why}"

    return finding(len(claims), broken())


def at_most_once(evidence: Evidence) -> Finding:
    """I3: a non-idempotent call has at most one effect; one more for each ordered repetition."""
    careful = {
        str(call.proposed.get("digest")): call
        for call in evidence.calls.values()
        if effect_class(call) == "non_idempotent"
    }
    runs = {key: found for key, found in by_key(evidence.effects).items() if key in careful}
    orders: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for found in runs.values():
        for effect in found:
            if "ref" in effect.args:
                orders[effect.tool, str(effect.args["ref"])].append(effect)

    def broken() -> Iterator[str]:
        for key, found in runs.items():
            if len(found) > 1 + retries(careful[key]):
                yield f"`{careful[key].id}` ran {len(found)} times and may not run twice"
        for (tool, ref), found in orders.items():
            ordered = sum(retries(careful[key]) for key in {effect.key for effect in found})
            if len(found) > 1 + ordered:
                yield f"order {ref} of {tool} was carried out {len(found)} times"

    return finding(len(runs), broken())


def one_key(evidence: Evidence) -> Finding:
    """I4: all effects of an idempotent call carry one key."""
    digests = {str(call.proposed.get("digest")): call for call in evidence.calls.values()}
    orders: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for effect in evidence.effects:
        call = digests.get(effect.key)
        if call is not None and effect_class(call) != "non_idempotent":
            said = call.proposed
            orders[*said.get("call_key", ()), said.get("revision")].add(effect.key)
            if "ref" in effect.args:
                orders[effect.tool, str(effect.args["ref"])].add(effect.key)

    def broken() -> Iterator[str]:
        for key in {effect.key for effect in evidence.effects} - digests.keys():
            yield f"an effect carried the key {key}, which no call has"
        for order, keys in orders.items():
            if len(keys) > 1:
                yield f"{order[-2:]} was carried out under {len(keys)} keys"

    return finding(len(orders), broken())


def no_means_no(evidence: Evidence) -> Finding:
    """I6: after a denial, expiry or cancellation, or of a halted tool, there is no effect."""
    refused = [call for call in evidence.calls.values() if call.state in REFUSED]
    runs, halts = by_key(evidence.effects), halts_of(evidence)

    def broken() -> Iterator[str]:
        for call in refused:
            claimed = {entry.body.get("fence") for entry in call.all("claimed")}
            for effect in runs.get(str(call.proposed.get("digest")), ()):
                if effect.fence not in claimed or effect.at > call.entries[-1].at:
                    yield f"{name_of(effect)} ran and `{call.id}` is {call.state}"
            if any(entry.state in REFUSED for entry in call.entries[:-1]):
                yield f"`{call.id}` went on after it was refused"
        for call, claim in claims_of(evidence):
            if any(during(claim, call, halt, lifted) for halt, lifted in halts):
                yield f"`{call.id}` was claimed while its tool was halted"

    return finding(len(refused), broken())


def halts_of(evidence: Evidence) -> list[tuple[Entry, Entry | None]]:
    """Return every halt of a tool, with what lifted it."""
    spans: list[tuple[Entry, Entry | None]] = []
    for note in evidence.notes:
        if note.kind == "halted" and note.body.get("kind") == "tool":
            spans.append((note, None))
        if note.kind == "unhalted":
            spans = [
                (halt, note if lifted is None and halt.body["ref"] == note.body["ref"] else lifted)
                for halt, lifted in spans
            ]
    return spans


def during(claim: Entry, call: Call, halt: Entry, lifted: Entry | None) -> bool:
    """Whether a call was claimed while its tool was halted, for longer than the second it takes."""
    within = halt.index < claim.index and (lifted is None or claim.index < lifted.index)
    late = moment(claim.at) - moment(halt.at) > HALTS_WITHIN
    return within and late and call.proposed.get("tool") == halt.body["ref"]


def shown_is_run(evidence: Evidence) -> Finding:
    """I8: what was shown is what was approved and what is executed."""
    runs = by_key(evidence.effects)

    def broken() -> Iterator[str]:
        for call in evidence.calls.values():
            for entry in call.all("asked", "voted", "claimed"):
                if entry.body.get("digest") != call.proposed.get("digest"):
                    yield f"`{call.id}` is {entry.kind} with a digest that was not proposed"
        yield from _other_arguments(evidence, runs)
        yield from _unseen_approvals(evidence)

    return finding(
        len(runs), broken(), "arguments that nobody was shown stand in the log only as a digest"
    )


def _other_arguments(evidence: Evidence, runs: Mapping[str, list[Effect]]) -> Iterator[str]:
    """Yield runs of one digest with other tools or arguments than were proposed or shown."""
    digests = {str(call.proposed.get("digest")): call for call in evidence.calls.values()}
    for key, found in runs.items():
        if len({_plain(effect.args) for effect in found}) > 1:
            yield f"`{key}` ran with different arguments"
        if (call := digests.get(key)) and call.proposed.get("tool") != found[0].tool:
            yield f"{name_of(found[0])} ran and `{call.proposed.get('tool')}` was proposed"
    for look in evidence.shown:
        for effect in runs.get(look.digest, ()):
            if _plain(look.args) != _plain(effect.args):
                yield f"{name_of(effect)} ran with other arguments than `{look.by}` was shown"


def _unseen_approvals(evidence: Evidence) -> Iterator[str]:
    """Yield votes that no person gave, where people kept a journal."""
    given = {(look.request, look.by, look.answer, look.digest) for look in evidence.shown}
    for call in evidence.calls.values() if given else ():
        for vote in call.all("voted"):
            said = vote.body
            key = (said.get("request_id"), vote.actor, said.get("answer"), said.get("digest"))
            if key not in given:
                yield f"`{call.id}` has a vote that `{vote.actor}` did not give for these bytes"


def _plain(args: Mapping[str, Any]) -> str:
    return repr(sorted(args.items()))


def silence(evidence: Evidence) -> Finding:
    """I13: what was redacted appears nowhere in the log."""
    planted = sorted({effect.planted for effect in evidence.effects if effect.planted})
    text = (evidence.folder / "entries.jsonl").read_text(encoding="utf-8") if planted else ""
    return finding(
        len(planted),
        (f"a text that was redacted stands in the log: {one}" for one in planted if one in text),
        "messages, checkpoints and traces are not in the log",
    )


def nothing_unapproved(evidence: Evidence) -> Finding:
    """I16: whatever breaks, nothing runs unapproved."""
    claims = claims_by_digest(evidence)

    def broken() -> Iterator[str]:
        for effect in evidence.effects:
            rests = [unjustified(call, entry) for call, entry in claims.get(effect.key, ())]
            if not rests or all(rests):
                yield f"{name_of(effect)} ran: {rests[0] if rests else 'it was never claimed'}"

    return finding(len(evidence.effects), broken())


LAWS: Final[Mapping[str, Law]] = {
    "I1": intent,
    "I2": permission,
    "I3": at_most_once,
    "I4": one_key,
    "I6": no_means_no,
    "I8": shown_is_run,
    "I13": silence,
    "I16": nothing_unapproved,
}
