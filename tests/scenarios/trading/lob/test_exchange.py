from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import RuleError
from lab.core.streams import generator
from scenarios.trading.lob.accounts import Costs
from scenarios.trading.lob.exchange import Exchange, Report, Terms


def _exchange(**traders: tuple[int, int]) -> Exchange:
    exchange = Exchange(tick_cents=2, reference=100, band_percent=20)
    for trader, (cash, shares) in traders.items():
        exchange.open_account(trader, cash=cash, shares=shares)
    return exchange


def _send(exchange: Exchange, trader: str, *terms: Any, costs: Costs = "none") -> Report:
    return exchange.submit(trader, Terms(*terms), costs)


@pytest.mark.parametrize("costs", ["none", "flat", "maker_taker"])
@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_made_or_lost_and_what_is_held_is_what_open_orders_need(costs: Costs, seed: int) -> None:
    draw = generator(seed)
    exchange = _exchange(a=(20_000, 50), b=(5_000, 100), c=(0, 200), d=(40_000, 0))
    for _ in range(400):
        trader = "abcd"[int(draw.integers(4))]
        mine = exchange.open_orders(trader)
        if mine and draw.random() < 0.2:
            exchange.cancel(trader, mine[0].id)
        else:
            kind = ("limit", "limit", "ioc", "market")[int(draw.integers(4))]
            price = None if kind == "market" else int(draw.integers(85, 116))
            side = "buy" if draw.random() < 0.5 else "sell"
            _send(exchange, trader, kind, side, int(draw.integers(1, 30)), price, costs=costs)
        held = {name: (one.held_cash, one.held_shares) for name, one in exchange.accounts.items()}
        assert held == exchange.held()
        assert sum(one.shares for one in exchange.accounts.values()) == 350
        assert sum(one.cash for one in exchange.accounts.values()) + exchange.fees_cents == 65_000
        assert exchange.fees_cents >= 0
    for order in exchange.book.orders():
        exchange.cancel(order.owner, order.id)
    assert set(exchange.held().values()) == {(0, 0)}


def test_an_order_beyond_its_senders_means_is_refused_with_a_code() -> None:
    exchange = _exchange(a=(1000, 5), b=(10_000, 50))
    _send(exchange, "b", "limit", "sell", 20, 100)
    assert _send(exchange, "a", "limit", "buy", 6, 100).code == "insufficient_cash"
    assert _send(exchange, "a", "market", "buy", 6).code == "insufficient_cash"
    assert _send(exchange, "a", "limit", "sell", 6, 100).code == "insufficient_shares"
    assert _send(exchange, "a", "limit", "buy", 1, 79).code == "price_out_of_band"
    assert _send(exchange, "a", "ioc", "buy", 1, 121).code == "price_out_of_band"
    assert _send(exchange, "a", "limit", "buy", 5, 100).code is None


def test_cash_and_shares_are_held_for_open_orders() -> None:
    exchange = _exchange(a=(1000, 5), b=(0, 0))
    first = _send(exchange, "a", "limit", "buy", 5, 90)
    assert _send(exchange, "a", "limit", "buy", 1, 90).code == "insufficient_cash"
    assert first.order is not None
    exchange.cancel("a", first.order)
    assert _send(exchange, "a", "limit", "buy", 1, 90).code is None


def test_fees_count_toward_what_must_be_free() -> None:
    exchange = _exchange(a=(2000, 0), b=(0, 50))
    assert _send(exchange, "a", "limit", "buy", 10, 100, costs="flat").code == "insufficient_cash"
    assert _send(exchange, "a", "limit", "buy", 10, 100, costs="none").code is None


def test_an_open_order_keeps_the_costs_it_was_accepted_under() -> None:
    exchange = _exchange(a=(2000, 0), b=(0, 50))
    _send(exchange, "a", "limit", "buy", 10, 100, costs="none")
    _send(exchange, "b", "market", "sell", 10, costs="flat")
    assert (exchange.accounts["a"].cash, exchange.accounts["b"].cash, exchange.fees_cents) == (0, 1998, 2)


def test_only_ones_own_open_orders_can_be_canceled() -> None:
    exchange = _exchange(a=(1000, 5), b=(0, 0))
    sent = _send(exchange, "a", "limit", "buy", 1, 90)
    assert sent.order is not None
    assert exchange.cancel("b", sent.order).code == "not_your_order"
    assert exchange.cancel("a", 99).code == "unknown_order"
    assert exchange.cancel("a", sent.order).canceled == 1
    assert exchange.cancel("a", sent.order).code == "unknown_order"


def test_a_market_order_to_an_empty_book_is_canceled_and_says_so() -> None:
    report = _send(_exchange(a=(1000, 5)), "a", "market", "sell", 3)
    assert (report.code, report.canceled, report.trades) == ("empty_book", 3, ())


def test_both_sides_of_a_trade_are_reported_taker_first() -> None:
    exchange = _exchange(a=(10_000, 5), b=(0, 9))
    _send(exchange, "b", "limit", "sell", 4, 101)
    trades = _send(exchange, "a", "market", "buy", 3).trades
    told = [(one.trader, one.other, one.side, one.price, one.qty, one.takes) for one in trades]
    assert told == [("a", "b", "buy", 101, 3, True), ("b", "a", "sell", 101, 3, False)]
    assert exchange.reference == 101


def test_the_mid_needs_two_sides() -> None:
    exchange = _exchange(a=(10_000, 5))
    _send(exchange, "a", "limit", "sell", 1, 105)
    assert exchange.mid is None
    _send(exchange, "a", "limit", "buy", 1, 100)
    assert exchange.mid == 102.5


def test_cash_from_nowhere_is_an_error_of_the_rules() -> None:
    exchange = _exchange(a=(1000, 5))
    exchange.accounts["a"].cash += 1
    with pytest.raises(RuleError, match="not conserved"):
        exchange.check()


def test_an_overdrawn_account_is_an_error_of_the_rules() -> None:
    exchange = _exchange(a=(1000, 5))
    exchange.accounts["a"].held_shares = 6
    with pytest.raises(RuleError, match="'a' is overdrawn"):
        exchange.check()


def test_a_message_after_which_the_books_do_not_balance_is_an_error_of_the_rules() -> None:
    exchange = _exchange(a=(1000, 5), b=(1000, 5))
    exchange.accounts["a"].shares += 1
    _send(exchange, "b", "limit", "buy", 1, 100)  # touches nobody but b
    with pytest.raises(RuleError, match="a message made 1 shares and 0 cents"):
        _send(exchange, "a", "market", "sell", 1)
