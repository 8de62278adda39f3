from __future__ import annotations

import pytest
from sqlalchemy import Table

from db.findings import FindingRow
from db.probes import ProbeRow, ScoreRow
from db.readout_tables import capture, finding, probe, probe_score
from db.tables import READOUTS


@pytest.mark.parametrize(
    ("row", "table"),
    [(ProbeRow, probe), (ScoreRow, probe_score), (FindingRow, finding)],
    ids=lambda one: str(one),
)
def test_a_row_has_the_columns_of_its_table_in_order(row: type, table: Table) -> None:
    fields: tuple[str, ...] = row._fields  # type: ignore[attr-defined]
    assert tuple(name.rstrip("_") for name in fields) == tuple(column.name for column in table.columns)


def test_a_capture_is_found_by_the_call_the_span_the_sites_and_the_model_that_was_read() -> None:
    key = [column.name for column in capture.primary_key]
    assert key == ["run", "seq", "call", "attempt", "try", "span", "site_set", "artifact"]


@pytest.mark.parametrize("table", READOUTS, ids=lambda table: table.name)
def test_nothing_that_was_read_ever_changes(table: Table) -> None:
    assert [column.name for column in table.columns if column.info.get("changes")] == []
