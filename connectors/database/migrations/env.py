"""Alembic's entry: runs the migrations on the connection that `migrate()` hands over."""

from alembic import context

import connectors.database.models  # noqa: F401 - fills the metadata
from connectors.database.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=False,
    include_object=context.config.attributes["include_object"],
)
with context.begin_transaction():
    context.run_migrations()
