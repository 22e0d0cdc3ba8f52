"""Migrate: number entries in a Merkle tree with signed heads; keep what falls due."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a leaf's number to each entry, the tree's tables, and timers."""
    op.add_column("entries", sa.Column("leaf_index", sa.BigInteger()))
    op.create_index("uq_entries_leaf", "entries", ["leaf_index"], unique=True)
    op.create_index(
        "ix_entries_unsealed",
        "entries",
        ["seq"],
        sqlite_where=sa.text("leaf_index is null"),
        postgresql_where=sa.text("leaf_index is null"),
    )
    op.create_table(
        "tiles",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("index", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
    )
    op.create_table(
        "timers",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("ref", sa.Text(), primary_key=True),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("fired_at", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_timers_due",
        "timers",
        ["due_at"],
        sqlite_where=sa.text("fired_at is null"),
        postgresql_where=sa.text("fired_at is null"),
    )


def downgrade() -> None:
    """Drop what was added."""
    for table in ("timers", "checkpoints", "tiles"):
        op.drop_table(table)
    op.drop_index("ix_entries_unsealed", "entries")
    op.drop_index("uq_entries_leaf", "entries")
    op.drop_column("entries", "leaf_index")
