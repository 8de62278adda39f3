"""Scripted traders of the contest, from one that follows tips to one that stays in cash."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.core.errors import RuleError
from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy, draws
from scenarios.trading.contest.market import CASH


class Skilled(ScriptedPolicy):
    """Follows the tip that the world gives an insider, in every session."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """The side and asset of the tip."""
        for tool in request.tools:
            if tool.name == "tip":
                return str(tool.call())
        raise RuleError(
            f"policy 'skilled' follows tips, but agent '{request.agent}' gets none: give it role: insider"
        )


class Random(ScriptedPolicy):
    """Trades with chance `p`, any side of any asset equally often; otherwise stays in cash."""

    p: float = Field(default=1.0, ge=0, le=1)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """Cash, or a random side of a random asset."""
        draw = draws(ctx)
        sides = request.space.schema()["enum"][1:]
        return str(sides[int(draw() * len(sides))]) if draw() < self.p else CASH


class Momentum(ScriptedPolicy):
    """Goes with the asset that moved most over the last `lookback` sessions, in the direction it moved."""

    lookback: int = Field(default=20, ge=1)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """The long or short side of that asset; cash while no price moved or too few are known."""
        moves = {
            asset: prices[-1] / prices[-1 - min(self.lookback, len(prices) - 1)] - 1
            for asset, prices in request.observation["prices"].items()
        }
        asset = max(moves, key=lambda name: abs(moves[name]))
        if not moves[asset]:
            return CASH
        return f"{'long' if moves[asset] > 0 else 'short'} {asset}"


class BuyHold(ScriptedPolicy):
    """Is long in one asset all the time."""

    asset: Literal["ash", "bay", "elm", "fir", "oak", "yew"] = "ash"

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """The long side of the asset."""
        if self.asset not in request.observation["prices"]:
            traded = ", ".join(request.observation["prices"])
            raise RuleError(f"policy 'buy_hold': asset '{self.asset}' is not traded here (traded: {traded})")
        return f"long {self.asset}"


class Cash(ScriptedPolicy):
    """Takes no position."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``cash``."""
        return CASH
