"""Migrate: on the connection that `engine.upgrade` opened."""

from alembic import context

from interlock.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
