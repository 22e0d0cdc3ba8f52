"""Make: the first schema."""

import sqlalchemy as sa
from alembic import op

from interlock.ledger.migrations.columns import SEQ, TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _arguments() -> None:
    op.create_table(
        "arguments",
        sa.Column("call_id", TEXT, primary_key=True),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", TEXT, nullable=False),
        sqlite_with_rowid=False,
    )


def _asks() -> None:
    op.create_table(
        "asks",
        sa.Column("task", TEXT, primary_key=True),
        sa.Column("index", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("request_id", TEXT, nullable=False),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("call_key", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("turn", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("thread_id", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("tool_schema", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("context", TEXT, nullable=False),
        sa.Column("claim", TEXT, nullable=False),
        sa.Column("judgement", TEXT),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", TEXT, nullable=False),
        sa.Column("request_id", TEXT),
        sa.Column("editors", TEXT, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", TEXT),
        sa.Column("outcome", TEXT),
        sa.Column("answer", TEXT),
        sa.Column("created_at", TEXT, nullable=False),
        sa.UniqueConstraint("call_key", "revision", name="uq_calls_key"),
    )
    op.create_index(
        "ix_calls_attempts",
        "calls",
        ["tenant", "agent", "tool", "thread_id", "fingerprint", "created_at"],
    )
    op.create_index(
        "ix_calls_outcome",
        "calls",
        ["tenant", "agent", "tool", "outcome", "thread_id", "created_at"],
    )
    op.create_index(
        "ix_calls_pending",
        "calls",
        ["created_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_calls_turn", "calls", ["turn"])


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("chain", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("auth", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.UniqueConstraint("chain", "position", name="uq_entries_chain"),
        sqlite_autoincrement=True,
    )


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("call_id", TEXT, primary_key=True),
        sa.Column("fence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("claimed_at", TEXT, nullable=False),
        sa.Column("worker", TEXT, nullable=False),
        sa.Column("ended_at", TEXT),
        sa.Column("outcome", TEXT),
        sqlite_with_rowid=False,
    )


def _levels() -> None:
    op.create_table(
        "levels",
        sa.Column("tenant", TEXT, primary_key=True),
        sa.Column("agent", TEXT, primary_key=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("since", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
    )


def _outputs() -> None:
    op.create_table(
        "outputs",
        sa.Column("call_id", TEXT, primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("inspection", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
    )


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("snapshot", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("first_used", TEXT, nullable=False),
    )


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("call_id", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=False),
        sa.Column("terms", TEXT, nullable=False),
        sa.Column("excluded", TEXT, nullable=False),
        sa.Column("risk", TEXT, nullable=False),
    )
    op.create_index("ix_requests_call", "requests", ["call_id"])
    op.create_index("ix_requests_open", "requests", ["state", "expires_at"])


def _schemas() -> None:
    op.create_table(
        "schemas",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("schema", TEXT, nullable=False),
    )


def _votes() -> None:
    op.create_table(
        "votes",
        sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("auth", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
    )
    op.create_index("ix_votes_request", "votes", ["request_id"])


def upgrade() -> None:
    """Create every table and index."""
    _arguments()
    _asks()
    _calls()
    _entries()
    _executions()
    _levels()
    _outputs()
    _policies()
    _requests()
    _schemas()
    _votes()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("votes")
    op.drop_table("schemas")
    op.drop_table("requests")
    op.drop_table("policies")
    op.drop_table("outputs")
    op.drop_table("levels")
    op.drop_table("executions")
    op.drop_table("entries")
    op.drop_table("calls")
    op.drop_table("asks")
    op.drop_table("arguments")
