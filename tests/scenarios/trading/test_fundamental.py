from __future__ import annotations

import numpy as np
import pytest

from scenarios.trading.fundamental import FundamentalSpec, path


def _rng(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_a_constant_value_stays() -> None:
    assert path(FundamentalSpec(kind="constant", start=500.0), 3, _rng()) == [500.0] * 4


def test_the_stationary_variance_is_that_of_the_formula() -> None:
    spec = FundamentalSpec(start=1000.0, kappa=0.2, sigma=3.0)
    values = np.array(path(spec, 100_000, _rng()))
    assert values.var() == pytest.approx(3.0**2 / (2 * 0.2), rel=0.05)
    assert values.mean() == pytest.approx(1000, abs=0.3)
    assert np.corrcoef(values[:-1], values[1:])[0, 1] == pytest.approx(np.exp(-0.2), abs=0.01)


def test_without_shocks_the_value_decays_to_its_mean() -> None:
    spec = FundamentalSpec(start=1000.0, mean=2000.0, kappa=0.1, sigma=0.0)
    assert path(spec, 7, _rng())[7] == pytest.approx(2000 - 1000 * np.exp(-0.7))


def test_without_a_pull_it_is_a_random_walk() -> None:
    spec = FundamentalSpec(start=10_000.0, kappa=0.0, sigma=2.0)
    ends = [path(spec, 100, _rng(seed))[-1] for seed in range(400)]
    assert np.std(ends) == pytest.approx(2.0 * 10, rel=0.1)


def test_jumps_add_their_variance() -> None:
    spec = FundamentalSpec(start=10_000.0, kappa=0.0, sigma=0.0, jump_rate=0.5, jump_size=4.0)
    steps = np.diff(path(spec, 20_000, _rng()))
    assert steps.var() == pytest.approx(0.5 * 4.0**2, rel=0.1)
    assert (steps == 0).mean() == pytest.approx(np.exp(-0.5), abs=0.01)


def test_the_value_never_falls_below_one_tick() -> None:
    spec = FundamentalSpec(start=2.0, kappa=0.0, sigma=5.0)
    assert min(path(spec, 500, _rng())) == 1.0
    assert path(FundamentalSpec(kind="constant", start=5.0), 1, _rng(), shift=[-9.0, 2.0]) == [1.0, 7.0]


def test_equal_generators_make_equal_paths() -> None:
    spec = FundamentalSpec(jump_rate=0.1, jump_size=5.0)
    assert path(spec, 50, _rng(3)) == path(spec, 50, _rng(3)) != path(spec, 50, _rng(4))
