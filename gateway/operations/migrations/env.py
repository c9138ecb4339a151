"""Alembic's entry: runs the revisions on the connection that ``open_database`` hands over."""

from alembic import context

from gateway.operations.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
