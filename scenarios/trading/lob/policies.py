"""Scripted traders of the limit order book, for full and for simple actions."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, pstdev
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from lab.core.errors import RuleError
from lab.core.menu import Menu
from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy

Seen = Mapping[str, Any]
Chance = Annotated[float, Field(ge=0, le=1)]
RESERVE = 0.99
"""Share of free cash that a purchase may plan with; the rest is for fees and prices that move meanwhile."""


class Intent(NamedTuple):
    """What a trader wants: at most so many shares, at a limit or, without one, at the market."""

    side: Literal["buy", "sell"]
    qty: int
    price: int | None = None


class Investor(ScriptedPolicy):
    """A trader that intends to buy, sell or neither, within its means.

    Attributes:
        qty: shares of one order; with simple actions the market's lot takes its place.
    """

    qty: int = Field(default=5, ge=1)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """The intent as an action, cut to what the trader can pay for or owns; hold where that is nothing."""
        intent = self.intend(request, ctx)
        return carried_out(request, intent) if intent else hold(request)

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        """What the trader wants now."""
        raise NotImplementedError


def hold(request: DecisionRequest) -> Any:
    """Holding, as an action."""
    return {"action": "hold"} if isinstance(request.space, Menu) else "hold"


def carried_out(request: DecisionRequest, intent: Intent) -> Any:
    """An intent as an action, cut to the trader's means."""
    seen = request.observation
    if not isinstance(request.space, Menu):
        return intent.side if _within_means(seen, intent) >= seen["lot"] else hold(request)
    most = int(request.space.actions["market"]["qty"].high)  # type: ignore[attr-defined]  # a Quantity
    qty = min(intent.qty, _within_means(seen, intent), most)
    if qty < 1:
        return hold(request)
    if intent.price is None:
        return {"action": "market", "side": intent.side, "qty": qty}
    return {"action": "limit", "side": intent.side, "qty": qty, "price": intent.price}


def _within_means(seen: Seen, intent: Intent) -> int:
    """Shares that the trader can sell, or that its cash buys from the levels it sees or at its limit."""
    if intent.side == "sell":
        return int(seen["free_shares"])
    budget = RESERVE * seen["free_cash_cents"] / seen["tick_cents"]
    if intent.price is not None:
        return int(budget // intent.price)
    shares = 0
    for price, size in seen["asks"]:
        taken = min(int(budget // price), size)
        shares += taken
        budget -= taken * price
        if taken < size:
            break
    return shares


class Cash(Investor):
    """Sells what it has as fast as it can and stays in cash."""

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        return Intent("sell", max(int(request.observation["free_shares"]), 1))


class BuyHold(Investor):
    """Buys as long as it can pay and never sells."""

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        return Intent("buy", max(_within_means(request.observation, Intent("buy", 1)), 1))


class Random(Investor):
    """Trades with chance `p_trade`, either way alike, at the market."""

    p_trade: Chance = 0.2

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        if ctx.uniform() >= self.p_trade:
            return None
        return Intent("buy" if ctx.uniform("side") < 0.5 else "sell", self.qty)


class Noise(Investor):
    """Sends an order either way at a random limit within `width` ticks of the mid."""

    width: int = Field(default=10, ge=1)

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        mid = request.observation["mid"]
        if mid is None:
            return None
        price = max(round(mid + self.width * (2 * ctx.uniform("price") - 1)), 1)
        return Intent("buy" if ctx.uniform("side") < 0.5 else "sell", self.qty, price)


class Momentum(Investor):
    """Buys after a rise of the mid over `lookback` ticks, sells after a fall."""

    lookback: int = Field(default=10, ge=1, le=19)

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        mids = request.observation["mids"]
        move = mids[-1] - mids[-1 - self.lookback] if len(mids) > self.lookback else 0
        return _toward(move, self.qty)


class MeanReversion(Investor):
    """Buys when the mid is `enter` standard deviations below its mean, sells when it is `exit` above."""

    enter: float = Field(default=1.5, gt=0)
    exit: float = Field(default=0.5)

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        mids = request.observation["mids"]
        spread = pstdev(mids) if mids else 0
        if not spread:
            return None
        z = (mids[-1] - fmean(mids)) / spread
        return _toward((z < -self.enter) - (z > self.exit), self.qty)


class Value(Investor):
    """Buys below and sells above its noisy look at the value, each by more than `margin` ticks.

    The look is the tool ``value_signal``; the agent's `params.signal_sd` provides it.
    """

    margin: float = Field(default=5, ge=0)

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        seen, look = request.observation, _look(request)
        if seen["asks"] and seen["asks"][0][0] < look - self.margin:
            return Intent("buy", self.qty)
        if seen["bids"] and seen["bids"][0][0] > look + self.margin:
            return Intent("sell", self.qty)
        return None


class Disposed(Investor):
    """Sells winners sooner than losers: a planted disposition effect of `p_gain` less `p_loss`.

    Attributes:
        p_gain: chance to sell at a turn at which its shares are above average cost.
        p_loss: the same below average cost.
        p_buy: chance to buy when it did not sell.
    """

    p_gain: Chance = 0.6
    p_loss: Chance = 0.1
    p_buy: Chance = 0.4

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        seen = request.observation
        cost, mid = seen["average_cost_cents"], seen["mid"]
        if cost is not None and mid is not None:
            chance = self.p_gain if mid * seen["tick_cents"] > cost else self.p_loss
            if ctx.uniform("sell") < chance:
                return Intent("sell", self.qty)
        return Intent("buy", self.qty) if ctx.uniform("buy") < self.p_buy else None


class Herder(Investor):
    """Copies the last net flow: buys when the shown trades were mostly started by buyers, else sells."""

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        trades = request.observation["trades"]
        return _toward(sum(one["qty"] * (1 if one["side"] == "buy" else -1) for one in trades), self.qty)


class MarketMaker(Investor):
    """Quotes both sides `half_spread` ticks from the mid, one message a turn, lower the more it owns.

    Attributes:
        half_spread: ticks from the middle to each quote.
        target: shares that it wants to own.
        skew: ticks by which it lowers both quotes for each share above `target`.
        max_inventory: shares above or below `target` beyond which it quotes one side only; with simple
            actions it then trades back at the market.
    """

    half_spread: int = Field(default=3, ge=1)
    target: int = Field(default=50, ge=0)
    skew: float = Field(default=0.1, ge=0)
    max_inventory: int = Field(default=40, ge=1)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """Take back a quote that is off, else send one that is missing, else hold."""
        seen = request.observation
        if not isinstance(request.space, Menu):
            return super().decide(request, ctx)
        wanted = self._quotes(seen)
        for order in seen["orders"]:
            if wanted.get(order["side"]) != order["price"]:
                return {"action": "cancel", "order": order["order"]}
        quoted = {order["side"] for order in seen["orders"]}
        missing = [Intent(side, self.qty, price) for side, price in wanted.items() if side not in quoted]
        return carried_out(request, missing[0]) if missing else hold(request)

    def intend(self, request: DecisionRequest, ctx: PolicyContext) -> Intent | None:
        surplus = request.observation["shares"] - self.target
        return _toward(-surplus, self.qty) if abs(surplus) > self.max_inventory else None

    def _quotes(self, seen: Seen) -> dict[Literal["buy", "sell"], int]:
        if seen["mid"] is None:
            return {}
        surplus = seen["shares"] - self.target
        middle = seen["mid"] - self.skew * surplus
        quotes: dict[Literal["buy", "sell"], int] = {}
        if surplus < self.max_inventory:
            quotes["buy"] = max(round(middle - self.half_spread), 1)
        if surplus > -self.max_inventory:
            quotes["sell"] = max(round(middle + self.half_spread), 2)
        return quotes


def _toward(sign: float, qty: int) -> Intent | None:
    if not sign:
        return None
    return Intent("buy" if sign > 0 else "sell", qty)


def _look(request: DecisionRequest) -> int:
    for tool in request.tools:
        if tool.name == "value_signal":
            look: int = tool.call()
            return look
    raise RuleError(
        f"policy 'value' looks at the share's value, but agent '{request.agent}' has no look: "
        "set its params.signal_sd, such as 20"
    )
