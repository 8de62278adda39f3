from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import RuleError
from lab.core.records import DecisionRequest, Tool
from lab.core.registry import load_object
from scenarios.trading.lob import policies
from scenarios.trading.lob.policies import (
    BuyHold,
    Cash,
    Disposed,
    Herder,
    Investor,
    MarketMaker,
    MeanReversion,
    Momentum,
    Noise,
    Random,
    Value,
)
from scenarios.trading.lob.rules import Lob
from scenarios.trading.lob.spec import SIMPLE, LobParams, action_space
from tests.scenarios.social.readers import Reader
from tests.support.worlds import decisions_of, play

SEEN: dict[str, Any] = {
    "tick_cents": 1,
    "lot": None,
    "free_cash_cents": 10_000,
    "shares": 50,
    "free_shares": 40,
    "average_cost_cents": 100.0,
    "orders": [],
    "bids": [[99, 10]],
    "asks": [[101, 10], [102, 500]],
    "mid": 100.0,
    "mids": [100.0] * 20,
    "trades": [],
}
HOLD = {"action": "hold"}


class Draws:
    """A context whose every draw is the same."""

    def __init__(self, draw: float = 0.0) -> None:
        self.draw = draw

    def uniform(self, purpose: str = "policy", draw: int = 0) -> float:
        return self.draw


def choose(
    policy: Investor, *, draw: float = 0.0, simple: bool = False, look: int | None = None, **seen: Any
) -> Any:
    """What a policy does when it sees this."""
    space = SIMPLE if simple else action_space(LobParams(max_qty=1000))
    tools = () if look is None else (Tool("value_signal", {}, lambda: look, reads_truth=True),)
    shown = SEEN | ({"lot": 5} if simple else {}) | seen
    request = DecisionRequest("ann", None, 1, 20, "trade", shown, space, tools=tools)
    value = policy.decide(request, Draws(draw))  # type: ignore[arg-type]
    space.read(value)
    return value


def bought(qty: int, side: str = "buy") -> dict[str, Any]:
    return {"action": "market", "side": side, "qty": qty}


def test_cash_sells_everything_and_then_holds() -> None:
    assert choose(Cash()) == bought(40, "sell")
    assert choose(Cash(), free_shares=0) == HOLD
    assert choose(Cash(), simple=True) == "sell"
    assert choose(Cash(), simple=True, free_shares=4) == "hold"


def test_buy_hold_buys_what_it_can_pay_for_at_the_prices_it_sees() -> None:
    assert choose(BuyHold()) == bought(10 + (9900 - 1010) // 102)
    assert choose(BuyHold(), free_cash_cents=100) == HOLD
    assert choose(BuyHold(), asks=[]) == HOLD
    assert choose(BuyHold(), tick_cents=10) == bought(9)
    assert choose(BuyHold(), simple=True) == "buy"


def test_random_trades_by_chance_and_noise_around_the_mid() -> None:
    assert choose(Random(p_trade=0.2), draw=0.19) == bought(5)
    assert choose(Random(p_trade=0.2), draw=0.2) == HOLD
    assert choose(Random(p_trade=1), draw=0.9) == bought(5, "sell")
    assert choose(Noise(width=10), draw=0.75) == {"action": "limit", "side": "sell", "qty": 5, "price": 105}
    assert choose(Noise(), mid=None) == HOLD


@pytest.mark.parametrize(("first", "action"), [(98.0, "buy"), (102.0, "sell"), (100.0, "hold")])
def test_momentum_follows_the_last_move(first: float, action: str) -> None:
    mids = [first] * 10 + [100.0] * 10
    assert choose(Momentum(lookback=10), simple=True, mids=mids) == action
    assert choose(Momentum(lookback=10), simple=True, mids=mids[10:]) == "hold"


@pytest.mark.parametrize(("last", "action"), [(95.0, "buy"), (105.0, "sell"), (100.0, "hold")])
def test_mean_reversion_goes_against_an_unusual_price(last: float, action: str) -> None:
    mids = [99.0, 101.0] * 9 + [100.0, last]
    assert choose(MeanReversion(), simple=True, mids=mids) == action
    assert choose(MeanReversion(), simple=True, mids=[]) == "hold"


@pytest.mark.parametrize(("look", "action"), [(110, "buy"), (106, "hold"), (94, "hold"), (90, "sell")])
def test_value_trades_when_its_look_is_beyond_its_margin(look: int, action: str) -> None:
    assert choose(Value(margin=5), simple=True, look=look) == action


def test_value_without_a_look_says_what_is_missing() -> None:
    with pytest.raises(RuleError, match=r"set its params\.signal_sd"):
        choose(Value())


def test_the_disposed_sell_winners_by_one_chance_and_losers_by_another() -> None:
    policy = Disposed(p_gain=0.6, p_loss=0.1, p_buy=0.4)
    assert [choose(policy, draw=draw, simple=True, mid=101.0) for draw in (0.5, 0.7)] == ["sell", "hold"]
    assert [choose(policy, draw=draw, simple=True, mid=99.0) for draw in (0.05, 0.3, 0.5)] == [
        "sell",
        "buy",
        "hold",
    ]


def test_a_herder_copies_the_net_flow() -> None:
    trades = [{"side": "buy", "qty": 3}, {"side": "sell", "qty": 5}]
    assert choose(Herder(), trades=trades) == bought(5, "sell")
    assert choose(Herder(), trades=trades[:1]) == bought(5)
    assert choose(Herder()) == HOLD


def test_a_market_maker_quotes_one_side_then_the_other_and_takes_back_what_is_off() -> None:
    bid = {"order": 1, "side": "buy", "qty": 5, "price": 97}
    ask = {"order": 2, "side": "sell", "qty": 5, "price": 103}
    policy = MarketMaker(half_spread=3, target=50)
    assert choose(policy) == {"action": "limit", "side": "buy", "qty": 5, "price": 97}
    assert choose(policy, orders=[bid]) == {"action": "limit", "side": "sell", "qty": 5, "price": 103}
    assert choose(policy, orders=[bid, ask]) == HOLD
    assert choose(policy, orders=[bid | {"price": 96}, ask]) == {"action": "cancel", "order": 1}
    assert choose(policy, mid=None) == HOLD


def test_a_market_maker_with_too_many_shares_quotes_lower_and_only_to_sell() -> None:
    policy = MarketMaker(half_spread=3, target=50, skew=0.1, max_inventory=40)
    assert choose(policy, shares=90)["side"] == "sell"
    assert choose(policy, shares=90)["price"] == 99
    assert choose(policy, simple=True, shares=91) == "sell"
    assert choose(policy, simple=True, shares=9) == "buy"
    assert choose(policy, simple=True, shares=60) == "hold"


@pytest.mark.parametrize("actions", ["full", "simple"])
@pytest.mark.parametrize("name", sorted(Lob.policies))
def test_every_policy_plays_a_whole_market_validly(name: str, actions: str) -> None:
    policy = load_object(Lob.policies[name], "policy")()
    ann = Reader(policy)
    given = {"ann": {"signal_sd": 5.0}}
    params = {"horizon": 60, "wake_every": 3, "actions": actions}
    played = play(Lob, params, {"ann": ann}, agent_params=given)
    assert all(decision.status == "ok" for decision in played.record.decisions)
    assert len(decisions_of(played, "ann")) == 19
    assert policies.hold(ann.requests[0]) in ({"action": "hold"}, "hold")


def test_knowing_the_value_pays() -> None:
    gains = []
    for seed in range(6):
        params = {"horizon": 150, "fundamental": {"sigma": 4.0}, "mark": "fundamental"}
        agents = {"vera": Value(qty=10), "ron": Random(qty=10, p_trade=0.5)}
        played = play(Lob, params, agents, seed=seed, agent_params={"vera": {"signal_sd": 5.0}})
        vera, ron = (played.measures["cumulative_return", name] for name in agents)
        assert vera is not None
        assert ron is not None
        gains.append(vera - ron)
    assert sum(gain > 0 for gain in gains) >= 5
