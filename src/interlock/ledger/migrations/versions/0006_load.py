"""Migrate: load, pauses and floods: the questions of one agent, the answers of one person."""

import sqlalchemy as sa
from alembic import op

from interlock.ledger.migrations.columns import TEXT

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_QUEUE = ["tenant", "agent", "created_at", "position", "id"]
_MADE = {
    "ix_calls_pending_agent": (_QUEUE, "state = 'pending'"),
    "ix_calls_alike": ([*_QUEUE[:2], "tool", "fingerprint", *_QUEUE[2:]], "state = 'pending'"),
    "ix_calls_asked": (_QUEUE[:3], "request_id is not null"),
}

_TEXTS = ("kind", "of", "how", "state", "head", "digest", "nonce")


def upgrade() -> None:
    """Add probes, indices of questions and answers, time on screen, and who is away."""
    for name, (columns, rows) in _MADE.items():
        where = sa.text(rows)
        op.create_index(name, "calls", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_votes_by", "votes", ["by", "at"])
    op.add_column("votes", sa.Column("on_screen_ms", sa.BigInteger))
    op.add_column("people", sa.Column("away_until", TEXT))
    op.create_table(
        "probes",
        sa.Column("call_id", TEXT, primary_key=True),
        *(sa.Column(name, TEXT, nullable=False) for name in _TEXTS),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("canonical", sa.LargeBinary, nullable=False),
        sa.Column("judgement", TEXT),
        sa.Column("came_to", TEXT),
    )
    op.create_index("ix_probes_of", "probes", ["of"])
    where = sa.text("state = 'posed'")
    op.create_index(
        "ix_probes_posed", "probes", ["call_id"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    """Take them out again."""
    op.drop_table("probes")
    op.drop_index("ix_votes_by", "votes")
    with op.batch_alter_table("votes") as votes:
        votes.drop_column("on_screen_ms")
    with op.batch_alter_table("people") as people:
        people.drop_column("away_until")
    for name in _MADE:
        op.drop_index(name, "calls")
