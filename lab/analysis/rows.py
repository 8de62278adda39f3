"""The one way these modules read the log: named rows of a read-only query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from db.query import query
from db.store import Store

Row = dict[str, Any]


def rows(store: Store, sql: str, *values: object) -> Iterator[Row]:
    """The rows of one SELECT, column name to value; ``?`` stands for each of `values`, in order."""
    result = query(store, sql.replace("?", store.mark), values)
    return (dict(zip(result.columns, row, strict=True)) for row in result.rows)
