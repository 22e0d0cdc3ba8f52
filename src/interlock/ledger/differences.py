"""Compare: what the tables say with what the entries say that they must.

A row that differs from the story was edited, one that is missing was removed. Calls are compared
some hundreds at a time; `interlock.ledger.leftovers` finds rows that no entry tells of.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, select

from interlock.conduct.judging import decided_body, untexted
from interlock.conduct.overseeing import STOPPED
from interlock.conduct.steps import asked_body
from interlock.errors import TamperError
from interlock.ledger import rows, tables
from interlock.ledger.commitments import ATTEMPT, commitments_of, held_commitment, left_of
from interlock.ledger.judgements import read_judgement
from interlock.ledger.kept import kept_policy
from interlock.ledger.regrouping import misgrouped
from interlock.ledger.replay import LEDGER_CHAIN, Claimed, Story, Told, has_level_left
from interlock.ledger.rows import Row
from interlock.path.proposal import Agent, CallKey, Claim, Context, fix
from interlock.path.record import RUNNABLE

_CALLS, _ENTRIES, _USAGE = tables.calls, tables.entries, tables.usage

ERASED: Final = b"{}"
"""What stands where arguments were."""


def differences(db: Connection, story: Story) -> Iterator[str]:
    """Name what differs of the calls that the story tells of now."""
    ids = story.calls.keys() - {LEDGER_CHAIN}
    probes = {name for name in ids if story.calls[name].probe is not None}
    yield from _probes(db, story, probes)
    yield from _calls(db, story, ids - probes)
    ids = story.calls.keys() - {LEDGER_CHAIN}
    yield from _requests(db, story, ids)
    yield from _votes(db, story)
    yield from story.misfits()
    yield from misgrouped(db, story)
    yield from story.misclaimed(partial(kept_policy, db))
    yield from _runs(db, story, ids)
    yield from _held(db, story, ids)
    yield from _usage(db, story)
    yield from _timers(db, story)


_ALL_CALLS = select(_CALLS, tables.arguments.c.canonical, tables.arguments.c.nonce).join(
    tables.arguments, tables.arguments.c.call_id == _CALLS.c.id, isouter=True
)


def _calls(db: Connection, story: Story, ids: Collection[str]) -> Iterator[str]:
    seen: set[str] = set()
    cut: set[str] = set()
    for row in db.execute(_ALL_CALLS.where(_CALLS.c.id.in_(ids))).mappings():
        seen.add(row["id"])
        told = story.calls[row["id"]]
        if told.count < row["version"]:
            end = f"is at version {row['version']} and its chain ends at {told.count}"
            story.faults.gap(
                f"call `{row['id']}` {end}: its last entries were removed or edited",
                row["version"] - told.count,
            )
            cut.add(row["id"])
            continue
        yield from (f"call `{row['id']}` {what}" for what in _call(row, told, story))
    for name in sorted(set(ids) - seen):
        story.faults.gone = True
        yield f"call `{name}` has entries and is gone"
    story.drop(cut)


def _call(row: Row, told: Told, story: Story) -> Iterator[str]:
    if (told.count, told.hash) != (row["version"], row["head"]):
        yield f"is at version {row['version']} and its chain ends at {told.count}: it was edited"
    if told.state != row["state"]:
        yield f"is {row['state']} and its entries say {told.state}"
    if told.proposed.get("digest") != row["digest"]:
        yield "has another digest than its entries: it was edited"
    if (told.request, told.begun) != (row["request_id"], row["created_at"]):
        yield "has another request or time than its entries: it was edited"
    if max(told.runs, default=0) != row["fence"]:
        yield "has another fence than its entries: it was edited"
    if told.outcome != row["outcome"]:
        yield f"has the outcome {row['outcome']} and its entries say {told.outcome}"
    yield from _parts(row, told, story)


def _parts(row: Row, told: Told, story: Story) -> Iterator[str]:
    """Check what needs reading; what cannot be read was edited. Names the first that differs."""
    erased = row["id"] in story.erased
    if row["canonical"] is None or (row["nonce"] == "" and not erased):
        if not story.faults.unsure or row["canonical"] is None:
            yield "has lost its arguments, and no entry says that they were erased"
        return
    checks = {
        "arguments, agent, context or identity": lambda: _identity_fits(row, told, erased),
        "decision or facts": lambda: decided_as(row["judgement"], told.decided, erased=erased),
        "editors": lambda: rows.read_editors(row) == told.proposed.get("editors", []),
        "answer, context, claim, facts, fingerprint or place": lambda: (
            story.erased[row["id"]] in (None, left_of(row))
            if erased
            else _commitments_fit(row, told)
        ),
    }
    for name, fits in checks.items():
        try:
            right = fits()
        except (TamperError, ValueError, TypeError, KeyError):
            right = False
        if not right:
            yield f"has another {name} than its entries: it was edited"
            return


def _probes(db: Connection, story: Story, ids: Collection[str]) -> Iterator[str]:
    """Compare probes, each with the call that it is made of, and name what could run."""
    seen: set[str] = set()
    for row in db.execute(select(tables.probes).where(tables.probes.c.call_id.in_(ids))).mappings():
        name, told = row["call_id"], story.calls[row["call_id"]]
        seen.add(name)
        if told.count < row["version"]:
            end = f"is at version {row['version']} and its chain ends at {told.count}"
            gap = f"probe `{name}` {end}: its last entries were removed or edited"
            story.faults.gap(gap, row["version"] - told.count)
            story.drop({name})
        elif not _probe_fits(row, told, erased=name in story.erased):
            yield f"probe `{name}` differs from its entries: it was edited"
    for name in sorted(set(ids) - seen):
        story.faults.gone = True
        yield f"probe `{name}` has entries and is gone"
    for name in db.execute(select(_CALLS.c.id).where(_CALLS.c.id.in_(ids))).scalars():
        yield f"probe `{name}` stands among calls, where it could run: somebody put it there"


def _probe_fits(row: Row, told: Told, *, erased: bool) -> bool:
    parts = (row["version"], row["head"], row["state"], row["digest"], row["came_to"])
    chain = (told.count, told.hash, told.state, told.proposed["digest"], told.came_to)
    if parts != chain or {name: row[name] for name in ("kind", "of", "how")} != told.probe:
        return False
    if erased:
        return (row["canonical"], row["nonce"], row["judgement"]) == (ERASED, "", None)
    try:
        judged = {"nonce": row["nonce"], "judgement": row["judgement"]}
        same = commitments_of(judged) == told.commitments
        return same and _digest_of(told.proposed, row["canonical"], row["nonce"]) == row["digest"]
    except (TamperError, ValueError, TypeError, KeyError):
        return False


def _digest_of(told: Mapping[str, Any], canonical: bytes, nonce: str) -> str:
    """Return the digest that arguments give in a call as it was proposed."""
    context = Context(Agent(**told["agent"]), told["principal"])
    schema, revision, key = told["tool_schema"], told["revision"], CallKey(*told["call_key"])
    return fix(key, told["tool"], canonical, context, Claim(), schema, revision, nonce).digest


def _commitments_fit(row: Row, told: Told) -> bool:
    """Compare with what entries commit to; those of earlier versions say less."""
    found = commitments_of(row)
    if ATTEMPT not in told.commitments:
        del found[ATTEMPT]
    return found == told.commitments


def _identity_fits(row: Row, told: Told, erased: bool) -> bool:
    known, said = rows.read_proposal(row), told.proposed
    names = (known.key.tenant, known.key.host, known.key.thread_id, known.context.agent.id)
    columns = (row["tenant"], row["host"], row["thread_id"], row["agent"])
    keys = (known.key.text, rows.dump_texts(known.key.turn))
    if names != columns or keys != (row["call_key"], row["turn"]):
        return False
    if erased:
        parts = (
            known.tool,
            known.tool_schema,
            known.revision,
            list(known.key),
            known.context.agent.id,
        )
        told_as = (
            *(said[name] for name in ("tool", "tool_schema", "revision", "call_key")),
            said["agent"]["id"],
        )
        return parts == told_as and (known.canonical, known.nonce) == (ERASED, "")
    again = fix(
        known.key,
        known.tool,
        known.canonical,
        known.context,
        known.claim,
        known.tool_schema,
        known.revision,
        known.nonce,
    )
    return again.digest == said.get("digest")


def decided_as(
    judgement: str | None, told: Mapping[str, Any] | None, *, erased: bool = False
) -> bool:
    """Whether a call was decided as its entries tell; those of earlier versions tell texts, too."""
    if judgement is None or told is None:
        return judgement is None and told is None
    judged = read_judgement(judgement)
    body = decided_body(judged)
    whole = {**body, "signals": dict(judged.signals)}
    if erased:
        told = {**told, "signals": untexted(told["signals"])}
        judged_now = {**body, "signals": untexted(judged.signals)}
        return judged_now == told
    return told in (body, whole)


def _requests(db: Connection, story: Story, ids: Collection[str]) -> Iterator[str]:
    seen: set[str] = set()
    mine = select(tables.requests).where(tables.requests.c.call_id.in_(ids))
    for row in db.execute(mine).mappings():
        seen.add(row["id"])
        try:
            found = {**asked_body(rows.read_request(row)), **_whose(row)}
        except TamperError:
            found = None
        if found != story.requests.get(row["id"]):
            yield f"request `{row['id']}` differs from its entries: it was edited"
    for name in story.requests.keys() - seen:
        yield f"request `{name}` has entries and is gone"


def _whose(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("call_id", "state", "level")}


def _votes(db: Connection, story: Story) -> Iterator[str]:
    """Compare answers and their order, which is how they were given to one question."""
    said = ("request_id", "digest", "answer", "reason", "by", "auth", "at", "proof")
    names = (*said, "on_screen_ms")
    asked = story.requests.keys() | story.calls.keys()  # a call's own: to run it once more
    votes = tables.votes.c
    given = select(tables.votes).where(votes.request_id.in_(asked)).order_by(votes.seq)
    rows_ = [tuple(row[name] for name in names) for row in db.execute(given).mappings()]
    told, found = Counter(story.votes), Counter(rows_)
    for vote in sorted((found - told) + (told - found), key=str):
        yield f"the vote `{vote[2]}` of `{vote[4]}` on `{vote[0]}` differs from its entry"
    if told == found:
        order, own = sorted(story.votes, key=_asked), sorted(rows_, key=_asked)
        for name in sorted(
            {str(vote[0]) for vote, was in zip(own, order, strict=True) if vote != was}
        ):
            yield f"the votes on `{name}` changed places"


_asked = itemgetter(0)


def _runs(db: Connection, story: Story, ids: Collection[str]) -> Iterator[str]:
    runs = tables.executions.c
    query = select(tables.executions).where(runs.call_id.in_(ids))
    found = {
        (row["call_id"], row["fence"]): Claimed(*(row[name] for name in Claimed._fields))
        for row in db.execute(query).mappings()
    }
    told = {
        (name, fence): run for name, one in story.calls.items() for fence, run in one.runs.items()
    }
    for call_id, fence in sorted(found.keys() | told.keys()):
        if found.get((call_id, fence)) != told.get((call_id, fence)):
            yield f"the run {fence} of `{call_id}` differs from its entries"


def _held(db: Connection, story: Story, ids: Collection[str]) -> Iterator[str]:
    outputs = tables.outputs
    query = select(outputs).where(outputs.c.state == "held", outputs.c.call_id.in_(ids))
    found = {
        row["call_id"]: (held_commitment(row), row["created_at"])
        for row in db.execute(query).mappings()
    }
    told = {name: one.held for name, one in story.calls.items() if one.state == "quarantined"}
    for name in sorted(found.keys() | told.keys()):
        if found.get(name) != told.get(name):
            yield f"the held result of `{name}` differs from its entries"


def _usage(db: Connection, story: Story) -> Iterator[str]:
    """Compare what was spent; of a call's revisions the one that was claimed last counts."""
    told = {(rail, CallKey(*key).text): spent for (rail, key), spent in story.usage.items()}
    keys = {CallKey(*one.proposed["call_key"]).text for one in _proposed(story)}
    mine = select(_USAGE).where(_USAGE.c.call_key.in_(keys))
    found = {
        (row["guardrail"], row["call_key"]): (row["by"], row["at"], row["amount"])
        for row in db.execute(mine).mappings()
    }
    for rail, key in sorted(told.keys() | found.keys()):
        given, spent = found.get((rail, key)), told.get((rail, key))
        if given != spent and given != _spent_last(db, rail, key):
            yield f"what was spent of `{rail}` differs from its entries: it was edited"


def _proposed(story: Story) -> list[Told]:
    return [one for one in story.calls.values() if "call_key" in one.proposed]


def _spent_last(db: Connection, rail: str, key: str) -> tuple[str, str, int] | None:
    """Return what the last claim of any revision of a call spent, by its entries."""
    claims = (
        select(_ENTRIES)
        .join(_CALLS, _CALLS.c.id == _ENTRIES.c.chain)
        .where(_CALLS.c.call_key == key, _ENTRIES.c.kind == "claimed")
        .order_by(_ENTRIES.c.seq)
    )
    spent: tuple[str, str, int] | None = None
    for row in db.execute(claims).mappings():
        for name, by, _, amount in rows.read_entry(row).body.get("meters", ()):
            spent = (str(by), row["at"], amount or 0) if name == rail else spent
    return spent


def _timers(db: Connection, story: Story) -> Iterator[str]:
    """Compare what falls due; what has ended needs no timer."""
    told = {("expiry", name): asked["expires_at"] for name, asked in story.requests.items()}
    told |= {("veto", name): until for name, until in story.vetoes.items()}
    told |= {("escalation", name): due for name, due in story.escalations.items()}
    told |= {("use", name): until for name, until in story.uses.items()}
    unheard = {name: due for name, due in story.notices.items() if name not in story.acknowledged}
    told |= {("oversight", name): due for name, due in unheard.items()}
    drawn = {timer: due for timer, due in story.drawn.items() if timer[1] in story.calls}
    told |= drawn
    refs = {ref for _, ref in told} | story.calls.keys()
    mine = select(tables.timers).where(tables.timers.c.ref.in_(refs))
    found = {(row["kind"], row["ref"]): row for row in db.execute(mine).mappings()}
    waiting = {
        ("expiry", name) for name, asked in story.requests.items() if asked["state"] == "open"
    }
    waiting |= {
        ("escalation", name)
        for name, asked in story.requests.items()
        if asked["state"] == "open" and has_level_left(asked)
    }
    waiting |= {("veto", name) for name in story.vetoes if story.calls[name].state == "held"}
    waiting |= {("use", name) for name in story.uses if story.calls[name].state in RUNNABLE}
    waiting |= {
        ("oversight", name)
        for name in unheard
        if name in story.broken or story.calls[name].state not in STOPPED
    }
    waiting |= drawn.keys()
    over = _came_of(db, drawn.keys()) | story.unposed
    for kind, ref in sorted(waiting | found.keys()):
        row = found.get((kind, ref))
        due = row["due_at"] if row else None
        fired = row["fired_at"] if row and (kind, ref) in waiting else None
        if due != told.get((kind, ref)) or (
            (fired and (kind in ("expiry", "escalation") or fired < str(due)))
            or ((kind, ref) in drawn and bool(fired) is not ((kind, ref) in over))
        ):
            yield f"the {kind} timer of `{ref}` differs from its entries: it was edited"


def _came_of(db: Connection, drawn: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return of which draws a probe was made; those have entries of their own."""
    columns = tables.probes.c
    mine = select(columns.kind, columns.of).where(columns.of.in_({ref for _, ref in drawn}))
    return {(row.kind, row.of) for row in db.execute(mine)}
