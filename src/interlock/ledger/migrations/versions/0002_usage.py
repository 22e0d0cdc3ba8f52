"""Migrate: keep what each call spent of each budget and rate."""

import sqlalchemy as sa
from alembic import op

from interlock.ledger.migrations.columns import TEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "usage",
        sa.Column("guardrail", TEXT, primary_key=True),
        sa.Column("call_key", TEXT, primary_key=True),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_usage_window", "usage", ["guardrail", "by", "at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("usage")
