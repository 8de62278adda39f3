from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scenarios.trading.behavior import (
    Cell,
    Disposition,
    Trade,
    correlation,
    dispersion,
    disposition,
    expected_distance,
    herding,
    lsv,
    pairwise_flow_correlation,
)

PRICES = {"up": 12.0, "down": 8.0, "flat": 10.0, "top": 15.0}


def _bought() -> list[Trade]:
    return [Trade(0, asset, 10, 10.0) for asset in PRICES]


def _price(day: int, asset: str) -> float:
    return PRICES[asset]


def test_what_is_sold_is_realized_and_the_rest_of_the_account_is_on_paper() -> None:
    found = disposition([*_bought(), Trade(5, "up", -10, 12.0)], _price)
    assert found == Disposition(realized_gains=1, paper_gains=1, paper_losses=1)
    assert (found.pgr, found.plr, found.effect) == (0.5, 0.0, 0.5)


def test_days_without_a_sale_count_nothing() -> None:
    found = disposition([*_bought(), Trade(3, "up", 5, 11.0)], _price)
    assert (found, found.effect) == (Disposition(), None)


def test_the_reference_is_the_average_cost() -> None:
    trades = [Trade(0, "up", 10, 10.0), Trade(1, "up", 10, 16.0)]  # 13 on average
    assert disposition([*trades, Trade(2, "up", -1, 12.9)], _price).realized_losses == 1
    assert disposition([*trades, Trade(2, "up", -1, 13.1)], _price).realized_gains == 1
    assert disposition([*trades, Trade(2, "up", -1, 13.0)], _price) == Disposition()


def test_an_asset_sold_in_part_counts_as_realized_only() -> None:
    found = disposition([Trade(0, "up", 10, 10.0), Trade(1, "up", -4, 12.0)], _price)
    assert found == Disposition(realized_gains=1)


def test_in_shares_one_asset_alone_has_a_disposition() -> None:
    trades = [Trade(0, "up", 10, 10.0), Trade(1, "up", -4, 12.0)]
    assert disposition(trades, _price, unit="shares") == Disposition(realized_gains=4, paper_gains=6)


def test_nobody_sells_what_is_not_held() -> None:
    with pytest.raises(ValueError, match="5 shares of 'up' sold, 0 held"):
        disposition([Trade(0, "up", -5, 10.0)], _price)


@given(st.integers(1, 60), st.floats(0, 1, allow_subnormal=False).filter(lambda p: p == 0 or p > 1e-9))
def test_the_expected_distance_is_that_of_the_binomial(n: int, p: float) -> None:
    k = np.arange(n + 1)
    brute = float((stats.binom.pmf(k, n, p) * np.abs(k / n - p)).sum())
    assert expected_distance(n, p) == pytest.approx(brute, abs=1e-10)


def test_herding_is_undefined_for_fewer_than_five_traders() -> None:
    assert herding(4, 0, 0.5) is None
    assert herding(5, 0, 0.5) == pytest.approx(0.5 - 0.1875)


def test_independent_traders_do_not_herd_and_copying_ones_do() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    sides = rng.binomial(20, 0.5, 2000).tolist()
    free = [Cell(t, "x", b, 20 - b) for t, b in enumerate(sides)]
    copying = [Cell(t, "x", 20 * (b > 10), 20 * (b <= 10)) for t, b in enumerate(sides)]
    assert lsv(free, pool="all") == pytest.approx(0, abs=0.006)
    assert lsv(copying, pool="all") == pytest.approx(0.41, abs=0.02)


def test_a_lone_asset_shows_herding_only_against_other_periods() -> None:
    cells = [Cell(0, "x", 10, 0), Cell(1, "x", 0, 10)]
    assert lsv(cells) == 0
    assert lsv(cells, pool="all") == pytest.approx(0.5 - expected_distance(10, 0.5))
    assert lsv([Cell(0, "x", 2, 2)]) is None


def test_the_fit_of_dispersion_is_that_of_least_squares() -> None:
    rng = np.random.Generator(np.random.PCG64(2))
    returns = rng.normal(0, 0.02, (60, 5))
    market = returns.mean(axis=1)
    csad = np.abs(returns - market[:, None]).mean(axis=1)
    design = np.column_stack([np.ones(60), np.abs(market), market**2])
    expected = np.linalg.lstsq(design, csad, rcond=None)[0]
    found = dispersion(returns.tolist())
    assert found is not None
    assert (found.a, found.g1, found.g2) == pytest.approx(tuple(expected), rel=1e-8)


@pytest.mark.parametrize("returns", [[], [[0.1]] * 5, [[0.1, 0.2]] * 5])
def test_dispersion_needs_assets_and_moves(returns: list[list[float]]) -> None:
    assert dispersion(returns) is None


def test_flows_correlate_by_pairs() -> None:
    flows = {"a": [1.0, -1, 2], "b": [1.0, -1, 2], "c": [-1.0, 1, -2], "idle": [0.0, 0, 0]}
    assert pairwise_flow_correlation(flows) == pytest.approx((1 - 1 - 1) / 3)
    assert pairwise_flow_correlation({"a": [1.0, 2]}) is None
    assert correlation([1.0], [2.0]) is None
