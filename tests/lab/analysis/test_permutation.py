"""Permutation tests against brute force, against scipy, and under the null hypothesis."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats as scipy_stats

from lab.analysis.permutation import Direction, permutation_floor, relabel_p, sign_flip_p
from tests.support.verified import Recorder

DIRECTIONS: tuple[Direction, ...] = ("greater", "less", "two-sided")
DIFFERENCES = (
    [1.0],
    [0.3, 0.3, 0.3],
    [0.1, -0.2, 0.3, 0.1, 0.1, -0.2, 0.3],
    [0.0, 0.0, 0.0, 0.0],
    [3.0, 1.0, -2.0, 5.0, 0.5, 0.5, -0.5, 1.0],
)


def farther(value: float, observed: float, direction: Direction) -> bool:
    """Whether a relabeling is at least as far out; written apart from the code under test."""
    if direction == "two-sided":
        return abs(value) >= abs(observed) - 1e-12
    return (value >= observed - 1e-12) if direction == "greater" else (value <= observed + 1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("differences", DIFFERENCES)
def test_the_paired_p_is_the_share_of_all_sign_flips(differences: list[float], direction: Direction) -> None:
    flips = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=len(differences))
    ]
    hits = sum(farther(flip, sum(differences), direction) for flip in flips)
    assert sign_flip_p(np.array(differences), direction=direction, seed=1) == hits / len(flips)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("first", "second"),
    [([1.0, 2.0, 3.0], [0.5, 2.5]), ([0.1, 0.1], [0.1, 0.1]), ([5.0, 4.0, 3.0, 2.0], [1.0, 2.0, 0.0, 1.5])],
)
def test_the_unpaired_p_is_the_share_of_all_ways_to_fill_the_arms(
    first: list[float], second: list[float], direction: Direction
) -> None:
    pooled = first + second
    overall = sum(pooled) / len(pooled) * len(first)
    sums = [sum(arm) - overall for arm in combinations(pooled, len(first))]
    hits = sum(farther(value, sum(first) - overall, direction) for value in sums)
    found = relabel_p(np.array(first), np.array(second), direction=direction, seed=1)
    assert found == hits / len(sums)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_paired_p_is_that_of_scipy(direction: Direction) -> None:
    differences = np.random.default_rng(5).normal(0.4, 1, size=10)
    expected = scipy_stats.permutation_test(
        (differences, np.zeros(10)),
        lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**10,
        alternative=direction,
    )
    assert sign_flip_p(differences, direction=direction, seed=1) == pytest.approx(expected.pvalue)


def test_drawn_relabelings_come_near_the_exact_p() -> None:
    values = np.random.default_rng(2).normal(0.3, 1, size=24)
    flips = np.array(list(product((1.0, -1.0), repeat=12)))
    halves = (flips @ values[:12])[:, None] + (flips @ values[12:])[None, :]
    exact = (halves >= values.sum() - 1e-9).mean()
    assert sign_flip_p(values, direction="greater", seed=3) == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize("paired", [True, False])
def test_drawn_relabelings_never_give_zero_and_depend_on_the_seed_alone(paired: bool) -> None:
    high, low = np.arange(100.0, 140.0), np.arange(40.0)

    def p(seed: int) -> float:
        if paired:
            return sign_flip_p(high - low[::-1], direction="greater", seed=seed)
        return relabel_p(high, low, direction="greater", seed=seed)

    assert p(1) == p(1) == 1 / 10_000


@pytest.mark.parametrize(
    ("pairs", "direction", "floor"),
    [(5, "two-sided", 0.0625), (6, "two-sided", 0.03125), (8, "two-sided", 0.0078125), (6, "less", 0.015625)],
)
def test_the_floor_of_pairs_is_reached(pairs: int, direction: Direction, floor: float) -> None:
    assert permutation_floor(pairs, direction=direction) == floor
    differences = np.full(pairs, -1.0)
    assert sign_flip_p(differences, direction=direction, seed=1) == floor


@pytest.mark.parametrize(("runs", "floor"), [(3, 0.10), (4, 0.029), (5, 0.0079), (6, 0.0022), (8, 0.00016)])
def test_the_floor_of_two_equal_arms_is_reached(runs: int, floor: float) -> None:
    found = permutation_floor(runs, runs, direction="two-sided")
    assert found == pytest.approx(floor, rel=0.05)
    high, low = np.arange(100.0, 100.0 + runs), np.arange(float(runs))
    assert relabel_p(high, low, direction="two-sided", seed=1) == found


def test_no_p_of_drawn_relabelings_goes_below_one_in_ten_thousand() -> None:
    assert permutation_floor(2_000, direction="greater") == 1 / 10_000


@pytest.mark.verify
@pytest.mark.parametrize("pairs", [8, 12, 30])
def test_a_true_null_is_rejected_as_often_as_the_level_says(pairs: int, verified: Recorder) -> None:
    draws = np.random.default_rng(17).normal(size=(2_000, pairs))
    ps = [sign_flip_p(draw, direction="two-sided", seed=seed) for seed, draw in enumerate(draws)]
    rejected = float(np.mean(np.array(ps) <= 0.05))
    assert 0.035 <= rejected <= 0.065
    verified.record(f"sign-flip test rejects a true null of {pairs} pairs at .05 (2,000 draws)", rejected)


@pytest.mark.verify
def test_a_true_null_of_unpaired_arms_is_rejected_as_often_as_the_level_says(verified: Recorder) -> None:
    draws = np.random.default_rng(18).normal(size=(2_000, 14))
    ps = [relabel_p(draw[:7], draw[7:], direction="two-sided", seed=seed) for seed, draw in enumerate(draws)]
    rejected = float(np.mean(np.array(ps) <= 0.05))
    assert 0.035 <= rejected <= 0.065
    verified.record("relabeling test rejects a true null of 7 and 7 runs at .05 (2,000 draws)", rejected)
