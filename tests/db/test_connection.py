from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from db.connection import explain, locate, placeholder, plain_errors, read_only
from lab.core.errors import StoreError


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("lab.db", "lab.db"),
        ("some dir/lab.db", "some dir/lab.db"),
        ("sqlite:///lab.db", "lab.db"),
        ("sqlite:////tmp/lab.db", "/tmp/lab.db"),
    ],
)
def test_a_url_or_a_path_names_a_file(name: str, path: str) -> None:
    assert locate(name).path == Path(path)


def test_without_a_name_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert locate().path == Path("lab.db")
    monkeypatch.setenv("LAB_DB", "sqlite:///other.db")
    assert locate().path == Path("other.db")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sqlite://", "in memory keeps no log"),
        ("sqlite:///:memory:", "in memory keeps no log"),
        ("mysql://host/lab", "unknown kind; use sqlite:///FILE or postgresql"),
        ("x://host:port/lab", "not a URL"),
    ],
)
def test_what_can_hold_no_log_is_refused(name: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        locate(name)


def test_a_postgresql_url_is_taken_and_its_password_never_shown() -> None:
    location = locate("postgresql://me:secret@host/lab")
    assert location.url.drivername == "postgresql+psycopg"
    assert "secret" not in str(location)


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        ("attempt to write a readonly database", "it is read-only"),
        ("database or disk is full", "the disk is full"),
        ("disk I/O error", "the disk reports an error"),
        ("unable to open database file", "it cannot be opened"),
        ("database is locked", "another process kept it locked"),
        ("database disk image is malformed", "it is damaged"),
        ("something new", "something new"),
    ],
)
def test_every_error_of_the_database_is_one_line(reported: str, said: str) -> None:
    location = locate("lab.db")
    with pytest.raises(StoreError) as caught, plain_errors(location):
        raise sqlite3.OperationalError(reported)
    assert str(caught.value).startswith(f"database lab.db: {said}")
    assert "\n" not in str(caught.value)


def test_an_error_in_our_own_code_is_no_error_of_the_database() -> None:
    with pytest.raises(ZeroDivisionError), plain_errors(locate("lab.db")):
        _ = 1 / 0


def test_an_error_without_words_is_named() -> None:
    assert explain(sqlite3.OperationalError()) == "OperationalError"


def test_placeholders_are_the_drivers() -> None:
    assert placeholder(create_engine("sqlite://")) == "?"


def test_a_read_only_connection_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "a?b.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE t (x)")
    made.close()
    connection = read_only(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("INSERT INTO t VALUES (1)")
    connection.close()
