from __future__ import annotations

from collections import Counter

import pytest
from numpy.random import Generator

from lab.core.streams import generator, stream_key
from scenarios.trading.lob.crowd import Background, Draw, Scene
from scenarios.trading.lob.exchange import Exchange
from scenarios.trading.lob.spec import Crowd


def _keyed(seed: int, clock: list[int]) -> Draw:
    cache: dict[int, Generator] = {}

    def draw(purpose: str, trader: str) -> Generator:
        key = stream_key(seed, purpose, trader, clock[0])
        return cache.setdefault(key, generator(key))

    return draw


def _market(
    spec: Crowd, seed: int = 1, ticks: int = 200, value: float = 1000
) -> tuple[Exchange, list[float], Counter[str]]:
    """A market of the crowd alone: the exchange, its mids and who acted how often."""
    clock = [0]
    exchange, acted = Exchange(1, 1000, 20), Counter[str]()
    mids: list[float] = []
    crowd = Background(spec, _keyed(seed, clock))
    crowd.enter(exchange)
    for clock[0] in range(ticks):
        for wish in crowd.wishes(clock[0], Scene(exchange, mids, value)):
            acted[wish.trader] += 1
            if wish.cancel is not None:
                assert exchange.cancel(wish.trader, wish.cancel).code is None
            elif wish.terms is not None:
                exchange.submit(wish.trader, wish.terms, "none")
        if exchange.mid is not None:
            mids.append(exchange.mid)
    return exchange, mids, acted


def test_everybody_gets_an_account_and_acts_about_as_often_as_said() -> None:
    spec = Crowd(noise=20, value=0, momentum=0, market_maker=1, mean_gap=10)
    exchange, _, acted = _market(spec, ticks=1000)
    assert set(acted) == set(exchange.accounts)
    assert len(exchange.accounts) == 21
    noise = [n for trader, n in acted.items() if trader.startswith("noise")]
    assert sum(noise) / len(noise) == pytest.approx(100, rel=0.1)


def test_the_market_has_two_sides_from_the_first_tick_on() -> None:
    _, mids, _ = _market(Crowd(), ticks=200)
    assert mids[0] == 1000
    assert len(mids) > 195


@pytest.mark.parametrize("value", [960, 1040])
def test_value_traders_move_the_price_toward_the_value(value: float) -> None:
    _, mids, _ = _market(Crowd(value=10), value=value, ticks=300)
    assert abs(sum(mids[-50:]) / 50 - value) < 15


def test_momentum_traders_do_nothing_before_they_know_a_trend_and_then_follow_it() -> None:
    crowd = Background(Crowd(noise=0, value=0, momentum=1, market_maker=0, mean_gap=1), _keyed(1, [0]))
    exchange = Exchange(1, 1000, 20)
    crowd.enter(exchange)
    rising = [1000.0 + tick for tick in range(30)]
    assert list(crowd.wishes(1, Scene(exchange, rising[:19], 1000))) == []
    assert [wish.terms.side for wish in crowd.wishes(2, Scene(exchange, rising, 1000)) if wish.terms] == [
        "buy"
    ]
    falling = rising[::-1]
    assert [wish.terms.side for wish in crowd.wishes(3, Scene(exchange, falling, 1000)) if wish.terms] == [
        "sell"
    ]


def test_a_market_maker_with_shares_to_spare_quotes_lower() -> None:
    quotes = []
    for surplus in (0, 500):
        exchange = Exchange(1, 1000, 20)
        crowd = Background(Crowd(noise=0, value=0, momentum=0, market_maker=1), _keyed(1, [0]))
        crowd.enter(exchange)
        exchange.accounts["market_maker.1"].shares += surplus
        wishes = crowd.wishes(0, Scene(exchange, [], 1000))
        quotes.append([wish.terms.price for wish in wishes if wish.terms])
    assert quotes == [[997, 1003], [987, 993]]


def test_equal_seeds_give_equal_markets() -> None:
    assert _market(Crowd())[1] == _market(Crowd())[1] != _market(Crowd(), seed=2)[1]
