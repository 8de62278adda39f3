"""What readers say of runs they were not fitted on, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lab.core.errors import UsageError
from probes.readers.estimators import Covariance, DiffMeans, Logistic, Ridge
from probes.readers.files import one_score, probability
from probes.readers.metrics import Floats, Ints, primary
from probes.readers.table import Table
from probes.readers.tasks import Task

ReaderName = Literal["logistic", "multinomial", "ridge", "diff_means", "covariance"]
Reader = DiffMeans | Logistic | Ridge | Covariance
Mask = NDArray[np.bool_]

READERS: Mapping[str, tuple[ReaderName, ReaderName]] = {
    "binary": ("logistic", "diff_means"),
    "classes": ("multinomial", "diff_means"),
    "number": ("ridge", "covariance"),
}
"""For each kind of task the reader that claims are made with, and the closed form printed beside it."""

_DIGITS = 10
"""Digits a reading is cut to: equal activations must tie whatever way a library sums them up."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What a reader says of each row by a fit that never saw the row's run.

    Attributes:
        decision: what is read [n, k]; k = 1 for two classes and for numbers.
        p: calibrated probability of the positive, or of the predicted, value [n]; NaN for numbers.
        fold: the fold the row was held out in [n].
    """

    decision: Floats
    p: Floats
    fold: Ints

    @property
    def score(self) -> Floats:
        """One number a row [n]: log-odds, the value read, or the margin of the best class."""
        return one_score(self.decision)

    def guess(self, task: Task) -> Floats:
        """What the task's metric takes [n]: scores, for classes the predicted code."""
        return guess_of(task, self.decision)

    def predicted(self, task: Task) -> Floats:
        """The code of the more probable value, or the number, that is read [n]."""
        return (self.p > 0.5).astype(float) if task.kind == "binary" else guess_of(task, self.decision)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """One reader over all layers.

    Attributes:
        reader: its name.
        layers: what it says of held-out runs, for each layer.
    """

    reader: ReaderName
    layers: Mapping[int, HeldOut]


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A layer chosen without the runs it is then scored on.

    Attributes:
        layer: the layer chosen in most folds, the better one of equals.
        chosen: the layer chosen in each fold.
        held_out: what is read of each fold at its layer.
    """

    layer: int
    chosen: tuple[int, ...]
    held_out: HeldOut


def make_reader(name: ReaderName) -> Reader:
    """A fresh estimator of that name, with the lab's settings (alignment.md §3.4).

    Two classes are weighted to even odds: else a fold's scores would sink with the share of positives it
    holds out, and scores of different folds, ranked together, would show less than chance where nothing can
    be read (Parker, Günter & Bedo 2007, Stratification bias in low signal microarray studies).
    """
    makers: dict[ReaderName, Callable[[], Reader]] = {
        "logistic": lambda: Logistic(class_weight="balanced"),
        "multinomial": Logistic,
        "ridge": Ridge,
        "diff_means": DiffMeans,
        "covariance": Covariance,
    }
    return makers[name]()


def layer_sweep(table: Table, reader: ReaderName, fold: Ints) -> Sweep:
    """What `reader` says of every row of `table` when the row's fold is left out, for each layer."""
    layers = {
        layer: held_out(x, table.y, table.task, reader=reader, fold=fold) for layer, x in table.layers.items()
    }
    return Sweep(reader, layers)


def held_out(x: NDArray[Any], y: Floats, task: Task, *, reader: ReaderName, fold: Ints) -> HeldOut:
    """What `reader` says of each row of `x` [n, d] when the row's fold is left out."""
    return cross_read(
        task, y, fold, lambda train, test: fit_and_read(x, y, task, reader=reader, train=train, test=test)
    )


def cross_read(task: Task, y: Floats, fold: Ints, read: Callable[[Mask, Mask], Floats]) -> HeldOut:
    """What `read(train, test)` says of each fold, fitted on all others."""
    decision = np.full((len(y), width_of(task)), np.nan)
    for number in np.unique(fold):
        out = fold == number
        decision[out] = read(~out, out)
    return HeldOut(decision, calibrated(task, y, decision, fold), fold)


def fit_and_read(
    x: NDArray[Any], y: Floats, task: Task, *, reader: ReaderName, train: Mask, test: Mask
) -> Floats:
    """What `reader`, fitted on the rows `train`, reads of the rows `test` [tests, k].

    Raises:
        UsageError: when the training rows hold one class only.
    """
    fitted = make_reader(reader)
    if task.kind == "number":
        return _cut(np.asarray(fitted.fit(x[train], y[train]).predict(x[test]))[:, None])
    codes = y[train].astype(int)
    present = np.unique(codes)
    if len(present) < 2:
        only = task.classes[present[0]]
        raise UsageError(f"the runs to fit on all have '{only}': add runs of another value")
    fitted.fit(x[train], codes)
    assert isinstance(fitted, DiffMeans | Logistic)
    return _cut(by_class(task, fitted.decision_function(x[test]), present))


def by_class(task: Task, read: Floats, present: NDArray[Any]) -> Floats:
    """A classifier's reading with its width [n, k]; of several classes, one that was not fitted reads −∞."""
    if task.kind == "binary":
        return read[:, None]
    decision = np.full((len(read), len(task.classes)), -np.inf)
    decision[:, present] = np.stack([-read, read], axis=1) if read.ndim == 1 else read
    return decision


def nested(table: Table, sweep: Sweep) -> Nested:
    """The score of choosing the layer by cross-validation within the runs that a fold trains on.

    A fit that leaves out folds j and k serves the choice for both, so ten more fits of each layer do.
    """
    fold = next(iter(sweep.layers.values())).fold
    numbers = [int(number) for number in np.unique(fold)]
    names = list(table.layers)
    if len(names) == 1:
        return Nested(names[0], (names[0],) * len(numbers), sweep.layers[names[0]])
    inner = {layer: _pairwise(table, layer, sweep.reader, fold) for layer in names}
    chosen: list[int] = []
    decision, p = np.full_like(sweep.layers[names[0]].decision, np.nan), np.full(len(fold), np.nan)
    for number in numbers:
        scores = [_inner_score(table, inner[layer][number], fold != number) for layer in names]
        best = names[int(np.nanargmax(scores))]
        chosen.append(best)
        out = fold == number
        decision[out], p[out] = sweep.layers[best].decision[out], sweep.layers[best].p[out]
    values = {
        layer: float(primary(table.task, table.y, sweep.layers[layer].guess(table.task))[0])
        for layer in names
    }
    winner = max(set(chosen), key=lambda layer: (chosen.count(layer), values[layer], -layer))
    return Nested(winner, tuple(chosen), HeldOut(decision, p, fold))


def guess_of(task: Task, decision: Floats) -> Floats:
    """What the task's metric takes [n] of what is read: scores, for classes the predicted code."""
    return decision.argmax(axis=1).astype(float) if task.kind == "classes" else decision[:, 0]


def width_of(task: Task) -> int:
    """How many numbers are read of a row."""
    return len(task.classes) if task.kind == "classes" else 1


def calibrated(task: Task, y: Floats, decision: Floats, fold: Ints) -> Floats:
    """The probability [n] that each row's score stands for; NaN for numbers.

    Platt scaling, for each fold fitted on the held-out scores of the other folds.
    """
    p = np.full(len(y), np.nan)
    if task.kind == "number":
        return p
    score, hit = one_score(decision), is_hit(task, y, decision)
    for number in np.unique(fold):
        out = fold == number
        p[out] = probability(score[out], platt(hit[~out], score[~out]))
    return p


def is_hit(task: Task, y: Floats, decision: Floats) -> Floats:
    """What a probability is about [n]: is the row positive; of several classes, is its prediction right."""
    return y if task.kind == "binary" else (guess_of(task, decision) == y).astype(float)


def platt(y: Floats, score: Floats) -> Floats:
    """The slope and offset [2] that make `score` log-odds of `y`.

    Maximum likelihood against Platt's smoothed targets, which stay finite for separated classes (Platt 1999,
    Probabilistic outputs for support vector machines, §2.2).
    """
    from scipy.optimize import minimize

    n_positive = float(y.sum())
    target = np.where(y == 1, (n_positive + 1) / (n_positive + 2), 1 / (len(y) - n_positive + 2))
    mean, scale = float(score.mean()), float(score.std()) or 1.0
    z = (score - mean) / scale

    def loss(at: Floats) -> tuple[float, Floats]:
        logit = at[0] * z + at[1]
        wrong = 1 / (1 + np.exp(-np.clip(logit, -500, 500))) - target
        return float((np.logaddexp(0, logit) - target * logit).mean()), np.array(
            [(wrong * z).mean(), wrong.mean()]
        )

    slope, offset = minimize(loss, np.zeros(2), jac=True, method="BFGS").x
    return np.array([slope / scale, offset - slope * mean / scale])


def _pairwise(table: Table, layer: int, reader: ReaderName, fold: Ints) -> dict[int, Floats]:
    """For each outer fold, what is read of the rows of the others by fits that saw neither; NaN elsewhere."""
    x = table.layers[layer]
    numbers = [int(number) for number in np.unique(fold)]
    read = {number: np.full((len(fold), width_of(table.task)), np.nan) for number in numbers}
    for j, k in combinations(numbers, 2):
        out = (fold == j) | (fold == k)
        decision = fit_and_read(x, table.y, table.task, reader=reader, train=~out, test=out)
        rows = fold[out]
        read[j][fold == k], read[k][fold == j] = decision[rows == k], decision[rows == j]
    return read


def _inner_score(table: Table, decision: Floats, rows: Mask) -> float:
    return float(primary(table.task, table.y[rows], guess_of(table.task, decision[rows]))[0])


def _cut(read: Floats) -> Floats:
    """Readings cut to a number of decimals that goes with their size."""
    size = np.abs(read[np.isfinite(read)]).max(initial=0.0)
    return np.round(read, _DIGITS - int(np.ceil(np.log10(size)))) if size > 0 else read
