"""The order book: matching by price, then time, in whole ticks and shares.

    limit    trades with what it crosses, at the resting price; the remainder rests
    ioc      the same, but the remainder is canceled
    market   an ioc without a limit

An order never trades with its owner: the incoming remainder is canceled when the next order it would meet is
its owner's own (self-trade prevention, cancel newest). The book knows no money; see `exchange`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Literal, NamedTuple

from lab.core.errors import RuleError

Side = Literal["buy", "sell"]
Unfilled = Literal["self_trade", "empty_book", "expired"]
"""Why a remainder was canceled; an `ioc` that found nothing more at its price has ``expired``."""


@dataclass(slots=True, eq=False)
class Order:
    """An order; `qty` is what is left of it and `price` its limit in ticks, None for a market order."""

    id: int
    owner: str
    side: Side
    qty: int
    price: int | None


class Fill(NamedTuple):
    """A trade: `qty` shares at the price of the resting order, `maker`."""

    price: int
    qty: int
    maker: Order
    taker: Order


class Result(NamedTuple):
    """What became of a submitted order: its trades, what rests and what was canceled, and why."""

    fills: list[Fill]
    rested: int
    canceled: int
    why: Unfilled | None


class Quote(NamedTuple):
    """What an order would trade at once: shares, and their prices summed over shares."""

    qty: int
    cost_ticks: int


@dataclass(slots=True)
class _Level:
    """The orders at one price, oldest first, and the shares open in them; canceled ones are skipped."""

    queue: deque[Order] = field(default_factory=deque)
    open: int = 0


class _Half:
    """One side of the book. `heap` holds each price in `levels` once, best first."""

    __slots__ = ("heap", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.heap: list[int] = []
        self.levels: dict[int, _Level] = {}

    def best(self) -> int | None:
        """The best price with open shares; drops empty levels on the way."""
        heap, levels = self.heap, self.levels
        while heap:
            price = heap[0] * self.sign
            if levels[price].open:
                return price
            heappop(heap)
            del levels[price]
        return None

    def rest(self, order: Order, price: int) -> None:
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = _Level()
            heappush(self.heap, price * self.sign)
        level.queue.append(order)
        level.open += order.qty

    def depth(self) -> list[tuple[int, int]]:
        """(price, open shares) of every level, best first."""
        open_levels = [(price, level.open) for price, level in self.levels.items() if level.open]
        return sorted(open_levels, reverse=self.sign < 0)


class Book:
    """Bids and asks of one share, uncrossed at all times."""

    def __init__(self) -> None:
        self._halves: dict[Side, _Half] = {"buy": _Half(-1), "sell": _Half(1)}
        self._orders: dict[int, Order] = {}

    def submit(self, order: Order, *, rests: bool = True) -> Result:
        """Match an order; what is left of a limit order rests if it `rests`.

        Raises:
            RuleError: for a quantity or price below 1, or the id of an order that is open.
        """
        price = order.price
        if order.qty < 1 or (price is not None and price < 1) or order.id in self._orders:
            raise RuleError(f"no order of the book: {order}")
        fills, why = self._match(order)
        left = order.qty
        if not left:
            return Result(fills, 0, 0, None)
        if why is None and rests and price is not None:
            self._halves[order.side].rest(order, price)
            self._orders[order.id] = order
            return Result(fills, left, 0, None)
        order.qty = 0
        return Result(fills, 0, left, why or ("empty_book" if price is None else "expired"))

    def cancel(self, order_id: int) -> int:
        """Take an open order out of the book; brings the shares that were left of it."""
        order = self._orders.pop(order_id)
        assert order.price is not None, "only orders with a limit rest"
        left, order.qty = order.qty, 0
        self._halves[order.side].levels[order.price].open -= left
        return left

    def open_order(self, order_id: int) -> Order | None:
        """The open order of this id."""
        return self._orders.get(order_id)

    def orders(self) -> list[Order]:
        """Every open order, oldest first."""
        return list(self._orders.values())

    def best(self, side: Side) -> int | None:
        """The best bid (``buy``) or ask (``sell``)."""
        return self._halves[side].best()

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """(price, open shares) of the best `levels` prices of a side, best first."""
        return self._halves[side].depth()[:levels]

    def quote(self, owner: str, side: Side, qty: int, price: int | None) -> Quote:
        """What an order of these terms would trade if it came now."""
        half = self._halves["sell" if side == "buy" else "buy"]
        left, cost = qty, 0
        for level_price, _ in half.depth():
            if price is not None and (level_price - price) * half.sign > 0:
                break
            for resting in half.levels[level_price].queue:
                if not left or (resting.qty and resting.owner == owner):
                    return Quote(qty - left, cost)
                traded = min(left, resting.qty)
                left -= traded
                cost += traded * level_price
        return Quote(qty - left, cost)

    def _match(self, order: Order) -> tuple[list[Fill], Unfilled | None]:
        """Trade an order as far as it crosses."""
        half = self._halves["sell" if order.side == "buy" else "buy"]
        limit, sign, owner = order.price, half.sign, order.owner
        fills: list[Fill] = []
        while order.qty:
            price = half.best()
            if price is None or (limit is not None and (price - limit) * sign > 0):
                break
            level = half.levels[price]
            queue = level.queue
            while not queue[0].qty:
                queue.popleft()
            resting = queue[0]
            if resting.owner == owner:
                return fills, "self_trade"
            traded = min(order.qty, resting.qty)
            order.qty -= traded
            resting.qty -= traded
            level.open -= traded
            fills.append(Fill(price, traded, resting, order))
            if not resting.qty:
                queue.popleft()
                del self._orders[resting.id]
        return fills, None
