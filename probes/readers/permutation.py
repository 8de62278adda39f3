"""What the best layer would show if the labels meant nothing: one test for the whole sweep.

T = max over layers of the task's metric of the closed-form reader of whitened activations on held-out runs;
p = (1 + #{T* ≥ T}) / (1 + B) (Phipson & Smyth 2010, eq. 2). It pays for the choice of the layer too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.core.streams import generator, stream_key
from probes.readers.metrics import Floats, Ints, rank_auroc
from probes.readers.table import Table

PERMUTATIONS = 200
_CELLS = 2_000_000
"""Scores held at once."""

_SHRINKAGE = 0.1
"""Of the covariance that activations are whitened by, relative to the mean variance."""


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """The sweep under shuffled labels.

    Attributes:
        observed: the statistic of each layer with the labels as they are.
        best: the greatest statistic of each permutation [B].
    """

    observed: Mapping[int, float]
    best: Floats

    @property
    def p(self) -> float:
        """How often shuffled labels do as well somewhere as the true ones at their best layer."""
        return self._p(max(self.observed.values()))

    @property
    def by_layer(self) -> dict[int, float]:
        """For each layer how often shuffled labels do as well somewhere in the sweep."""
        return {layer: self._p(value) for layer, value in self.observed.items()}

    @property
    def ceiling(self) -> float:
        """What 95 % of the permutations stay below at their best layer."""
        return float(np.quantile(self.best, 0.95, method="higher"))

    def _p(self, value: float) -> float:
        return float((1 + (self.best >= value).sum()) / (1 + len(self.best)))


def permutation_test(table: Table, fold: Ints, *, permutations: int = PERMUTATIONS, seed: int) -> Chance:
    """The sweep of the closed-form reader under the labels and under shuffled ones; deterministic."""
    donors = _donors(table, permutations, seed)
    statistics = {layer: _statistics(table, x, fold, donors) for layer, x in table.layers.items()}
    best = np.max([values[1:] for values in statistics.values()], axis=0)
    return Chance({layer: float(values[0]) for layer, values in statistics.items()}, best)


def shuffled_runs(table: Table, draws: np.random.Generator) -> Ints:
    """For each part of a run the part it takes its labels from; where runs have no parts, for each run.

    Runs change hands, and so do the parts within them: a label that goes with the part, as a factor of the
    study does, would else stay where it is.
    """
    owner = np.empty(int(table.parts.max()) + 1, dtype=np.int64)
    owner[table.parts] = table.runs
    members = np.split(
        np.argsort(owner, kind="stable"), np.searchsorted(np.sort(owner), range(1, table.n_runs))
    )
    order = np.empty(len(owner), dtype=np.int64)
    for mine, other in zip(members, draws.permutation(table.n_runs), strict=True):
        theirs = members[other]
        order[mine] = np.resize(draws.permutation(theirs) if len(theirs) > 1 else theirs, len(mine))
    return order


def shuffled_rows(table: Table, order: Ints) -> Ints:
    """For each row [n] the row it takes its label from, when part r takes those of part `order[r]`.

    Whole label sequences change hands, step by step, so a trend over steps and the likeness of neighboring
    decisions stay. Where the other run has no such step, its nearest one serves.
    """
    return _shuffled(_Sequences.of(table), order)


@dataclass(frozen=True, slots=True, eq=False)
class _Sequences:
    """The rows of a table part by part, each part's in the order of its steps.

    Attributes:
        rows: their numbers in that order [n].
        places: step of each, and among equal ones which [n].
        first: where each part begins, and the end of the last [parts + 1].
    """

    rows: Ints
    places: Floats
    first: Ints

    @classmethod
    def of(cls, table: Table) -> _Sequences:
        rows = np.lexsort((table.steps, table.parts))
        parts, steps = table.parts[rows], table.steps[rows]
        begins = np.flatnonzero(np.r_[True, (np.diff(parts) != 0) | (np.diff(steps) != 0)])
        among_equal = np.arange(len(rows)) - np.repeat(begins, np.diff(np.r_[begins, len(rows)]))
        places = steps + among_equal / (1.0 + among_equal.max())
        return cls(rows, places, np.searchsorted(parts, np.arange(parts[-1] + 2)))


def _donors(table: Table, permutations: int, seed: int) -> Ints:
    """The row each row takes its label from [1 + permutations, n]; in the first, itself."""
    draws = generator(stream_key(seed, "permutation"))
    sequences = _Sequences.of(table)
    shuffles = [_shuffled(sequences, shuffled_runs(table, draws)) for _ in range(permutations)]
    return np.stack([np.arange(len(table.y)), *shuffles])


def _shuffled(sequences: _Sequences, order: Ints) -> Ints:
    rows, places, first = sequences.rows, sequences.places, sequences.first
    taken = np.empty(len(rows), dtype=np.int64)
    for part, other in enumerate(order):
        mine, theirs = slice(first[part], first[part + 1]), slice(first[other], first[other + 1])
        same = np.array_equal(places[mine], places[theirs])
        taken[rows[mine]] = rows[theirs] if same else rows[theirs][_nearest(places[theirs], places[mine])]
    return taken


def _nearest(among: Floats, wanted: Floats) -> Ints:
    """The index of the entry of `among`, in rising order, that is nearest to each of `wanted`."""
    after = np.searchsorted(among, wanted).clip(max=len(among) - 1)
    before = (after - 1).clip(min=0)
    return np.where(np.abs(among[before] - wanted) <= np.abs(among[after] - wanted), before, after)


def _statistics(table: Table, x: NDArray[Any], fold: Ints, donors: Ints) -> Floats:
    """The statistic under each row of `donors` [k]; a run brings its fold along with its labels.

    So every permutation has folds as even as the observed labels have; fixed folds would favor those.
    """
    white = whitened(x)
    step = max(1, _CELLS // len(x))
    blocks = (donors[start : start + step] for start in range(0, len(donors), step))
    measure = {"binary": _aurocs, "classes": _accuracies, "number": _r2s}[table.task.kind]
    return np.concatenate([measure(table, white, table.y[rows], fold[rows]) for rows in blocks])


def whitened(x: NDArray[Any]) -> NDArray[Any]:
    """Rows [n, d] centered, and with their covariance plus a tenth of its mean variance made one.

    Without it the difference of means follows whatever varies most, and the test has no power for a variable
    that lies in a quiet direction, where the regularized readers find it. No label is used, so that the test
    stays exact.
    """
    from scipy.linalg import solve_triangular

    shifted = x - x[0]  # what is equal in all rows becomes exactly 0
    centered = shifted - shifted.mean(axis=0)
    covariance = centered.T.astype(float) @ centered / len(x)
    size = float(np.trace(covariance)) / len(covariance)
    if size == 0:
        return np.asarray(centered)
    covariance[np.diag_indices_from(covariance)] += _SHRINKAGE * size
    root = np.linalg.cholesky(covariance)
    return np.asarray(solve_triangular(root, centered.T, lower=True).T, dtype=x.dtype)


def _aurocs(table: Table, x: NDArray[Any], y: Floats, fold: Ints) -> Floats:
    """Of the difference of means, under each row of labels `y` [k, n] and folds [k, n]."""
    score = np.zeros(y.shape)
    for number in np.unique(fold):
        out = fold == number
        ones, zeros = _mean(~out & (y == 1), x), _mean(~out & (y == 0), x)
        weight = ones - zeros
        middle = (weight * (ones + zeros)).sum(axis=1, keepdims=True) / 2
        score += np.where(out, weight @ x.T - middle, 0.0)
    return rank_auroc(y, _tied(score))


def _accuracies(table: Table, x: NDArray[Any], y: Floats, fold: Ints) -> Floats:
    """Of the nearest class mean."""
    hit = np.zeros(y.shape)
    for number in np.unique(fold):
        out = fold == number
        best, guess = np.full(y.shape, -np.inf), np.zeros(y.shape)
        for code in range(len(table.task.classes)):
            mine = ~out & (y == code)
            mean = _mean(mine, x)
            near = mean @ x.T - (mean**2).sum(axis=1, keepdims=True) / 2
            near = np.where(mine.any(axis=1, keepdims=True), near, -np.inf)
            guess, best = np.where(near > best, code, guess), np.maximum(near, best)
        hit += out & (guess == y)
    return np.asarray(hit.mean(axis=1))


def _r2s(table: Table, x: NDArray[Any], y: Floats, fold: Ints) -> Floats:
    """Of the direction of covariance, scaled by least squares."""
    read = np.zeros(y.shape)
    for number in np.unique(fold):
        out = fold == number
        n = (~out).sum(axis=1, keepdims=True)
        mean = np.where(out, 0.0, y).sum(axis=1, keepdims=True) / n
        off = np.where(out, 0.0, y - mean)
        center = _mean(~out, x)
        direction = off.astype(x.dtype) @ x
        along = direction @ x.T - (direction * center).sum(axis=1, keepdims=True)
        spread = np.where(out, 0.0, along**2).sum(axis=1, keepdims=True)
        slope = np.divide(
            (off * along).sum(axis=1, keepdims=True), spread, out=np.zeros_like(mean), where=spread > 0
        )
        read += np.where(out, mean + slope * along, 0.0)
    error = ((y - read) ** 2).sum(axis=1)
    return np.asarray(1 - error / ((y - y.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))


def _mean(rows: NDArray[np.bool_], x: NDArray[Any]) -> NDArray[Any]:
    """The mean of the rows of `x` [n, d] that each mask [k, n] picks [k, d]; 0 where it picks none."""
    count = np.maximum(rows.sum(axis=1, keepdims=True), 1)
    return np.asarray(rows.astype(x.dtype) @ x / count.astype(x.dtype))


def _tied(score: Floats) -> Floats:
    """Scores cut to seven digits of the greatest, so that rows that are equal tie."""
    size = np.abs(score).max(axis=1, keepdims=True)
    scale = np.where(size > 0, size, 1.0)
    return np.asarray(np.round(score / scale, 7))
