from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scenarios.trading.contest.market import (
    Market,
    chance_right,
    expected_move,
    exposure,
    make_market,
    options,
)
from scenarios.trading.contest.spec import ContestParams


def _market(seed: int = 1, **params: Any) -> tuple[ContestParams, Market]:
    spec = ContestParams.model_validate(params)
    rngs = [np.random.Generator(np.random.PCG64((seed, stream))) for stream in (1, 2)]
    return spec, make_market(spec, *rngs)


def test_a_trader_sees_the_openings_before_the_session_and_no_later_one() -> None:
    _, market = _market(sessions=30, warmup=5, history=4)
    for session in range(30):
        for asset, seen in market.before(session).items():
            assert seen == list(market.opens[asset][session : session + 4])
            assert len(seen) == 4
        if session:
            assert {a: seen[-1] for a, seen in market.before(session).items()} == market.open(session - 1)


def test_there_is_an_opening_to_close_the_last_session() -> None:
    spec, market = _market(sessions=30, warmup=5)
    assert all(len(prices) == spec.history + 31 for prices in market.opens.values())
    assert set(market.moves(29)) == set(market.assets)


def test_returns_have_the_volatility_and_drift_they_are_given() -> None:
    _, market = _market(sessions=5000, assets=6, drift_bp=5.0, start_cents=10**7)
    moves = np.array([list(market.moves(session).values()) for session in range(5000)]) * 1e4
    assert moves.std() == pytest.approx(150, rel=0.02)
    assert moves.mean() == pytest.approx(5, abs=4 * 150 / 30_000**0.5)
    assert np.abs(np.corrcoef(moves.T) - np.eye(6)).max() < 0.06
    assert market.mean_move() == pytest.approx(np.abs(moves).mean() / 1e4)


def test_the_expected_size_of_a_move_is_that_of_a_normal() -> None:
    spec, market = _market(sessions=5000, assets=6, start_cents=10**7)
    assert market.mean_move() == pytest.approx(expected_move(spec), rel=0.02)


def test_true_news_moves_its_asset_between_its_opening_and_the_next() -> None:
    quiet = _market(sessions=60, start_cents=10**8)[1]
    news = {"per_tick": 0.3, "impact_sd": 500.0, "false_share": 0.3}
    loud = _market(sessions=60, start_cents=10**8, news=news)[1]
    assert {item.kind for item in loud.news} >= {"true", "false"}
    for session in range(60):
        for asset in loud.assets:
            told = sum(i.delta for i in loud.news if (i.company, i.event_time) == (asset, session))
            difference = (loud.moves(session)[asset] - quiet.moves(session)[asset]) * 1e4
            assert difference == pytest.approx(told, abs=0.1)


def test_prices_are_whole_cents_and_never_below_one() -> None:
    _, market = _market(sessions=2000, volatility_bp=2000.0, start_cents=100, drift_bp=-200.0)
    assert min(min(prices) for prices in market.opens.values()) == 1
    assert all(isinstance(price, int) for prices in market.opens.values() for price in prices)


def test_options_are_cash_and_both_sides_of_each_asset() -> None:
    assert options(("oak", "elm")) == ("cash", "long oak", "short oak", "long elm", "short elm")
    assert [exposure(option) for option in options(("oak",))] == [{}, {"oak": 1.0}, {"oak": -1.0}]


def test_a_tip_without_skill_is_a_coin_and_no_tip_is_better_than_always_right() -> None:
    assert chance_right(0.0, 0.012) == 0.5
    assert chance_right(60.0, 0.012) == pytest.approx(0.75)
    assert (chance_right(500.0, 0.012), chance_right(-500.0, 0.012)) == (1.0, 0.0)


def test_where_nothing_moves_a_tip_is_a_coin() -> None:
    assert chance_right(50.0, 0.0) == 0.5


def test_no_news_is_so_good_that_a_price_leaves_its_bounds() -> None:
    _, market = _market(sessions=40, news={"per_tick": 2.0, "impact_sd": 1e6, "false_share": 0.0})
    assert {price for prices in market.opens.values() for price in prices} >= {1}
    assert max(price for prices in market.opens.values() for price in prices) <= 10**12
