"""Intervals, comparisons and Holm's correction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats

from lab.analysis.stats import (
    SURE,
    Interval,
    bootstrap_interval,
    holm,
    paired_difference,
    unpaired_difference,
)
from tests.support.verified import Recorder


def arm(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


@pytest.mark.parametrize("values", [[], [0.5]])
def test_fewer_than_two_runs_have_no_interval(values: list[float]) -> None:
    assert bootstrap_interval(values, seed=1) is None


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert bootstrap_interval([0.2, 0.2, 0.2], seed=1) == Interval(0.2, 0.2)


@pytest.mark.parametrize("values", [[1.0, 2.0], [0.0, 0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0 + 2.3e-16]])
def test_an_interval_lies_between_the_extremes_however_odd_the_values(values: list[float]) -> None:
    found = bootstrap_interval(values, seed=1)
    assert found is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_an_interval_depends_on_its_seed_alone() -> None:
    values = np.random.default_rng(1).normal(size=20).tolist()
    assert bootstrap_interval(values, seed=4) == bootstrap_interval(values, seed=4)
    assert bootstrap_interval(values, seed=4) != bootstrap_interval(values, seed=5)


def test_a_higher_level_makes_a_wider_interval() -> None:
    values = np.random.default_rng(1).normal(size=20).tolist()
    wide, narrow = (bootstrap_interval(values, seed=1, level=level) for level in (0.99, 0.80))
    assert wide is not None
    assert narrow is not None
    assert wide.low < narrow.low < narrow.high < wide.high


def test_an_interval_of_many_normal_values_is_near_that_of_student() -> None:
    values = np.random.default_rng(3).normal(10, 2, size=200)
    expected = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = bootstrap_interval(values.tolist(), seed=1)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.05)


def test_a_paired_difference_counts_the_replicates_that_both_arms_have() -> None:
    found = paired_difference({0: 1.0, 1: 3.0, 2: 9.0}, {1: 1.0, 2: 4.0, 7: 0.0}, direction="greater", seed=1)
    assert (found.n_pairs, found.n, found.mean_difference) == (2, (2, 2), 3.5)
    assert (found.p_value, found.floor) == (0.25, 0.25)
    assert found.note == "2 pairs; a verdict needs 6"


def test_a_paired_effect_is_the_mean_difference_over_its_deviation() -> None:
    found = paired_difference(arm(1, 2, 3, 4, 5, 9), arm(0, 0, 0, 0, 0, 0), direction="greater", seed=1)
    assert found.effect == pytest.approx(4 / np.std([1, 2, 3, 4, 5, 9], ddof=1))
    assert found.note is None


def test_equal_differences_have_no_effect_size_and_a_sure_interval() -> None:
    found = paired_difference(
        arm(0.3, 0.4, 0.5, 0.6, 0.7, 0.8), arm(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), direction="greater", seed=1
    )
    assert found.interval == Interval(0.2, 0.2)
    assert (found.p_value, found.effect, found.note) == (2**-6, None, SURE)


def test_identical_arms_show_nothing_and_say_so() -> None:
    same = arm(0.1, 0.5, 0.3, 0.2, 0.7, 0.6)
    found = paired_difference(same, same, direction="two-sided", seed=1)
    assert (found.mean_difference, found.p_value, found.note) == (0.0, 1.0, "the arms are identical")


def test_arms_without_a_pair_have_no_p() -> None:
    found = paired_difference({0: 1.0}, {1: 1.0}, direction="two-sided", seed=1)
    assert (found.n_pairs, found.p_value, found.interval) == (0, None, None)


def test_an_unpaired_difference_tells_how_many_runs_each_arm_has() -> None:
    found = unpaired_difference([3.0, 4.0, 5.0], [1.0, 2.0, 0.0, 1.0], direction="greater", seed=1)
    assert (found.n, found.n_pairs, found.mean_difference) == ((3, 4), None, 3.0)
    assert found.p_value == found.floor == 1 / 35
    assert found.note == "3 and 4 runs; a verdict needs 4 an arm"
    assert found.interval is not None
    assert found.interval.low < 3.0 < found.interval.high


def test_an_unpaired_effect_uses_the_pooled_deviation() -> None:
    found = unpaired_difference([2.0, 4.0, 6.0, 8.0], [1.0, 2.0, 3.0, 4.0], direction="two-sided", seed=1)
    pooled = np.sqrt((np.var([2, 4, 6, 8], ddof=1) + np.var([1, 2, 3, 4], ddof=1)) / 2)
    assert found.effect == pytest.approx(2.5 / pooled)


def test_an_empty_arm_has_no_p() -> None:
    assert unpaired_difference([], [1.0], direction="less", seed=1).p_value is None


@pytest.mark.parametrize(
    ("given", "adjusted"),
    [
        ([], []),
        ([0.04], [0.04]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.02, 0.02, 0.001], [0.04, 0.04, 0.003]),
    ],
)
def test_holm_gives_the_adjusted_values_of_the_textbook(given: list[float], adjusted: list[float]) -> None:
    assert holm(given) == pytest.approx(adjusted)


@pytest.mark.verify
def test_intervals_hold_the_true_mean_about_as_often_as_they_say(verified: Recorder) -> None:
    draws = np.random.default_rng(11).normal(size=(2_000, 30))
    intervals = [bootstrap_interval(draw.tolist(), seed=seed) for seed, draw in enumerate(draws)]
    held = sum(one is not None and one.low <= 0 <= one.high for one in intervals) / len(intervals)
    assert 0.915 <= held <= 0.965
    verified.record("95 % BCa intervals of 30 normal runs hold the true mean (2,000 draws)", held)
