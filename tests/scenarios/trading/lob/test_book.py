from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from lab.core.errors import RuleError
from lab.core.streams import generator
from scenarios.trading.lob.book import Book, Order, Side
from tests.scenarios.trading.lob.brute import BruteBook
from tests.support.verified import Recorder

SIDES: tuple[Side, Side] = ("buy", "sell")


def _streams_agree(seed: int, messages: int = 60) -> int:
    """Play one random stream into both books and compare all that can be seen; brings the fills."""
    draw = generator(seed)
    book, brute, filled = Book(), BruteBook(), 0
    for id_ in range(1, messages + 1):
        if draw.random() < 0.25:
            which = int(draw.integers(1, id_ + 1))
            left = book.cancel(which) if book.open_order(which) else None
            assert left == brute.cancel(which)
        else:
            side = SIDES[int(draw.integers(2))]
            owner, qty = f"t{draw.integers(4)}", int(draw.integers(1, 9))
            price = None if draw.random() < 0.15 else int(draw.integers(95, 106))
            rests = bool(draw.random() < 0.8)
            expected = brute.best_against(side, price)
            quote = book.quote(owner, side, qty, price)
            result = book.submit(Order(id_, owner, side, qty, price), rests=rests)
            fills = [(fill.price, fill.qty, fill.maker.id) for fill in result.fills]
            seen = (fills, result.rested, result.canceled, result.why)
            assert seen == brute.submit(id_, owner, side, qty=qty, price=price, rests=rests)
            assert quote == (sum(n for _, n, _ in fills), sum(p * n for p, n, _ in fills))
            assert not fills or (expected is not None and fills[0][2] == expected.id)
            filled += len(fills)
        _compare(book, brute)
    return filled


def _compare(book: Book, brute: BruteBook) -> None:
    for side in SIDES:
        depth = brute.depth(side)
        assert book.depth(side, 100) == depth
        assert book.best(side) == (depth[0][0] if depth else None)
    bid, ask = book.best("buy"), book.best("sell")
    assert bid is None or ask is None or bid < ask
    assert [(one.id, one.qty) for one in book.orders()] == [(one.id, one.qty) for one in brute.open]


def test_random_streams_match_as_in_the_slow_twin() -> None:
    assert sum(_streams_agree(seed) for seed in range(200)) > 2000


@pytest.mark.verify
def test_ten_thousand_random_streams_match_as_in_the_slow_twin(verified: Recorder) -> None:
    fills = sum(_streams_agree(seed) for seed in range(10_000))
    verified.record("order book equals a slow twin, message by message", f"10,000 streams, {fills:,} fills")


def test_better_prices_come_first_and_then_older_orders() -> None:
    book = Book()
    for id_, price in ((1, 101), (2, 100), (3, 100)):
        book.submit(Order(id_, "a", "sell", 5, price))
    fills = book.submit(Order(4, "b", "buy", 12, 101)).fills
    assert [(fill.maker.id, fill.price, fill.qty) for fill in fills] == [
        (2, 100, 5),
        (3, 100, 5),
        (1, 101, 2),
    ]


def test_the_remainder_of_a_limit_rests_and_of_an_ioc_or_market_order_is_canceled() -> None:
    def left(price: int | None, *, rests: bool) -> Any:
        book = Book()
        book.submit(Order(1, "a", "sell", 5, 100))
        result = book.submit(Order(2, "b", "buy", 8, price), rests=rests)
        return result.rested, result.canceled, result.why

    assert left(100, rests=True) == (3, 0, None)
    assert left(100, rests=False) == (0, 3, "expired")
    assert left(None, rests=True) == (0, 3, "empty_book")


def test_an_order_trades_until_it_would_meet_its_owner_and_the_rest_is_canceled() -> None:
    book = Book()
    book.submit(Order(1, "a", "sell", 5, 100))
    book.submit(Order(2, "b", "sell", 5, 101))
    result = book.submit(Order(3, "b", "buy", 9, 105))
    assert ([fill.maker.id for fill in result.fills], result.canceled, result.why) == ([1], 4, "self_trade")
    assert book.depth("sell", 3) == [(101, 5)]


@pytest.mark.parametrize("order", [Order(1, "a", "buy", 0, 5), Order(1, "a", "buy", 1, 0)])
def test_an_order_for_nothing_is_an_error_of_the_rules(order: Order) -> None:
    with pytest.raises(RuleError, match="no order of the book"):
        Book().submit(order)


def test_an_id_is_open_once() -> None:
    book = Book()
    book.submit(Order(1, "a", "buy", 1, 5))
    with pytest.raises(RuleError, match="no order of the book"):
        book.submit(Order(1, "b", "buy", 1, 5))


@pytest.mark.verify
def test_a_core_matches_150_000_messages_a_second(verified: Recorder) -> None:
    draw = generator(1)
    n = 300_000
    cancels, buys, at_market = draw.random(n) < 0.35, draw.random(n) < 0.5, draw.random(n) < 0.05
    quantities, which = draw.integers(1, 21, n).tolist(), draw.random(n).tolist()
    prices, book = (1000 + (8 * draw.standard_normal(n)).astype(int)).tolist(), Book()
    resting: list[int] = []
    start = process_time()
    for id_ in range(n):
        if cancels[id_] and resting:
            chosen = resting[int(which[id_] * len(resting))]
            if book.open_order(chosen):
                book.cancel(chosen)
            continue
        price = None if at_market[id_] else prices[id_]
        order = Order(id_, f"t{id_ % 50}", "buy" if buys[id_] else "sell", quantities[id_], price)
        if book.submit(order).rested:
            resting.append(id_)
        if len(resting) > 500:
            del resting[:250]
    rate = n / (process_time() - start)
    verified.record("order book messages per CPU second", f"{rate:,.0f}")
    assert rate >= 150_000
