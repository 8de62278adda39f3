from __future__ import annotations

import tracemalloc

import pytest

from db.query import query
from db.store import Store
from lab.core.errors import StoreError, UsageError
from tests.db.samples import plan, write_run

COUNTING = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) SELECT n FROM c"


@pytest.fixture
def log(store: Store) -> Store:
    write_run(store, plan())
    return store


def test_a_query_names_its_columns_and_brings_its_rows(log: Store) -> None:
    result = query(log, "SELECT agent, avg(valid) AS share FROM v_decision GROUP BY 1")
    assert result.columns == ("agent", "share")
    assert list(result.rows) == [("ann", pytest.approx(2 / 3))]


def test_values_may_be_given_by_place_or_by_name(log: Store) -> None:
    assert list(query(log, "SELECT seq FROM v_event WHERE seq > ? ORDER BY 1", (8,)).rows) == [(11,), (12,)]
    assert list(query(log, "SELECT :x + 1", {"x": 2}).rows) == [(3,)]


def test_no_more_rows_come_than_asked_for(log: Store) -> None:
    assert list(query(log, COUNTING.format(10), max_rows=3).rows) == [(1,), (2,), (3,)]


def test_a_big_answer_is_streamed(log: Store) -> None:
    tracemalloc.start()
    total = sum(row[0] for row in query(log, COUNTING.format(100_000)).rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 100_000 * 100_001 // 2
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO text VALUES ('h', 'words')",
        "UPDATE run SET status = 'done'",
        "DELETE FROM decision",
        "DROP VIEW v_run",
        "CREATE TABLE mine (x)",
        "CREATE TEMP TABLE mine (x)",
        "WITH x AS (SELECT 1) INSERT INTO text SELECT 'h', 'words'",
        "ATTACH '/tmp/other.db' AS other",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA query_only = OFF",
        "UPDATE sqlite_master SET sql = ''",
        "VACUUM",
        "BEGIN IMMEDIATE",
    ],
)
def test_a_query_that_writes_is_refused(log: Store, sql: str) -> None:
    with pytest.raises(UsageError, match="this query writes; `lab query` is read-only: "):
        query(log, sql)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM v_decisions", r"no such table: v_decisions; did you mean 'v_decision'\?"),
        ("SELECT * FROM elephants", r"no such table: elephants \(views: v_run, v_factor, "),
        ("SELECT agnt FROM v_decision", r"no such column: agnt; did you mean 'agent'\?"),
        ("SELECT d.fase FROM v_decision d", r"no such column: d.fase; did you mean 'phase'\?"),
        ("SELECT elephant FROM v_factor", r"no such column: elephant \(columns: run, alias, path, value\)"),
        ("SELECT run, error FROM v_failure", r"no such column: error \(columns: run, "),
        ("SELECT x.alia FROM v_run r, v_factor AS x", r"x.alia; did you mean 'alias'\?"),
        ("SELEC 1", "syntax error"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT ?", "bindings"),
        ("", "takes one SELECT"),
    ],
)
def test_a_query_that_is_not_right_says_what_would_be(log: Store, sql: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        query(log, sql)
    assert "\n" not in str(caught.value)


def test_a_query_sees_the_schema(log: Store) -> None:
    assert ("seq",) in list(query(log, "SELECT name FROM pragma_table_info('decision')").rows)


def test_a_query_takes_json_apart(log: Store) -> None:
    sql = "SELECT j.key, j.value FROM v_message m, json_each(m.payload) j"
    assert list(query(log, sql).rows) == [("loud", 1)] * 3


def test_a_damaged_file_is_no_mistake_of_the_user(log: Store) -> None:
    path = log.location.path
    assert path is not None
    log.close()
    path.write_bytes(b"no longer a database" * 1000)
    with pytest.raises(StoreError, match="it is not an SQLite database"):
        query(log, "SELECT 1 FROM run")
