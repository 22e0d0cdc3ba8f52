"""Make: the first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _arguments() -> None:
    op.create_table(
        "arguments",
        sa.Column("call_id", sa.Text(), primary_key=True),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )


def _asks() -> None:
    op.create_table(
        "asks",
        sa.Column("task", sa.Text(), primary_key=True),
        sa.Column("index", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("request_id", sa.Text(), nullable=False),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("call_key", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("tool_schema", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("judgement", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("editors", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("answer", sa.Text()),
        sa.Column("created_at", sa.Text(), nullable=False),
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
        "ix_calls_pending", "calls", ["created_at"], sqlite_where=sa.text("state = 'pending'")
    )
    op.create_index("ix_calls_turn", "calls", ["turn"])


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.UniqueConstraint("chain", "position", name="uq_entries_chain"),
        sqlite_autoincrement=True,
    )


def _executions() -> None:
    op.create_table(
        "executions",
        sa.Column("call_id", sa.Text(), primary_key=True),
        sa.Column("fence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("claimed_at", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sqlite_with_rowid=False,
    )


def _levels() -> None:
    op.create_table(
        "levels",
        sa.Column("tenant", sa.Text(), primary_key=True),
        sa.Column("agent", sa.Text(), primary_key=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )


def _outputs() -> None:
    op.create_table(
        "outputs",
        sa.Column("call_id", sa.Text(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("inspection", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
    )


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("first_used", sa.Text(), nullable=False),
    )


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("excluded", sa.Text(), nullable=False),
        sa.Column("risk", sa.Text(), nullable=False),
    )
    op.create_index("ix_requests_call", "requests", ["call_id"])
    op.create_index("ix_requests_open", "requests", ["state", "expires_at"])


def _schemas() -> None:
    op.create_table(
        "schemas",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("schema", sa.Text(), nullable=False),
    )


def _votes() -> None:
    op.create_table(
        "votes",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
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
