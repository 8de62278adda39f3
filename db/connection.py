"""Where a database is, how it is opened, and what its errors mean: all that differs between databases.

SQLite is the default; a PostgreSQL URL is accepted wherever SQLAlchemy and its driver can serve it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, ProgrammingError

from lab.core.errors import MissingDependency, StoreError

DEFAULT_URL = "sqlite:///lab.db"
BUSY_TIMEOUT_S = 30
JOURNAL_BYTES = 64 * 2**20
READ_CACHE_KIB = 64 * 2**10

_SEALED = {"mode": "ro", "immutable": "1", "uri": "true"}
_SAYINGS = (
    ("readonly database", "it is read-only"),
    ("database or disk is full", "the disk is full"),
    ("unable to open database file", "it cannot be opened; does the folder exist, and may you write there?"),
    ("disk i/o error", "the disk reports an error"),
    ("database is locked", f"another process kept it locked for {BUSY_TIMEOUT_S} s"),
    ("not a database", "it is not an SQLite database"),
    ("malformed", "it is damaged; `lab db check` says where"),
    ("unique constraint", "a row is already there; is another process writing the same run?"),
)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a database is.

    Attributes:
        url: its SQLAlchemy URL.
        path: the file of an SQLite database, else None.
    """

    url: URL
    path: Path | None

    def __str__(self) -> str:
        return str(self.path) if self.path else self.url.render_as_string()


def locate(url: str | None = None) -> Location:
    """The database that a URL or the path of a file names; without one, `LAB_DB` or ``sqlite:///lab.db``.

    Raises:
        StoreError: when it names no file and no PostgreSQL database.
    """
    name = url or os.environ.get("LAB_DB") or DEFAULT_URL
    if "://" not in name:
        return _file(name)
    try:
        parsed = make_url(name)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"database '{name}': not a URL, such as {DEFAULT_URL}") from error
    if parsed.get_backend_name() == "sqlite":
        return _file(parsed.database or "")
    if parsed.get_backend_name() == "postgresql":
        return Location(parsed.set(drivername="postgresql+psycopg"), None)
    allowed = "sqlite:///FILE or postgresql+psycopg://HOST/NAME"
    raise StoreError(f"database '{parsed.render_as_string()}': unknown kind; use {allowed}")


def _file(name: str) -> Location:
    if name in ("", ":memory:"):
        raise StoreError("a database in memory keeps no log; name a file, such as lab.db")
    path = Path(name).expanduser()
    return Location(URL.create("sqlite", database=str(path.absolute())), path)


def make_engine(location: Location, *, durable: bool) -> Engine:
    """An engine whose transactions behave as the log needs.

    Args:
        location: the database.
        durable: whether a commit survives a power cut, not only a killed process.
    """
    if location.path is None:
        return _postgresql_engine(location)
    url = location.url
    if location.path.exists() and is_sealed(location.path):
        url = URL.create("sqlite", database=f"file:{quote(str(url.database))}", query=_SEALED)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None})
    synchronous = "FULL" if durable else "NORMAL"

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, record: object) -> None:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(location: Location) -> Engine:
    try:
        return create_engine(location.url)
    except ModuleNotFoundError as error:
        raise MissingDependency(f"database {location}: package '{error.name}' is not installed") from error


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; SQLite takes the write lock at its start, so it never fails half-way."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def use_write_ahead_log(engine: Engine) -> None:
    """Let readers and one writer work side by side; SQLite keeps this in the file."""
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def placeholder(engine: Engine) -> str:
    """The mark that stands for a value in SQL given straight to the driver."""
    return "?" if engine.dialect.name == "sqlite" else "%s"


def integrity_problems(connection: Connection) -> list[str]:
    """What the database itself finds wrong with its file."""
    if connection.dialect.name != "sqlite":
        return []
    rows = connection.exec_driver_sql("PRAGMA integrity_check")
    return [str(row[0]) for row in rows if row[0] != "ok"]


def is_sealed(path: Path) -> bool:
    """Whether nobody can be writing to the SQLite file at `path`: its folder takes no journal."""
    return not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists()


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write to the SQLite file at `path`."""
    options = "mode=ro&immutable=1" if is_sealed(path) else "mode=ro"
    address = f"file:{quote(str(path.absolute()))}?{options}"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA cache_size = -{READ_CACHE_KIB}")
    return connection


@contextmanager
def plain_errors(location: Location) -> Iterator[None]:
    """Turn what the database reports into one line.

    Raises:
        StoreError: instead of an error of the database; errors in our own SQL stay what they are.
    """
    try:
        yield
    except ProgrammingError:
        raise
    except (DBAPIError, sqlite3.DatabaseError) as error:
        raise StoreError(f"database {location}: {explain(error)}") from error


def explain(error: Exception) -> str:
    """What an error of the database means, in words."""
    original = str(error.orig if isinstance(error, DBAPIError) else error)
    low = original.lower()
    meanings = [meaning for sign, meaning in _SAYINGS if sign in low]
    first_line = original.splitlines()[0] if original else type(error).__name__
    return f"{meanings[0]} ({first_line})" if meanings else first_line
