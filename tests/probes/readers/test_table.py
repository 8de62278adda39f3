from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from lab.core.errors import UsageError
from probes.readers.table import table_of

X = np.arange(12.0).reshape(6, 2)
VALUES = ["a", "b", "a", "b", "a", "b"]
RUNS = ["r", "r", "s", "s", "t", "t"]


def test_a_table_numbers_runs_and_counts_steps() -> None:
    table = table_of({3: X, 0: X}, VALUES, ["s", "r", "s", "r", "s", "t"])
    assert list(table.layers) == [0, 3]
    assert table.runs.tolist() == [1, 0, 1, 0, 1, 2]
    assert table.steps.tolist() == [0, 0, 1, 1, 2, 0]
    assert (table.n_runs, table.counts) == (3, {"a": 3, "b": 3})
    assert table.runs_by_value == {"a": 1, "b": 2}


def test_a_table_knows_whether_labels_belong_to_runs() -> None:
    assert not table_of({0: X}, VALUES, RUNS).is_constant_in_runs
    assert table_of({0: X}, ["a", "a", "b", "b", "a", "a"], RUNS).is_constant_in_runs


def test_rows_can_be_picked() -> None:
    table = table_of({0: X}, VALUES, RUNS).where(np.array([2, 3, 4]))
    assert table.runs.tolist() == [0, 0, 1]
    assert table.layers[0].tolist() == X[2:5].tolist()


def test_the_digest_is_of_the_content() -> None:
    table = table_of({0: X}, VALUES, RUNS)
    assert table.digest == table_of({0: X.copy()}, VALUES, RUNS).digest
    assert table.digest != table_of({0: X + 1e-9}, VALUES, RUNS).digest
    assert table.digest != table_of({1: X}, VALUES, RUNS).digest


def test_nothing_is_fitted_without_runs() -> None:
    with pytest.raises(UsageError, match="nothing is fitted without runs"):
        table_of({0: X}, VALUES, None)


def test_rows_that_are_not_finite_are_refused_with_the_first() -> None:
    bad = X.copy()
    bad[[2, 4], 1] = np.nan, np.inf
    with pytest.raises(UsageError, match="layer 7: 2 of 6 rows hold NaN or infinity, the first is row 2"):
        table_of({0: X, 7: bad}, VALUES, RUNS)


@pytest.mark.parametrize(
    ("layers", "values", "runs", "says"),
    [
        ({}, VALUES, RUNS, "0 layers"),
        ({0: X[:5]}, VALUES, RUNS, r"layer 0 has activations \[5, 2\], not \[6, width\]"),
        ({0: X}, VALUES, RUNS[:5], r"runs has shape \[5\], not \[6\]"),
        ({0: X}, ["a"] * 6, RUNS, "always a in these 6 decisions"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    layers: dict[int, np.ndarray], values: list[str], runs: list[str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        table_of(layers, values, runs)


def test_tables_and_files_of_probes_load_no_learning_library() -> None:
    code = (
        "import sys, probes.readers.table, probes.readers.files; print({'sklearn', 'torch'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
