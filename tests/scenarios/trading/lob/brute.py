"""The order book once more, slow and obviously right: one list, searched anew for every trade."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Resting:
    """An open order; `came` is its place in time."""

    came: int
    id: int
    owner: str
    side: str
    qty: int
    price: int


@dataclass
class BruteBook:
    """Every open order in one list."""

    open: list[Resting] = field(default_factory=list)
    came: int = 0

    def submit(
        self, id_: int, owner: str, side: str, *, qty: int, price: int | None, rests: bool
    ) -> tuple[list[Any], int, int, str | None]:
        """Fills as (price, qty, maker id), shares rested, shares canceled, and why."""
        self.came += 1
        fills: list[Any] = []
        why = None
        while qty and (best := self.best_against(side, price)):
            if best.owner == owner:
                why = "self_trade"
                break
            traded = min(qty, best.qty)
            qty -= traded
            best.qty -= traded
            fills.append((best.price, traded, best.id))
            self.open = [order for order in self.open if order.qty]
        if not qty:
            return fills, 0, 0, None
        if price is not None and rests and not why:
            self.open.append(Resting(self.came, id_, owner, side, qty, price))
            return fills, qty, 0, None
        return fills, 0, qty, why or ("empty_book" if price is None else "expired")

    def best_against(self, side: str, price: int | None) -> Resting | None:
        """The open order that an incoming one meets next: the best price, and there the first that came."""
        if side == "buy":
            asks = [one for one in self.open if one.side == "sell" and (price is None or one.price <= price)]
            return min(asks, key=lambda one: (one.price, one.came), default=None)
        bids = [one for one in self.open if one.side == "buy" and (price is None or one.price >= price)]
        return min(bids, key=lambda one: (-one.price, one.came), default=None)

    def cancel(self, id_: int) -> int | None:
        """The shares that were left of an open order, None when there is no such order."""
        left = [one.qty for one in self.open if one.id == id_]
        self.open = [one for one in self.open if one.id != id_]
        return left[0] if left else None

    def depth(self, side: str) -> list[tuple[int, int]]:
        """(price, open shares), best first."""
        prices = {one.price for one in self.open if one.side == side}
        best_first = sorted(prices, reverse=side == "buy")
        return [
            (price, sum(one.qty for one in self.open if (one.side, one.price) == (side, price)))
            for price in best_first
        ]
