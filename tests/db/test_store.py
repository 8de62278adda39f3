from __future__ import annotations

from pathlib import Path

import pytest

from db.query import query
from db.reading import list_runs
from db.store import Store, open_store
from lab.core.errors import StoreError
from tests.db.samples import plan, write_run

INSERT = "INSERT INTO text VALUES ('h', 'words')"


def write(store: Store, *statements: str) -> None:
    with store.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def pragma(store: Store, name: str) -> object:
    with store.reading() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_a_database_is_made_when_there_is_none(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/new.db") as store:
        assert store.url.endswith("/new.db")
    assert (tmp_path / "new.db").is_file()


def test_reading_makes_no_database(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(StoreError, match=r"no database at .*none.db; `lab run` or `lab batch` makes one"):
        open_store(str(path), create=False)
    assert not path.exists()


def test_an_empty_file_holds_no_log_until_one_is_made(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(StoreError, match="no log in"):
        open_store(str(path), create=False)
    open_store(str(path)).close()
    open_store(str(path), create=False).close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as one" * 10)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="it is not an SQLite database"):
        open_store(str(path))
    assert path.read_bytes() == before


def test_a_folder_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it cannot be opened; does the folder exist"):
        open_store(str(tmp_path / "none" / "lab.db"))


@pytest.mark.parametrize(("durable", "level"), [(False, 1), (True, 2)])
def test_a_durable_store_survives_a_power_cut(store: Store, durable: bool, level: int) -> None:
    with open_store(str(store.location.path), durable=durable) as opened:
        assert pragma(opened, "synchronous") == level


@pytest.mark.parametrize(("name", "value"), [("journal_mode", "wal"), ("recursive_triggers", 1)])
def test_connections_are_set_up_for_an_append_only_log(store: Store, name: str, value: object) -> None:
    assert pragma(store, name) == value


def test_readers_and_a_writer_work_side_by_side(store: Store) -> None:
    with store.reading() as reader, store.writing() as writer:
        writer.exec_driver_sql(INSERT)
        assert reader.exec_driver_sql("SELECT count(*) FROM text").scalar() == 0


def test_a_block_that_raises_writes_nothing(store: Store) -> None:
    with pytest.raises(StoreError, match="a row is already there"):
        write(store, INSERT, INSERT)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM text").scalar() == 0


def test_a_full_disk_is_one_clear_line_and_loses_nothing_committed(store: Store) -> None:
    write_run(store, plan())
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    with pytest.raises(StoreError, match="the disk is full"):
        write(store, f"PRAGMA max_page_count = {pages}", INSERT.replace("words", "x" * 100_000))
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM decision").scalar() == 3


def test_a_read_only_database_is_one_clear_line(store: Store) -> None:
    with pytest.raises(StoreError, match="it is read-only"):
        write(store, "PRAGMA query_only = ON", INSERT)


def test_a_log_in_a_folder_nobody_may_write_to_can_be_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(store, plan())
    store.close()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with open_store(str(store.location.path)) as sealed:
        assert [info.id for info in list_runs(sealed)] == ["aaaaaaaaaaaa"]
        assert list(query(sealed, "SELECT count(*) FROM v_run").rows) == [(1,)]
        with pytest.raises(StoreError, match="it is read-only"):
            write(sealed, INSERT)
