"""Activations with the truth beside them: the table that every reader is fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.core.canonical import content_hash, value_hash
from lab.core.errors import UsageError
from probes.readers.tasks import Task, task_of

N_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One row per decision; make it with `table_of`.

    Attributes:
        layers: the activations [n, width] of each layer, in rising order of layer.
        y: the labels [n] as codes or numbers of `task`.
        runs: number of each row's run [n], from 0: the unit of independence.
        parts: number of the part of its run that each row is in [n]: runs of one seed are parts of one unit.
        steps: which decision of its run a row is [n].
        states: a key of the world's state [n], for the control task of a variable that changes within runs.
        task: what is read.
    """

    layers: Mapping[int, NDArray[Any]]
    y: NDArray[np.float64]
    runs: NDArray[np.int64]
    parts: NDArray[np.int64]
    steps: NDArray[np.int64]
    states: NDArray[np.int64] | None
    task: Task

    @property
    def numbers(self) -> int:
        """How many numbers a layer has, the largest one."""
        return max(x.size for x in self.layers.values())

    @property
    def n_runs(self) -> int:
        return int(self.runs.max()) + 1

    @property
    def is_constant_in_runs(self) -> bool:
        """Whether every run, or every part of one, has one label, as a type has."""
        first = np.full(int(self.parts.max()) + 1, np.nan)
        first[self.parts[::-1]] = self.y[::-1]
        return bool((first[self.parts] == self.y).all())

    @property
    def counts(self) -> dict[str, int]:
        """How many decisions have each value; empty for numbers."""
        return {name: int((self.y == code).sum()) for code, name in enumerate(self.task.classes)}

    @property
    def runs_by_value(self) -> dict[str, int]:
        """In how many runs each value occurs; empty for numbers."""
        return {
            name: len(np.unique(self.runs[self.y == code])) for code, name in enumerate(self.task.classes)
        }

    @property
    def digest(self) -> str:
        """The content address of all of it."""
        parts = [self.y, self.runs, self.parts, self.steps, *self.layers.values()]
        hashes = [content_hash(np.ascontiguousarray(part).tobytes()) for part in parts]
        return value_hash([list(self.layers), self.task.kind, self.task.classes, hashes])

    def where(self, rows: NDArray[Any]) -> Table:
        """The table of some rows, by mask or number, with its runs numbered anew."""
        return Table(
            layers={layer: x[rows] for layer, x in self.layers.items()},
            y=self.y[rows],
            runs=_numbered(self.runs[rows]),
            parts=_numbered(self.parts[rows]),
            steps=self.steps[rows],
            states=None if self.states is None else self.states[rows],
            task=self.task,
        )


def table_of(
    layers: Mapping[int, ArrayLike],
    values: Sequence[Any],
    runs: Sequence[Any] | NDArray[Any] | None,
    *,
    parts: Sequence[Any] | NDArray[Any] | None = None,
    steps: Sequence[int] | NDArray[Any] | None = None,
    states: Sequence[Any] | NDArray[Any] | None = None,
    task: Task | None = None,
) -> Table:
    """The table of `layers` [n, width] and the labels `values` [n] of decisions in `runs` [n].

    Args:
        layers: the activations of each layer.
        values: the variable's value at each decision.
        runs: each decision's run, by any name; without it nothing may be fitted (probes.md T21).
        parts: the part of its run that each is in, by any name; by default runs have no parts.
        steps: which decision of its run each is, from 0; by default counted in the order of the rows.
        states: a key of the world's state at each decision.
        task: what is read; by default what the values pose.

    Raises:
        UsageError: for no rows, no runs, lengths that differ, rows that are not finite, or one value only.
    """
    n = len(values)
    if runs is None:
        raise UsageError("nothing is fitted without runs: decisions of one run are not independent")
    kept = {layer: _activations(layer, layers[layer], n) for layer in sorted(layers)}
    if not kept or not n:
        raise UsageError(f"nothing to fit: {len(kept)} layers with {n} decisions")
    numbered = _numbered(_column("runs", runs, n))
    posed = task or task_of(values)
    y = posed.encode(values)
    if len(np.unique(y)) < 2:
        raise UsageError(
            f"nothing to read: the variable is always {posed.decode(y[0])} in these {n} decisions"
        )
    return Table(
        layers=kept,
        y=y,
        runs=numbered,
        parts=numbered if parts is None else _numbered(_column("parts", parts, n)),
        steps=_counted(numbered) if steps is None else _column("steps", steps, n).astype(np.int64),
        states=None if states is None else _numbered(_column("states", states, n)),
        task=posed,
    )


def _activations(layer: int, rows: ArrayLike, n: int) -> NDArray[Any]:
    x = np.asarray(rows)
    if x.ndim != 2 or len(x) != n:
        raise UsageError(f"layer {layer} has activations {list(x.shape)}, not [{n}, width]")
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if len(bad):
        raise UsageError(
            f"layer {layer}: {len(bad)} of {n} rows hold NaN or infinity, the first is row {bad[0]}; "
            "leave these decisions out, or capture in float32"
        )
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float32)


def _column(name: str, values: Sequence[Any] | NDArray[Any], n: int) -> NDArray[Any]:
    column = np.asarray(values)
    if column.shape != (n,):
        raise UsageError(f"{name} has shape {list(column.shape)}, not [{n}]: one entry for each decision")
    return column


def _numbered(names: NDArray[Any]) -> NDArray[np.int64]:
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _counted(runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many rows of the same run stand before each row."""
    order = np.argsort(runs, kind="stable")
    first = np.searchsorted(runs[order], runs[order])
    steps = np.empty(len(runs), dtype=np.int64)
    steps[order] = np.arange(len(runs)) - first
    return steps
