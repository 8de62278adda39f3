"""Accounts in whole cents and shares: what is held back for open orders, and what trading costs.

Nobody sells shares or spends cash that it does not have: an accepted order holds back all that it may
cost. Fees are those of an order's whole trading so far, not of each fill, so that no split changes them:

    none         nothing
    flat         10 basis points of the value traded, rounded up to a cent
    maker_taker  0.3 ticks a share taken, rounded up to a cent, less 0.2 ticks a share made, rounded down
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scenarios.trading.lob.book import Order

Costs = Literal["none", "flat", "maker_taker"]

FLAT_ONE_IN = 1000
TAKER_TENTHS = 3
MAKER_TENTHS = 2


@dataclass(frozen=True, slots=True)
class Traded:
    """What an order has traded: shares it took from the book, shares taken from it, their value in cents."""

    taken: int = 0
    made: int = 0
    value_cents: int = 0


def fee_cents(costs: Costs, traded: Traded, tick_cents: int) -> int:
    """What the exchange charges for all of `traded`, in cents; negative is a rebate."""
    if costs == "flat":
        return _rounded_up(traded.value_cents, FLAT_ONE_IN)
    if costs == "maker_taker":
        rebate = MAKER_TENTHS * tick_cents * traded.made // 10
        return _rounded_up(TAKER_TENTHS * tick_cents * traded.taken, 10) - rebate
    return 0


def _rounded_up(amount: int, parts: int) -> int:
    return -(-amount // parts)


@dataclass(slots=True, eq=False)
class Account:
    """What a trader owns, and how much of it is held back for open orders.

    `basis_cents` is what the shares cost at average cost: buying adds the price, selling takes the average.
    """

    cash: int
    shares: int
    basis_cents: int
    held_cash: int = 0
    held_shares: int = 0

    @property
    def free_cash(self) -> int:
        """Cents that no open order holds back."""
        return self.cash - self.held_cash

    @property
    def free_shares(self) -> int:
        """Shares that no open order holds back."""
        return self.shares - self.held_shares

    @property
    def average_cost_cents(self) -> float | None:
        """What a share cost on average, None without shares."""
        return self.basis_cents / self.shares if self.shares else None

    def buy(self, shares: int, value_cents: int) -> None:
        """Take shares in and pay their value."""
        self.cash -= value_cents
        self.shares += shares
        self.basis_cents += value_cents

    def sell(self, shares: int, value_cents: int) -> None:
        """Give shares away and take their value in; their cost leaves the basis, rounded down to a cent."""
        self.cash += value_cents
        self.basis_cents -= self.basis_cents * shares // self.shares
        self.shares -= shares

    def equity_cents(self, price_cents: float) -> float:
        """Cash and shares together, at a price."""
        return self.cash + self.shares * price_cents


@dataclass(slots=True, eq=False)
class Ticket:
    """The money side of an accepted order. It keeps the costs that held when it was accepted.

    Attributes:
        order: the order in the book; its `qty` falls as it trades.
        account: who pays.
        costs, tick_cents: what trading costs and what a tick is worth.
        traded: what it has traded so far.
        fee_cents: what was charged for that.
        held: cash held back for what is left of it; a sale holds shares instead.
    """

    order: Order
    account: Account
    costs: Costs
    tick_cents: int
    traded: Traded = Traded()
    fee_cents: int = 0
    held: int = 0

    def fill(self, qty: int, price: int, *, takes: bool) -> int:
        """Settle a trade of this order; brings the fee of this trade in cents."""
        value = qty * price * self.tick_cents
        self.traded = _with(self.traded, qty, value, takes=takes)
        charged = fee_cents(self.costs, self.traded, self.tick_cents) - self.fee_cents
        self.fee_cents += charged
        if self.order.side == "buy":
            self.account.buy(qty, value)
        else:
            self.account.sell(qty, value)
        self.account.cash -= charged
        return charged

    def hold(self, rests: int) -> None:
        """Hold back what the `rests` shares left of this order need, and release the rest.

        A purchase needs its limit and the fees as if all that is left were taken from the book: the most that
        can happen to it.
        """
        if self.order.side == "sell":
            self.account.held_shares += rests - self.held
            self.held = rests
            return
        needed = self.cost_cents(rests, rests * (self.order.price or 0)) if rests else 0
        self.account.held_cash += needed - self.held
        self.held = needed

    def cost_cents(self, qty: int, cost_ticks: int) -> int:
        """What taking `qty` more shares for `cost_ticks` in all would cost, with the fee."""
        value = cost_ticks * self.tick_cents
        then = _with(self.traded, qty, value, takes=True)
        return value + fee_cents(self.costs, then, self.tick_cents) - self.fee_cents


def _with(traded: Traded, qty: int, value_cents: int, *, takes: bool) -> Traded:
    taken, made = (qty, 0) if takes else (0, qty)
    return Traded(traded.taken + taken, traded.made + made, traded.value_cents + value_cents)
