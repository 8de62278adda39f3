"""Scenarios left out one by one: readers of the other scenarios, on runs whose seed they never saw."""

from __future__ import annotations

from math import isnan

import numpy as np
from numpy.typing import NDArray

from lab.align.evidence import Estimate, Transfer
from probes.readers.bootstrap import estimate, resampled_runs, spread
from probes.readers.evaluate import ReaderName, fit_and_read, guess_of
from probes.readers.metrics import Floats, Ints, primary
from probes.readers.table import Table


def untestable(table: Table, scenarios: NDArray[np.str_]) -> str | None:
    """Why no scenario can be left out; None when each can."""
    names = sorted(set(scenarios.tolist()))
    if len(names) < 2:
        return "the study has one cell with captures of this variable"
    for name in names:
        values = len(np.unique(table.y[scenarios == name]))
        if values < 2:
            return f"the variable has one value in {name}"
    return None


def left_out(
    table: Table,
    scenarios: NDArray[np.str_],
    fold: Ints,
    *,
    layer: int,
    reader: ReaderName,
    bootstraps: int,
    seed: int,
) -> Transfer:
    """What readers of the other scenarios reach in each scenario at one layer.

    Scenarios share their seeds, so a run is never read by a fit on runs of the same seed.

    Args:
        table: all decisions.
        scenarios: the scenario of each [n].
        fold: the fold that each run is held out in [n].
        layer: which layer.
        reader: kind of estimator.
        bootstraps: resamples of the runs.
        seed: of the resamples.
    """
    guess = np.full(len(table.y), np.nan)
    for name in sorted(set(scenarios.tolist())):
        for number in np.unique(fold):
            test = (scenarios == name) & (fold == number)
            train = (scenarios != name) & ~np.isin(table.runs, table.runs[test])
            if test.any():
                guess[test] = _guess(table, layer, reader, train, test)
    each = {
        name: _estimate(table.where(scenarios == name), guess[scenarios == name], bootstraps, seed)
        for name in sorted(set(scenarios.tolist()))
    }
    pooled = float(primary(table.task, table.y, guess)[0])
    return Transfer(each, None if isnan(pooled) else pooled)


def _guess(
    table: Table, layer: int, reader: ReaderName, train: NDArray[np.bool_], test: NDArray[np.bool_]
) -> Floats:
    decision = fit_and_read(table.layers[layer], table.y, table.task, reader=reader, train=train, test=test)
    return guess_of(table.task, decision)


def _estimate(table: Table, guess: Floats, bootstraps: int, seed: int) -> Estimate:
    counts = resampled_runs(table.n_runs, bootstraps=bootstraps, seed=seed)
    values = spread(table.task, table.y, guess, runs=table.runs, counts=counts)
    found = estimate(float(primary(table.task, table.y, guess)[0]), values)
    return Estimate(found.value, *(None if isnan(end) else end for end in (found.low, found.high)))
