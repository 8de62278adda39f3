"""How far a study is."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.owners import Owner, wall_clock
from db.store import Store, open_store
from db.triggers import drop_triggers
from lab.analysis.status import WINDOW_S, list_studies, study_status
from lab.api import batch
from lab.core.errors import UnknownName
from lab.core.records import RunStatus
from tests.support.studies import write_study


def change(store: Store, sql: str, *values: object) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql(sql, values)


def test_a_finished_study_says_what_it_took(store: Store) -> None:
    found = study_status(store, "small")
    assert (found.planned, found.finished, found.counts) == (12, 12, {RunStatus.DONE: 12})
    assert (found.decisions, found.tokens, found.cost_usd) == (12 * 24, 0, 0.0)
    assert found.started is not None
    assert found.heartbeat is not None
    assert found.started <= found.heartbeat <= wall_clock()
    assert found.seconds_left is None


def test_a_running_run_whose_process_is_dead_counts_as_stopped(own_store: Store) -> None:
    dead = Owner("elsewhere", "", 1, 0).text
    here = Owner.this_process().text
    sql = "UPDATE run SET status = 'running', owner = ?, heartbeat = ? WHERE replicate = ? AND cell_index = 0"
    change(own_store, sql, dead, wall_clock() - 1_000, 0)
    change(own_store, sql, here, wall_clock(), 1)
    counts = study_status(own_store, "small").counts
    assert counts == {RunStatus.DONE: 10, RunStatus.RUNNING: 1, RunStatus.STOPPED: 1}


def date_attempts(store: Store) -> None:
    """Let every attempt have begun at 900 s and ended at 1,000 s."""
    with store.writing() as connection:
        drop_triggers(connection)
    change(store, "UPDATE attempt SET started = 900.0, ended = 1000.0")


def test_the_rate_is_that_of_the_last_minute_of_work(own_store: Store) -> None:
    date_attempts(own_store)
    late = "UPDATE attempt SET ended = ? WHERE run IN (SELECT id FROM run WHERE replicate = 0)"
    change(own_store, late, 5000.0)
    assert study_status(own_store, "small").runs_per_s == 4 / WINDOW_S


def test_without_a_finished_run_there_is_no_rate(own_store: Store) -> None:
    change(own_store, "UPDATE attempt SET outcome = 'stopped'")
    assert study_status(own_store, "small").runs_per_s is None


def test_the_time_left_is_that_of_the_runs_not_finished(own_store: Store) -> None:
    date_attempts(own_store)
    here = Owner.this_process().text
    running = "UPDATE run SET status = 'running', owner = ? WHERE replicate = 0"
    change(own_store, running, here)
    assert study_status(own_store, "small").seconds_left == pytest.approx(4 / (12 / WINDOW_S))


def test_every_study_is_listed_the_newest_first(study_file: Path, tmp_path: Path) -> None:
    database = str(tmp_path / "two.db")
    batch(write_study(tmp_path, name="older", seeds=1), limit=1, db=database)
    batch(write_study(tmp_path, name="newer", seeds=1), limit=2, db=database)
    with open_store(database, create=False) as store:
        found = list_studies(store)
    assert [(one.study, one.planned, one.finished) for one in found] == [("newer", 4, 2), ("older", 4, 1)]


def test_an_unknown_study_names_those_in_the_log(store: Store) -> None:
    with pytest.raises(UnknownName, match="known: small"):
        study_status(store, "large")
