"""Named rows of a read-only query."""

from __future__ import annotations

import pytest

from db.store import Store
from lab.analysis.rows import rows
from lab.core.errors import UsageError


def test_rows_are_named_by_their_columns(store: Store) -> None:
    sql = "SELECT study AS name, count(*) AS n FROM v_run WHERE status = ? AND seed > ? GROUP BY study"
    assert list(rows(store, sql, "done", 0)) == [{"name": "small", "n": 12}]


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(UsageError, match="read-only"):
        list(rows(store, "DELETE FROM measure"))
