"""Migrate: people and how they prove who they are, escalation, halts, and who resumes a thread."""

import sqlalchemy as sa
from alembic import op

from interlock.ledger.migrations.columns import TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what votes and requests say more."""
    _people()
    _desk()
    op.add_column("votes", sa.Column("proof", TEXT))
    op.add_column("requests", sa.Column("level", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Take them out again; what they said is lost, the record keeps it."""
    with op.batch_alter_table("requests") as requests:
        requests.drop_column("level")
    with op.batch_alter_table("votes") as votes:
        votes.drop_column("proof")
    for name in (
        "resumptions",
        "halts",
        "challenges",
        "delegations",
        "credentials",
        "identities",
        "people",
    ):
        op.drop_table(name)


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("principal", TEXT, primary_key=True),
        sa.Column("roles", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.Column("revoked_at", TEXT),
    )
    op.create_table(
        "identities",
        sa.Column("identity", TEXT, primary_key=True),
        sa.Column("principal", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
    )
    op.create_table(
        "credentials",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("principal", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("public", TEXT, nullable=False),
        sa.Column("added_at", TEXT, nullable=False),
        sa.Column("revoked_at", TEXT),
    )
    op.create_table(
        "delegations",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("principal", TEXT, nullable=False),
        sa.Column("deputy", TEXT, nullable=False),
        sa.Column("since", TEXT, nullable=False),
        sa.Column("until", TEXT, nullable=False),
        sa.Column("revoked_at", TEXT),
    )
    op.create_table(
        "challenges",
        sa.Column("nonce", TEXT, primary_key=True),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("principal", TEXT, nullable=False),
        sa.Column("issued_at", TEXT, nullable=False),
        sa.Column("used_at", TEXT),
    )


def _desk() -> None:
    op.create_table(
        "halts",
        sa.Column("tenant", TEXT, primary_key=True),
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("ref", TEXT, primary_key=True),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
    )
    op.create_table(
        "resumptions",
        sa.Column("host", TEXT, primary_key=True),
        sa.Column("thread_id", TEXT, primary_key=True),
        sa.Column("due_at", TEXT, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("begun", sa.Integer, nullable=False),
        sa.Column("lease", TEXT, nullable=False),
    )
    op.create_index("ix_resumptions_due", "resumptions", ["host", "due_at"])
    op.execute(
        "insert into resumptions (host, thread_id, due_at, wanted, tries, begun, lease) "
        "select distinct host, thread_id, '2020-01-01T00:00:00.000000Z', 1, 0, 0, '' from calls "
        "where state in ('approved', 'retried')"
    )
