"""Migrate: what the log tells of agents' work, and an index of its entries about levels."""

import sqlalchemy as sa
from alembic import op

from interlock.ledger.migrations.columns import TEXT

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OF_LEVELS = sa.text(
    "kind in ('promotion_opened', 'promotion_answered', 'promotion_ended', 'promoted', 'demoted', "
    "'level_set', 'level_begun', 'incident_opened', 'incident_closed')"
)


def upgrade() -> None:
    """Add what is folded from entries, and find those about levels without reading the others."""
    op.create_table(
        "evidence",
        sa.Column("tenant", TEXT, primary_key=True),
        sa.Column("agent", TEXT, primary_key=True),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.Column("body", TEXT, nullable=False),
    )
    op.create_index(
        *("ix_entries_levels", "entries", ["position"]),
        sqlite_where=_OF_LEVELS,
        postgresql_where=_OF_LEVELS,
    )


def downgrade() -> None:
    """Take them out again."""
    op.drop_index("ix_entries_levels", "entries")
    op.drop_table("evidence")
