"""The rows of the append-only tables."""

from __future__ import annotations

import inspect

import pytest

from lab.core import rows
from lab.core.rows import ArtifactRow, CallRow, DecisionRow, EventRow, ExposureRow

ROWS = [found for found in vars(rows).values() if inspect.isclass(found) and hasattr(found, "_fields")]


@pytest.mark.parametrize("row", [row for row in ROWS if row is not ArtifactRow])
def test_every_row_begins_with_its_run(row: type) -> None:
    assert row._fields[0] == "run"  # type: ignore[attr-defined]


def test_a_model_is_no_runs_own() -> None:
    assert ArtifactRow._fields[0] == "id"
    assert "artifact" in CallRow._fields


@pytest.mark.parametrize("row", [DecisionRow, EventRow, ExposureRow])
def test_a_chained_row_has_its_number_first_and_its_hash_last(row: type) -> None:
    fields = row._fields  # type: ignore[attr-defined]
    assert (fields[1], fields[2], fields[-1]) == ("seq", "tick", "hash")


def test_rows_hold_no_run_study_or_model_inside_the_chain() -> None:
    """What is not behavior stays out of the digest (architecture §5.5)."""
    chained = {name for row in (DecisionRow, EventRow, ExposureRow) for name in row._fields[1:-1]}
    assert not chained & {"study", "policy", "model", "tokens_in", "cost_usd", "latency_s", "hidden", "seed"}
