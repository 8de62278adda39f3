"""Tidy data frames."""

from __future__ import annotations

import polars
import pytest

from db.store import Store
from db.views import VIEWS
from lab.analysis import frames
from lab.analysis.rows import rows
from lab.core.errors import UnknownName


def one_run(store: Store) -> str:
    (row,) = rows(
        store, "SELECT run FROM v_run WHERE cell = 'punish=3,bob=full_contributor' AND replicate = 1"
    )
    return str(row["run"])


def test_wide_decisions_have_typed_factors_beside_every_row(store: Store) -> None:
    frame = frames.decisions(store, study="small")
    assert frame.height == 12 * 24
    assert (frame.schema["punish"], frame.schema["bob"]) == (polars.Int64(), polars.String())
    cells = frame.select(polars.format("punish={},bob={}", "punish", "bob"))
    assert cells.to_series().to_list() == frame["cell"].to_list()


def test_decisions_are_in_order_and_hold_json_as_text(store: Store) -> None:
    frame = frames.decisions(store, study="small", wide=False)
    assert frame.columns == list(VIEWS["v_decision"].columns)
    assert frame.select("run", "seq").is_unique().all()
    assert frame.equals(frame.sort("run", "seq"))
    assert frame["args"].str.json_path_match("$.amount").drop_nulls().cast(polars.Int64).max() == 20


def test_a_frame_of_one_run_holds_that_run(store: Store) -> None:
    run = one_run(store)
    assert frames.decisions(store, run=run[:8])["run"].unique().to_list() == [run]
    (row,) = rows(store, "SELECT count(*) AS n FROM event WHERE run = ?", run)
    assert frames.events(store, run=run).height == row["n"]


def test_measures_have_a_row_per_run_measure_and_agent(store: Store) -> None:
    frame = frames.measures(store, study="small").filter(measure="contribution_share")
    whole = frame.filter(polars.col("agent").is_null())
    assert (whole.height, frame.height) == (12, 12 * 5)
    means = whole.group_by("punish", "bob").agg(polars.col("value").mean())
    assert means.height == 4


def test_runs_and_exposures_are_framed_too(store: Store) -> None:
    runs = frames.runs(store, study="small")
    assert set(runs["status"]) == {"done"}
    assert runs["punish"].sum() == 6 * 3
    shown = frames.exposures(store, run=one_run(store))
    assert shown.columns == list(VIEWS["v_exposure"].columns)
    assert set(shown["kind"]) == {"reveal"}


@pytest.mark.parametrize(("study", "run"), [("small2", None), (None, "zzz")])
def test_an_unknown_study_or_run_is_refused_rather_than_empty(
    store: Store, study: str | None, run: str | None
) -> None:
    with pytest.raises(UnknownName):
        frames.decisions(store, study=study, run=run)
