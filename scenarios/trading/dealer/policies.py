"""Scripted dealers."""

from __future__ import annotations

from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy, draws
from scenarios.dealt import own_type
from scenarios.trading.dealer.dispositions import AVERSION, NOISE, TYPES, inventory_of, rule


class TypedDealer(ScriptedPolicy):
    """Leans against its inventory as its dealt type does: see `dispositions`."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """The type's skew for the inventory; with chance .1 any skew."""
        draw = draws(ctx)
        if draw() < NOISE:
            return str(request.space.sample(draw))
        seen = request.observation
        held = inventory_of([*(step["fill"] for step in seen["past"]), seen["fill"]])
        skew = rule(AVERSION[own_type(request, "dealer", TYPES)], held)
        return f"{skew:+d}" if skew else "0"


class Flat(ScriptedPolicy):
    """Never moves its quotes; needs no type."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``0``."""
        return "0"


class Random(ScriptedPolicy):
    """Any skew, all equally likely."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """One of the five."""
        return str(request.space.sample(draws(ctx)))
