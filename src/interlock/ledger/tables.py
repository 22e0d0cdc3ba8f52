"""Define: the ledger's tables, as the migrations make them.

Times are fixed-width UTC text (`clock.stamp`), so that text order is time order on every database.
JSON is text: the ledger never queries inside it. Every index costs each call a page of the log that
a commit must write, so there are few.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

CLAIMED = "state in ('executing', 'done', 'failed', 'in_doubt')"
"""Calls that were claimed and have no end that everybody knows; there are few at a time."""

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("call_key", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("turn", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("tool_schema", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("claim", Text, nullable=False),
    Column("judgement", Text),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("request_id", Text),
    Column("editors", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Text),
    Column("outcome", Text),
    Column("answer", Text),
    Column("created_at", Text, nullable=False),
    UniqueConstraint("call_key", "revision", name="uq_calls_key"),
    Index("ix_calls_turn", "turn"),
    Index("ix_calls_attempts", "tenant", "agent", "tool", "thread_id", "fingerprint", "created_at"),
    Index("ix_calls_outcome", "tenant", "agent", "tool", "outcome", "thread_id", "created_at"),
    Index("ix_calls_pending", "created_at", sqlite_where=text("state = 'pending'")),
    Index(
        "ix_calls_claimed",
        "lease_until",
        sqlite_where=text(CLAIMED),
        postgresql_where=text(CLAIMED),
    ),
)

arguments = Table(
    "arguments",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("canonical", LargeBinary, nullable=False),
    Column("nonce", Text, nullable=False),
    sqlite_with_rowid=False,
)

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("call_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("excluded", Text, nullable=False),
    Column("risk", Text, nullable=False),
    Index("ix_requests_open", "state", "expires_at"),
    Index("ix_requests_call", "call_id"),
)

votes = Table(
    "votes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("request_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_votes_request", "request_id"),
)

executions = Table(
    "executions",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("fence", Integer, primary_key=True, autoincrement=False),
    Column("claimed_at", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("ended_at", Text),
    Column("outcome", Text),
    sqlite_with_rowid=False,
)

outputs = Table(
    "outputs",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("inspection", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)

usage = Table(
    "usage",
    metadata,
    Column("guardrail", Text, primary_key=True),
    Column("call_key", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("ix_usage_window", "guardrail", "by", "at"),
    sqlite_with_rowid=False,
)
"""What each call spent of each budget and rate, in millionths."""

levels = Table(
    "levels",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("since", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("leaf_index", BigInteger),
    UniqueConstraint("chain", "position", name="uq_entries_chain"),
    Index("uq_entries_leaf", "leaf_index", unique=True),
    Index(
        "ix_entries_unsealed",
        "seq",
        sqlite_where=text("leaf_index is null"),
        postgresql_where=text("leaf_index is null"),
    ),
    sqlite_autoincrement=True,
)
"""`leaf_index`: the entry's place in the tree, from 0; null until it is sealed."""

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
    Column("root", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", Text, nullable=False),
)
"""Signed tree heads, each with the line of the key that signed it. Source: C2SP tlog-checkpoint."""

archived = Table(
    "archived",
    metadata,
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
)
"""Ranges of leaves whose entries were exported and may be gone."""

BELT = frozenset({"entries_never_change", "entries_never_go"})
"""Triggers that refuse to change or remove an entry; see the migration that makes them."""

timers = Table(
    "timers",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("due_at", Text, nullable=False),
    Column("fired_at", Text),
    Index(
        "ix_timers_due",
        "due_at",
        sqlite_where=text("fired_at is null"),
        postgresql_where=text("fired_at is null"),
    ),
    sqlite_with_rowid=False,
)
"""What falls due, and when it was done."""

asks = Table(
    "asks",
    metadata,
    Column("task", Text, primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("request_id", Text, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("snapshot", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("first_used", Text, nullable=False),
)

schemas = Table(
    "schemas",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tool", Text, nullable=False),
    Column("schema", Text, nullable=False),
)
