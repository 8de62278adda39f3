"""What a limit order book is played with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from lab.core.menu import Menu
from lab.core.ports import Seat
from lab.core.spaces import Choice, Quantity, Space
from scenarios.environment import Spec
from scenarios.trading.fundamental import FundamentalSpec
from scenarios.trading.lob.accounts import Costs
from scenarios.trading.news import COMPANIES, NewsSpec, Reader

SIMPLE = Choice("buy", "sell", "hold")
COMPANY = COMPANIES[0]
LARGEST_ORDER_ID = 10**9
MOST_CENTS, MOST_SHARES, MOST_TICKS = 10**12, 10**6, 10**6
"""What anybody may own at the start or name; all that is logged then fits in 64 bits."""

Mark = Literal["last", "mid", "fundamental"]


class Crowd(Spec):
    """The background traders, played by the rules: how many of each kind, and how they behave.

    Attributes:
        noise: traders that send random orders around the last price.
        value: traders with a noisy estimate of the share's value.
        momentum: traders that follow the difference of a fast and a slow average.
        market_maker: traders that quote both sides around the middle.
        mean_gap: mean ticks between two acts of one of them; gaps are geometric. Market makers are five times
            as quick.
        cash, shares: what each has at the start, in cents and shares; market makers have ten times as much.
        signal_sd: standard deviation of one look at the value, in price ticks.
        half_spread: ticks that a market maker stays away from the middle.
        max_qty: most shares in one of their orders.
    """

    noise: int = Field(default=20, ge=0, le=10_000)
    value: int = Field(default=5, ge=0, le=10_000)
    momentum: int = Field(default=2, ge=0, le=10_000)
    market_maker: int = Field(default=1, ge=0, le=10_000)
    mean_gap: int = Field(default=10, ge=1, le=MOST_TICKS)
    cash: int = Field(default=500_000, ge=0, le=MOST_CENTS)
    shares: int = Field(default=500, ge=0, le=MOST_SHARES)
    signal_sd: float = Field(default=20.0, ge=0, le=MOST_TICKS)
    half_spread: int = Field(default=3, ge=1, le=MOST_TICKS)
    max_qty: int = Field(default=10, ge=1, le=MOST_SHARES)


class LobParams(Spec):
    """What a limit order book is played with.

    Attributes:
        horizon: ticks that the market is open; with `clock.max_ticks` no larger, a run ends before the close.
        bar: ticks between two records of prices and equity; returns are taken from bar to bar.
        tick_cents: cents in a price tick.
        actions: ``full`` offers limit, ioc and market orders of any size, canceling and holding; ``simple``
            offers ``buy``, ``sell`` and ``hold``, where the first two are market orders of `lot` shares.
        lot: shares of an order with ``simple`` actions.
        max_qty: most shares in one order with ``full`` actions.
        costs: what trading costs; see `accounts`. An open order keeps the costs it was accepted under.
        mark: the price that shares are valued at in every record of equity and at the end.
        band_percent: how far from the last trade a limit may be.
        wake_every: ticks from one decision of an agent to the next.
        rate_cap: orders and cancellations that an agent may send within one bar.
        fundamental: how the share's value moves; it opens at `start`, and so does the market.
        news: what is told about the company; null for no news.
        news_shown: how many of the latest items an agent sees.
        background: the background traders.
    """

    horizon: int = Field(default=200, ge=1, le=1_000_000)
    bar: int = Field(default=5, ge=1)
    tick_cents: int = Field(default=1, ge=1, le=10_000)
    actions: Literal["full", "simple"] = "full"
    lot: int = Field(default=5, ge=1, le=MOST_SHARES)
    max_qty: int = Field(default=100, ge=1, le=MOST_SHARES)
    costs: Costs = "none"
    mark: Mark = "mid"
    band_percent: int = Field(default=20, ge=1, le=99)
    wake_every: int = Field(default=5, ge=1)
    rate_cap: int = Field(default=20, ge=1)
    fundamental: FundamentalSpec = FundamentalSpec()
    news: NewsSpec | None = None
    news_shown: int = Field(default=5, ge=1)
    background: Crowd = Crowd()

    @property
    def opening_price(self) -> int:
        """The price in ticks at which the market opens."""
        return round(self.fundamental.start)

    @property
    def highest_price(self) -> int:
        """The highest limit that an agent may name; the band around the last trade is narrower."""
        return 10 * self.opening_price

    @model_validator(mode="after")
    def _bars_fit(self) -> Self:
        if self.bar > self.horizon:
            raise ValueError(f"bar {self.bar} is longer than the horizon of {self.horizon} ticks")
        return self


class LobAgentParams(Spec):
    """What a trader of a limit order book may be given.

    Attributes:
        cash, shares: what it has at the start, in cents and shares.
        wake_every: ticks from one decision to the next, null for the market's; it decides later when it is
            still thinking.
        latency: ticks that an order travels to the exchange, after the time its policy took to think.
        news: which readers of news it belongs to.
        signal_sd: gives the tool ``value_signal``, one look at the share's value with a normal error of this
            standard deviation in price ticks; null for none.
    """

    cash: int = Field(default=100_000, ge=0, le=MOST_CENTS)
    shares: int = Field(default=50, ge=0, le=MOST_SHARES)
    wake_every: int | None = Field(default=None, ge=1)
    latency: int = Field(default=1, ge=1)
    news: Reader = "public"
    signal_sd: float | None = Field(default=None, ge=0, le=MOST_TICKS)


def action_space(params: LobParams) -> Space:
    """What an agent may do at its turn."""
    if params.actions == "simple":
        return SIMPLE
    order = {"side": Choice("buy", "sell"), "qty": Quantity("qty", 1, params.max_qty, "shares")}
    limit = order | {"price": Quantity("price", 1, params.highest_price, "ticks")}
    taken_back = {"order": Quantity("order", 1, LARGEST_ORDER_ID)}
    return Menu({"hold": {}, "market": order, "limit": limit, "ioc": limit, "cancel": taken_back})


def seat_problems(params: LobParams, seat: Seat) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) with one agent: it needs a turn, and its script what it lives on."""
    every = seat.params.wake_every or params.wake_every
    if every >= params.horizon:
        own = f"agents.{seat.name}." if seat.params.wake_every else ""
        yield (
            f"{own}params.wake_every",
            f"'{seat.name}' would never be asked: it first decides after {every} ticks, and the "
            f"market closes at {params.horizon}; choose less than that",
        )
    if seat.policy == "scripted" and seat.plays == "value" and seat.params.signal_sd is None:
        yield (
            f"agents.{seat.name}.params.signal_sd",
            "policy 'value' trades on a glimpse of the value; say how far off it is, such as 20 ticks",
        )
