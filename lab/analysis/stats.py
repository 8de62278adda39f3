"""Run-level statistics: intervals by bootstrap, comparisons by permutation, Holm's correction.

The unit is the run, never the decision: agents of one run share its fate. Every function is a pure function
of its arguments; what is drawn at random is keyed by `seed`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, isnan, sqrt
from typing import TYPE_CHECKING, Literal

from lab.core.canonical import settled_float
from lab.core.streams import generator, stream_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

Direction = Literal["greater", "less", "two-sided"]

MIN_PAIRS = 6
"""Fewer pairs carry no confirmatory verdict: two-sided, 2/2^5 = .0625 is the least p of five."""

MIN_PER_ARM = 4
"""Fewer unpaired runs in an arm carry no confirmatory verdict."""

EXACT_MAX = 2**14
"""Up to so many relabelings all are counted; beyond, `RESAMPLES` of them are drawn."""

RESAMPLES = 9_999
_BLOCK = 2**20
_SLACK = 1e-9


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
        effect: standardised difference; None when nothing varies.
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

    The p-value is of a sign-flip permutation test: under the hypothesis of no difference each pair could as
    well have come out the other way round (Fisher 1935). The effect is Cohen's d_z (Cohen 1988).

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
    return Comparison(
        n=(size, size),
        n_pairs=size,
        mean_difference=sum(differences) / size,
        interval=bootstrap_interval(differences, seed=seed),
        p_value=_sign_flip_p(_array(differences), direction, seed),
        floor=permutation_floor(size, direction=direction),
        effect=_over_spread(sum(differences) / size, [differences]),
        note=few or (None if any(differences) else "the arms are identical"),
    )


def unpaired_difference(
    first: Sequence[float], second: Sequence[float], *, direction: Direction, seed: int
) -> Comparison:
    """`first` less `second` for arms that share no seeds, by permuting which run is in which arm.

    The effect is Cohen's d with the pooled standard deviation (Cohen 1988).

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
        p_value=_relabel_p(_array(first), _array(second), direction, seed),
        floor=permutation_floor(*sizes, direction=direction),
        effect=_over_spread(difference, [first, second]),
        note=few if min(sizes) < MIN_PER_ARM else None,
    )


def permutation_floor(n: int, m: int | None = None, *, direction: Direction) -> float:
    """The least p that `n` pairs, or unpaired arms of `n` and `m` runs, can reach.

    Two-sided, a result and its mirror image are equally far out; in unpaired arms of unequal size the mirror
    image is not among the relabelings.
    """
    total = 2**n if m is None else comb(n + m, n)
    mirrored = direction == "two-sided" and m in (None, n)
    floor = min(1.0, (2 if mirrored else 1) / total)
    return floor if total <= EXACT_MAX else max(floor, 1 / (RESAMPLES + 1))


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
            batch=max(1, _BLOCK // max(map(len, samples))),
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


def _sign_flip_p(differences: Values, direction: Direction, seed: int) -> float:
    exact = 2**differences.size <= EXACT_MAX
    blocks = _all_signs(differences.size) if exact else _drawn_signs(differences.size, seed)
    sums = (signs @ differences for signs in blocks)
    observed = float(differences.sum())
    return _tail(sums, observed, direction, scale=float(abs(differences).sum()), exact=exact)


def _all_signs(size: int) -> Iterator[Values]:
    import numpy as np

    bits = np.arange(2**size)[:, None] >> np.arange(size) & 1
    yield _signs(bits)


def _drawn_signs(size: int, seed: int) -> Iterator[Values]:
    rng = generator(stream_key(seed, "analysis.signs"))
    for rows in _blocks(size):
        yield _signs(rng.integers(0, 2, size=(rows, size)))


def _signs(bits: NDArray[np.int64]) -> Values:
    """1 for bit 0, -1 for bit 1."""
    return (1 - 2 * bits).astype("float64")


def _relabel_p(first: Values, second: Values, direction: Direction, seed: int) -> float:
    import numpy as np

    pooled = np.concatenate([first, second])
    exact = comb(pooled.size, first.size) <= EXACT_MAX
    arms = _all_arms(pooled.size, first.size) if exact else _drawn_arms(pooled.size, first.size, seed)
    sums = (pooled[arm].sum(axis=1) for arm in arms)
    expected = first.size * float(pooled.mean())
    centred = (block - expected for block in sums)
    observed = float(first.sum()) - expected
    return _tail(centred, observed, direction, scale=float(abs(pooled).sum()), exact=exact)


def _all_arms(total: int, size: int) -> Iterator[NDArray[np.intp]]:
    import numpy as np

    yield np.array(list(combinations(range(total), size)))


def _drawn_arms(total: int, size: int, seed: int) -> Iterator[NDArray[np.intp]]:
    rng = generator(stream_key(seed, "analysis.arms"))
    for rows in _blocks(total):
        yield rng.random((rows, total)).argsort(axis=1)[:, :size]


def _blocks(size: int) -> Iterator[int]:
    """How many resamples to draw at a time, so that memory stays flat however many runs there are."""
    most = max(1, _BLOCK // size)
    yield from (min(most, RESAMPLES - start) for start in range(0, RESAMPLES, most))


def _tail(
    blocks: Iterator[Values], observed: float, direction: Direction, *, scale: float, exact: bool
) -> float:
    """The share of relabelings at least as far out as `observed`, which is itself one of those drawn.

    Sums that differ by rounding alone count as equal. Drawn relabelings get the +1 correction (Phipson and
    Smyth 2010).
    """
    import numpy as np

    far: dict[Direction, tuple[float, bool]] = {
        "greater": (observed, False),
        "less": (-observed, False),
        "two-sided": (abs(observed), True),
    }
    bar, folded = far[direction]
    sign = -1.0 if direction == "less" else 1.0
    hits = total = 0
    for block in blocks:
        signed = np.abs(block) if folded else sign * block
        hits += int((signed >= bar - _SLACK * scale).sum())
        total += block.size
    extra = 0 if exact else 1
    return (hits + extra) / (total + extra)


def _over_spread(difference: float, samples: Sequence[Sequence[float]]) -> float | None:
    """`difference` in pooled standard deviations; None when nothing varies."""
    freedom = sum(len(sample) - 1 for sample in samples)
    squares = sum((value - sum(sample) / len(sample)) ** 2 for sample in samples for value in sample)
    scale = max(abs(value) for sample in samples for value in sample)
    if not freedom or sqrt(squares / freedom) <= _SLACK * scale:
        return None
    return difference / sqrt(squares / freedom)


def _pairs(size: int) -> str:
    return "1 pair" if size == 1 else f"{size} pairs"
