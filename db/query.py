"""A researcher's own SQL, on a connection that cannot write.

SQLite guards it three times: the file is opened for reading only, the connection is query-only, and every
action a statement asks for is checked against the few that read.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy.exc import DBAPIError

from db.connection import explain, read_only
from db.store import Store
from db.tables import metadata
from db.views import VIEWS
from lab.core.errors import StoreError, UsageError, nearest, suggestion

_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_PRAGMAS = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "index_info"})
_WRITES = (
    "not authorized",
    "authorization denied",
    "may not be modified",
    "readonly database",
    "read-only transaction",
)
_BROKEN = ("malformed", "disk i/o", "not a database", "database is locked", "unable to open")
_UNKNOWN = re.compile(r"no such (table|column): (?:\w+\.)?\"?(\w+)")
_SOURCE = r"\w+(?:\s+(?:as\s+)?\w+)?"
_SOURCES = re.compile(rf"\b(?:from|join)\s+({_SOURCE}(?:\s*,\s*{_SOURCE})*)")

Row = tuple[Any, ...]
Params = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a query.

    Attributes:
        columns: the names of its columns.
        rows: its rows, read as they are asked for; the connection closes after the last.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]


def query(store: Store, sql: str, params: Params = (), *, max_rows: int | None = None) -> Result:
    """The answer of the log to one SELECT, streamed.

    Args:
        store: the log.
        sql: one statement that only reads; the views of `views.py` are made for it.
        params: values for its placeholders.
        max_rows: at most so many rows.

    Raises:
        UsageError: when the statement writes, is no SQL, or names what the log does not have.
        StoreError: when the database cannot be read.
    """
    rows = _stream(store, sql, params)
    columns = next(rows)
    return Result(tuple(str(name) for name in columns), _first(rows, max_rows))


def _first(rows: Generator[Row, None, None], number: int | None) -> Iterator[Row]:
    with closing(rows):
        yield from islice(rows, number)


def _stream(store: Store, sql: str, params: Params) -> Generator[Row, None, None]:
    """The names of the columns, then every row."""
    if store.location.path is None:
        yield from _stream_elsewhere(store, sql, params)
        return
    with _plain_errors(store, sql), closing(read_only(store.location.path)) as connection:
        connection.set_authorizer(_authorize)
        cursor = connection.execute(sql, params)
        if cursor.description is None:
            raise UsageError(f"this is no query: {_short(sql)}; `lab query` takes one SELECT")
        yield tuple(column[0] for column in cursor.description)
        yield from cursor


def _stream_elsewhere(store: Store, sql: str, params: Params) -> Generator[Row, None, None]:
    options = {"stream_results": True, "postgresql_readonly": True}
    with _plain_errors(store, sql), store.engine.connect().execution_options(**options) as connection:
        values = params if isinstance(params, Mapping) else tuple(params)
        result = connection.exec_driver_sql(sql, values or None)
        yield tuple(result.keys())
        for row in result:
            yield tuple(row)


def _authorize(action: int, first: str | None, *_: str | None) -> int:
    declares = action == sqlite3.SQLITE_UPDATE and first == "sqlite_master"  # json_each does; harmless here
    shows = action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS
    return sqlite3.SQLITE_OK if action in _READING or declares or shows else sqlite3.SQLITE_DENY


@contextmanager
def _plain_errors(store: Store, sql: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, DBAPIError) as error:
        said = explain(error)
        if any(sign in said.lower() for sign in _BROKEN):
            raise StoreError(f"database {store.location}: {said}") from error
        if any(sign in said.lower() for sign in _WRITES):
            raise UsageError(f"this query writes; `lab query` is read-only: {_short(sql)}") from error
        raise UsageError(f"this query is not right: {said}{_hint(said, sql)}") from error


def _hint(said: str, sql: str) -> str:
    """What the log has instead of a table or column that it does not have."""
    found = _UNKNOWN.search(said)
    if found is None:
        return ""
    kind, name = found.groups()
    if kind == "table":
        known = [*VIEWS, *metadata.tables]
        return suggestion(name, known) or f" (views: {', '.join(VIEWS)})"
    columns = [column for column in _columns_of(sql) if column != name]
    close = nearest(name, columns)
    return f"; did you mean '{close}'?" if close else f" (columns: {', '.join(columns)})" if columns else ""


def _columns_of(sql: str) -> list[str]:
    """The columns of every view and table that a statement reads from."""
    sources = {part.split()[0] for found in _SOURCES.findall(sql.lower()) for part in found.split(",")}
    columns = [name for view in VIEWS.values() if view.name in sources for name in view.columns]
    columns += [c.name for table in metadata.tables.values() if table.name in sources for c in table.columns]
    return list(dict.fromkeys(columns))


def _short(sql: str) -> str:
    words = " ".join(sql.split())
    return words if len(words) <= 80 else f"{words[:79]}…"
