"""How far a figure would move with other runs: percentile intervals over resampled runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lab.core.streams import generator, stream_key
from probes.readers.metrics import Estimate, Floats, Ints, primary
from probes.readers.tasks import Task

BOOTSTRAPS = 2000
LEVEL = 0.95
CROSS_FITTED = 2**0.5
"""How much further than its resamples a cross-validated score scatters.

A run is scored by readers fitted on the others, and helps to fit the readers that score them. Where nothing
can be read these two parts are equal, y_i y_j K(x_i, x_j), so the variance is twice that of scores by given
readers, and resampled scores show one part only: unstretched, the interval covers .5 in 82 % of nulls.
"""
_CELLS = 4_000_000
"""Weights held at once, so that many rows take no more memory than few."""

Counts = NDArray[np.uint16]


def resampled_runs(n_runs: int, *, bootstraps: int = BOOTSTRAPS, seed: int) -> Counts:
    """How often each run is drawn in each resample [bootstraps, n_runs]; every row sums to `n_runs`.

    Readers are compared on the same resamples: give the same counts to each `spread`.
    """
    draws = generator(stream_key(seed, "bootstrap"))
    return draws.multinomial(n_runs, np.full(n_runs, 1 / n_runs), size=bootstraps).astype(np.uint16)


def spread(task: Task, y: Floats, guess: Floats, *, runs: Ints, counts: Counts) -> Floats:
    """The task's metric in each resample [bootstraps]; NaN where a resample holds one class only."""
    return np.concatenate([primary(task, y, guess, weights) for weights in _by_row(counts, runs)])


def estimate(value: float, values: Floats, *, stretch: float = 1.0) -> Estimate:
    """`value` with the interval that holds 95 % of `values`; without ends when most are undefined.

    Args:
        value: the figure.
        values: the same over resampled runs; NaN where undefined.
        stretch: by how much to move the ends away from `value`; `CROSS_FITTED` for cross-validated scores.
    """
    defined = values[~np.isnan(values)]
    if 2 * len(defined) < len(values) or not len(defined):
        return Estimate(value, float("nan"), float("nan"))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Estimate(value, value + stretch * (float(low) - value), value + stretch * (float(high) - value))


def _by_row(counts: Counts, runs: Ints) -> Iterator[Floats]:
    """The weights of the rows [some resamples, n], a block of resamples at a time."""
    step = max(1, _CELLS // max(1, len(runs)))
    for start in range(0, len(counts), step):
        yield counts[start : start + step, runs].astype(float)
