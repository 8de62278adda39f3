"""The exchange: the order book and everybody's accounts, kept in step and checked at every message.

A message is checked by the accounts that it touched, so that its price does not grow with the market; `check`
goes through all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lab.core.errors import RuleError
from scenarios.trading.lob.accounts import Account, Costs, Ticket
from scenarios.trading.lob.book import Book, Fill, Order, Side

OrderType = Literal["limit", "ioc", "market"]
Code = Literal[
    "insufficient_cash",
    "insufficient_shares",
    "price_out_of_band",
    "rate_cap",
    "unknown_order",
    "not_your_order",
    "self_trade",
    "empty_book",
    "expired",
]
"""Why an order was refused or its remainder canceled; the last three are of remainders."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order asks for; `price` is a limit in ticks, None for a market order."""

    type: OrderType
    side: Side
    qty: int
    price: int | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """One side of a fill, as its trader's account saw it."""

    trader: str
    other: str
    order: int
    side: Side
    price: int
    qty: int
    takes: bool
    fee_cents: int


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message.

    Attributes:
        order: the id of the accepted order, None when it was refused.
        code: why it was refused or its remainder canceled.
        trades: both sides of every fill, taker first.
        rested, canceled: shares that now rest, and shares that were canceled.
    """

    order: int | None
    code: Code | None = None
    trades: tuple[Trade, ...] = ()
    rested: int = 0
    canceled: int = 0


@dataclass(slots=True)
class Exchange:
    """One share traded by everybody with an account.

    Attributes:
        tick_cents: cents in a price tick.
        reference: price in ticks that the band is around: the last trade's, the opening price before any.
        band_percent: how far from `reference` a limit may be.
        fees_cents: what the exchange has charged so far.
        accounts: by trader.
        book: the open orders.
    """

    tick_cents: int
    reference: int
    band_percent: int
    fees_cents: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    _tickets: dict[int, Ticket] = field(default_factory=dict)
    _sent: int = 0
    _cash: int = 0
    _shares: int = 0
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _fees_seen: int = 0

    def open_account(self, trader: str, *, cash: int, shares: int) -> None:
        """Let a trader in with `cash` cents and shares that count as bought at the opening price."""
        basis = shares * self.reference * self.tick_cents
        self.accounts[trader] = Account(cash, shares, basis)
        self._cash += cash
        self._shares += shares
        self._seen[trader] = (cash, shares)

    def submit(self, trader: str, terms: Terms, costs: Costs) -> Report:
        """Take an order in: refuse it, or match it and hold back what its remainder may cost."""
        self._sent += 1
        order = Order(self._sent, trader, terms.side, terms.qty, terms.price)
        ticket = Ticket(order, self.accounts[trader], costs, self.tick_cents)
        refused = self._refused(ticket, terms)
        if refused:
            return Report(None, refused, canceled=terms.qty)
        result = self.book.submit(order, rests=terms.type == "limit")
        trades = tuple(trade for fill in result.fills for trade in self._settle(ticket, fill))
        if result.rested:
            self._tickets[order.id] = ticket
            ticket.hold(result.rested)
        self._check_message((trader, *(fill.maker.owner for fill in result.fills)))
        return Report(order.id, result.why, trades, result.rested, result.canceled)

    def cancel(self, trader: str, order_id: int) -> Report:
        """Take an order of the trader out of the book."""
        order = self.book.open_order(order_id)
        if order is None or order.owner != trader:
            return Report(None, "unknown_order" if order is None else "not_your_order")
        left = self.book.cancel(order_id)
        self._tickets.pop(order_id).hold(0)
        self._check_message((trader,))
        return Report(order_id, canceled=left)

    def open_orders(self, trader: str) -> list[Order]:
        """The trader's open orders, oldest first."""
        return [order for order in self.book.orders() if order.owner == trader]

    def best(self, side: Side) -> int | None:
        """The best bid (``buy``) or ask (``sell``) in ticks."""
        return self.book.best(side)

    @property
    def mid(self) -> float | None:
        """Halfway between the best bid and ask in ticks, None when one is missing."""
        bid, ask = self.best("buy"), self.best("sell")
        return None if bid is None or ask is None else (bid + ask) / 2

    def check(self) -> None:
        """Make sure that nothing was made, lost or overdrawn.

        Raises:
            RuleError: when shares or cash and fees do not add up, or somebody has less than nothing free.
        """
        shares, cash = 0, self.fees_cents
        for trader, account in self.accounts.items():
            shares += account.shares
            cash += account.cash
            _check_means(trader, account)
        if shares != self._shares or cash != self._cash:
            raise RuleError(
                f"not conserved: {shares} shares of {self._shares}, {cash} cents with fees of {self._cash}"
            )

    def _check_message(self, touched: Iterable[str]) -> None:
        """Check the accounts that a message touched, and that it made and lost nothing among them."""
        shares, cash = 0, self.fees_cents - self._fees_seen
        for trader in touched:
            account, (cash_before, shares_before) = self.accounts[trader], self._seen[trader]
            _check_means(trader, account)
            cash += account.cash - cash_before
            shares += account.shares - shares_before
            self._seen[trader] = (account.cash, account.shares)
        self._fees_seen = self.fees_cents
        if shares or cash:
            raise RuleError(f"not conserved: a message made {shares} shares and {cash} cents")

    def held(self) -> Mapping[str, tuple[int, int]]:
        """Cents and shares that the open orders of each trader hold back, counted order by order."""
        totals = dict.fromkeys(self.accounts, (0, 0))
        for ticket in self._tickets.values():
            cash, shares = totals[ticket.order.owner]
            buys = ticket.order.side == "buy"
            more = (cash + ticket.held, shares) if buys else (cash, shares + ticket.held)
            totals[ticket.order.owner] = more
        return totals

    def _refused(self, ticket: Ticket, terms: Terms) -> Code | None:
        price, side, qty = terms.price, terms.side, terms.qty
        if price is not None and abs(price - self.reference) * 100 > self.band_percent * self.reference:
            return "price_out_of_band"
        if side == "sell":
            return "insufficient_shares" if qty > ticket.account.free_shares else None
        if terms.type == "limit" and price is not None:
            cost = ticket.cost_cents(qty, qty * price)
        else:
            now = self.book.quote(ticket.order.owner, side, qty, price)
            cost = ticket.cost_cents(now.qty, now.cost_ticks)
        return "insufficient_cash" if cost > ticket.account.free_cash else None

    def _settle(self, taker: Ticket, fill: Fill) -> tuple[Trade, Trade]:
        """Move shares, cash and fees of a fill between its two sides."""
        maker = self._tickets[fill.maker.id]
        sides = []
        for ticket, other, takes in ((taker, maker, True), (maker, taker, False)):
            fee = ticket.fill(fill.qty, fill.price, takes=takes)
            self.fees_cents += fee
            order = ticket.order
            sides.append(
                Trade(order.owner, other.order.owner, order.id, order.side, fill.price, fill.qty, takes, fee)
            )
        maker.hold(fill.maker.qty)
        if not fill.maker.qty:
            del self._tickets[fill.maker.id]
        self.reference = fill.price
        return sides[0], sides[1]


def _check_means(trader: str, account: Account) -> None:
    if not (0 <= account.held_cash <= account.cash and 0 <= account.held_shares <= account.shares):
        raise RuleError(f"'{trader}' is overdrawn: {account}")
