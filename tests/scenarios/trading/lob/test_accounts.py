from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest

from scenarios.trading.lob.accounts import Account, Costs, Ticket, Traded, fee_cents
from scenarios.trading.lob.book import Order, Side


def _ticket(side: Side, qty: int, price: int | None, costs: Costs = "none") -> Ticket:
    account = Account(cash=100_000, shares=50, basis_cents=50_000)
    return Ticket(Order(1, "a", side, qty, price), account, costs, tick_cents=1)


def test_ten_basis_points_are_rounded_up_to_a_cent() -> None:
    values = (0, 1, 999, 1000, 1001, 123_456)
    fees = [fee_cents("flat", Traded(1, 0, value), 1) for value in values]
    assert fees == [ceil(Fraction(value, 1000)) for value in values]


def test_takers_pay_up_and_makers_get_down() -> None:
    for shares in range(40):
        taken, made = (fee_cents("maker_taker", one, 7) for one in (Traded(shares), Traded(0, shares)))
        assert (taken, -made) == (ceil(Fraction(21 * shares, 10)), floor(Fraction(14 * shares, 10)))


@pytest.mark.parametrize("costs", ["none", "flat", "maker_taker"])
def test_fees_do_not_depend_on_how_an_order_was_split(costs: Costs) -> None:
    whole, split = _ticket("buy", 9, 777, costs), _ticket("buy", 9, 777, costs)
    whole.fill(9, 777, takes=True)
    charged = sum(split.fill(1, 777, takes=True) for _ in range(9))
    assert charged == whole.fee_cents
    assert split.account.cash == whole.account.cash == 100_000 - 9 * 777 - whole.fee_cents


def test_an_open_purchase_holds_its_limit_and_the_dearest_fee_and_frees_what_it_saves() -> None:
    ticket = _ticket("buy", 10, 1000, "flat")
    ticket.hold(10)
    assert ticket.account.held_cash == 10_000 + 10
    ticket.fill(4, 990, takes=False)
    ticket.hold(6)
    assert (ticket.account.cash, ticket.account.held_cash) == (100_000 - 3960 - 4, 6000 + 10 - 4)
    ticket.hold(0)
    assert ticket.account.free_cash == ticket.account.cash


def test_an_open_sale_holds_its_shares() -> None:
    ticket = _ticket("sell", 10, 1000)
    ticket.hold(10)
    assert (ticket.account.free_shares, ticket.account.free_cash) == (40, 100_000)
    ticket.fill(4, 1005, takes=False)
    ticket.hold(6)
    assert (ticket.account.shares, ticket.account.free_shares) == (46, 40)


def test_average_cost_moves_with_purchases_only() -> None:
    account = Account(cash=100_000, shares=50, basis_cents=50_000)
    account.buy(50, 60_000)
    assert account.average_cost_cents == 1100
    account.sell(30, 40_000)
    assert account.average_cost_cents == 1100
    account.sell(70, 1)
    emptied: float | None = account.average_cost_cents
    assert emptied is None
    assert account.basis_cents == 0


def test_equity_is_cash_and_shares_at_a_price() -> None:
    assert Account(cash=5, shares=3, basis_cents=0).equity_cents(10.5) == 36.5
