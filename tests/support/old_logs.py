"""Logs as earlier revisions of the schema left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from db.schema import MIGRATIONS


def at_first_schema(source: Path, target: Path) -> Path:
    """A copy of a log as revision 0001 would hold it: what came later is left out."""
    engine = create_engine(f"sqlite:///{target}")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        _first_revision().upgrade()
    engine.dispose()
    with closing(sqlite3.connect(target)) as log:
        log.execute("ATTACH ? AS later", (str(source),))
        for (table,) in log.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            columns = ", ".join(row[1] for row in log.execute(f"PRAGMA main.table_info({table})"))
            log.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM later.{table}")
        log.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        log.execute("INSERT INTO alembic_version VALUES ('0001')")
        log.execute("CREATE VIEW v_run AS SELECT id AS run FROM run")
        log.execute(
            "CREATE TRIGGER append_only_model_call_update BEFORE UPDATE ON model_call "
            "BEGIN SELECT RAISE(ABORT, 'model_call is append-only'); END"
        )
        log.commit()
    return target


def _first_revision() -> Any:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_revision("0001").module
