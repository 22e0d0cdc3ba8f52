"""Migrate: what signals remember of each call, and what was learned from those that ran."""

import sqlalchemy as sa
from alembic import op

from interlock.ledger.migrations.columns import TEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NAMED = ("tenant", "agent", "kind", "model")


def upgrade() -> None:
    """Add the observation of a call, which calls of before lack, what is learned, and threads."""
    op.add_column("calls", sa.Column("observation", TEXT))
    op.create_index("ix_calls_thread", "calls", ["tenant", "thread_id", "created_at"])
    op.create_table(
        "learned",
        *(sa.Column(name, TEXT, primary_key=True) for name in _NAMED),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
    )


def downgrade() -> None:
    """Take them out again."""
    op.drop_table("learned")
    op.drop_index("ix_calls_thread", "calls")
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("observation")
