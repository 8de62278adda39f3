from __future__ import annotations

import pytest
from sqlalchemy import Table

from db import tables
from db.tables import metadata
from lab.core import rows

PAIRS = [
    (rows.DecisionRow, tables.decision),
    (rows.EventRow, tables.event),
    (rows.ExposureRow, tables.exposure),
    (rows.HiddenRow, tables.hidden),
    (rows.ClaimRow, tables.claim_act),
    (rows.CallRow, tables.model_call),
    (rows.ArtifactRow, tables.model_artifact),
    (rows.MeasureRow, tables.measure),
]


@pytest.mark.parametrize(("row", "table"), PAIRS, ids=[table.name for _, table in PAIRS])
def test_a_table_has_the_columns_of_its_row_in_order(row: type[tuple[object, ...]], table: Table) -> None:
    fields = [name.rstrip("_") for name in row._fields]  # type: ignore[attr-defined]
    assert [column.name for column in table.columns] == fields


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_every_table_and_column_says_what_it_holds(table: Table) -> None:
    assert table.comment
    assert [column.name for column in table.columns if not column.comment] == []


def test_only_run_attempt_and_study_have_columns_that_change() -> None:
    changing = {t.name for t in metadata.sorted_tables for c in t.columns if c.info.get("changes")}
    assert changing == {"run", "attempt", "study"}


def test_an_insert_names_every_column_and_may_skip_what_is_there() -> None:
    expected = 'INSERT INTO text ("hash", "text") VALUES (%s, %s) ON CONFLICT DO NOTHING'
    assert tables.insert_sql(tables.text, "%s", skip_known=True) == expected
