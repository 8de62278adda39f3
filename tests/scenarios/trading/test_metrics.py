from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.trading import metrics as m

GOLDEN = [100, 102, 101, 104, 103, 106, 100, 105]


def _empyrical() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own optional parts while it is imported
        return import_module("empyrical")


def _close(found: float | None, expected: float) -> bool:
    return found is not None and abs(found - expected) <= 1e-9 * max(1.0, abs(expected))


def test_the_golden_vector_has_its_published_figures() -> None:
    assert m.cumulative_return(GOLDEN) == pytest.approx(0.05)
    assert m.sharpe(GOLDEN, 252) == pytest.approx(3.3593, abs=5e-5)
    assert m.sortino(GOLDEN, 252) == pytest.approx(5.4397, abs=5e-5)
    assert m.max_drawdown(GOLDEN) == pytest.approx(-0.056604, abs=5e-7)


@pytest.mark.parametrize("seed", range(40))
def test_metrics_equal_those_of_empyrical(seed: int) -> None:
    oracle, rng = _empyrical(), np.random.Generator(np.random.PCG64(seed))
    r = rng.normal(0.0003, 0.015, int(rng.integers(3, 400)))
    equity = list(1e6 * np.cumprod([1.0, *(1 + r)]))
    assert _close(m.cumulative_return(equity), oracle.cum_returns_final(r))
    assert _close(m.annual_return(equity, 252), oracle.annual_return(r))
    assert _close(m.volatility(equity, 252), oracle.annual_volatility(r))
    assert _close(m.sharpe(equity, 252, rf=0.0001), oracle.sharpe_ratio(r, risk_free=0.0001))
    assert _close(m.sortino(equity, 252, rf=0.0001), oracle.sortino_ratio(r, required_return=0.0001))
    assert _close(m.max_drawdown(equity), oracle.max_drawdown(r))


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=30))
def test_the_drawdown_is_the_worst_fall_between_any_two_times(equity: list[int]) -> None:
    falls = [later / equity[i] - 1 for i in range(len(equity)) for later in equity[i:]]
    assert m.max_drawdown(equity) == pytest.approx(min(falls))


@pytest.mark.parametrize("metric", [m.sharpe, m.sortino, m.volatility])
@pytest.mark.parametrize("equity", [[], [100], [100, 0, 50]])
def test_what_has_no_returns_has_no_ratio(metric: Callable[..., float | None], equity: list[int]) -> None:
    assert metric(equity, 252) is None


def test_returns_that_never_differ_have_no_sharpe_ratio_even_with_rounding() -> None:
    assert m.sharpe([100 * 1.01**t for t in range(50)], 252) is None
    assert m.sharpe([100, 101], 252) is None


def test_a_curve_that_never_falls_has_no_sortino_ratio() -> None:
    assert m.sortino([100, 101, 103], 252) is None
    assert m.sortino([100, 99], 252) == pytest.approx(-(252**0.5))


def test_a_total_loss_is_defined_where_it_can_be() -> None:
    assert m.cumulative_return([100, 50, 0]) == -1
    assert m.max_drawdown([100, 50, 0]) == -1
    assert m.annual_return([100, 50, 0], 252) is None


def test_every_metric_says_why_it_may_be_undefined() -> None:
    assert all(callable(getattr(m, name)) for name in m.UNDEFINED)
    assert m.cumulative_return([0, 5]) is m.max_drawdown([5]) is m.turnover([], []) is None


def test_buying_all_and_selling_all_turns_the_portfolio_over_once() -> None:
    assert m.turnover([100, -100], [100, 100, 100]) == 1
    assert m.weight_turnover({"cash": 1.0}, {"a": 1.0}) == 1
    assert m.weight_turnover({"a": 0.5, "cash": 0.5}, {"a": 0.25, "cash": 0.75}) == 0.25
