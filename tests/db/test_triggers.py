from __future__ import annotations

import pytest

from db.recorder import Recorder
from db.store import Store
from db.tables import metadata
from db.triggers import expected, present
from lab.core.errors import StoreError
from tests.db.samples import CALL_TEXTS, call_row, plan, write_run

FILLED = ("attempt", "agent", "decision", "model_call", "event", "exposure", "hidden", "claim_act", "measure")


@pytest.fixture
def filled(store: Store) -> Store:
    """A log with a row in every table that a run fills."""
    write_run(store, plan())
    with Recorder(store) as recorder:
        recorder.write_call(call_row("aaaaaaaaaaaa"), CALL_TEXTS)
    return store


def change(store: Store, statement: str) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("table", [*FILLED, "run", "text"])
def test_no_row_is_ever_deleted(filled: Store, table: str) -> None:
    with pytest.raises(StoreError, match=f"{table} is append-only"):
        change(filled, f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET action = 'right'",
        "UPDATE event SET value = 3",
        "UPDATE hidden SET posterior = 3",
        "UPDATE text SET text = 'other'",
        "UPDATE run SET seed = 3",
        "UPDATE attempt SET started = 3",
        "INSERT OR REPLACE INTO text SELECT hash, 'other' FROM text",
    ],
)
def test_what_was_logged_is_never_changed(filled: Store, statement: str) -> None:
    with pytest.raises(StoreError, match="is append-only"):
        change(filled, statement)


def test_a_runs_state_changes(filled: Store) -> None:
    change(filled, "UPDATE run SET heartbeat = 1, status = 'stopped'")


def test_every_table_has_both_triggers(store: Store) -> None:
    with store.reading() as connection:
        there = present(connection)
    assert there == expected("sqlite")
    assert len(there) == 2 * len(metadata.tables)
