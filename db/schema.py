"""The schema of a database: told apart, created, upgraded.

A database carries its revision in `alembic_version`. Alembic is imported only to create or upgrade one.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from db.connection import Location, begin, locate, make_engine, plain_errors, use_write_ahead_log
from lab.core.errors import StoreError

REVISIONS = ("0001", "0002", "0003")
"""Every revision of the schema, oldest first (tested against `migrations/versions`)."""

HEAD = REVISIONS[-1]
MIGRATIONS = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """The schema's revision, None for an empty database, and an empty text for one that is not ours."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        return ""
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else ""


def refuse_unknown(found: str | None, location: Location) -> None:
    """Pass a revision this lab knows, or none.

    Raises:
        StoreError: when the database is another program's or a newer lab's.
    """
    if found == "":
        raise StoreError(f"database {location}: it holds tables, but not those of the lab; name another file")
    if found is not None and found not in REVISIONS:
        raise StoreError(
            f"database {location}: its schema '{found}' is unknown to this lab (newest: {HEAD}); "
            "a newer lab made it"
        )


def create(engine: Engine, location: Location) -> None:
    """Make the newest schema in an empty database; when another process was faster, do nothing."""
    use_write_ahead_log(engine)
    with begin(engine) as connection:
        found = revision(connection)
        refuse_unknown(found, location)
        if found is None:
            _migrate(connection)


def upgrade(url: str | None = None) -> tuple[str | None, str]:
    """Bring a database to the newest schema; views and triggers are made anew.

    Returns:
        The revision before and after.

    Raises:
        StoreError: when there is no database, or it is not one of this lab's.
    """
    location = locate(url)
    refuse_missing(location)
    engine = make_engine(location, durable=True)
    try:
        with plain_errors(location), begin(engine) as connection:
            found = revision(connection)
            refuse_unknown(found, location)
            _migrate(connection)
    finally:
        engine.dispose()
    return found, HEAD


def refuse_missing(location: Location) -> None:
    """Pass a database that exists.

    Raises:
        StoreError: when its file does not.
    """
    if location.path is not None and not location.path.is_file():
        raise StoreError(f"no database at {location}; `lab run` or `lab batch` makes one")


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
