"""Migrate: load, pauses and floods: the questions of one agent, the answers of one person."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_QUEUE = ["tenant", "agent", "created_at", "position", "id"]
_MADE = {
    "ix_calls_pending_agent": (_QUEUE, "state = 'pending'"),
    "ix_calls_asked": (_QUEUE[:3], "request_id is not null"),
}


def upgrade() -> None:
    """Add the indices of an agent's questions and of a person's answers, and time on screen."""
    for name, (columns, rows) in _MADE.items():
        where = sa.text(rows)
        op.create_index(name, "calls", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_votes_by", "votes", ["by", "at"])
    op.add_column("votes", sa.Column("on_screen_ms", sa.BigInteger))


def downgrade() -> None:
    """Take them out again."""
    op.drop_index("ix_votes_by", "votes")
    with op.batch_alter_table("votes") as votes:
        votes.drop_column("on_screen_ms")
    for name in _MADE:
        op.drop_index(name, "calls")
