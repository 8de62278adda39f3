"""The open database that everything else in this folder takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from sqlalchemy import Connection, Engine

from db import schema
from db.connection import Location, begin, locate, make_engine, placeholder, plain_errors
from lab.core.errors import StoreError


@dataclass(frozen=True)
class Store:
    """An open database; a context manager that closes it.

    Attributes:
        location: where it is.
        engine: its SQLAlchemy engine.
    """

    location: Location
    engine: Engine

    @property
    def url(self) -> str:
        """Its URL, without a password."""
        return self.location.url.render_as_string()

    @property
    def mark(self) -> str:
        """The driver's placeholder."""
        return placeholder(self.engine)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write; committed when the block ends, undone when it raises.

        Raises:
            StoreError: when the database cannot be written: read-only, full, locked for too long.
        """
        with plain_errors(self.location), begin(self.engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database; results are streamed. Keep it short.

        Raises:
            StoreError: when the database cannot be read.
        """
        with plain_errors(self.location), self.engine.connect() as connection:
            yield connection.execution_options(stream_results=True)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(url: str | None = None, *, create: bool = True, durable: bool = False) -> Store:
    """The database at a URL or path, ready to use.

    Args:
        url: a URL or the path of an SQLite file; without it, `LAB_DB` or ``sqlite:///lab.db``.
        create: whether to make the database when there is none.
        durable: whether a commit survives a power cut, not only a killed process.

    Raises:
        StoreError: when there is none to open, its schema is not this lab's, or it cannot be read.
    """
    location = locate(url)
    if not create:
        schema.refuse_missing(location)
    engine = make_engine(location, durable=durable)
    store = Store(location, engine)
    try:
        _settle_schema(store, create)
    except BaseException:
        engine.dispose()
        raise
    return store


def _settle_schema(store: Store, create: bool) -> None:
    with store.reading() as connection:
        found = schema.revision(connection)
    schema.refuse_unknown(found, store.location)
    if found is None and create:
        with plain_errors(store.location):
            schema.create(store.engine, store.location)
    elif found is None:
        raise StoreError(f"no log in {store.location}; `lab run` or `lab batch` makes one")
    elif found != schema.HEAD:
        raise StoreError(
            f"database {store.location}: its schema is {found}, this lab needs {schema.HEAD}; "
            "run `lab db upgrade`"
        )
