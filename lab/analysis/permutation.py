"""Permutation tests of a difference of means, exact where that is few enough relabelings to count."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Literal

from lab.core.streams import generator, stream_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

Direction = Literal["greater", "less", "two-sided"]

EXACT_MAX = 2**14
"""Up to so many relabelings all are counted; beyond, `RESAMPLES` of them are drawn."""

RESAMPLES = 9_999
_BLOCK = 2**17
SLACK = 1e-9
"""Numbers that differ by less than this share of their scale differ by rounding alone."""


def sign_flip_p(differences: Values, *, direction: Direction, seed: int) -> float:
    """The p-value of paired differences.

    Under the hypothesis of no difference each pair could as well have come out the other way round (Fisher
    1935).

    Args:
        differences: of each pair [n].
        direction: the expected sign of their mean.
        seed: of the relabelings, where they are drawn.
    """
    exact = 2**differences.size <= EXACT_MAX
    blocks = _all_signs(differences.size) if exact else _drawn_signs(differences.size, seed)
    sums = (signs @ differences for signs in blocks)
    observed = float(differences.sum())
    return _tail(sums, observed, direction, scale=float(abs(differences).sum()), exact=exact)


def relabel_p(first: Values, second: Values, *, direction: Direction, seed: int) -> float:
    """The p-value of two arms that are not paired.

    Under the hypothesis of no difference every run could as well have been in the other arm.

    Args:
        first: values of one arm [n].
        second: values of the other [m].
        direction: the expected sign of the mean of `first` less that of `second`.
        seed: of the relabelings, where they are drawn.
    """
    import numpy as np

    pooled = np.concatenate([first, second])
    pooled -= pooled.mean()
    exact = comb(pooled.size, first.size) <= EXACT_MAX
    arms = _all_arms(pooled.size, first.size) if exact else _drawn_arms(pooled.size, first.size, seed)
    sums = (pooled[arm].sum(axis=1) for arm in arms)
    observed = float(pooled[: first.size].sum())
    return _tail(sums, observed, direction, scale=float(abs(pooled).sum()), exact=exact)


def permutation_floor(n: int, m: int | None = None, *, direction: Direction) -> float:
    """The least p that `n` pairs, or unpaired arms of `n` and `m` runs, can reach.

    Two-sided, a result and its mirror image are equally far out; in unpaired arms of unequal size the mirror
    image is not among the relabelings.
    """
    total = 2**n if m is None else comb(n + m, n)
    mirrored = direction == "two-sided" and m in (None, n)
    floor = min(1.0, (2 if mirrored else 1) / total)
    return floor if total <= EXACT_MAX else max(floor, 1 / (RESAMPLES + 1))


def _all_signs(size: int) -> Iterator[Values]:
    import numpy as np

    bits = np.arange(2**size)[:, None] >> np.arange(size) & 1
    yield _signs(bits)


def _drawn_signs(size: int, seed: int) -> Iterator[Values]:
    import numpy as np

    rng = generator(stream_key(seed, "analysis.signs"))
    for rows in _blocks(size):
        yield _signs(rng.integers(0, 2, size=(rows, size), dtype=np.int8))


def _signs(bits: NDArray[np.integer]) -> Values:
    """1 for bit 0, -1 for bit 1."""
    return (1 - 2 * bits).astype("float64")


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

    turn = {"greater": np.positive, "less": np.negative, "two-sided": np.abs}[direction]
    bar = float(turn(observed)) - SLACK * scale
    hits = total = 0
    for block in blocks:
        hits += int((turn(block) >= bar).sum())
        total += block.size
    extra = 0 if exact else 1
    return (hits + extra) / (total + extra)
