"""Triggers that make the log append-only.

No row is ever deleted, and no column changes but those that `tables` marks as state: a run's status and
counters, an attempt's outcome, the levels and seeds that a study gained. They are made anew at every upgrade.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table

from db.tables import metadata

_REFUSE = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"""


def expected(dialect: str) -> dict[str, str]:
    """The statement of every trigger, by the trigger's name."""
    body = _postgresql if dialect == "postgresql" else _sqlite
    return {
        name: f"CREATE TRIGGER {name} BEFORE {what} ON {table.name} {body(table)}"
        for table in metadata.sorted_tables
        for name, what in _refused(table)
    }


def create_triggers(connection: Connection) -> None:
    """Put every trigger in place."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.exec_driver_sql(_REFUSE.replace("%", "%%"))
    for statement in expected(dialect).values():
        connection.exec_driver_sql(statement)


def drop_triggers(connection: Connection) -> None:
    """Take every trigger away, so that a migration may rewrite rows."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change() CASCADE")
        return
    for name in present(connection):
        connection.exec_driver_sql(f"DROP TRIGGER {name}")


def present(connection: Connection) -> dict[str, str]:
    """The triggers of an SQLite database as they stand there, by name."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {str(name): str(statement) for name, statement in rows}


def _refused(table: Table) -> Iterator[tuple[str, str]]:
    fixed = [column.name for column in table.columns if not column.info.get("changes")]
    some = len(fixed) < len(table.columns)
    yield f"append_only_{table.name}_update", f"UPDATE OF {', '.join(fixed)}" if some else "UPDATE"
    yield f"append_only_{table.name}_delete", "DELETE"


def _sqlite(table: Table) -> str:
    return f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"


def _postgresql(table: Table) -> str:
    return "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
