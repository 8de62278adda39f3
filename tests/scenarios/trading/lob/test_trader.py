from __future__ import annotations

from scenarios.trading.lob.exchange import Exchange, Terms
from scenarios.trading.lob.trader import Trader


def _market() -> Exchange:
    exchange = Exchange(tick_cents=1, reference=100, band_percent=20)
    exchange.open_account("ann", cash=1000, shares=5)
    exchange.open_account("bob", cash=1000, shares=5)
    return exchange


def test_a_view_shows_the_account_and_own_orders_only() -> None:
    exchange = _market()
    mine = exchange.submit("ann", Terms("limit", "buy", 3, 99), "none").order
    exchange.submit("bob", Terms("limit", "buy", 2, 98), "none")
    seen = Trader(wakes=0, start_cents=0).view("ann", exchange)
    assert seen["orders"] == [{"order": mine, "side": "buy", "qty": 3, "price": 99}]
    assert (seen["cash_cents"], seen["free_cash_cents"], seen["free_shares"]) == (1000, 703, 5)
    assert seen["average_cost_cents"] == 100


def test_trades_are_counted_by_sign_and_told_once() -> None:
    exchange, ann = _market(), Trader(wakes=0, start_cents=0)
    exchange.submit("bob", Terms("limit", "buy", 2, 98), "none")
    report = exchange.submit("ann", Terms("market", "sell", 2), "flat")
    ann.note(report.trades[0])
    assert ann.flow == -2
    told = [{"order": report.order, "side": "sell", "qty": 2, "price": 98, "fee_cents": 1}]
    assert [ann.view("ann", exchange)["fills"] for _ in range(2)] == [told, []]
