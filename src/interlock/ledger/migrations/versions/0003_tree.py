"""Migrate: number entries in a Merkle tree with signed heads; keep what falls due."""

import json
from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic import op

from interlock.ledger.migrations.columns import TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_EXECUTION_TTL_S = 3600.0
"""How long an approval lasts where nobody was asked, as it was when this was written."""

_FIXED = (
    "seq id chain position at kind state actor auth body previous hash".split()  # noqa: SIM905 - as in the table
)
_OTHERWISE = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _FIXED)
BELT = {
    "sqlite": (
        f"""CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
        WHEN OLD.leaf_index IS NOT NULL OR NEW.leaf_index IS NULL OR {_OTHERWISE}
        BEGIN SELECT RAISE(ABORT, 'entries never change'); END""",
        """CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
        WHEN NOT EXISTS (
            SELECT 1 FROM archived WHERE OLD.leaf_index BETWEEN archived.first AND archived.last
        )
        BEGIN SELECT RAISE(ABORT, 'entries never go'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION interlock_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.leaf_index IS NULL AND NEW.leaf_index IS NOT NULL THEN
                OLD.leaf_index := NEW.leaf_index;
                IF OLD IS NOT DISTINCT FROM NEW THEN RETURN NEW; END IF;
            ELSIF TG_OP = 'DELETE' AND EXISTS (
                SELECT 1 FROM archived WHERE OLD.leaf_index BETWEEN archived.first AND archived.last
            ) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'entries never change and never go';
        END $$""",
        """CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
        FOR EACH ROW EXECUTE FUNCTION interlock_entries_stay()""",
        """CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
        FOR EACH ROW EXECUTE FUNCTION interlock_entries_stay()""",
        """CREATE TRIGGER entries_never_emptied BEFORE TRUNCATE ON entries
        FOR EACH STATEMENT EXECUTE FUNCTION interlock_entries_stay()""",
        "ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_never_change",
        "ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_never_go",
        "ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_never_emptied",
    ),
}
"""What keeps a statement from changing an entry: a leaf's number is set once, a row goes only when
its range is archived. Whoever owns the database can take it off; `audit verify` sees that."""
_BELT_OFF = {
    "sqlite": ("DROP TRIGGER entries_never_change", "DROP TRIGGER entries_never_go"),
    "postgresql": (
        "DROP TRIGGER entries_never_change ON entries",
        "DROP TRIGGER entries_never_go ON entries",
        "DROP TRIGGER entries_never_emptied ON entries",
        "DROP FUNCTION interlock_entries_stay",
    ),
}


_PENDING = sa.text("state = 'pending'")
_QUEUES: dict[str, list[str]] = {
    "ix_calls_pending": [],
    "ix_calls_pending_thread": ["thread_id"],
    "ix_calls_pending_tenant": ["tenant"],
}
"""Indices of the calls that wait for a human, in the order of the queue."""


def upgrade() -> None:
    """Add a leaf's number to each entry, the tree's tables, timers, and the belt."""
    _tree()
    _queues()
    _timers()
    for statement in BELT[op.get_bind().dialect.name]:
        op.execute(statement)


def _tree() -> None:
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
        sa.Column("root", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
    )
    op.create_table(
        "archived",
        sa.Column("first", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
    )


def _queues() -> None:
    op.drop_index("ix_calls_pending", "calls")
    for name, by in _QUEUES.items():
        columns = [*by, "created_at", "position", "id"]
        op.create_index(name, "calls", columns, sqlite_where=_PENDING, postgresql_where=_PENDING)
    claimed = sa.text("state in ('executing', 'done', 'failed', 'in_doubt')")
    op.create_index(
        "ix_calls_claimed",
        "calls",
        ["lease_until"],
        sqlite_where=claimed,
        postgresql_where=claimed,
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("ref", TEXT, primary_key=True),
        sa.Column("due_at", TEXT, nullable=False),
        sa.Column("fired_at", TEXT),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_timers_due",
        "timers",
        ["due_at"],
        sqlite_where=sa.text("fired_at is null"),
        postgresql_where=sa.text("fired_at is null"),
    )
    op.execute(  # requests that were opened before there were timers
        "insert into timers (kind, ref, due_at) "
        "select 'expiry', id, expires_at from requests where state = 'open'"
    )
    _time_to_use()


def _time_to_use() -> None:
    """Set the timers of approvals that were given before there were timers, and not used yet."""
    found = op.get_bind().execute(
        sa.text(
            "select c.id, max(v.at) as at, r.terms from calls c "
            "left join requests r on r.id = c.request_id "
            "join votes v on v.request_id in (c.id, r.id) "
            "where c.state in ('approved', 'retried', 'held') group by c.id, r.terms"
        )
    )
    timers = sa.table("timers", sa.column("kind"), sa.column("ref"), sa.column("due_at"))
    for call, at, terms in found.all():
        ttl_s = json.loads(terms)["execution_ttl_s"] if terms else _EXECUTION_TTL_S
        due_at = datetime.fromisoformat(at) + timedelta(seconds=ttl_s)
        text = due_at.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
        op.execute(timers.insert().values(kind="use", ref=call, due_at=text))


def downgrade() -> None:
    """Drop what was added."""
    for statement in _BELT_OFF[op.get_bind().dialect.name]:
        op.execute(statement)
    for table in ("timers", "archived", "checkpoints", "tiles"):
        op.drop_table(table)
    op.drop_index("ix_calls_claimed", "calls")
    for name in _QUEUES:
        op.drop_index(name, "calls")
    op.create_index(
        "ix_calls_pending",
        "calls",
        ["created_at"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.drop_index("ix_entries_unsealed", "entries")
    op.drop_index("uq_entries_leaf", "entries")
    op.drop_column("entries", "leaf_index")
