"""What Alembic runs: the migrations, on the connection it is given.

Views and triggers are derived from the code, so they are dropped first and made anew afterwards: a migration
may rewrite rows, and no version has to repeat them.
"""

from __future__ import annotations

from alembic import context

from db.tables import metadata
from db.triggers import create_triggers, drop_triggers
from db.views import create_views, drop_views

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    drop_views(connection)
    drop_triggers(connection)
    context.run_migrations()
    create_triggers(connection)
    create_views(connection)
