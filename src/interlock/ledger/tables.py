"""Define: the ledger's tables, as the migrations make them.

Times are fixed-width UTC text (`clock.stamp`), so that text order is time order on every database.
JSON is text: the ledger never queries inside it. Every index costs each call a page of the log that
a commit must write, so there are few.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from interlock.autonomy.career import CAREER_KINDS
from interlock.ledger.migrations.columns import SEQ, TEXT

metadata = MetaData()

CLAIMED = "state in ('executing', 'done', 'failed', 'in_doubt')"
"""Calls that were claimed and have no end that everybody knows; there are few at a time."""

OF_LEVELS = f"kind in ({', '.join(repr(kind) for kind in CAREER_KINDS)})"
"""Entries that tell of levels, of which there are few among all."""


def _partial(where: str) -> dict[str, Any]:
    """Return what makes an index one of the rows of which `where` holds."""
    return {"sqlite_where": text(where), "postgresql_where": text(where)}


def _waiting(name: str, *by: str) -> Index:
    """Return an index of the calls that wait for a human, in the order of the queue."""
    return Index(name, *by, "created_at", "position", "id", **_partial("state = 'pending'"))


calls = Table(
    "calls",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("call_key", TEXT, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("turn", TEXT, nullable=False),
    Column("position", Integer, nullable=False),
    Column("key", TEXT, nullable=False),
    Column("tenant", TEXT, nullable=False),
    Column("host", TEXT, nullable=False),
    Column("thread_id", TEXT, nullable=False),
    Column("agent", TEXT, nullable=False),
    Column("tool", TEXT, nullable=False),
    Column("tool_schema", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("fingerprint", TEXT, nullable=False),
    Column("context", TEXT, nullable=False),
    Column("claim", TEXT, nullable=False),
    Column("judgement", TEXT),
    Column("state", TEXT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("head", TEXT, nullable=False),
    Column("request_id", TEXT),
    Column("editors", TEXT, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", TEXT),
    Column("outcome", TEXT),
    Column("answer", TEXT),
    Column("created_at", TEXT, nullable=False),
    Column("observation", TEXT),
    UniqueConstraint("call_key", "revision", name="uq_calls_key"),
    Index("ix_calls_turn", "turn"),
    Index("ix_calls_thread", "tenant", "thread_id", "created_at"),
    Index("ix_calls_attempts", "tenant", "agent", "tool", "thread_id", "fingerprint", "created_at"),
    Index("ix_calls_done", "tenant", "agent", "tool", **_partial("outcome = 'done'")),
    Index(
        "ix_calls_failed",
        *("tenant", "agent", "tool", "thread_id", "created_at"),
        **_partial("outcome = 'failed'"),
    ),
    _waiting("ix_calls_pending"),
    _waiting("ix_calls_pending_thread", "thread_id"),
    _waiting("ix_calls_pending_tenant", "tenant"),
    _waiting("ix_calls_pending_agent", "tenant", "agent"),
    _waiting("ix_calls_alike", "tenant", "agent", "tool", "fingerprint"),
    Index("ix_calls_asked", "tenant", "agent", "created_at", **_partial("request_id is not null")),
    Index("ix_calls_claimed", "lease_until", **_partial(CLAIMED)),
)

arguments = Table(
    "arguments",
    metadata,
    Column("call_id", TEXT, primary_key=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("nonce", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

requests = Table(
    "requests",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("call_id", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("created_at", TEXT, nullable=False),
    Column("expires_at", TEXT, nullable=False),
    Column("terms", TEXT, nullable=False),
    Column("excluded", TEXT, nullable=False),
    Column("risk", TEXT, nullable=False),
    Column("level", Integer, nullable=False, server_default="0"),
    Index("ix_requests_open", "state", "expires_at"),
    Index("ix_requests_call", "call_id"),
)

votes = Table(
    "votes",
    metadata,
    Column("seq", SEQ, primary_key=True, autoincrement=True),
    Column("request_id", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("answer", TEXT, nullable=False),
    Column("by", TEXT, nullable=False),
    Column("auth", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("proof", TEXT),
    Column("on_screen_ms", BigInteger),
    Index("ix_votes_request", "request_id"),
    Index("ix_votes_by", "by", "at"),
)

executions = Table(
    "executions",
    metadata,
    Column("call_id", TEXT, primary_key=True),
    Column("fence", Integer, primary_key=True, autoincrement=False),
    Column("claimed_at", TEXT, nullable=False),
    Column("worker", TEXT, nullable=False),
    Column("ended_at", TEXT),
    Column("outcome", TEXT),
    sqlite_with_rowid=False,
)

outputs = Table(
    "outputs",
    metadata,
    Column("call_id", TEXT, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("inspection", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("created_at", TEXT, nullable=False),
)

usage = Table(
    "usage",
    metadata,
    Column("guardrail", TEXT, primary_key=True),
    Column("call_key", TEXT, primary_key=True),
    Column("by", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("ix_usage_window", "guardrail", "by", "at"),
    sqlite_with_rowid=False,
)
"""What each call spent of each budget and rate, in millionths."""

people = Table(
    "people",
    metadata,
    Column("principal", TEXT, primary_key=True),
    Column("roles", TEXT, nullable=False),
    Column("added_at", TEXT, nullable=False),
    Column("away_until", TEXT),
    Column("revoked_at", TEXT),
)
"""Who may answer: one row for each human."""

identities = Table(
    "identities",
    metadata,
    Column("identity", TEXT, primary_key=True),
    Column("principal", TEXT, nullable=False),
    Column("added_at", TEXT, nullable=False),
)
"""Other names of a person, as `path.review.person` folds them."""

credentials = Table(
    "credentials",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("principal", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("public", TEXT, nullable=False),
    Column("added_at", TEXT, nullable=False),
    Column("revoked_at", TEXT),
)
"""Ed25519 public keys, and SHA-256 digests of tokens, in hex."""

delegations = Table(
    "delegations",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("principal", TEXT, nullable=False),
    Column("deputy", TEXT, nullable=False),
    Column("since", TEXT, nullable=False),
    Column("until", TEXT, nullable=False),
    Column("revoked_at", TEXT),
)
"""Who may answer in whose place, and how long."""

challenges = Table(
    "challenges",
    metadata,
    Column("nonce", TEXT, primary_key=True),
    Column("request_id", TEXT, nullable=False),
    Column("principal", TEXT, nullable=False),
    Column("issued_at", TEXT, nullable=False),
    Column("used_at", TEXT),
)
"""What a signed answer must hold, once."""

halts = Table(
    "halts",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    Column("ref", TEXT, primary_key=True),
    Column("by", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
)
"""What may not run now, of one tenant or of all: everything, an agent, a tool or a topic."""

resumptions = Table(
    "resumptions",
    metadata,
    Column("host", TEXT, primary_key=True),
    Column("thread_id", TEXT, primary_key=True),
    Column("due_at", TEXT, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("begun", Integer, nullable=False),
    Column("lease", TEXT, nullable=False),
    Index("ix_resumptions_due", "host", "due_at"),
)
"""Threads that may go on, from when; `lease` names who resumes one now, until `due_at`.

`wanted` counts what woke it, `tries` how often it was taken, `begun` (0, 1) says that a run of it
was begun. A bell and never the truth: what a thread may do stands with its calls."""

probes = Table(
    "probes",
    metadata,
    Column("call_id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("of", TEXT, nullable=False),
    Column("how", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("head", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("nonce", TEXT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("canonical", LargeBinary, nullable=False),
    Column("judgement", TEXT),
    Column("came_to", TEXT),
    Index("ix_probes_of", "of"),
    Index("ix_probes_posed", "call_id", **_partial("state = 'posed'")),
)
"""Questions that reach no tool: they stand in no table from which calls are run.

What is not here is as in the call `of` which each is made; its question is in `requests`."""

levels = Table(
    "levels",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("agent", TEXT, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("since", TEXT, nullable=False),
    Column("by", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
)

learned = Table(
    "learned",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("agent", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    Column("model", TEXT, primary_key=True),
    Column("upto", BigInteger, nullable=False),
    Column("body", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
)
"""What signals learned of an agent, from the entries below the leaf `upto`: a profile of all its
models, and what each model's word was worth. Derived: it decides what people are asked, proves
nothing, and `interlock signals calibrate` makes it anew. The row of no agent says how far the
whole log was read."""

evidence = Table(
    "evidence",
    metadata,
    Column("tenant", TEXT, primary_key=True),
    Column("agent", TEXT, primary_key=True),
    Column("upto", BigInteger, nullable=False),
    Column("body", TEXT, nullable=False),
)
"""What the entries below the leaf `upto` tell of an agent's work, as `autonomy.tally` folds it: a
copy, made anew from the log at any time. The row of no agent says how far the log was read."""

entries = Table(
    "entries",
    metadata,
    Column("seq", SEQ, primary_key=True, autoincrement=True),
    Column("id", TEXT, nullable=False),
    Column("chain", TEXT, nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("actor", TEXT, nullable=False),
    Column("auth", TEXT, nullable=False),
    Column("body", TEXT, nullable=False),
    Column("previous", TEXT, nullable=False),
    Column("hash", TEXT, nullable=False),
    Column("leaf_index", BigInteger),
    UniqueConstraint("chain", "position", name="uq_entries_chain"),
    Index("uq_entries_leaf", "leaf_index", unique=True),
    Index(
        "ix_entries_unsealed",
        "seq",
        postgresql_where=text("leaf_index is null"),
        info={"only": "postgresql"},
    ),
    Index("ix_entries_levels", "position", **_partial(OF_LEVELS)),
    sqlite_autoincrement=True,
)
"""`leaf_index`: the entry's place in the tree, from 0; null until it is sealed.

SQLite finds what is not sealed in the index of leaves, where it stands first and by `seq`."""

tiles = Table(
    "tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
"""Hashes of the tree, up to 256 of 32 bytes each. Source: C2SP tlog-tiles."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", TEXT, nullable=False),
    Column("note", TEXT, nullable=False),
    Column("key", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
)
"""Signed tree heads, each with the line of the key that signed it. Source: C2SP tlog-checkpoint."""

archived = Table(
    "archived",
    metadata,
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
)
"""Ranges of leaves whose entries were exported and may be gone."""

timers = Table(
    "timers",
    metadata,
    Column("kind", TEXT, primary_key=True),
    Column("ref", TEXT, primary_key=True),
    Column("due_at", TEXT, nullable=False),
    Column("fired_at", TEXT),
    Index("ix_timers_due", "due_at", **_partial("fired_at is null")),
    sqlite_with_rowid=False,
)
"""What falls due, and when it was done."""

asks = Table(
    "asks",
    metadata,
    Column("task", TEXT, primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("request_id", TEXT, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("digest", TEXT, primary_key=True),
    Column("snapshot", TEXT, nullable=False),
    Column("document", TEXT, nullable=False),
    Column("first_used", TEXT, nullable=False),
)

schemas = Table(
    "schemas",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("tool", TEXT, nullable=False),
    Column("schema", TEXT, nullable=False),
)
