"""Which rows are held out together: whole runs, always."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from lab.core.errors import UsageError
from lab.core.streams import stream_key
from probes.readers.metrics import Floats, Ints
from probes.readers.table import N_FOLDS
from probes.readers.tasks import Task


def run_folds(task: Task, y: Floats, runs: Ints, *, seed: int, n_folds: int = N_FOLDS) -> Ints:
    """The fold [n], from 0, that each row is held out in; a run is never split.

    Classes are spread evenly (`StratifiedGroupKFold`), runs of numbers by size (`GroupKFold`); both shuffled.

    Raises:
        UsageError: for fewer runs than folds, or a binary value that fewer runs have than there are folds.
    """
    _refuse_too_few(task, y, runs, n_folds)
    return spread_runs(task, y, runs, seed=seed, n_folds=n_folds)


def spread_runs(task: Task, y: Floats, runs: Ints, *, seed: int, n_folds: int) -> Ints:
    """As `run_folds`, however few runs have a value: shuffled labels may crowd into few."""
    kind = GroupKFold if task.kind == "number" else StratifiedGroupKFold
    shuffle = stream_key(seed, "folds") % 2**32
    splitter = kind(n_splits=n_folds, shuffle=True, random_state=shuffle)
    fold = np.empty(len(y), dtype=np.int64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")  # rare classes are no error
        for number, (_, held_out) in enumerate(splitter.split(np.zeros((len(y), 1)), y, groups=runs)):
            fold[held_out] = number
    return fold


def _refuse_too_few(task: Task, y: Floats, runs: Ints, n_folds: int) -> None:
    n_runs = len(np.unique(runs))
    if n_runs < n_folds:
        raise UsageError(f"{n_runs} runs are too few for {n_folds} folds of whole runs: add runs")
    if task.kind != "binary":
        return
    for code, name in enumerate(task.classes):
        n_having = len(np.unique(runs[y == code]))
        if n_having < n_folds:
            raise UsageError(
                f"the value '{name}' occurs in {n_having} of {n_runs} runs, too few for {n_folds} folds: "
                "add runs"
            )
