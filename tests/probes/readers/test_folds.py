from __future__ import annotations

import numpy as np
import pytest

from lab.core.errors import UsageError
from probes.readers.folds import run_folds
from probes.readers.table import Table, table_of
from tests.support.planted import null_table


def split(table: Table, seed: int = 0) -> np.ndarray:
    return run_folds(table.task, table.y, table.runs, seed=seed)


@pytest.mark.parametrize("kind", ["type", "state", "number"])
def test_a_run_is_never_split_and_every_row_is_held_out_once(kind: str) -> None:
    table = null_table(0, kind)  # type: ignore[arg-type]
    fold = split(table)
    assert all(len(np.unique(fold[table.runs == run])) == 1 for run in range(table.n_runs))
    assert np.bincount(fold).tolist() == [160] * 5


def test_types_are_spread_evenly() -> None:
    table = null_table(0, "type")
    assert np.bincount(split(table), weights=table.y).tolist() == [80.0] * 5


def test_the_seed_decides() -> None:
    table = null_table(0)
    assert (split(table) == split(table)).all()
    assert (split(table) != split(table, seed=1)).any()


def test_too_few_runs_are_refused() -> None:
    with pytest.raises(UsageError, match="4 runs are too few for 5 folds"):
        split(null_table(0, runs=4))


def test_a_value_in_too_few_runs_is_refused() -> None:
    y = np.r_[np.ones(6), np.zeros(34)].astype(bool).tolist()
    table = table_of({0: np.zeros((40, 2))}, y, np.repeat(np.arange(20), 2))
    with pytest.raises(UsageError, match="'true' occurs in 3 of 20 runs, too few for 5 folds"):
        split(table)


def test_a_rare_class_among_several_is_no_error() -> None:
    values = ["rare", *["a", "b", "c"] * 13]
    assert len(split(table_of({0: np.zeros((40, 2))}, values, np.repeat(np.arange(20), 2)))) == 40
