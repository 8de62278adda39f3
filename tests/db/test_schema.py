from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from db.check import check
from db.query import query
from db.reading import get_run, recorded_calls
from db.recorder import Recorder
from db.schema import HEAD, MIGRATIONS, REVISIONS, upgrade
from db.store import Store, open_store
from db.tables import metadata
from lab.core.calls import ModelReply
from lab.core.errors import StoreError
from lab.engine.calls import recorded_call
from tests.db.samples import CALL_TEXTS, call_row, plan, write_run
from tests.support.old_logs import at_first_schema

OPEN = "from db.store import open_store; open_store"
ONLY_LATER = (
    "name NOT LIKE 'append_only%' AND name NOT LIKE 'v\\_%' ESCAPE '\\' AND name NOT LIKE '%alembic%'"
)


@pytest.fixture
def old_log(store: Store, tmp_path: Path) -> Path:
    """A finished run with a model call and a failed try, in a log of the first schema."""
    write_run(store, plan())
    with Recorder(store) as recorder:
        recorder.write_call(call_row("aaaaaaaaaaaa", try_=1), CALL_TEXTS)
        recorder.write_call(call_row("aaaaaaaaaaaa", reply=None, error="timeout: 30 s"), CALL_TEXTS)
    store.close()
    return at_first_schema(store.location.path or Path(), tmp_path / "old.db")


def statements(path: Path) -> dict[str, str]:
    """What the database was made with, spaces aside."""
    with sqlite3.connect(path) as connection:
        found = connection.execute(f"SELECT name, sql FROM sqlite_master WHERE sql NOT NULL AND {ONLY_LATER}")
        return {name: " ".join(sql.split()) for name, sql in found}


def set_revision(store: Store, revision: str) -> str:
    with store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    store.close()
    return str(store.location.path)


def test_the_migrations_make_the_tables_that_the_code_declares(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_them_word_for_word(store: Store, tmp_path: Path) -> None:
    declared = tmp_path / "declared.db"
    engine = create_engine(f"sqlite:///{declared}")
    metadata.create_all(engine)
    engine.dispose()
    assert statements(store.location.path or Path()) == statements(declared)


def test_every_migration_is_known_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in scripts)[::-1] == REVISIONS


def test_a_migration_imports_nothing_of_the_lab() -> None:
    sources = [file.read_text() for file in (MIGRATIONS / "versions").glob("*.py")]
    imports = [line for text in sources for line in text.splitlines() if " import " in f" {line} "]
    assert {line.split()[1].partition(".")[0] for line in imports} == {
        "__future__",
        "alembic",
        "sqlalchemy",
        "typing",
    }


def test_opening_a_current_database_needs_no_alembic(store: Store) -> None:
    code = f"{OPEN}({str(store.location.path)!r}); import sys; print('alembic' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"


def test_a_newer_schema_is_refused(store: Store) -> None:
    path = set_revision(store, "9999")
    for use in (open_store, upgrade):
        with pytest.raises(StoreError, match=r"schema '9999' is unknown to this lab .*a newer lab made it"):
            use(path)


def test_an_older_schema_asks_for_an_upgrade(old_log: Path) -> None:
    with pytest.raises(StoreError, match=f"its schema is 0001, this lab needs {HEAD}; run `lab db upgrade`"):
        open_store(str(old_log))


@pytest.mark.parametrize("create", [True, False])
def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE person (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="it holds tables, but not those of the lab"):
        open_store(str(path), create=create)
    assert path.read_bytes() == before


def test_an_upgrade_keeps_the_rows_and_remakes_what_is_derived(store: Store) -> None:
    write_run(store, plan())
    with store.writing() as connection:
        connection.exec_driver_sql("DROP VIEW v_run")
        connection.exec_driver_sql("DROP TRIGGER append_only_text_delete")
    path = str(store.location.path)
    assert upgrade(path) == (HEAD, HEAD)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT decisions FROM v_run").scalar() == 3
        names = "SELECT count(*) FROM sqlite_master WHERE name = 'append_only_text_delete'"
        assert connection.exec_driver_sql(names).scalar() == 1


def test_an_upgrade_from_the_first_schema_keeps_every_run_and_call(old_log: Path) -> None:
    assert upgrade(str(old_log)) == ("0001", HEAD)
    with open_store(str(old_log), create=False) as store:
        assert check(store) == []
        info = get_run(store, "a")
        assert (info.status, info.rows, info.tokens, info.notes) == ("done", 12, 24, None)
        failed, answered = (recorded_call(*found) for found in recorded_calls(store, info.id))
        assert (failed.reply, failed.error) == (None, "timeout: 30 s")
        assert answered.reply == ModelReply("left", None, "stop", 10, 2, 0.25, 0.5)
        sql = "SELECT try, request, reply, provider, parsed, legal_mass, error FROM v_call ORDER BY try"
        assert list(query(store, sql).rows) == [
            (0, "ask", None, None, None, None, "timeout: 30 s"),
            (1, "ask", "left", None, None, None, None),
        ]


def test_an_upgraded_database_is_as_one_made_today(old_log: Path, store: Store) -> None:
    upgrade(str(old_log))
    made_today = statements(store.location.path or Path())
    assert statements(old_log) == made_today


def test_an_upgraded_log_takes_runs_of_today_and_stays_append_only(old_log: Path) -> None:
    upgrade(str(old_log))
    with open_store(str(old_log), create=False) as store:
        write_run(store, plan("bbbbbbbbbbbb"))
        with Recorder(store) as recorder:
            recorder.write_call(call_row("bbbbbbbbbbbb", parsed="{}", legal_mass=0.5), CALL_TEXTS)
        assert check(store) == []
        change = "UPDATE model_call SET parsed = '[]'"
        with pytest.raises(StoreError, match="append-only"), store.writing() as connection:
            connection.exec_driver_sql(change)


def test_an_upgrade_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no database at .*; `lab run` or `lab batch` makes one"):
        upgrade(str(tmp_path / "none.db"))


def test_processes_that_make_a_database_at_once_make_one(tmp_path: Path) -> None:
    path = tmp_path / "race.db"
    command = [sys.executable, "-c", f"{OPEN}({str(path)!r}).close()"]
    started = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    open_store(str(path), create=False).close()
