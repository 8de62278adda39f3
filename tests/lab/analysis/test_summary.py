"""A study in numbers, from a real log."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import pytest

from db.store import Store, open_store
from lab.analysis.rows import rows
from lab.analysis.summary import CellMeasure, CellSummary, summarize
from lab.api import batch
from lab.core.errors import UnknownName
from lab.core.records import RunStatus
from tests.lab.analysis.test_samples import log_measures
from tests.support.studies import write_study

FIRST = "punish=0,bob=free_rider"


def cell_of(store: Store, name: str) -> CellSummary:
    return next(cell for cell in summarize(store, "small").cells if cell.cell == name)


def share_of(cell: CellSummary) -> CellMeasure:
    (only,) = cell.measures
    return only


def test_cells_come_in_file_order_with_their_runs(store: Store) -> None:
    found = summarize(store, "small")
    assert [cell.cell for cell in found.cells] == [
        "punish=0,bob=free_rider",
        "punish=0,bob=full_contributor",
        "punish=3,bob=free_rider",
        "punish=3,bob=full_contributor",
    ]
    assert [(cell.n, cell.decisions, cell.invalid_rate) for cell in found.cells] == [(3, 72, 0.0)] * 4
    assert found.status.counts == {RunStatus.DONE: 12}


def test_a_mean_is_over_runs_and_lies_in_its_interval(store: Store) -> None:
    sql = "SELECT value FROM v_measure WHERE cell = ? AND measure = 'contribution_share' AND agent IS NULL"
    values = [row["value"] for row in rows(store, sql, FIRST)]
    found = share_of(cell_of(store, FIRST))
    assert (found.n, found.unit, found.undefined, found.bounds) == (3, "share of endowment", {}, None)
    assert found.mean == pytest.approx(fmean(values))
    assert found.interval is not None
    assert min(values) <= found.interval.low < fmean(values) < found.interval.high <= max(values)


def test_human_values_stand_beside_the_cells_whose_game_they_fit(store: Store) -> None:
    (found,) = summarize(store, "small").references
    assert found.measure == "contribution_share"
    assert found.reference.source == "Fehr and Gaechter 2000"
    assert all(cell.startswith("punish=3") for cell in found.cells)
    assert len(found.cells) == 2


def test_the_declared_hypothesis_is_judged(store: Store) -> None:
    (found,) = summarize(store, "small").hypotheses
    assert (found.id, found.estimand, found.comparison.n_pairs) == ("H1", "punish: 3 − 0", 3)
    assert found.verdict == "no verdict: 3 pairs; a verdict needs 6"


def test_a_study_of_which_nothing_ran_has_empty_cells(study_file: Path, tmp_path: Path) -> None:
    database = str(tmp_path / "empty.db")
    batch(study_file, limit=1, db=database)
    with open_store(database, create=False) as store:
        with store.writing() as connection:
            connection.exec_driver_sql("UPDATE run SET status = 'stopped', owner = NULL, error = 'Ctrl-C'")
        found = summarize(store, "small")
    assert [cell.n for cell in found.cells] == [0, 0, 0, 0]
    assert share_of(found.cells[0]).mean is None
    assert found.cells[0].invalid_rate is None
    (trouble,) = found.troubles
    assert (trouble.status, trouble.error, trouble.runs, trouble.cells) == ("stopped", "Ctrl-C", 1, (FIRST,))
    assert found.hypotheses[0].verdict == "no data"


def test_runs_that_failed_alike_are_told_as_one(own_store: Store) -> None:
    with own_store.writing() as connection:
        failed = "UPDATE run SET status = 'failed', error = CASE WHEN replicate = 0 THEN 'a' ELSE 'b' END"
        connection.exec_driver_sql(f"{failed} WHERE cell LIKE 'punish=0%'")
    found = summarize(own_store, "small").troubles
    assert [(one.error, one.runs, len(one.cells)) for one in found] == [("a", 2, 2), ("b", 4, 2)]


def test_undefined_runs_are_counted_by_reason(own_store: Store) -> None:
    with own_store.writing() as connection:
        spec = "UPDATE study SET spec = replace(spec, 'contribution_share', 'calm')"
        connection.exec_driver_sql(spec)
    log_measures(own_store, ("", "calm", None, "nobody was calm"))
    found = share_of(cell_of(own_store, FIRST))
    assert (found.n, found.mean, found.interval) == (0, None, None)
    assert found.undefined == {"nobody was calm": 1, "not logged": 2}


def test_worst_case_bounds_show_only_where_a_reply_was_invalid(own_store: Store) -> None:
    run = log_measures(
        own_store, ("", "contribution_share.low", 0.0, None), ("", "contribution_share.high", 1.0, None)
    )
    assert share_of(cell_of(own_store, FIRST)).bounds is None
    with own_store.writing() as connection:
        connection.exec_driver_sql("UPDATE run SET invalid = 6 WHERE id = ?", (run,))
    cell = cell_of(own_store, FIRST)
    found = share_of(cell)
    assert cell.invalid_rate == 6 / 72
    assert found.mean is not None
    sql = (
        "SELECT sum(value) AS s FROM v_measure WHERE cell = ? AND run <> ? AND measure = ? AND agent IS NULL"
    )
    (others,) = rows(own_store, sql, FIRST, run, "contribution_share")
    assert found.bounds is not None
    ends = (others["s"] / 3, (others["s"] + 1) / 3)
    assert (found.bounds.low, found.bounds.high) == pytest.approx(ends)


def test_invalid_replies_without_logged_bounds_leave_them_unknown(own_store: Store) -> None:
    with own_store.writing() as connection:
        connection.exec_driver_sql("UPDATE run SET invalid = 6")
    assert share_of(cell_of(own_store, FIRST)).bounds is None


def test_a_summary_survives_the_loss_of_the_environments_code(own_store: Store) -> None:
    with own_store.writing() as connection:
        spec = "UPDATE study SET spec = replace(spec, 'social/public_goods', 'gone.away:Game')"
        connection.exec_driver_sql(spec)
    found = summarize(own_store, "small")
    assert [share_of(cell).n for cell in found.cells] == [3, 3, 3, 3]
    assert share_of(found.cells[0]).unit == ""
    assert found.references == ()


def test_json_has_the_keys_of_the_contract(store: Store) -> None:
    found = json.loads(json.dumps(summarize(store, "small").to_json()))
    assert (found["study"], found["runs"], found["done"], found["failed"]) == ("small", 12, 12, 0)
    assert [(cell["cell"], cell["n"]) for cell in found["cells"]][:1] == [(FIRST, 3)]
    share = found["cells"][0]["measures"]["contribution_share"]
    assert share["interval"]["low"] < share["mean"] < share["interval"]["high"]
    assert found["hypotheses"][0]["id"] == "H1"


def test_an_unknown_study_names_the_nearest(store: Store) -> None:
    with pytest.raises(UnknownName, match="did you mean 'small'"):
        summarize(store, "small2")


def test_a_cell_is_the_same_whatever_else_ran(tmp_path: Path, store: Store) -> None:
    half = write_study(tmp_path, seeds=3)
    database = str(tmp_path / "half.db")
    batch(half, limit=10, db=database)
    with open_store(database, create=False) as partial:
        assert cell_of(partial, FIRST) == cell_of(store, FIRST)
