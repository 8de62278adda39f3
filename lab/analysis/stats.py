"""Run-level statistics: intervals by bootstrap, comparisons of two arms, Holm's correction.

The unit is the run, never the decision: agents of one run share its fate. Every function is a pure function
of its arguments; what is drawn at random is keyed by `seed`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from typing import TYPE_CHECKING, Literal

from lab.analysis.permutation import SLACK, Direction, permutation_floor, relabel_p, sign_flip_p
from lab.core.canonical import settled_float
from lab.core.streams import generator, stream_key

if TYPE_CHECKING:
    from lab.analysis.permutation import Values

MIN_PAIRS = 6
"""Fewer pairs carry no confirmatory verdict: two-sided, 2/2^5 = .0625 is the least p of five."""

MIN_PER_ARM = 4
"""Fewer unpaired runs in an arm carry no confirmatory verdict."""

SURE = "all seeds gave the same difference: nothing here is random, so p says nothing"
"""The note on pairs that differ all alike."""

_BATCH = 2**17


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, in the unit of the values."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm less another.

    Attributes:
        n: runs, or blocks of runs, that count in each arm.
        n_pairs: pairs among them; None when the arms are not paired.
        mean_difference: mean of the first arm less mean of the second, in the unit of the values.
        interval: of the mean difference.
        p_value: of a permutation test against "the arm makes no difference".
        floor: the least p that so few runs can reach.
        effect: standardized difference; None when nothing varies.
        note: what keeps this from a confirmatory verdict, or None.
    """

    n: tuple[int, int]
    n_pairs: int | None
    mean_difference: float | None = None
    interval: Interval | None = None
    p_value: float | None = None
    floor: float = 1.0
    effect: float | None = None
    note: str | None = None


def bootstrap_interval(
    values: Sequence[float], *, level: float = 0.95, seed: int, n: int = 2_000
) -> Interval | None:
    """The confidence interval of the mean of run-level values; None of fewer than two.

    Bias-corrected and accelerated (Efron 1987) where that is defined, else by percentiles; equal values give
    an interval of no width.

    Args:
        values: one number a run.
        level: share of such intervals that hold the true mean.
        seed: of the resamples.
        n: how many resamples.
    """
    return _interval([values], level=level, seed=seed, n=n)


def paired_difference(
    first: Mapping[int, float], second: Mapping[int, float], *, direction: Direction, seed: int
) -> Comparison:
    """`first` less `second` over the replicates that both have.

    The p-value is `sign_flip_p`, the effect Cohen's d_z (Cohen 1988).

    Args:
        first: replicate → value of one arm.
        second: replicate → value of the other.
        direction: the expected sign of the difference.
        seed: of the resamples.
    """
    pairs = sorted(first.keys() & second.keys())
    size = len(pairs)
    if not size:
        return Comparison((0, 0), 0, note="no pair of runs has a value")
    differences = [settled_float(first[replicate] - second[replicate]) for replicate in pairs]
    few = f"{_pairs(size)}; a verdict needs {MIN_PAIRS}" if size < MIN_PAIRS else None
    effect = _over_spread(sum(differences) / size, [differences])
    return Comparison(
        n=(size, size),
        n_pairs=size,
        mean_difference=sum(differences) / size,
        interval=bootstrap_interval(differences, seed=seed),
        p_value=sign_flip_p(_array(differences), direction=direction, seed=seed),
        floor=permutation_floor(size, direction=direction),
        effect=effect,
        note=few or _sure(differences, effect),
    )


def unpaired_difference(
    first: Sequence[float], second: Sequence[float], *, direction: Direction, seed: int
) -> Comparison:
    """`first` less `second` for arms that share no seeds.

    The p-value is `relabel_p`, the effect Cohen's d with the pooled standard deviation (Cohen 1988).

    Args:
        first: a value for each run of one arm.
        second: a value for each run of the other.
        direction: the expected sign of the difference.
        seed: of the resamples.
    """
    sizes = (len(first), len(second))
    if not all(sizes):
        return Comparison(sizes, None, note="an arm has no run with a value")
    difference = sum(first) / sizes[0] - sum(second) / sizes[1]
    few = f"{sizes[0]} and {sizes[1]} runs; a verdict needs {MIN_PER_ARM} an arm"
    return Comparison(
        n=sizes,
        n_pairs=None,
        mean_difference=difference,
        interval=_interval([first, second], seed=seed),
        p_value=relabel_p(_array(first), _array(second), direction=direction, seed=seed),
        floor=permutation_floor(*sizes, direction=direction),
        effect=_over_spread(difference, [first, second]),
        note=few if min(sizes) < MIN_PER_ARM else None,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """`p_values` adjusted for their number, in the given order (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = least
    return adjusted


def _array(values: Sequence[float]) -> Values:
    import numpy as np

    return np.asarray(values, dtype=np.float64)


def _interval(
    samples: Sequence[Sequence[float]], *, level: float = 0.95, seed: int, n: int = 2_000
) -> Interval | None:
    """The interval of the mean of one sample, or of the mean of the first less that of the second."""
    if min(map(len, samples)) < 2:
        return None
    if all(min(sample) == max(sample) for sample in samples):
        sure = samples[0][0] - sum(sample[0] for sample in samples[1:])
        return Interval(sure, sure)
    low, high = _bootstrap(samples, level, seed, n, "BCa")
    if isnan(low) or isnan(high):
        low, high = _bootstrap(samples, level, seed, n, "percentile")
    return Interval(low, high)


def _bootstrap(
    samples: Sequence[Sequence[float]],
    level: float,
    seed: int,
    n: int,
    method: Literal["BCa", "percentile"],
) -> tuple[float, float]:
    """Both ends; not a number where BCa is not defined, as when no resample lies below the mean."""
    from scipy.stats import bootstrap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bootstrap(
            [_array(sample) for sample in samples],
            _mean_difference,
            confidence_level=level,
            n_resamples=n,
            method=method,
            batch=max(1, _BATCH // max(map(len, samples))),
            vectorized=True,
            rng=generator(stream_key(seed, "analysis.bootstrap")),
        ).confidence_interval
    return float(found.low), float(found.high)


def _mean_difference(first: Values, *others: Values, axis: int = -1) -> Values:
    """The mean of the first sample less those of the others."""
    difference: Values = first.mean(axis=axis)
    for other in others:
        difference = difference - other.mean(axis=axis)
    return difference


def _over_spread(difference: float, samples: Sequence[Sequence[float]]) -> float | None:
    """`difference` in pooled standard deviations; None when nothing varies."""
    freedom = sum(len(sample) - 1 for sample in samples)
    squares = sum((value - sum(sample) / len(sample)) ** 2 for sample in samples for value in sample)
    scale = max(abs(value) for sample in samples for value in sample)
    if not freedom or sqrt(squares / freedom) <= SLACK * scale:
        return None
    return difference / sqrt(squares / freedom)


def _sure(differences: Sequence[float], effect: float | None) -> str | None:
    """What to say of differences that do not vary."""
    if not any(differences):
        return "the arms are identical"
    return SURE if effect is None else None


def _pairs(size: int) -> str:
    return "1 pair" if size == 1 else f"{size} pairs"
