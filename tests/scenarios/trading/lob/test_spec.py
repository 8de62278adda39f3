from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lab.core.menu import Menu
from lab.core.ports import Seat
from lab.core.spaces import SpaceMismatch
from scenarios.trading.lob.spec import SIMPLE, Crowd, LobAgentParams, LobParams, action_space, seat_problems


@pytest.mark.parametrize(
    "bad",
    [
        {"horizon": 0},
        {"bar": 0},
        {"tick_cents": 0},
        {"costs": "free"},
        {"mark": "close"},
        {"band_percent": 100},
        {"lot": 1.5},
        {"horizons": 5},
        {"background": {"noise": -1}},
        {"background": {"robots": 1}},
        {"fundamental": {"start": 0.0}},
        {"horizon": 4, "bar": 5},
        {"fundamental": {"start": 1e300}},
        {"fundamental": {"sigma": 1e300}},
        {"fundamental": {"jump_rate": 1e300}},
        {"news": {"per_tick": 1e300}},
        {"news": {"impact_sd": 1e300}},
        {"tick_cents": 10**18},
        {"max_qty": 10**18},
    ],
    ids=str,
)
def test_params_that_make_no_market_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LobParams.model_validate(bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"cash": -1},
        {"cash": 10**18},
        {"shares": -1},
        {"latency": 0},
        {"signal_sd": -1.0},
        {"signal_sd": 1e300},
    ],
    ids=str,
)
def test_agent_params_that_make_no_trader_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LobAgentParams.model_validate(bad)


def test_the_market_opens_at_the_value() -> None:
    params = LobParams.model_validate({"fundamental": {"start": 500.4}})
    assert (params.opening_price, params.highest_price) == (500, 5000)


def test_the_reference_crowd_is_mostly_noise() -> None:
    crowd = Crowd()
    assert (crowd.noise, crowd.value, crowd.momentum, crowd.market_maker) == (20, 5, 2, 1)


def test_simple_actions_are_three_options() -> None:
    assert action_space(LobParams(actions="simple")) == SIMPLE


def test_full_actions_take_whole_shares_and_prices() -> None:
    menu = action_space(LobParams(max_qty=10))
    assert isinstance(menu, Menu)
    order = {"action": "limit", "side": "buy", "qty": 10, "price": 995}
    assert menu.line(order) == "limit(buy, 10, 995)"
    assert dict(menu.read(order).args) == {"side": "buy", "qty": 10, "price": 995}
    for qty in (0, 11, 1.5, float("nan"), 10**18):
        with pytest.raises(SpaceMismatch):
            menu.read(order | {"qty": qty})


def test_a_script_that_glimpses_the_value_must_be_given_how_well() -> None:
    for sd, wrong in ((None, True), (20.0, False)):
        seat = Seat("ann", None, LobAgentParams(signal_sd=sd), "scripted", "value")
        assert bool(list(seat_problems(LobParams(), seat))) is wrong
