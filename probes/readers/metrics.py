"""How well a reading tells the values of a variable apart, for one weighting of the rows or for thousands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.readers.tasks import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FALSE_POSITIVE_RATE = 0.01
"""Where `recall` is read: the share of the negatives that may be taken for positives."""


class Estimate(NamedTuple):
    """A number with its 95 % interval; an undefined end is NaN, in JSON null."""

    value: float
    low: float
    high: float


def primary(task: Task, y: Floats, guess: Floats, weights: Floats | None = None) -> Floats:
    """The task's metric [k] under each of k weightings of the rows: AUROC, accuracy or R2.

    Args:
        task: what is read; a classes task guesses codes, the others scores.
        y: the labels [n].
        guess: what the reader says [n].
        weights: how often each row counts [k, n]; once by default.
    """
    by_row = np.ones((1, len(y))) if weights is None else weights
    if task.kind == "binary":
        return auroc(y, guess, by_row)
    return r2(y, guess, by_row) if task.kind == "number" else accuracy(y, guess, by_row)


def auroc(y: Floats, score: Floats, weights: Floats) -> Floats:
    """P(score of a positive > score of a negative) + P(tie) / 2 under each weighting; NaN for one class."""
    order = np.argsort(score, kind="stable")
    first_of_ties = np.flatnonzero(np.r_[True, score[order][1:] != score[order][:-1]])
    positive, by_row = y[order] == 1, weights[:, order]
    ups = np.add.reduceat(np.where(positive, by_row, 0.0), first_of_ties, axis=1)
    downs = np.add.reduceat(np.where(positive, 0.0, by_row), first_of_ties, axis=1)
    wins = (ups * (np.cumsum(downs, axis=1) - downs / 2)).sum(axis=1)
    return _ratio(wins, ups.sum(axis=1) * downs.sum(axis=1))


def accuracy(y: Floats, predicted: Floats, weights: Floats) -> Floats:
    """The share of rows whose value is predicted, under each weighting."""
    return _ratio(weights @ (y == predicted), weights.sum(axis=1))


def r2(y: Floats, predicted: Floats, weights: Floats) -> Floats:
    """1 − squared error / squared deviation from the mean, under each weighting; NaN for a constant."""
    centered = y - y.mean()
    total, count = weights @ centered, weights.sum(axis=1)
    deviation = weights @ centered**2 - _ratio(total**2, count)
    return 1 - _ratio(weights @ (y - predicted) ** 2, np.where(deviation > 1e-12 * count, deviation, 0.0))


def rank_auroc(y: Floats, score: Floats) -> Floats:
    """The AUROC of each row of `score` [k, n] with its own labels `y` [k, n], by ranks (Mann–Whitney)."""
    from scipy.stats import rankdata

    n_positive = y.sum(axis=1)
    ranks = (rankdata(score, axis=1) * y).sum(axis=1)
    return _ratio(ranks - n_positive * (n_positive + 1) / 2, n_positive * (y.shape[1] - n_positive))


def recall(y: Floats, score: Floats, reference: NDArray[np.bool_] | None = None) -> float:
    """The share of positives above a threshold that 1 % of the designated negatives exceed.

    Args:
        y: the labels [n], 1 for positives.
        score: what the reader says [n].
        reference: the negatives the threshold is taken from [n]; all negatives by default.
    """
    negatives = score[(y == 0) if reference is None else reference & (y == 0)]
    if not len(negatives) or not (y == 1).any():
        return float("nan")
    threshold = np.quantile(negatives, 1 - FALSE_POSITIVE_RATE, method="higher")
    return float((score[y == 1] > threshold).mean())


def macro_auroc(y: Floats, decision: Floats) -> float:
    """The mean over classes of the AUROC of one class against the rest; classes without rows are left out."""
    each = [
        auroc((y == code).astype(float), decision[:, code], np.ones((1, len(y))))[0]
        for code in range(decision.shape[1])
    ]
    defined = [value for value in each if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def spearman(y: Floats, score: Floats) -> float:
    """The rank correlation; NaN when either side is constant."""
    from scipy.stats import rankdata

    ranks = rankdata(np.stack([y, score]), axis=1)
    centered = ranks - ranks.mean(axis=1, keepdims=True)
    scale = np.sqrt((centered[0] ** 2).sum() * (centered[1] ** 2).sum())
    return float(centered[0] @ centered[1] / scale) if scale else float("nan")


def average_precision(y: Floats, score: Floats) -> float:
    """The area under precision over recall, in steps: Σ (R_i − R_{i−1}) P_i; ties count as one threshold."""
    order = np.argsort(-score, kind="stable")
    last_of_ties = np.flatnonzero(np.r_[score[order][1:] != score[order][:-1], True])
    hits = np.cumsum(y[order])[last_of_ties]
    gained = np.diff(np.r_[0.0, hits])
    return float((gained * hits / (last_of_ties + 1)).sum() / hits[-1]) if hits[-1] else float("nan")


def _ratio(above: Floats, below: Floats) -> Floats:
    """`above / below`, NaN where `below` is zero."""
    return np.asarray(np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below != 0))
