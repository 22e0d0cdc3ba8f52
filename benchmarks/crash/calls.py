"""State: the laws about calls and those who answer for them, by the log alone.

Each law returns how many things it looked at and one line for each that breaks it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from benchmarks.crash.evidence import Call, Entry, Evidence
from benchmarks.crash.finding import (
    APPROVES,
    ENDED,
    SEEN_BY_PEOPLE,
    TABLE,
    Finding,
    Law,
    by_person,
    counts,
    escalations,
    finding,
    moment,
    question_of,
    stands,
    suffices,
    until,
)
from benchmarks.crash.signatures import unproved


def nothing_stuck(evidence: Evidence) -> Finding:
    """I5: every call has ended, or waits where a person sees it."""

    def broken() -> Iterator[str]:
        left = {
            (note.body["call_id"], note.body["fence"])
            for note in evidence.notes
            if note.kind == "lease_lapsed"
        }  # to their hosts; people see them among the doubts
        for call in evidence.calls.values():
            fences = [entry.body["fence"] for entry in call.entries if entry.kind == "claimed"]
            is_left = call.state == "executing" and (call.id, fences[-1]) in left
            if call.state not in ENDED | SEEN_BY_PEOPLE and not is_left:
                yield f"`{call.id}` stands at {call.state} since {call.entries[-1].at}"

    return finding(len(evidence.calls), broken())


def votes(evidence: Evidence) -> Finding:
    """I7: votes: separation, uniqueness, eligibility, at both moments."""
    given = [
        (call, entry) for call in evidence.calls.values() for entry in call.entries
        if entry.kind == "voted"
    ]  # fmt: skip

    def broken() -> Iterator[str]:
        for call, vote in given:
            asked = question_of(call, vote)
            if asked is None:
                yield f"`{call.id}` has a vote for `{vote.body.get('request_id')}`, never asked"
            elif vote.body.get("answer") in APPROVES:
                if not counts(vote, asked, call.entries):
                    yield f"`{call.id}` was approved by `{vote.actor}`, whose vote does not count"
            elif not by_person(vote):
                yield f"`{call.id}` was answered by nobody"
            if vote.state == "approved" and asked is not None and not _enough(call, vote, asked):
                yield f"`{call.id}` is approved by too few, or by one person twice"
        yield from unproved(evidence)

    return finding(
        len(given), broken(), "who is in a group, and who hides behind two names: not in the log"
    )


def _enough(call: Call, last: Entry, asked: Entry) -> bool:
    """Whether the approvals up to the last one are all that the question needs."""
    upto = [entry for entry in call.entries if entry.position <= last.position]
    good = [
        entry
        for entry in upto
        if entry.kind == "voted"
        and entry.body.get("request_id") == asked.body["request_id"]
        and entry.body.get("answer") in APPROVES
        and counts(entry, asked, call.entries)
        and stands(entry, upto)
    ]
    return not good or suffices(good, asked, upto)


def one_to_one(evidence: Evidence) -> Finding:
    """I9: state changes and entries are one to one."""

    def broken() -> Iterator[str]:
        for call in evidence.calls.values():
            state = ""
            for place, entry in enumerate(call.entries):
                if entry.position != place:
                    yield f"`{call.id}` has position {entry.position} where {place} is due"
                if entry.state not in TABLE.get(state, frozenset()):
                    yield f"`{call.id}` goes from {state or 'nothing'} to {entry.state}"
                state = entry.state

    return finding(
        len(evidence.entries),
        broken(),
        "the tables themselves are not exported; `verify` reads them",
    )


def expired_stays(evidence: Evidence) -> Finding:
    """I11: an expired request never revives, whatever the clock does."""
    expired = [call for call in evidence.calls.values() if "expired" in _states(call)]

    def broken() -> Iterator[str]:
        for call in expired:
            if call.state != "expired":
                yield f"`{call.id}` expired and is {call.state} now"
        for call in evidence.calls.values():
            for vote in call.all("voted"):
                asked = question_of(call, vote)
                before = [entry for entry in call.entries if entry.position < vote.position]
                if asked is not None and vote.at >= until(asked, before):
                    yield f"`{call.id}` was answered at {vote.at}, after it had expired"

    return finding(len(expired), broken())


def _states(call: Call) -> list[str]:
    return [entry.state for entry in call.entries]


def escalation(evidence: Evidence) -> Finding:
    """I12: escalation levels fire in order, once, never early."""
    fired = [entry for call in evidence.calls.values() for entry in call.all("escalated")]
    questions = [(call, asked) for call in evidence.calls.values() for asked in call.all("asked")]
    known = {str(asked.body["request_id"]) for _, asked in questions}

    def broken() -> Iterator[str]:
        for entry in fired:
            if entry.body.get("request_id") not in known:
                yield f"`{entry.body.get('request_id')}` escalates and was never asked"
        for call, asked in questions:
            yield from _levels_of(call, asked)

    return finding(len(fired), broken(), "" if fired else "no request in this log escalates")


def _levels_of(call: Call, asked: Entry) -> Iterator[str]:
    """Yield which levels of a question were asked out of order, too early, or that it has not."""
    terms, name = asked.body.get("terms", {}), asked.body["request_id"]
    levels, since = terms.get("levels", ()), moment(asked.body["created_at"])
    for place, entry in enumerate(escalations(asked, call.entries)):
        if entry.body.get("level") != place + 1 or place >= len(levels):
            yield f"`{name}` asks level {entry.body.get('level')} where {place + 1} is due"
        elif entry.body.get("group") != levels[place][0]:
            yield f"`{name}` asks `{entry.body.get('group')}` at level {place + 1}"
        before = [each for each in call.entries if each.position < entry.position]
        over = moment(until(asked, before)) if terms.get("on_timeout") == "escalate" else None
        after_s = terms.get("escalate_after_s")
        due = [over] if over else []
        due += [since + timedelta(seconds=after_s)] if after_s is not None else []
        passed = place > 0 and "vacant" in escalations(asked, before)[-1].body
        if not passed and (not due or moment(entry.at) < min(due)):
            yield f"`{name}` asks level {place + 1} at {entry.at}, which is too early"
        since = moment(entry.at)


def levels(evidence: Evidence) -> Finding:
    """I14: a level rises only by evidence and sign-off."""
    rises = [
        note for note in evidence.notes
        if note.kind == "level_set" and (note.body.get("to") or 0) > (note.body.get("from") or 0)
    ]  # fmt: skip
    found = (
        f"the level of `{note.body.get('agent')}` rose with nobody's reason"
        for note in rises
        if not (by_person(note) and note.body.get("reason"))
    )
    return finding(len(rises), found, "" if rises else "no level rose in this log")


def delivered_is_reviewed(evidence: Evidence) -> Finding:
    """I17: what is delivered was inspected, and let go as the inspection said."""
    gone = [
        call for call in evidence.calls.values()
        if call.state in ("released", "redacted", "withheld", "quarantined", "destroyed")
    ]  # fmt: skip

    def broken() -> Iterator[str]:
        for call in gone:
            seen = call.all("inspected")
            if not seen:
                yield f"`{call.id}` is {call.state} and was never inspected"
                continue
            after = call.entries[seen[-1].position + 1 :]
            right = _AFTER.get(str(seen[-1].body.get("output_safety_decision")))
            if not after or (right and after[0].state not in right):
                yield f"`{call.id}` went on as {call.state} against its inspection"
            if len(after) > 1 and not by_person(after[1]):
                yield f"`{call.id}` was let out of quarantine by nobody"

    return finding(len(gone), broken(), "what the model got is not in the log")


_AFTER: Final[Mapping[str, frozenset[str]]] = {
    "ALLOW": frozenset({"released"}),
    "REDACT": frozenset({"redacted"}),
    "WITHHOLD": frozenset({"withheld"}),
    "QUARANTINE": frozenset({"quarantined"}),
}


def siblings(evidence: Evidence) -> Finding:
    """I18: beside a pending sibling of its turn a call that has effects is held too."""
    turns: dict[tuple[Any, ...], list[Call]] = defaultdict(list)
    for call in evidence.calls.values():
        turns[tuple(call.proposed.get("call_key", ())[:5])].append(call)
    shared = [calls for calls in turns.values() if len(calls) > 1]

    def broken() -> Iterator[str]:
        for calls in shared:
            waits = {call.id: _waits(call) for call in calls}
            for call in calls:
                for claim in call.all("claimed"):
                    if claim.body.get("effect") == "read":
                        continue
                    for other in calls:
                        if _same(other, call) or not _during(claim, waits[other.id]):
                            continue
                        yield f"`{call.id}` was claimed while its sibling `{other.id}` waited"

    return finding(len(shared), broken())


def _same(one: Call, other: Call) -> bool:
    return one.proposed.get("call_key") == other.proposed.get("call_key")


def _waits(call: Call) -> list[tuple[int, float]]:
    """Return from where to where in the log a call waited for a person."""
    found: list[tuple[int, float]] = []
    for place, entry in enumerate(call.entries):
        if entry.state == "pending":
            later = call.entries[place + 1 :]
            found.append((entry.index, later[0].index if later else float("inf")))
    return found


def _during(claim: Entry, waits: Sequence[tuple[int, float]]) -> bool:
    return any(start < claim.index < end for start, end in waits)


LAWS: Final[Mapping[str, Law]] = {
    "I5": nothing_stuck,
    "I7": votes,
    "I9": one_to_one,
    "I11": expired_stays,
    "I12": escalation,
    "I14": levels,
    "I17": delivered_is_reviewed,
    "I18": siblings,
}
