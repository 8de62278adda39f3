"""The background traders: seeded, simple, and bound by the same book and accounts as everybody else.

They stand for the rest of the market and are no subjects, so they are played by the rules and leave no
decisions in the log. Each acts after geometric gaps (Poisson arrivals on whole ticks), at once and without
latency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from scenarios.trading.lob.book import Side
from scenarios.trading.lob.exchange import Exchange, Terms
from scenarios.trading.lob.spec import Crowd

if TYPE_CHECKING:
    from numpy.random import Generator

Draw = Callable[[str, str], "Generator"]
"""The generator of a purpose and a trader at the present tick."""

MARKET_MAKER_WEALTH = 10
MARKET_MAKER_HASTE = 5
NOISE_SPREAD_TICKS = 8.0
NOISE_MARKET_SHARE = 0.1
VALUE_MARGIN_TICKS = 4
"""How far from its estimate a value trader's limit is, on the side that leaves it a profit."""

NOISE_STALE = 4
"""Open orders beyond which a noise trader takes its oldest one back instead of sending another."""

LEARNING = 0.3
"""Weight of one look at the value in a value trader's estimate."""

FAST, SLOW, MOMENTUM_TICKS = 5, 20, 1
"""Mids in the fast and the slow average of a momentum trader, and the lead in ticks that it acts on."""

SKEW_SHARES = 50
"""Shares of surplus inventory for which a market maker lowers its quotes by one tick."""


class Wish(NamedTuple):
    """What a background trader sends: an order, or the id of an order to take back."""

    trader: str
    terms: Terms | None = None
    cancel: int | None = None


class Scene(NamedTuple):
    """What background traders go by: the exchange, the mids of past ticks, and the value."""

    exchange: Exchange
    mids: Sequence[float]
    value: float


@dataclass(slots=True)
class Background:
    """Everybody in the crowd, and when each acts next."""

    spec: Crowd
    draw: Draw
    _due: list[tuple[int, str]] = field(default_factory=list)
    _estimates: dict[str, float] = field(default_factory=dict)

    def enter(self, exchange: Exchange) -> None:
        """Open their accounts, and draw when each first acts."""
        for kind, count in self._counts():
            wealth = MARKET_MAKER_WEALTH if kind == "market_maker" else 1
            for number in range(1, count + 1):
                trader = f"{kind}.{number}"
                exchange.open_account(trader, cash=wealth * self.spec.cash, shares=wealth * self.spec.shares)
                # market makers quote at once, so that there is a market from the start
                first = 0 if kind == "market_maker" else self._gap(trader)
                heappush(self._due, (first, trader))

    def wishes(self, now: int, scene: Scene) -> Iterator[Wish]:
        """What those who act at `now` send, in an order drawn for the tick; take each before the next."""
        due = []
        while self._due and self._due[0][0] <= now:
            due.append(heappop(self._due)[1])
        for place in self.draw("crowd.order", "").permutation(len(due)) if due else ():
            trader = due[place]
            yield from self._act(trader, scene)
            heappush(self._due, (now + self._gap(trader), trader))

    def _counts(self) -> tuple[tuple[str, int], ...]:
        spec = self.spec
        kinds = ("market_maker", "value", "momentum", "noise")
        return tuple((kind, getattr(spec, kind)) for kind in kinds)

    def _gap(self, trader: str) -> int:
        haste = MARKET_MAKER_HASTE if trader.startswith("market_maker") else 1
        mean = max(self.spec.mean_gap / haste, 1.0)
        return int(self.draw("crowd", trader).geometric(1 / mean))

    def _act(self, trader: str, scene: Scene) -> Iterator[Wish]:
        draw = self.draw("crowd", trader)
        kind = trader.partition(".")[0]
        if kind == "noise":
            yield self._noise(trader, scene, draw)
        elif kind == "market_maker":
            yield from self._quote(trader, scene)
        elif kind == "value":
            yield from self._invest(trader, scene, draw)
        else:
            terms = _follow(scene, 1 + int(draw.random() * self.spec.max_qty))
            if terms:
                yield Wish(trader, terms)

    def _noise(self, trader: str, scene: Scene, draw: Generator) -> Wish:
        """A random order around the last trade: no intelligence but a budget (Gode and Sunder 1993)."""
        mine = scene.exchange.open_orders(trader)
        if len(mine) > NOISE_STALE:
            return Wish(trader, cancel=mine[0].id)
        side: Side = "buy" if draw.random() < 0.5 else "sell"
        qty = 1 + int(draw.random() * self.spec.max_qty)
        if draw.random() < NOISE_MARKET_SHARE:
            return Wish(trader, Terms("market", side, qty))
        price = max(round(scene.exchange.reference + NOISE_SPREAD_TICKS * draw.standard_normal()), 1)
        return Wish(trader, Terms("limit", side, qty, price))

    def _invest(self, trader: str, scene: Scene, draw: Generator) -> Iterator[Wish]:
        """Move the estimate toward a fresh noisy look at the value, and offer a trade that it says pays."""
        look = scene.value + self.spec.signal_sd * draw.standard_normal()
        before = self._estimates.get(trader, look)
        estimate = self._estimates[trader] = before + LEARNING * (look - before)
        qty = 1 + int(draw.random() * self.spec.max_qty)
        buys = _is_cheap(scene.exchange, estimate, draw.random() < 0.5)
        price = max(round(estimate + (-VALUE_MARGIN_TICKS if buys else VALUE_MARGIN_TICKS)), 1)
        for order in scene.exchange.open_orders(trader):
            yield Wish(trader, cancel=order.id)
        yield Wish(trader, Terms("limit", "buy" if buys else "sell", qty, price))

    def _quote(self, trader: str, scene: Scene) -> Iterator[Wish]:
        """Take the old quotes back and quote around the middle, lower the more shares are in surplus."""
        exchange, spec = scene.exchange, self.spec
        center = exchange.mid if exchange.mid is not None else exchange.reference
        for order in exchange.open_orders(trader):
            yield Wish(trader, cancel=order.id)
        surplus = exchange.accounts[trader].shares - MARKET_MAKER_WEALTH * spec.shares
        middle = center - surplus / SKEW_SHARES
        qty = 2 * spec.max_qty
        yield Wish(trader, Terms("limit", "buy", qty, max(round(middle - spec.half_spread), 1)))
        yield Wish(trader, Terms("limit", "sell", qty, max(round(middle + spec.half_spread), 2)))


def _is_cheap(exchange: Exchange, estimate: float, otherwise: bool) -> bool:
    """Whether shares are offered below the estimate; `otherwise` where they are neither cheap nor dear."""
    bid, ask = exchange.best("buy"), exchange.best("sell")
    if ask is not None and ask < estimate:
        return True
    return False if bid is not None and bid > estimate else otherwise


def _follow(scene: Scene, qty: int) -> Terms | None:
    """Buy at the market while the fast average leads the slow one, sell while it lags."""
    mids = scene.mids
    if len(mids) < SLOW:
        return None
    lead = sum(mids[-FAST:]) / FAST - sum(mids[-SLOW:]) / SLOW
    if abs(lead) < MOMENTUM_TICKS:
        return None
    return Terms("market", "buy" if lead > 0 else "sell", qty)
