"""Compare: what the tables say with what the entries say that they must.

The entries are heard in order and remembered as the state that they tell of; then every row is held
against it. A row that differs was edited, one that is missing was removed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from interlock.conduct.judging import decided_body
from interlock.conduct.steps import asked_body
from interlock.errors import TamperError
from interlock.ledger import rows, tables
from interlock.ledger.commitments import commitments_of, held_commitment
from interlock.ledger.judgements import read_judgement
from interlock.ledger.kept import policies, schemas
from interlock.ledger.rows import Row
from interlock.path.proposal import CallKey, fix
from interlock.path.record import GENESIS, Entry, State

LEDGER_CHAIN = "ledger"
"""Chain of the entries that concern no single call."""

ENDS = frozenset({"done", "failed", "in_doubt", "given_back"})
"""Kinds of entries that end one run of a tool."""


@dataclass(slots=True)
class Told:
    """One call as its entries tell it."""

    hash: str = GENESIS
    count: int = 0
    state: State = "new"
    proposed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    decided: Mapping[str, Any] | None = None
    outcome: str | None = None
    commitments: dict[str, str] = field(default_factory=dict[str, str])
    """Salted digests of what stands only in the call's row."""
    request: str | None = None
    """The request that it waits for or rests on."""
    held: str | None = None
    """Commitment to its held result."""
    begun: str = ""
    runs: dict[int, str | None] = field(default_factory=dict[int, str | None])
    """Fence of each claim to how it ended."""


@dataclass(slots=True)
class Story:
    """Everything the entries tell."""

    calls: dict[str, Told] = field(default_factory=dict[str, Told])
    requests: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    votes: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    levels: dict[tuple[str, str], tuple[Any, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Any, ...]]
    )
    usage: dict[tuple[str, tuple[str, ...]], tuple[str, str, int]] = field(
        default_factory=dict[tuple[str, tuple[str, ...]], tuple[str, str, int]]
    )
    """What each call spent of each budget and rate: for whom, when, how much."""
    vetoes: dict[str, str] = field(default_factory=dict[str, str])
    """When the veto window of a call ends."""
    policies: set[str] = field(default_factory=set[str])
    """Digests of the policies that decided something."""

    def hear(self, entry: Entry) -> None:
        """Take in the next entry."""
        if entry.chain == LEDGER_CHAIN and entry.kind == "level_set":
            where = (str(entry.body.get("tenant")), str(entry.body.get("agent")))
            self.levels[where] = (entry.body["to"], entry.actor, entry.body["reason"], entry.at)
        told = self.calls.setdefault(entry.chain, Told())
        told.hash, told.count, told.state = entry.hash, told.count + 1, entry.state
        told.commitments.update(entry.body.get("commitments", {}))
        told.held = entry.body.get("held", told.held)
        told.begun = told.begun or entry.at
        self._step(told, entry)

    def _step(self, told: Told, entry: Entry) -> None:
        body = {name: value for name, value in entry.body.items() if name != "commitments"}
        match entry.kind:
            case "proposed":
                told.proposed = body
            case "decided":
                told.decided = body
                self.policies.add(body["policy"])
            case "asked":
                told.decided = body.get("decided", told.decided)
                told.request = body["request_id"]
                asked = {name: value for name, value in body.items() if name != "decided"}
                mine = {"call_id": entry.chain, "state": "open"}
                self.requests[body["request_id"]] = {**asked, **mine}
            case "voted" | "settled":
                self._hear_person(told, entry)
            case "held" if "veto_until" in body:
                self.vetoes[entry.chain] = body["veto_until"]
            case "expired" | "withdrawn" if "request_id" in body:
                self.requests[body["request_id"]]["state"] = entry.state
            case "claimed":
                told.decided = body.get("decided", told.decided)
                told.runs[body["fence"]] = None
                for guardrail, by, _, amount in body.get("meters", ()):
                    key = (str(guardrail), tuple(told.proposed["call_key"]))
                    self.usage[key] = (str(by), entry.at, amount or 0)
            case kind if kind in ENDS:
                told.runs[body["fence"]] = kind
                told.outcome = told.outcome if kind == "given_back" else kind
            case _:
                pass

    def _hear_person(self, told: Told, entry: Entry) -> None:
        """Hear an answer to a request, or the end of a doubt; to run again is an approval."""
        if entry.kind == "settled" and entry.state != "retried":
            told.outcome = told.outcome if entry.state == "compensated" else entry.state
            return
        body = entry.body
        said = tuple(body[name] for name in ("request_id", "digest", "answer", "reason"))
        self.votes.append((*said, entry.actor, entry.auth, entry.at))
        if entry.kind == "voted":
            self.requests[body["request_id"]]["state"] = entry.state


def differences(db: Connection, story: Story) -> Iterator[str]:
    """Name every row that differs from the story, and every row that is missing."""
    yield from _calls(db, story)
    yield from _requests(db, story)
    yield from _votes(db, story)
    yield from _runs(db, story)
    yield from _held(db, story)
    yield from _levels(db, story)
    yield from policies(db, story.policies)
    yield from schemas(db)
    yield from _usage(db, story)


_ALL_CALLS = select(tables.calls, tables.arguments.c.canonical, tables.arguments.c.nonce).join(
    tables.arguments, tables.arguments.c.call_id == tables.calls.c.id, isouter=True
)


def _calls(db: Connection, story: Story) -> Iterator[str]:
    seen: set[str] = set()
    for row in db.execute(_ALL_CALLS).mappings():
        seen.add(row["id"])
        told = story.calls.get(row["id"])
        if told is None:
            yield f"call `{row['id']}` has no entries"
        else:
            yield from (f"call `{row['id']}` {what}" for what in _call(row, told))
    for name in story.calls.keys() - seen - {LEDGER_CHAIN}:
        yield f"call `{name}` has entries and is gone"


def _call(row: Row, told: Told) -> Iterator[str]:
    if (told.count, told.hash) != (row["version"], row["head"]):
        yield (
            f"is at version {row['version']} and its chain ends at {told.count}: "
            "its last entries were removed or edited"
        )
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
    yield from _parts(row, told)


def _parts(row: Row, told: Told) -> Iterator[str]:
    """Check what needs reading; what cannot be read was edited."""
    checks = {
        "arguments, agent or identity": lambda: row["canonical"] is None or _digest_fits(row),
        "decision": lambda: _decision(row) == told.decided,
        "editors": lambda: rows.read_editors(row) == told.proposed.get("editors", []),
        "answer, context, claim or facts": lambda: (
            row["canonical"] is None or commitments_of(row) == told.commitments
        ),
    }
    for name, fits in checks.items():
        try:
            right = fits()
        except (TamperError, ValueError, TypeError, KeyError):
            right = False
        if not right:
            yield f"has another {name} than its entries: it was edited"


def _digest_fits(row: Row) -> bool:
    known = rows.read_proposal(row)
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
    names = (known.key.tenant, known.key.host, known.key.thread_id, known.context.agent.id)
    columns = (row["tenant"], row["host"], row["thread_id"], row["agent"])
    keys = (known.key.text, rows.dump_texts(known.key.turn))
    return (
        again.digest == row["digest"]
        and names == columns
        and keys == (row["call_key"], row["turn"])
    )


def _decision(row: Row) -> Mapping[str, Any] | None:
    return decided_body(read_judgement(row["judgement"])) if row["judgement"] else None


def _requests(db: Connection, story: Story) -> Iterator[str]:
    seen: set[str] = set()
    for row in db.execute(select(tables.requests)).mappings():
        seen.add(row["id"])
        try:
            mine = {"call_id": row["call_id"], "state": row["state"]}
            found = {**asked_body(rows.read_request(row)), **mine}
        except TamperError:
            found = None
        if found != story.requests.get(row["id"]):
            yield f"request `{row['id']}` differs from its entries: it was edited"
    for name in story.requests.keys() - seen:
        yield f"request `{name}` has entries and is gone"


def _votes(db: Connection, story: Story) -> Iterator[str]:
    names = ("request_id", "digest", "answer", "reason", "by", "auth", "at")
    given = db.execute(select(tables.votes)).mappings()
    found = Counter(tuple(row[name] for name in names) for row in given)
    told = Counter(story.votes)
    for vote in sorted((found - told) + (told - found), key=str):
        yield f"the vote `{vote[2]}` of `{vote[4]}` on `{vote[0]}` differs from its entry"


def _runs(db: Connection, story: Story) -> Iterator[str]:
    runs = tables.executions.c
    query = select(runs.call_id, runs.fence, runs.outcome)
    found = {(row.call_id, row.fence): row.outcome for row in db.execute(query)}
    told = {
        (name, fence): end for name, one in story.calls.items() for fence, end in one.runs.items()
    }
    for call_id, fence in sorted(found.keys() | told.keys()):
        if found.get((call_id, fence), "gone") != told.get((call_id, fence), "unknown"):
            yield f"the run {fence} of `{call_id}` differs from its entries"


def _held(db: Connection, story: Story) -> Iterator[str]:
    query = select(tables.outputs).where(tables.outputs.c.state == "held")
    found = {row["call_id"]: held_commitment(row) for row in db.execute(query).mappings()}
    told = {name: one.held for name, one in story.calls.items() if one.state == "quarantined"}
    for name in sorted(found.keys() | told.keys()):
        if found.get(name) != told.get(name):
            yield f"the held result of `{name}` differs from its entries"


def _levels(db: Connection, story: Story) -> Iterator[str]:
    levels = tables.levels.c
    query = select(
        levels.tenant, levels.agent, levels.level, levels.by, levels.reason, levels.since
    )
    found = {
        (row.tenant, row.agent): (row.level, row.by, row.reason, row.since)
        for row in db.execute(query)
    }
    for tenant, agent in sorted(found.keys() | story.levels.keys()):
        if found.get((tenant, agent)) != story.levels.get((tenant, agent)):
            yield f"the level of agent `{agent}` differs from its entries"


def _usage(db: Connection, story: Story) -> Iterator[str]:
    told = {(rail, CallKey(*key).text): spent for (rail, key), spent in story.usage.items()}
    rows_ = db.execute(select(tables.usage)).mappings()
    found = {(row["guardrail"], row["call_key"]): row for row in rows_}
    for rail, key in sorted(told.keys() | found.keys()):
        row, spent = found.get((rail, key)), told.get((rail, key))
        if row is None or (row["by"], row["at"], row["amount"]) != spent:
            yield f"what was spent of `{rail}` differs from its entries: it was edited"
