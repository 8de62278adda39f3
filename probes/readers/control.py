"""The control task: labels that mean nothing, learned by the same reader.

Selectivity is the score of the true labels less that of the control: what the reader did not merely memorize
(Hewitt & Liang, arXiv:1909.03368, §2).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lab.core.streams import generator, stream_key
from probes.readers.evaluate import ReaderName, layer_sweep
from probes.readers.folds import spread_runs
from probes.readers.metrics import Floats, Ints, primary
from probes.readers.permutation import shuffled_rows, shuffled_runs
from probes.readers.table import Table

CONTROLS = 5
"""Control tasks averaged: one alone scatters by .08 over 40 runs."""


def control_scores(
    table: Table, reader: ReaderName, *, n_folds: int, controls: int = CONTROLS, seed: int
) -> dict[int, float]:
    """The mean score of `reader` on `controls` control tasks, for each layer, in the task's metric."""
    scores: dict[int, list[float]] = {layer: [] for layer in table.layers}
    for number in range(controls):
        y = control_labels(table, seed=stream_key(seed, "control", tick=number))
        task = replace(table, y=y)
        fold = spread_runs(table.task, y, table.runs, seed=seed, n_folds=n_folds)
        for layer, read in layer_sweep(task, reader, fold).layers.items():
            scores[layer].append(float(primary(table.task, y, read.guess(table.task))[0]))
    return {layer: float(np.nanmean(values)) for layer, values in scores.items()}


def control_labels(table: Table, *, seed: int) -> Floats:
    """Labels [n] at the same base rate without meaning.

    A variable constant in runs changes hands between runs. All others do so within a step, between the states
    of the world that occur there (between rows, where none are given), so that a trend over steps stays.
    """
    draws = generator(stream_key(seed, "labels"))
    if table.is_constant_in_runs:
        return table.y[shuffled_rows(table, shuffled_runs(table, draws))]
    y = table.y.copy()
    states: Ints = np.arange(len(y)) if table.states is None else table.states
    for step in np.unique(table.steps):
        rows = np.flatnonzero(table.steps == step)
        _, first, key = np.unique(states[rows], return_index=True, return_inverse=True)
        y[rows] = table.y[rows][first][draws.permutation(len(first))][key]
    return y
